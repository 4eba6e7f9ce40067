"""A run as it is stored: a job that says which playbook over what, and a row for each of its steps."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from mesh.kit.platform import Job, Platform
from mesh.kit.ports import Ports
from mesh.workflows.playbook import Playbook, Step

# Who answers a run's job: no agent, but the engine.
WORKFLOWS = "workflows"
STEPS = "workflow-steps"
StepState = Literal["waiting", "running", "failed", "done", "skipped"]
ENDED = ("done", "skipped")


class Failure(BaseModel):
    """One attempt that led to nothing."""

    at: datetime
    reason: str


class StepRun(BaseModel):
    """One step of a run. `questions` and `result_ids` are of one length: one each, unless the step was done
    for several things. `found` is what a step learnt that no agent answered.
    """

    model_config = ConfigDict(extra="forbid")

    name: str
    title: str
    agent: str | None = None
    state: StepState = "waiting"
    reason: str = Field(default="", description="Why it was skipped")
    attempts: int = 0
    failures: list[Failure] = []
    questions: list[dict[str, Any]] = []
    result_ids: list[str] = []
    found: list[dict[str, Any]] | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    took_ms: float | None = None
    simulated: bool = False


class Given(BaseModel):
    """What a run's job holds as its question."""

    model_config = ConfigDict(extra="forbid")

    playbook: str
    input: dict[str, Any]
    begun_by: Literal["request", "command", "event"] = "request"


@dataclass(frozen=True, slots=True)
class Run:
    """One run over what is stored of it."""

    run_id: str
    msp_id: str
    playbook: Playbook
    given: Given
    started_at: datetime
    ports: Ports
    # Steps that were left behind: what they come to later is not written over what was said of them.
    _left: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def step(self, step: Step) -> StepRun:
        """The step as it was stored last."""
        row = self.ports.records.find(STEPS, self.step_id(step.name))
        if row is None:
            return StepRun(name=step.name, title=step.title, agent=step.agent)
        return StepRun.model_validate({name: row[name] for name in row if name in StepRun.model_fields})

    def leave(self, name: str) -> None:
        """Whoever still works on this step works for nothing."""
        with self._lock:
            self._left.add(name)

    def keep(self, done: StepRun, *, finally_: bool = False) -> None:
        """Durable on return. A step that was left is kept as it is, but for what is said of it `finally_`."""
        with self._lock:
            if finally_ or done.name not in self._left:
                self._put(done)

    def _put(self, done: StepRun) -> None:
        row = done.model_dump(mode="json", exclude_defaults=True)
        at = self.started_at.isoformat()
        names = {"name": done.name, "title": done.title}
        kept = {"id": self.step_id(done.name), "at": at, "run_id": self.run_id, **names, **row}
        self.ports.records.put(STEPS, [kept])

    def steps(self) -> list[StepRun]:
        """Every step of the playbook, in its order."""
        return [self.step(step) for step in self.playbook.steps]

    def step_id(self, name: str) -> str:
        return f"{self.run_id}.{name}"

    def result_id(self, name: str, place: int, several: bool) -> str:
        """Of one answer of a step: the same each time, so that a step that is repeated leaves one result."""
        return f"{self.step_id(name)}.{place}" if several else self.step_id(name)

    def context(self, names: frozenset[str]) -> dict[str, Any]:
        """What expressions see: the input, the run, and the answers of those of these steps that were
        done."""
        known: dict[str, Any] = {
            "input": self.given.input,
            "run": {"id": self.run_id, "msp_id": self.msp_id, "started_at": self.started_at.isoformat()},
        }
        for step in self.playbook.steps:
            if step.name in names:
                answers = self.answers(self.step(step))
                known[step.name] = answers if step.each else (answers[0] if answers else None)
        return {name: value for name, value in known.items() if value is not None}

    def answers(self, step: StepRun) -> list[Mapping[str, Any]]:
        """What a step came to; nothing where it was not done."""
        if step.state != "done":
            return []
        if step.found is not None:
            return list(step.found)
        kept = [self.ports.results.find(result_id) for result_id in step.result_ids]
        return [envelope.answer for envelope in kept if envelope]


def of_job(job: Job, playbook: Playbook, platform: Platform) -> Run:
    """The run that a job stands for."""
    given = Given.model_validate(job.question)
    return Run(job.job_id, job.msp_id, playbook, given, job.created_at, platform.ports(job.msp_id))


def run_of_result(result_id: str) -> str:
    """The run whose step gave the result of this id; empty where its id is none of a step's.

    >>> run_of_result("0f3a.threat"), run_of_result("0f3a")
    ('0f3a', '')
    """
    run_id, dot, _ = result_id.partition(".")
    return run_id if dot else ""
