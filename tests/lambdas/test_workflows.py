"""Runs of playbooks over AWS's stores: by a function itself, and by a state machine where there is one."""

import json
from dataclasses import replace
from typing import Any

import pytest

from infra.state_machines import definition
from mesh.entrypoints.lambdas import workflows as functions
from mesh.entrypoints.lambdas.partial import every_message
from mesh.entrypoints.lambdas.queue import take_up
from mesh.kit.platform import Job
from mesh.workflows import engine, library
from mesh.workflows.playbook import Playbook
from mesh.workflows.run import STEPS, WORKFLOWS, of_job
from tests.lambdas import events
from tests.lambdas.conftest import TestedProcess, waiting
from tests.workflows.conftest import cast, easy
from tests.workflows.states import execute

MSP = "msp-a"
BOOK = library.find("client-retention")


def begun(at: TestedProcess) -> Job:
    at.platform.ports(MSP).records.put("clients", [{"id": "c1", "name": "Harbor Dental"}])
    given = {"client_id": "c1", "period_days": 90, "visit_hours": 1}
    return engine.opened(BOOK, given, at.platform, MSP)


def states(at: TestedProcess, job: Job) -> dict[str, str]:
    return {step.name: step.state for step in of_job(job, BOOK, at.platform).steps()}


def test_a_run_is_carried_out_where_no_state_machine_is_configured(at: TestedProcess) -> None:
    job = begun(at)
    told = every_message(events.messages(*waiting(at)), lambda record: take_up(record, at))
    assert told["batchItemFailures"] == []
    found = at.platform.jobs.find(MSP, job.job_id)
    assert found and (found.state, found.result_id) == ("done", job.job_id)
    assert states(at, job)["client"] == "done" and set(states(at, job).values()) <= {"done", "skipped"}
    assert at.platform.ports(MSP).results.find(job.job_id)
    (listed,) = at.platform.jobs.page(MSP, agent=WORKFLOWS).items
    assert listed.job_id == job.job_id and not at.platform.jobs.page(MSP, agent="nobody").items


def test_what_a_run_kept_goes_with_its_tenant(at: TestedProcess) -> None:
    begun(at)
    every_message(events.messages(*waiting(at)), lambda record: take_up(record, at))
    records = at.platform.ports(MSP).records
    assert list(records.scan(STEPS))
    at.platform.tenants.erase(MSP)
    assert not list(records.scan(STEPS))


def test_a_state_machine_is_started_once_and_its_steps_come_to_the_end(
    at: TestedProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines = at.clients.machines
    asked: dict[str, Any] = {"roleArn": "arn:aws:iam::000000000000:role/run", "type": "STANDARD"}
    machine = definition(BOOK, lambda step: "arn:aws:lambda:us-east-1:000000000000:function:not-there")
    made = machines.create_state_machine(name=BOOK.name, definition=json.dumps(machine), **asked)
    arn = made["stateMachineArn"].replace(BOOK.name, "{playbook}")
    with_machine = replace(at, settings=at.settings.model_copy(update={"state_machine": arn}))
    job = begun(at)
    for body in waiting(at):
        every_message(events.messages(body, body), lambda record: take_up(record, with_machine))
    (execution,) = machines.list_executions(stateMachineArn=made["stateMachineArn"])["executions"]
    told = machines.describe_execution(executionArn=execution["executionArn"])["input"]
    assert json.loads(told) == {"msp_id": MSP, "run_id": job.job_id, "attempt": 1}
    # MiniStack has no functions here: what it would call is called by hand.
    monkeypatch.setattr(functions, "attempt", _easily)
    execute(machine, json.loads(told), lambda _, passed: functions.passed(passed, at))
    found = at.platform.jobs.find(MSP, job.job_id)
    assert found and found.state == "done"
    done = {name for name, state in states(at, job).items() if state == "done"}
    assert done == {"client", "drivers", "stake", "opportunities", "visit"}
    machines.delete_state_machine(stateMachineArn=made["stateMachineArn"])


def _easily(step: Any, run: Any, platform: Any) -> Any:
    from mesh.workflows.performing import attempt

    agents = [easy(slug) for slug in ("client-health", "revenue-optimization", "resource-allocation")]
    return attempt(step, run, platform, cast(agents))


def test_a_run_whose_playbook_is_gone_or_that_never_ends_is_dead(at: TestedProcess) -> None:
    settings = at.settings.model_copy(update={"state_machine": "arn:aws:states:::stateMachine:{playbook}"})
    gone: Playbook = BOOK.model_copy(update={"name": "of-yesterday"})
    job = engine.opened(gone, {}, at.platform, MSP)
    for body in waiting(at):
        every_message(events.messages(body), lambda record: take_up(record, replace(at, settings=settings)))
    found = at.platform.jobs.find(MSP, job.job_id)
    assert found and found.state == "dead" and found.problem and found.problem["status"] == 404
