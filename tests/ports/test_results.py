from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from mesh.kit.agent import Envelope, ModelUsed
from mesh.kit.event import Draft
from mesh.kit.fakes import NOON
from mesh.kit.ports import Ports
from mesh.kit.problem import Malformed
from tests.ports.conftest import Place, PortsOf

BY = ModelUsed(name="rules", version="1", provider="rules")
DONE = Draft(type="answer.given", topic="echo", subject="r", data={"n": 1})


def result(number: int, at: datetime = NOON, agent: str = "echo", msp_id: str = "msp-a") -> Envelope:
    return Envelope(
        result_id=f"r{number:03}",
        agent=agent,
        msp_id=msp_id,
        answered_at=at,
        took_ms=1.25,
        model=BY,
        answer={"said": "naïve ✓", "n": number, "none": None},
    )


def walk(ports: Ports, limit: int, **filters: Any) -> list[str]:
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = ports.results.page(limit=limit, cursor=cursor, **filters)
        seen += [envelope.result_id for envelope in page.items]
        if page.cursor is None:
            return seen
        assert len(page.items) == limit
        cursor = page.cursor


def test_an_answer_comes_back_as_it_was_kept(ports: Ports) -> None:
    ports.results.keep(result(1))
    assert ports.results.find("r001") == result(1)
    assert ports.results.find("r002") is None


def test_answers_come_newest_first_and_no_page_skips_or_repeats_one(ports: Ports) -> None:
    for n in range(11):
        ports.results.keep(result(n, NOON + timedelta(seconds=n // 3)))
    newest_first = [f"r{n:03}" for n in reversed(range(11))]
    for limit in (1, 2, 5, 11, 12):
        assert walk(ports, limit) == newest_first


def test_order_is_by_moment_and_not_by_zone(ports: Ports) -> None:
    east = timezone(timedelta(hours=9))
    ports.results.keep(result(1, NOON.astimezone(east)))
    ports.results.keep(result(2, NOON + timedelta(microseconds=1)))
    ports.results.keep(result(3, NOON - timedelta(hours=1)))
    assert walk(ports, 1) == ["r002", "r001", "r003"]


def test_answers_can_be_had_by_agent_and_since_a_time(ports: Ports) -> None:
    for n in range(6):
        ports.results.keep(result(n, NOON + timedelta(hours=n), agent="echo" if n % 2 else "other"))
    assert walk(ports, 2, agent="echo") == ["r005", "r003", "r001"]
    assert walk(ports, 2, since=NOON + timedelta(hours=4)) == ["r005", "r004"]
    assert walk(ports, 2, agent="nobody") == []


@pytest.mark.parametrize("cursor", ["x", "☃", "W10", "WzEsMl0", "WyJhIiwiYiIsImMiXQ"])
def test_a_cursor_that_is_not_ours_is_malformed(ports: Ports, cursor: str) -> None:
    with pytest.raises(Malformed) as refused:
        ports.results.page(cursor=cursor)
    assert refused.value.errors[0].field == "cursor"


def test_no_tenant_sees_another_ones_answers_even_by_id(ports_of: PortsOf) -> None:
    ports_of("msp-a").results.keep(result(1))
    theirs = ports_of("msp-b").results
    assert theirs.find("r001") is None
    assert list(theirs.page().items) == []
    theirs.keep(result(1, msp_id="msp-b", agent="other"))
    mine = ports_of("msp-a").results.find("r001")
    assert mine == result(1)


def test_an_answer_and_its_events_are_stored_together(place: Place) -> None:
    results = place.platform.ports("msp-a").results
    results.keep(result(1), [DONE, DONE])
    assert [event.type for event in place.platform.outbox.after("msp-a", None)] == ["answer.given"] * 2


def test_an_answer_that_cannot_be_stored_announces_nothing(place: Place) -> None:
    results = place.platform.ports("msp-a").results
    results.keep(result(1), [DONE])
    unfit = Draft(type="answer.given", topic="echo", subject="r", data={"odd": object()})
    with pytest.raises(ValueError):
        results.keep(result(2), [DONE, unfit])
    assert results.find("r002") is None
    assert len(place.platform.outbox.after("msp-a", None)) == 1


def test_an_answer_is_kept_once_under_its_id(place: Place) -> None:
    results = place.platform.ports("msp-a").results
    results.keep(result(1), [DONE])
    with pytest.raises(Exception, match=r"(?i)unique|exists"):
        results.keep(result(1, agent="other"), [DONE])
    assert results.find("r001") == result(1)
    assert len(place.platform.outbox.after("msp-a", None)) == 1


def test_answers_are_there_after_a_restart(place: Place) -> None:
    place.platform.ports("msp-a").results.keep(result(1), [DONE])
    again = place.reopen()
    assert again.ports("msp-a").results.find("r001") == result(1)
    assert len(again.outbox.after("msp-a", None)) == 1
