"""Has stored jobs answered, one for each message: here, or by the function of the job's agent, which has the
libraries for it.
"""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from mesh import registry
from mesh.adapters.aws.failures import call
from mesh.entrypoints import feed_jobs
from mesh.entrypoints.lambdas.observed import observed
from mesh.entrypoints.lambdas.partial import every_message
from mesh.entrypoints.lambdas.process import Process, process
from mesh.entrypoints.lambdas.workflows import begun
from mesh.entrypoints.work import LEARNING, LEASE_S, perform
from mesh.kit.platform import Job
from mesh.kit.trace import know
from mesh.workflows.run import WORKFLOWS

# The agent whose questions a task answers, not a function.


class Message(BaseModel):
    """What is said of a job in the queue, and to the function that is to answer it."""

    model_config = ConfigDict(extra="forbid")

    msp_id: str
    job_id: str


class AgentFailed(Exception):
    """The agent's function ended without saying what became of the job: the message must come again."""


@observed("batch")
def handler(event: Any, context: Any) -> Any:  # noqa: ARG001
    """A batch of SQS messages."""
    return every_message(event, lambda record: take_up(record, process()))


def take_up(record: Mapping[str, Any], at: Process) -> None:
    """Bring the job of one message a step further. Raises when it should come again, ValueError for
    nonsense.
    """
    message = Message.model_validate_json(record["body"])
    know(msp_id=message.msp_id)
    found = at.jobs.glance(message.msp_id, message.job_id)
    if found is None or found.state == "done":
        return
    if found.state == "dead":
        # Whoever ended it may have died before it said so.
        at.jobs.bury(message.msp_id, message.job_id)
    elif not _taken(found, message, at):
        # Another function has it, or it is not due yet: look again when that has ended.
        at.jobs.remind(at.jobs.glance(message.msp_id, message.job_id) or found)


def _taken(job: Job, message: Message, at: Process) -> bool:
    """Have the job brought a step further by whoever does that; False when nobody could take it."""
    if job.agent == feed_jobs.FEEDS and at.settings.feeds_function:
        return _told(at.settings.feeds_function, message, at)
    if job.agent == LEARNING and at.settings.trainings_function:
        return _told(at.settings.trainings_function, message, at)
    if job.agent == WORKFLOWS and at.settings.state_machine:
        return begun(message, at)
    return _handed_on(job, at) if _elsewhere(job, at) else answered(message, at)


def _told(name: str, message: Message, at: Process) -> bool:
    """What takes longer than anyone waits here: the function is told, and takes the job by itself."""
    told = message.model_dump_json().encode()
    call(at.clients.functions.invoke, FunctionName=name, InvocationType="Event", Payload=told)
    return True


def answered(message: Message, at: Process, lease_s: float = LEASE_S) -> bool:
    """Take the job and bring it to its end, or to its next try; False when it could not be taken."""
    job = at.jobs.take(message.msp_id, message.job_id, lease_s)
    if job is not None:
        perform(job, at.platform)
    return job is not None


def _elsewhere(job: Job, at: Process) -> bool:
    """Whether a function of its own answers the job. One whose agent is not there any more has none: it is
    ended here.
    """
    return bool(at.settings.agent_function) and job.agent in {agent.slug for agent in registry.agents()}


def _handed_on(job: Job, at: Process) -> bool:
    """As `answered`, by the agent's own function."""
    asked = Message(msp_id=job.msp_id, job_id=job.job_id)
    name = at.settings.agent_function.format(agent=job.agent)
    reply = call(at.clients.functions.invoke, FunctionName=name, Payload=asked.model_dump_json().encode())
    if reply.get("FunctionError"):
        raise AgentFailed(f"{name} failed on job {job.job_id}; see its log")
    return bool(json.loads(reply["Payload"].read())["taken"])
