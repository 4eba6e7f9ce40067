"""Runs of playbooks on AWS: a state machine has the order of the steps, and each is done by the function of
its agent. What a step asks, and what it came to, stands in the tenant's own rows: the machine passes names
on, and nothing of a tenant's is in its history.
"""

import hashlib
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from mesh.adapters.aws.failures import call
from mesh.entrypoints.lambdas.observed import observed
from mesh.entrypoints.lambdas.process import Process, process
from mesh.kit.event import Event
from mesh.kit.platform import Job, Platform
from mesh.kit.problem import Problem
from mesh.kit.trace import know
from mesh.workflows import automatic, engine, library
from mesh.workflows.performing import attempt
from mesh.workflows.run import ENDED, Run, of_job

ATTEMPTS = 3
# A name that was given to an execution is not given again for 90 days.
NAME_LENGTH = 60


class Passed(BaseModel):
    """What the state machine tells each function. `step` is empty for the last, which ends the run."""

    model_config = ConfigDict(extra="forbid")

    msp_id: str
    run_id: str
    attempt: int
    step: str = ""


class Ended(BaseModel):
    """What a function tells the state machine, for whoever looks at its history."""

    step: str
    state: Literal["waiting", "running", "failed", "done", "skipped", "finished", "stale"]


class StepFailed(Exception):
    """The step may be tried again: the state machine does, as often as the playbook has it."""


@observed("job")
def handler(event: Any, context: Any) -> Any:  # noqa: ARG001
    """A step that no agent answers or the end of a run; or an event that may start one."""
    if "detail-type" in event:
        return started(event, process())
    return passed(event, process())


def passed(event: Any, at: Process) -> dict[str, Any]:
    """One step of a run, in the function that has its agent; raises StepFailed to be tried again."""
    told = Passed.model_validate(event)
    know(msp_id=told.msp_id)
    job = at.platform.jobs.find(told.msp_id, told.run_id)
    if job is None or job.state != "running" or job.attempts != told.attempt:
        # The tenant was erased since, or another execution took the run over.
        return Ended(step=told.step, state="stale").model_dump()
    run = of_job(job, library.find(str(job.question["playbook"])), at.platform)
    if told.step:
        return _step(run, told.step, at.platform).model_dump()
    engine.finish(run, at.platform, job)
    return Ended(step="", state="finished").model_dump()


def _step(run: Run, name: str, platform: Platform) -> Ended:
    step = run.playbook.step(name)
    before = run.step(step)
    if before.state not in ENDED:
        engine.tell(run, platform, before.model_copy(update={"state": "running"}))
        before = attempt(step, run, platform)
        engine.tell(run, platform, before)
    if before.state == "failed" and before.attempts < step.attempts:
        raise StepFailed(f"step {name} of run {run.run_id}: attempt {before.attempts} failed")
    return Ended(step=name, state=before.state)


def started(event: Any, at: Process) -> dict[str, list[str]]:
    """Runs that an event of the bus starts; `detail` is the CloudEvent."""
    told = Event.model_validate(event["detail"])
    know(msp_id=told.mspid)
    return {"runs": [job.job_id for job in automatic.start(told, at.platform)]}


def begun(message: Any, at: Process) -> bool:
    """Take a run's job and start its execution; False when the job could not be taken."""
    job = at.jobs.take(message.msp_id, message.job_id, engine.LEASE_S)
    if job is None:
        return False
    if job.attempts > ATTEMPTS:
        problem = Problem("No execution of the run came to its end.")
        at.jobs.failed(job, problem.document(), None)
        return True
    try:
        playbook = library.find(str(job.question.get("playbook")))
    except Problem as problem:
        at.jobs.failed(job, problem.document(), None)
        return True
    engine.begin(of_job(job, playbook, at.platform), at.platform, job.attempts)
    _execute(job, playbook.name, at)
    return True


def _execute(job: Job, playbook: str, at: Process) -> None:
    told = Passed(msp_id=job.msp_id, run_id=job.job_id, attempt=job.attempts)
    call(
        at.clients.machines.start_execution,
        stateMachineArn=at.settings.state_machine.format(playbook=playbook),
        name=_name(job),
        input=told.model_dump_json(exclude={"step"}),
    )


def _name(job: Job) -> str:
    """Of one attempt at one run, so that a message that comes twice starts one execution.

    Ids of runs are made from ids of events and may hold what a name may not.
    """
    whose = hashlib.sha256(f"{job.msp_id} {job.job_id}".encode()).hexdigest()[: NAME_LENGTH - 4]
    return f"{whose}-{job.attempts}"
