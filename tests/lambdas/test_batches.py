"""Functions that work through batches: jobs, streams, counts, and what a clock calls."""

import copy
import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mesh import registry
from mesh.adapters.aws.intelligence import Intelligence
from mesh.adapters.aws.relay import Relay
from mesh.adapters.aws.tables import NETWORK, THREATS
from mesh.adapters.knowledge.fetch import Fetched
from mesh.adapters.knowledge.store import Stamp
from mesh.entrypoints.lambdas import http
from mesh.entrypoints.lambdas.kinesis import keep
from mesh.entrypoints.lambdas.partial import every_message, in_order
from mesh.entrypoints.lambdas.queue import Message, answered, take_up
from mesh.entrypoints.lambdas.relay import pass_on
from mesh.entrypoints.lambdas.schedule import refreshed, reminded
from mesh.kit.event import Draft, Event
from mesh.kit.fakes import NOON
from mesh.kit.platform import Job
from mesh.kit.problem import Unavailable
from tests.aws.stubs import SETTINGS, Scripted, no_wait
from tests.knowledge.test_feeds import KEV
from tests.lambdas import events
from tests.lambdas.conftest import TestedProcess, waiting

pytest.importorskip("mesh.agents.anomaly_detection", reason="the agent that is asked here is not there")
AGENT = registry.find("anomaly-detection")


def job(number: int, **more: Any) -> Job:
    question = dict(AGENT.examples[0].question)
    made = Job(
        job_id=f"j{number}",
        msp_id="msp-a",
        agent=AGENT.slug,
        question=question,
        created_at=NOON,
        not_before=NOON,
    )
    return made.model_copy(update=more)


def dead(at: TestedProcess) -> int:
    got = at.clients.sqs.receive_message(QueueUrl=at.settings.dead_letters_url, MaxNumberOfMessages=10)
    return len(got.get("Messages", []))


def run(at: TestedProcess, *bodies: str) -> list[str]:
    told = every_message(events.messages(*bodies), lambda record: take_up(record, at))
    return [failed["itemIdentifier"] for failed in told["batchItemFailures"]]


def state(at: TestedProcess, job_id: str) -> str | None:
    found = at.platform.jobs.find("msp-a", job_id)
    return found.state if found else None


def test_each_message_brings_its_job_to_an_end(at: TestedProcess) -> None:
    for number in (1, 2):
        at.platform.jobs.add(job(number))
    assert run(at, *waiting(at)) == []
    assert [state(at, "j1"), state(at, "j2")] == ["done", "done"]
    assert at.platform.ports("msp-a").results.find("j1") is not None


def test_a_message_that_comes_again_changes_nothing(at: TestedProcess) -> None:
    at.platform.jobs.add(job(1))
    bodies = waiting(at)
    assert run(at, *bodies, *bodies, *bodies) == []
    assert len(at.platform.ports("msp-a").results.page().items) == 1 and waiting(at) == []


def test_nonsense_fails_alone(at: TestedProcess) -> None:
    at.platform.jobs.add(job(1))
    assert run(at, "nonsense", *waiting(at), '{"msp_id": 1}') == ["m0", "m2"]
    assert state(at, "j1") == "done"


def test_a_question_that_is_refused_is_a_dead_letter_once_and_not_brought_again(at: TestedProcess) -> None:
    at.platform.jobs.add(job(1, question={"nonsense": True}))
    assert run(at, *waiting(at)) == []
    assert state(at, "j1") == "dead" and waiting(at) == [] and dead(at) == 1


def test_a_job_that_another_function_has_is_looked_at_again(at: TestedProcess) -> None:
    at.platform.jobs.add(job(1))
    body = waiting(at)
    assert at.jobs.take("msp-a", "j1", 0) is not None
    assert run(at, *body) == []
    assert state(at, "j1") == "done", "the lease of the first had ended"


def test_a_message_of_a_job_that_went_is_done(at: TestedProcess) -> None:
    assert run(at, '{"msp_id": "msp-a", "job_id": "gone"}') == []


def test_jobs_that_nobody_took_are_sent_again(at: TestedProcess) -> None:
    at.platform.jobs.add(job(1))
    at.platform.jobs.add(job(2, not_before=NOON + timedelta(seconds=200)))
    lost = waiting(at)
    assert len(lost) >= 1 and reminded(at) == 0
    at.clock.moment += timedelta(seconds=241)
    assert reminded(at) == 1
    assert [json.loads(body)["job_id"] for body in waiting(at)] == ["j1"]


class Functions:
    """Stands for Lambda: calls the agent's function as it would be called, or fails as told."""

    def __init__(self, at: TestedProcess, error: str = "") -> None:
        self.at, self.error, self.called = at, error, []  # type: tuple[TestedProcess, str, list[str]]

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        self.called.append(FunctionName)
        if self.error:
            return {"FunctionError": self.error, "Payload": io.BytesIO(b'{"errorMessage": "out of memory"}')}
        taken = answered(Message.model_validate_json(Payload), self.at)
        return {"Payload": io.BytesIO(json.dumps({"taken": taken}).encode())}


def handing_on(at: TestedProcess, error: str = "") -> tuple[TestedProcess, Functions]:
    """The queue's function where each agent has its own."""
    functions = Functions(at, error)
    clients = copy.copy(at.clients)
    clients._made = {**at.clients._made, "lambda": functions}
    settings = at.settings.model_copy(update={"agent_function": "mesh-{agent}"})
    return replace(at, clients=clients, settings=settings), functions


def test_a_job_is_handed_on_to_the_function_of_its_agent(at: TestedProcess) -> None:
    at.platform.jobs.add(job(1))
    queue, functions = handing_on(at)
    assert run(queue, *waiting(at)) == []
    assert functions.called == [f"mesh-{AGENT.slug}"] and state(at, "j1") == "done"
    assert run(queue, '{"msp_id": "msp-a", "job_id": "j1"}') == [] and len(functions.called) == 1


def test_a_function_that_fails_brings_the_message_back(at: TestedProcess) -> None:
    at.platform.jobs.add(job(1))
    queue, _ = handing_on(at, "Unhandled")
    assert run(queue, *waiting(at)) == ["m0"]
    assert state(at, "j1") == "waiting"


def test_a_job_that_another_function_has_is_handed_on_again_later(at: TestedProcess) -> None:
    at.platform.jobs.add(job(1))
    body = waiting(at)
    assert at.jobs.take("msp-a", "j1", 60) is not None
    queue, functions = handing_on(at)
    assert run(queue, *body) == [] and state(at, "j1") == "running"
    at.clock.moment += timedelta(seconds=61)
    assert reminded(at) == 0, "it has a message already"
    assert run(queue, *body) == [] and state(at, "j1") == "done"
    assert functions.called == [f"mesh-{AGENT.slug}"] * 2


def test_an_agents_function_answers_a_job_beside_requests(
    at: TestedProcess, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(http, "process", lambda: at)
    at.platform.jobs.add(job(1))
    event = {"msp_id": "msp-a", "job_id": "j1"}
    assert http.handler(event, events.Context()) == {"taken": True}
    assert http.handler(event, events.Context()) == {"taken": False}
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["work"], line["msp_id"]) for line in told] == [("job", "msp-a")] * 2


def test_what_an_agent_loads_is_loaded_before_a_snapshot_and_leaves_no_trace(at: TestedProcess) -> None:
    http.warmed(at.platform, AGENT.name)
    assert at.platform.ports("nobody").results.page().items == []


def threat(number: int, severity: str = "HIGH", msp_id: str = "msp-a") -> Event:
    return Event(
        id=str(number), type="threat.detected", subject=f"r{number}", time=NOON, mspid=msp_id,
        topic="threat-intelligence", data={"severity": severity},
    )  # fmt: skip


def counted(at: TestedProcess) -> dict[tuple[str, str], int]:
    return {(row["msp_id"], row["metric_type"]): row["count"] for row in at.dynamo.scan(NETWORK)}


def test_each_event_is_counted_once_and_grave_threats_are_kept(at: TestedProcess) -> None:
    batch = [threat(1), threat(2, "LOW"), threat(1), threat(1, msp_id="msp-b")]
    event = events.kinesis(*(e.model_dump_json().encode() for e in batch))
    kept = Intelligence(at.dynamo)
    for _ in range(2):
        assert in_order(event, lambda record: keep(record, kept), "kinesis") == {"batchItemFailures": []}
    assert counted(at) == {("msp-a", "events:threat.detected"): 2, ("msp-b", "events:threat.detected"): 1}
    found = at.dynamo.query(THREATS, "#severity = :s", {"s": "HIGH"}, index="by_severity")
    assert {row["threat_id"] for row in found} == {"msp-a#r1", "msp-b#r1"}


def test_a_record_that_is_no_event_stops_the_shard_there(at: TestedProcess) -> None:
    good = threat(1).model_dump_json().encode()
    kept = Intelligence(at.dynamo)
    told = in_order(events.kinesis(good, b"nonsense", good), lambda record: keep(record, kept), "kinesis")
    assert told == {"batchItemFailures": [{"itemIdentifier": "s1"}]}
    assert len(counted(at)) == 1


def test_what_is_committed_is_passed_on_and_only_the_grave_to_the_bus(at: TestedProcess) -> None:
    for severity in ("HIGH", "LOW"):
        data = {"severity": severity, "text": "x" * 5_000}
        at.platform.outbox.add("msp-a", [Draft(type="threat.detected", topic="t", subject="r", data=data)])
    first, second = at.platform.outbox.after("msp-a", None)
    stream, bus = Scripted("kinesis"), Scripted("events")
    stream.clients._made.update(bus.clients._made)
    records = [{"Data": e.model_dump_json().encode(), "PartitionKey": "msp-a"} for e in (first, second)]
    taken = {"Records": [{"SequenceNumber": "1", "ShardId": "s"}] * 2}
    stream.answers("put_records", taken, {"StreamName": SETTINGS.events_stream, "Records": records})
    entry = {
        "Source": "msp-intelligence-mesh", "DetailType": "threat.detected", "Detail": first.model_dump_json(),
        "Time": NOON, "EventBusName": "default",
    }  # fmt: skip
    bus.answers("put_events", {"Entries": [{"EventId": "1"}]}, {"Entries": [entry]})
    pass_on(at.stream(), at, Relay(stream.clients, SETTINGS, no_wait()))
    stream.is_done()
    bus.is_done()


def test_a_batch_without_events_passes_nothing_on(at: TestedProcess) -> None:
    pass_on({"Records": []}, at, Relay(Scripted("kinesis").clients, SETTINGS, no_wait()))


def test_a_refreshed_feed_is_everybodys_and_is_asked_next_time_for_what_changed(
    at: TestedProcess,
) -> None:
    known: list[str] = []

    def fetch(url: str, stamp: Stamp, limit: int) -> Fetched | None:
        known.append(stamp.etag)
        return None if stamp.etag else Fetched(json.dumps(KEV).encode(), Stamp(url, "e1"))

    for _ in range(2):
        refreshed(at, ["kev"], fetch)
    edition = at.platform.knowledge.edition("kev")
    assert edition is not None and edition.version == "2026.02.03"
    assert known == ["", "e1"]


def test_a_feed_that_fails_is_named_and_changes_nothing(at: TestedProcess) -> None:
    def refused(url: str, known: Stamp, limit: int) -> None:
        raise Unavailable(f"{url} cannot be reached.")

    lines = refreshed(at, ["kev"], refused)
    assert len(lines) == 1 and lines[0].startswith("kev: failed")
    assert at.platform.knowledge.edition("kev") is None
    with pytest.raises(Exception, match="no feed"):
        refreshed(at, ["nonsense"], refused)
