"""The order of events while many write: nobody who resumes may miss one."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mesh.adapters.aws.bodies import Bodies
from mesh.adapters.aws.dynamo import Dynamo
from mesh.adapters.aws.outbox import SETTLED_AFTER_S, DynamoOutbox
from mesh.adapters.aws.results import AlreadyKept
from mesh.kit.event import Event
from mesh.kit.fakes import StoppedClock
from mesh.kit.problem import Unavailable
from tests.aws.conftest import Deployment
from tests.aws.stubs import SETTINGS, Scripted, no_wait
from tests.ports.test_outbox import draft, numbers
from tests.ports.test_results import DONE, result


class Ticks:
    """The machine's time in microseconds, set by hand."""

    now = 1_760_000_000_000_000

    def __call__(self) -> int:
        return self.now


def outbox(deployment: Deployment, ticks: Ticks) -> DynamoOutbox:
    return DynamoOutbox(deployment.dynamo, deployment.bodies, deployment.clock, ticks)


def test_a_reader_waits_for_a_writer_that_is_between_its_number_and_its_commit(
    deployment: Deployment,
) -> None:
    ticks = Ticks()
    events = outbox(deployment, ticks)
    events.add("msp-a", [draft(1)])
    (slow,) = events._places("msp-a", 1)
    ticks.now += 1_000_000
    events.add("msp-a", [draft(3)])
    assert numbers(list(events.after("msp-a", None))) == [1]
    body = events._attributes("msp-a", draft(2), deployment.clock.now())
    deployment.dynamo.transact([events._putting(slow, body)])
    assert numbers(list(events.after("msp-a", None))) == [1, 2, 3]


def test_a_writer_that_died_is_waited_for_only_so_long(deployment: Deployment) -> None:
    ticks = Ticks()
    events = outbox(deployment, ticks)
    events._places("msp-a", 2)
    ticks.now += 10
    events.add("msp-a", [draft(3)])
    assert list(events.after("msp-a", None)) == []
    ticks.now += int(SETTLED_AFTER_S * 1e6) + 1
    assert numbers(list(events.after("msp-a", None))) == [3]


def test_a_writer_that_failed_holds_nobody_up(deployment: Deployment) -> None:
    results = deployment.platform.ports("msp-a").results
    results.keep(result(1), [DONE])
    with pytest.raises(AlreadyKept):
        results.keep(result(1), [DONE, DONE, DONE])
    results.keep(result(2), [DONE])
    assert len(deployment.platform.outbox.after("msp-a", None)) == 2
    first = deployment.platform.outbox.after("msp-a", None, limit=1)[0].id
    assert len(deployment.platform.outbox.after("msp-a", first)) == 1


def test_events_that_ran_out_leave_no_gap_to_wait_at(deployment: Deployment) -> None:
    ticks = Ticks()
    events = outbox(deployment, ticks)
    events.add("msp-a", [draft(1), draft(2)])
    first, second = events.after("msp-a", None)
    ticks.now += 60_000_000
    events.add("msp-a", [draft(3)])
    table = deployment.settings.table("Events")
    for event in (first, second):
        key = {"msp_id": {"S": "msp-a"}, "seq": {"N": event.id}}
        deployment.clients.dynamodb.delete_item(TableName=table, Key=key)
    ticks.now += 60_000_000
    assert numbers(list(events.after("msp-a", None))) == [3]
    assert numbers(list(events.after("msp-a", first.id))) == [3]


def test_ids_grow_also_where_a_clock_runs_behind(deployment: Deployment) -> None:
    ticks = Ticks()
    events = outbox(deployment, ticks)
    events.add("msp-a", [draft(1), draft(2)])
    ticks.now -= 5_000_000
    events.add("msp-a", [draft(3), draft(4)])
    found = list(events.after("msp-a", None))
    assert numbers(found) == [1, 2, 3, 4]
    ids = [int(event.id) for event in found]
    assert ids == sorted(set(ids))
    assert numbers(list(events.after("msp-a", found[-2].id))) == [4]


def test_who_follows_while_many_write_misses_nothing_and_sees_nothing_twice(deployment: Deployment) -> None:
    writers, each = 6, 8
    stop = threading.Event()
    seen: list[Event] = []

    def follow() -> None:
        last: str | None = None
        while True:
            finished = stop.is_set()
            while page := deployment.platform.outbox.after("msp-a", last, limit=5):
                seen.extend(page)
                last = page[-1].id
            if finished:
                return

    def write(writer: int) -> None:
        for n in range(each):
            deployment.platform.outbox.add("msp-a", [draft(writer * 100 + n)])

    reader = threading.Thread(target=follow)
    reader.start()
    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(write, range(writers)))
    stop.set()
    reader.join()
    assert sorted(numbers(seen)) == [w * 100 + n for w in range(writers) for n in range(each)]
    assert [int(e.id) for e in seen] == sorted(int(e.id) for e in seen)


def test_what_cannot_be_one_transaction_is_refused_whole(deployment: Deployment) -> None:
    with pytest.raises(ValueError, match="100"):
        deployment.platform.outbox.add("msp-a", [draft(n) for n in range(101)])
    assert list(deployment.platform.outbox.after("msp-a", None)) == []


@pytest.mark.parametrize("voiding", ["works", "is refused"])
def test_a_commit_that_aws_refuses_voids_its_numbers_if_it_can(voiding: str) -> None:
    script = Scripted("dynamodb")
    script.answers("update_item", {"Attributes": {"prior": {"N": "0"}, "last": {"N": str(Ticks.now)}}})
    script.refuses("transact_write_items", "AccessDeniedException")
    if voiding == "works":
        script.answers("put_item", {})
    else:
        script.refuses("put_item", "ThrottlingException")
    dynamo = Dynamo(script.clients, SETTINGS, no_wait())
    events = DynamoOutbox(dynamo, Bodies(script.clients, SETTINGS), StoppedClock(), Ticks())
    with pytest.raises(Unavailable, match="refused TransactWriteItems"):
        events.add("msp-a", [draft(1)])
    script.is_done()
