"""Answers stored jobs, one for each message."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from mesh.entrypoints.lambdas.partial import every_message
from mesh.entrypoints.lambdas.process import Process, process
from mesh.entrypoints.work import LEASE_S, perform


class Message(BaseModel):
    """What is said of a job in the queue."""

    model_config = ConfigDict(extra="forbid")

    msp_id: str
    job_id: str


def handler(event: Any, context: Any) -> Any:  # noqa: ARG001
    """A batch of SQS messages."""
    return every_message(event, lambda record: take_up(record, process()))


def take_up(record: Mapping[str, Any], at: Process) -> None:
    """Bring the job of one message a step further. Raises when it should come again, ValueError for
    nonsense.
    """
    message = Message.model_validate_json(record["body"])
    job = at.jobs.take(message.msp_id, message.job_id, LEASE_S)
    if job is not None:
        perform(job, at.platform)
        return
    found = at.jobs.find(message.msp_id, message.job_id)
    if found is None or found.state == "done":
        return
    if found.state == "dead":
        # Whoever ended it may have died before it said so.
        at.jobs.bury(message.msp_id, message.job_id)
    else:
        # Another function has it, or it is not due yet: look again when that has ended.
        at.jobs.remind(found)
