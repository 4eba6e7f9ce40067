"""Starts a task for each training, and ends the job of one whose task stopped before it did."""

import logging
import os
from collections.abc import Mapping
from typing import Any

from mesh.adapters.aws.trainings import TrainingJob, TrainingTask, job_of, start
from mesh.entrypoints.lambdas.observed import observed
from mesh.entrypoints.lambdas.process import Process, process
from mesh.entrypoints.lambdas.queue import Message
from mesh.entrypoints.work import next_try
from mesh.kit.platform import Job
from mesh.kit.problem import Problem, Unavailable
from mesh.kit.trace import know

# Longer than any training takes. One whose task stops is seen when it stops; this is for what nobody saw.
LEASE_S = 7200.0
log = logging.getLogger("mesh.lambdas")


@observed("training")
def handler(event: Any, context: Any) -> Any:  # noqa: ARG001
    """A job to start a task for, told by the queue's function; or what ECS tells of a task that stopped."""
    if "detail" in event:
        return {"ended": stopped(event["detail"], process())}
    return {"started": started(Message.model_validate(event), process(), os.environ)}


def started(message: Message, at: Process, environment: Mapping[str, str]) -> bool:
    """Take the job and start its task; False when it could not be taken. What cannot be started ends the
    attempt with the reason.
    """
    know(msp_id=message.msp_id)
    job = at.jobs.take(message.msp_id, message.job_id, LEASE_S)
    if job is None:
        return False
    of = TrainingJob(msp_id=job.msp_id, job_id=job.job_id, attempt=job.attempts)
    try:
        arn = start(of, TrainingTask.from_environment(environment), at.clients)
    except Problem as problem:
        log.error("no task was started for job %s: %s", job.job_id, problem.detail)
        _fail(job, problem, at)
    else:
        log.info("job %s: %s", job.job_id, arn)
    return True


def stopped(detail: Mapping[str, Any], at: Process) -> bool:
    """Whether a job was still open when its task stopped: then this attempt has failed."""
    of = job_of(detail)
    job = at.jobs.find(of.msp_id, of.job_id) if of else None
    if of is None or job is None or job.state != "running" or job.attempts != of.attempt:
        return False
    know(msp_id=of.msp_id)
    # What ECS says at length may name images, roles and accounts: the log has it, the tenant its code.
    log.error("the task of job %s stopped: %s", job.job_id, detail.get("stoppedReason"))
    code = str(detail.get("stopCode") or "no reason given")
    _fail(job, Unavailable(f"The task that trained stopped before it ended: {code}."), at)
    return True


def _fail(job: Job, problem: Problem, at: Process) -> None:
    at.jobs.failed(job, problem.document(), next_try(job, at.platform.clock.now()))
