"""Playbooks as state machines: valid, and doing what the engine does, step by step through the functions."""

import json
from collections.abc import Mapping
from importlib.resources import files
from types import SimpleNamespace
from typing import Any

import pytest
from jsonschema import Draft7Validator

from infra.state_machines import FINISH, definition
from mesh import registry
from mesh.entrypoints.lambdas import workflows as functions
from mesh.kit.agent import Agent
from mesh.kit.problem import Unavailable
from mesh.workflows import engine, library, performing
from mesh.workflows.playbook import Playbook, Step
from tests.acting import acting, failing
from tests.workflows.conftest import MSP, Stage, cast, playbook, said, step
from tests.workflows.states import execute

BOOKS = library.playbooks()
ECHO = acting()


def arn(step: Step | None) -> str:
    slug = step.agent if step and step.agent else "workflows"
    return f"arn:aws:lambda:us-east-1:123456789012:function:msp-intelligence-{slug}"


def form() -> Mapping[str, Any]:
    pytest.importorskip("cfnlint")
    text = files("cfnlint.data.schemas.other.step_functions").joinpath("statemachine.json").read_text()
    found: Mapping[str, Any] = json.loads(text)
    return found


@pytest.mark.parametrize("book", BOOKS, ids=[book.name for book in BOOKS])
def test_the_machine_of_every_playbook_is_valid(book: Playbook) -> None:
    machine = definition(book, arn)
    assert [error.message for error in Draft7Validator(form()).iter_errors(machine)] == []
    names = [machine["StartAt"], *(state.get("Next") for state in machine["States"].values())]
    assert set(filter(None, names)) <= set(machine["States"]) and machine["States"][FINISH]["End"]


@pytest.mark.parametrize("book", BOOKS, ids=[book.name for book in BOOKS])
def test_every_step_is_done_by_its_agents_function_and_nothing_of_a_tenant_is_in_the_machine(
    book: Playbook,
) -> None:
    machine = definition(book, arn)
    branches = [b for s in machine["States"].values() if s["Type"] == "Parallel" for b in s["Branches"]]
    tasks = {branch["StartAt"]: branch["States"][branch["StartAt"]] for branch in branches}
    assert {name: task["Resource"] for name, task in tasks.items()} == {s.name: arn(s) for s in book.steps}
    for name, task in tasks.items():
        assert set(task["Parameters"]) == {"msp_id.$", "run_id.$", "attempt.$", "step"}
        assert task["Parameters"]["step"] == name and task["ResultPath"] is None
        assert task["TimeoutSeconds"] < machine["TimeoutSeconds"]


def by_machine(
    stage: Stage, book: Playbook, agents: list[Agent], monkeypatch: pytest.MonkeyPatch
) -> tuple[str, list[str]]:
    """Run a playbook by its state machine; the run's id, and the states that were entered."""
    monkeypatch.setattr(library, "find", lambda name: book)
    monkeypatch.setattr(functions, "attempt", _with(agents))
    at: Any = SimpleNamespace(platform=stage.platform)
    job = stage.open(book)
    given = {"msp_id": MSP, "run_id": job.job_id, "attempt": job.attempts}
    return job.job_id, execute(definition(book, arn), given, lambda _, told: functions.passed(told, at))


def _with(agents: list[Agent]) -> Any:
    return lambda step, run, platform: performing.attempt(step, run, platform, cast(agents))


def test_a_run_by_the_machine_comes_to_what_the_engine_comes_to(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = playbook(
        step("first"), step("gone", "nobody"), step("second", text="Heard: {{ first.said }}"),
        step("never", text="{{ gone.said }}", needs=["gone"]), step("last", text="{{ second.said }}!"),
    )  # fmt: skip
    played = stage.play(book, [ECHO])
    run_id, _ = by_machine(stage, book, [ECHO], monkeypatch)
    ended = stage.platform.ports(MSP).results.find(run_id)
    assert ended and said(ended) == said(played) == ["Heard: hello!"]

    def told(answer: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        return [(one["step"], one["state"], one["reason"]) for one in answer["steps"]]

    assert told(ended.answer) == told(played.answer)
    job = stage.platform.jobs.find(MSP, run_id)
    assert job and job.state == "done"


def test_a_step_that_fails_is_retried_by_the_machine_and_then_left_out(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = playbook(step("bad", "broken", attempts=3), step("flaky", "flaky"), step("good"))
    agents = [
        failing(Unavailable("Not here."), name="broken"),
        failing(RuntimeError(), times=1, name="flaky"),
        ECHO,
    ]
    run_id, _ = by_machine(stage, book, agents, monkeypatch)
    steps = {one.name: one for one in stage.run(run_id, book).steps()}
    assert (steps["bad"].state, steps["bad"].attempts) == ("skipped", 3)
    assert steps["bad"].reason == "Not here. (after 3 attempts)"
    assert (steps["flaky"].state, steps["flaky"].attempts, steps["good"].state) == ("done", 2, "done")


def test_a_function_that_dies_over_its_step_does_not_keep_the_run_from_its_end(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = playbook(step("dying"), step("good"))
    at: Any = SimpleNamespace(platform=stage.platform)
    monkeypatch.setattr(library, "find", lambda name: book)
    monkeypatch.setattr(functions, "attempt", _with([ECHO]))
    job = stage.open(book)

    class Unknown(Exception):
        """Out of memory, say: Lambda has no other name for it."""

    def call(_: str, told: Mapping[str, Any]) -> None:
        if told.get("step") == "dying":
            raise Unknown
        functions.passed(told, at)

    given = {"msp_id": MSP, "run_id": job.job_id, "attempt": 1}
    entered = execute(definition(book, arn), given, call)
    assert "dying left out" in entered and entered[-1] == FINISH
    steps = {one.name: one.state for one in stage.run(job.job_id, book).steps()}
    assert steps == {"dying": "skipped", "good": "done"}


def test_an_execution_that_was_given_up_for_another_does_nothing_any_more(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = playbook(step("first"))
    monkeypatch.setattr(library, "find", lambda name: book)
    at: Any = SimpleNamespace(platform=stage.platform)
    job = stage.open(book)
    for step_name in ("first", ""):
        stale = {"msp_id": MSP, "run_id": job.job_id, "attempt": 7, "step": step_name}
        assert functions.passed(stale, at)["state"] == "stale"
    assert stage.run(job.job_id, book).steps()[0].state == "waiting"
    gone = {"msp_id": MSP, "run_id": "no-run", "attempt": 1}
    assert functions.passed(gone, at)["state"] == "stale"


@pytest.mark.skipif("threat_intelligence" not in registry.names(), reason="there is no threat intelligence")
def test_an_event_of_the_bus_starts_what_the_tenant_wants(stage: Stage) -> None:
    from mesh.workflows import automatic

    agent = registry.find("threat-intelligence")
    text = "Files were encrypted and a ransom note asks for payment; vssadmin delete shadows ran before."
    registry.ask(agent, registry.checked(agent, {"text": text}), stage.platform, MSP, result_id="r1")
    event = stage.platform.outbox.after(MSP, None)[-1]
    at: Any = SimpleNamespace(platform=stage.platform)
    rule = {
        "detail-type": event.type,
        "source": "msp-intelligence-mesh",
        "detail": event.model_dump(mode="json"),
    }
    assert functions.started(rule, at) == {"runs": []}
    automatic.choose(stage.platform.ports(MSP), ["threat-response"])
    (run_id,) = functions.started(rule, at)["runs"]
    assert stage.platform.jobs.find(MSP, run_id)
    assert functions.started(rule, at) == {"runs": []}


class Machines:
    """Notes what was started."""

    def __init__(self) -> None:
        self.started: list[dict[str, Any]] = []

    def start_execution(self, **asked: Any) -> None:
        self.started.append(asked)


def test_a_runs_message_starts_one_execution_that_names_the_run_and_holds_nothing_of_it(stage: Stage) -> None:
    machines = Machines()
    jobs = SimpleNamespace(
        take=lambda msp_id, job_id, lease_s: stage.platform.jobs.claim(lease_s),
        failed=stage.platform.jobs.failed,
    )
    at: Any = SimpleNamespace(
        platform=stage.platform, jobs=jobs, clients=SimpleNamespace(machines=machines),
        settings=SimpleNamespace(state_machine="arn:{playbook}"),
    )  # fmt: skip
    book = library.find("threat-response")
    job = engine.opened(book, {"text": "secret words"}, stage.platform, MSP)
    message = SimpleNamespace(msp_id=MSP, job_id=job.job_id)
    assert functions.begun(message, at) and not functions.begun(message, at)
    (asked,) = machines.started
    assert asked["stateMachineArn"] == "arn:threat-response" and len(asked["name"]) <= 80
    assert json.loads(asked["input"]) == {"msp_id": MSP, "run_id": job.job_id, "attempt": 1}
    assert "secret" not in str(asked)
