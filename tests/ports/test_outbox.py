import threading
from collections.abc import Callable
from time import monotonic

import pytest

from mesh.kit.event import Draft, Event
from mesh.kit.fakes import NOON
from mesh.kit.platform import Platform
from mesh.kit.problem import Malformed
from tests.ports.conftest import Place
from tests.ports.test_results import result

PATIENCE_S = 10.0


def draft(number: int) -> Draft:
    return Draft(type="thing.happened", topic="echo", subject=f"s{number}", data={"n": number, "ü": "✓"})


def numbers(events: list[Event]) -> list[int]:
    return [event.data["n"] for event in events]


class Heard(list[Event]):
    """What a subscriber was given so far."""

    def wait(self, until: Callable[["Heard"], bool]) -> None:
        """Returns when `until` holds; fails the test when it does not in time."""
        deadline = monotonic() + PATIENCE_S
        pause = threading.Event()
        while not until(self):
            assert monotonic() < deadline, f"{len(self)} events came"
            pause.wait(0.005)


def test_events_come_in_the_order_they_were_committed_with_all_they_said(platform: Platform) -> None:
    platform.outbox.add("msp-a", [draft(1), draft(2)])
    platform.outbox.add("msp-a", [draft(3)])
    events = list(platform.outbox.after("msp-a", None))
    assert numbers(events) == [1, 2, 3]
    first = events[0]
    assert (first.type, first.topic, first.subject, first.mspid) == ("thing.happened", "echo", "s1", "msp-a")
    assert first.time == NOON and first.data == {"n": 1, "ü": "✓"}
    assert len({event.id for event in events}) == 3


def test_reading_goes_on_after_the_id_last_seen(platform: Platform) -> None:
    platform.outbox.add("msp-a", [draft(n) for n in range(10)])
    seen: list[Event] = []
    last: str | None = None
    while page := platform.outbox.after("msp-a", last, limit=3):
        seen += page
        last = page[-1].id
    assert numbers(seen) == list(range(10))


def test_zero_stands_before_every_event_also_where_there_is_none_yet(platform: Platform) -> None:
    assert platform.outbox.after("msp-a", "0") == []
    platform.outbox.add("msp-a", [draft(1)])
    assert numbers(list(platform.outbox.after("msp-a", "0"))) == [1]


def test_an_id_that_was_never_given_is_malformed(platform: Platform) -> None:
    platform.outbox.add("msp-a", [draft(1)])
    for last_id in ("x", "-1", "1.5", "", "٣", "1" * 30, "\x00", "999999"):
        with pytest.raises(Malformed) as refused:
            platform.outbox.after("msp-a", last_id)
        assert refused.value.errors[0].field == "last_event_id"


def test_no_tenant_sees_another_ones_events(platform: Platform) -> None:
    platform.outbox.add("msp-a", [draft(1)])
    platform.outbox.add("msp-b", [draft(2)])
    platform.outbox.add("msp-a", [draft(3)])
    assert numbers(list(platform.outbox.after("msp-a", None))) == [1, 3]
    theirs = list(platform.outbox.after("msp-b", None))
    assert numbers(theirs) == [2]
    assert numbers(list(platform.outbox.after("msp-a", theirs[0].id))) == [3]


def test_events_are_there_after_a_restart_and_ids_keep_growing(place: Place) -> None:
    place.platform.outbox.add("msp-a", [draft(1)])
    outbox = place.reopen().outbox
    outbox.add("msp-a", [draft(2)])
    events = list(outbox.after("msp-a", None))
    assert numbers(events) == [1, 2]
    assert numbers(list(outbox.after("msp-a", events[0].id))) == [2]


def test_an_id_stays_good_when_its_event_was_erased_with_its_tenant(platform: Platform) -> None:
    platform.outbox.add("msp-b", [draft(1)])
    last = platform.outbox.after("msp-b", None)[-1].id
    platform.tenants.erase("msp-b")
    platform.outbox.add("msp-a", [draft(2)])
    assert numbers(list(platform.outbox.after("msp-a", last))) == [2]


def test_the_bus_delivers_each_event_in_order_from_the_moment_of_subscribing(place: Place) -> None:
    platform = place.platform
    platform.outbox.add("msp-a", [draft(0)])
    early = Heard()
    platform.bus.subscribe(early.append)
    platform.outbox.add("msp-a", [draft(1)])
    early.wait(lambda heard: 1 in numbers(heard))
    late = Heard()
    stop = platform.bus.subscribe(late.append)
    platform.outbox.add("msp-b", [draft(2), draft(3)])
    for heard in (early, late):
        heard.wait(lambda heard: 3 in numbers(heard))
    stop()
    platform.outbox.add("msp-a", [draft(4)])
    early.wait(lambda heard: 4 in numbers(heard))
    assert [n for n in numbers(early) if n] == [1, 2, 3, 4]
    assert numbers(late) == [2, 3]


def test_what_is_kept_is_delivered_only_when_it_can_be_read(place: Place) -> None:
    platform = place.platform
    missing: list[str] = []
    heard = Heard()

    def deliver(event: Event) -> None:
        if platform.ports("msp-a").results.find(event.subject) is None:
            missing.append(event.subject)
        heard.append(event)

    platform.bus.subscribe(deliver)
    for n in range(30):
        done = Draft(type="answer.given", topic="echo", subject=f"r{n:03}", data={})
        platform.ports("msp-a").results.keep(result(n), [done])
    heard.wait(lambda heard: len(heard) >= 30)
    assert missing == []


def test_an_event_of_another_process_is_delivered_here(place: Place) -> None:
    heard = Heard()
    place.platform.bus.subscribe(heard.append)
    other = place.open(place.home, place.clock)
    try:
        other.outbox.add("msp-a", [draft(7)])
    finally:
        other.close()
    heard.wait(lambda heard: numbers(heard) == [7])


def test_a_subscriber_that_fails_does_not_silence_the_others(place: Place) -> None:
    def broken(event: Event) -> None:
        raise RuntimeError("the subscriber went away")

    heard = Heard()
    place.platform.bus.subscribe(broken)
    place.platform.bus.subscribe(heard.append)
    place.platform.outbox.add("msp-a", [draft(1)])
    place.platform.outbox.add("msp-a", [draft(2)])
    heard.wait(lambda heard: numbers(heard) == [1, 2])
