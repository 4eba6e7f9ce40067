"""Answering stored jobs: one at a time, with retries, and to the dead letters when nothing helps."""

import logging
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from pydantic import BaseModel

from mesh import registry
from mesh.entrypoints import feed_jobs
from mesh.kit.agent import Agent
from mesh.kit.platform import Job, Platform
from mesh.kit.problem import Problem
from mesh.workflows import engine
from mesh.workflows.run import WORKFLOWS

ATTEMPTS = 3
# The agent whose jobs are trainings: minutes each, some of them spent on waiting for sites elsewhere.
LEARNING = "federated-learning"
LEASE_S = engine.LEASE_S
log = logging.getLogger("mesh.jobs")


def work_off(
    platform: Platform,
    find: Callable[[str], Agent] = registry.find,
    *,
    of: str | None = None,
    but: Collection[str] = (),
) -> bool:
    """Claim one due job and bring it a step further; whether there was one. `find` knows the agents.

    `of` and `but` are as in `Jobs.claim`.
    """
    job = platform.jobs.claim(LEASE_S, of=of, but=but)
    if job is None:
        return False
    perform(job, platform, find)
    return True


def perform(job: Job, platform: Platform, find: Callable[[str], Agent] = registry.find) -> None:
    """Answer the job. Its result has the job's id, so that a job begun twice leaves one result."""
    if job.agent == feed_jobs.FEEDS:
        feed_jobs.perform(job, platform)
        return
    if platform.ports(job.msp_id).results.find(job.job_id):
        platform.jobs.done(job, job.job_id)
        return
    if job.attempts > ATTEMPTS:
        # Each attempt ended with the process: it must not take the next one down as well.
        problem = Problem("The job ended the process that worked on it, each time it was tried.")
        platform.jobs.failed(job, problem.document(), None)
        return
    try:
        if job.agent == WORKFLOWS:
            engine.perform(job, platform, find)
            return
        agent = find(job.agent)
        question: BaseModel = registry.checked(agent, job.question)
        registry.ask(agent, question, platform, job.msp_id, result_id=job.job_id)
    except Problem as problem:
        retry = None if problem.status < 500 else next_try(job, platform.clock.now())
        platform.jobs.failed(job, problem.document(), retry)
    except Exception:  # a defect in one job must not stop the others
        log.exception("job %s failed", job.job_id)
        defect = Problem(f"Report job {job.job_id} to whoever runs this mesh.")
        platform.jobs.failed(job, defect.document(), next_try(job, platform.clock.now()))
    else:
        platform.jobs.done(job, job.job_id)


def next_try(job: Job, now: datetime) -> datetime | None:
    """2, then 4 seconds later; None after the last attempt."""
    return now + timedelta(seconds=2**job.attempts) if job.attempts < ATTEMPTS else None
