"""Carrying out a run: stage after stage, a stage's steps side by side, until all ended or time is up."""

import threading
import time
from collections.abc import Callable, Mapping
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from mesh import registry
from mesh.kit.agent import Envelope, ModelUsed
from mesh.kit.event import Draft
from mesh.kit.platform import Job, Platform
from mesh.workflows import library
from mesh.workflows.performing import Find, attempt, given_up
from mesh.workflows.playbook import Playbook, Step
from mesh.workflows.report import composed
from mesh.workflows.run import ENDED, WORKFLOWS, Given, Run, StepRun, of_job

# Longer than any run may take, and time to write down how it ended.
LEASE_S = 120.0
PAUSE_S = 0.5
Say = Callable[[StepRun], None]
TOPIC = WORKFLOWS


def opened(
    playbook: Playbook,
    given: Mapping[str, Any],
    platform: Platform,
    msp_id: str,
    *,
    run_id: str = "",
    begun_by: str = "request",
    mine: bool = False,
) -> Job:
    """A new run, stored as a job that is due at once. `given` was checked (`mesh.workflows.inputs`).

    With `mine`, the caller carries it out itself: others may take it up only if the caller dies over it.
    """
    now = platform.clock.now()
    question = Given.model_validate({"playbook": playbook.name, "input": given, "begun_by": begun_by})
    job = Job(
        job_id=run_id or platform.ids(),
        msp_id=msp_id,
        agent=WORKFLOWS,
        question=question.model_dump(mode="json"),
        state="running" if mine else "waiting",
        attempts=1 if mine else 0,
        created_at=now,
        not_before=now + timedelta(seconds=LEASE_S) if mine else now,
    )
    platform.jobs.add(job)
    return job


def perform(
    job: Job,
    platform: Platform,
    find: Find = registry.find,
    *,
    known: Callable[[str], Playbook] = library.find,
    say: Say = lambda _: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Envelope:
    """Carry a run out, or on from where it was left, and end its job. Steps that ended are not done again.

    `find` knows the agents, `known` the playbooks. Raises NotFound where the playbook is not there any more.
    """
    playbook = known(str(job.question.get("playbook")))
    run = of_job(job, playbook, platform)
    begin(run, platform, job.attempts)
    until = time.monotonic() + playbook.deadline_s
    for stage in playbook.stages:
        works = [_Work(step, run, platform, find, say, sleep, until) for step in stage]
        for work in works:
            work.start()
        for work in works:
            work.wait()
    return finish(run, platform, job)


def begin(run: Run, platform: Platform, attempts: int) -> None:
    """Tell that a run begins, or goes on."""
    kind = "workflow.started" if attempts <= 1 else "workflow.resumed"
    data = {"playbook": run.playbook.name, "steps": [step.name for step in run.playbook.steps]}
    platform.outbox.add(run.msp_id, [Draft(type=kind, topic=TOPIC, subject=run.run_id, data=data)])


def finish(run: Run, platform: Platform, job: Job) -> Envelope:
    """Give up what has not ended, store the report together with the event that tells of it, end the job."""
    now = platform.clock.now()
    for step in run.playbook.steps:
        given_up(step, run, now)
    envelope = run.ports.results.find(run.run_id)
    if envelope is None:
        report, simulated = composed(run)
        by = ModelUsed(name=run.playbook.name, version=run.playbook.version, provider="rules")
        took_ms = round((now - run.started_at).total_seconds() * 1000, 3)
        envelope = Envelope(
            result_id=run.run_id, agent=WORKFLOWS, msp_id=run.msp_id, answered_at=now, took_ms=took_ms,
            model=by, simulated=simulated, answer=report.model_dump(mode="json"),
        )  # fmt: skip
        states = [step.state for step in report.steps]
        data = {"playbook": report.playbook, "done": states.count("done"), "skipped": states.count("skipped")}
        draft = Draft(type="workflow.finished", topic=TOPIC, subject=run.run_id, data=data)
        run.ports.results.keep(envelope, [draft])
    platform.jobs.done(job, run.run_id)
    return envelope


def tell(run: Run, platform: Platform, step: StepRun) -> None:
    """Announce how a step stands: live progress for whoever listens. No client, no words of an answer."""
    data = {
        "playbook": run.playbook.name,
        "step": step.name,
        "agent": step.agent,
        "state": step.state,
        "attempts": step.attempts,
        "took_ms": step.took_ms,
        "result_ids": step.result_ids,
    }
    kind = {"done": "step.done", "skipped": "step.skipped", "failed": "step.failed"}.get(step.state)
    draft = Draft(type=kind or "step.started", topic=TOPIC, subject=run.run_id, data=data)
    platform.outbox.add(run.msp_id, [draft])


@dataclass(slots=True)
class _Work:
    """One step in a thread of its own, watched from outside: what takes too long is left behind."""

    step: Step
    run: Run
    platform: Platform
    find: Find
    say: Say
    sleep: Callable[[float], None]
    until: float
    _thread: threading.Thread | None = None
    _left: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        # The thread works for the same tenant and trace as the one it was started from.
        target = copy_context().run
        self._thread = threading.Thread(
            target=target, args=(self._go,), name=f"step-{self.step.name}", daemon=True
        )
        self._thread.start()

    def wait(self) -> None:
        assert self._thread
        self._thread.join(max(0.0, min(self.until - time.monotonic(), self._longest)))
        if self._thread.is_alive():
            self._left.set()
            self.run.leave(self.step.name)
            reason = f"it took longer than {self._longest:.0f} s"
            if time.monotonic() >= self.until:
                reason = f"the run's {self.run.playbook.deadline_s:.0f} s were over"
            self._tell(given_up(self.step, self.run, self.platform.clock.now(), reason))

    @property
    def _longest(self) -> float:
        pauses = PAUSE_S * (2 ** (self.step.attempts - 1) - 1)
        return float(self.step.timeout_s * self.step.attempts + pauses)

    def _go(self) -> None:
        before = self.run.step(self.step)
        if before.state not in ENDED:
            tell(self.run, self.platform, before.model_copy(update={"state": "running"}))
        state = attempt(self.step, self.run, self.platform, self.find)
        while state.state == "failed" and not self._left.is_set():
            if state.attempts >= self.step.attempts or time.monotonic() >= self.until:
                state = given_up(self.step, self.run, self.platform.clock.now())
                break
            self._tell(state)
            self.sleep(PAUSE_S * 2 ** (state.attempts - 1))
            state = attempt(self.step, self.run, self.platform, self.find)
        if state != before and not self._left.is_set():
            self._tell(state)

    def _tell(self, state: StepRun) -> None:
        tell(self.run, self.platform, state)
        self.say(state)
