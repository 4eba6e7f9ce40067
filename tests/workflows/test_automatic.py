"""Playbooks that start by themselves: where the tenant wants it, once, and never by their own doing."""

import time
from collections.abc import Iterator

import pytest

from mesh import registry
from mesh.kit.event import Draft, Event
from mesh.kit.platform import Job
from mesh.workflows import automatic, engine, library
from mesh.workflows.run import WORKFLOWS, Given
from tests.workflows.conftest import MSP, Stage

BAD = "Files were encrypted and a ransom note asks for payment; vssadmin delete shadows ran before."
pytestmark = pytest.mark.skipif(
    "threat_intelligence" not in registry.names(), reason="there is no threat intelligence"
)


def threat(stage: Stage, result_id: str = "r1", severity: str = "HIGH") -> Event:
    """A stored answer of threat intelligence, and an event that tells of it."""
    agent = registry.find("threat-intelligence")
    question = registry.checked(agent, {"text": BAD})
    registry.ask(agent, question, stage.platform, MSP, result_id=result_id)
    event = stage.platform.outbox.after(MSP, None)[-1]
    assert event.type == "threat.detected" and event.data["severity"] == "HIGH"
    return event.model_copy(update={"data": {**event.data, "severity": severity}})


def runs(stage: Stage) -> list[Job]:
    return list(stage.platform.jobs.page(MSP, agent=WORKFLOWS).items)


@pytest.fixture
def wanting(stage: Stage) -> Iterator[Stage]:
    automatic.choose(stage.platform.ports(MSP), ["threat-response"])
    yield stage


def test_nothing_starts_by_itself_unless_the_tenant_said_so(stage: Stage) -> None:
    assert automatic.start(threat(stage), stage.platform) == [] and runs(stage) == []


def test_a_grave_threat_starts_the_response_to_it_and_to_its_stored_answer(wanting: Stage) -> None:
    automatic.start(threat(wanting), wanting.platform)
    (job,) = runs(wanting)
    given = Given.model_validate(job.question)
    assert (given.playbook, given.begun_by) == ("threat-response", "event")
    assert given.input["result_id"] == "r1" and job.state == "waiting"


@pytest.mark.parametrize("severity", ["LOW", "MEDIUM", "", "high"])
def test_a_lesser_threat_starts_nothing(wanting: Stage, severity: str) -> None:
    assert automatic.start(threat(wanting, severity=severity), wanting.platform) == []


def test_the_same_event_twice_starts_one_run(wanting: Stage) -> None:
    event = threat(wanting)
    for _ in range(3):
        automatic.start(event, wanting.platform)
    assert len(runs(wanting)) == 1


def test_what_a_runs_own_step_found_starts_no_other_run(wanting: Stage) -> None:
    book = library.find("threat-response")
    job = engine.opened(book, {"text": BAD}, wanting.platform, MSP)
    own = threat(wanting, f"{job.job_id}.threat")
    assert automatic.start(own, wanting.platform) == [] and len(runs(wanting)) == 1
    stranger = threat(wanting, "no-run.threat")
    assert len(automatic.start(stranger, wanting.platform)) == 1


def test_events_of_other_kinds_start_nothing(wanting: Stage) -> None:
    draft = Draft(type="anomaly.detected", topic="x", subject="s", data={"severity": "CRITICAL"})
    wanting.platform.outbox.add(MSP, [draft])
    assert automatic.start(wanting.platform.outbox.after(MSP, None)[-1], wanting.platform) == []


def test_an_event_whose_answer_is_gone_stops_nobody_from_seeing_the_next(wanting: Stage) -> None:
    stop = automatic.follow(wanting.platform)
    draft = Draft(type="threat.detected", topic="x", subject="gone", data={"severity": "HIGH"})
    wanting.platform.outbox.add(MSP, [draft])
    threat(wanting)
    deadline = time.monotonic() + 20
    while not runs(wanting) and time.monotonic() < deadline:
        time.sleep(0.02)
    stop()
    assert [Given.model_validate(job.question).input["result_id"] for job in runs(wanting)] == ["r1"]
