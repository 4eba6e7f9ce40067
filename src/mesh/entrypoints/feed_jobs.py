"""Fetching a newer edition of a feed as a job of the tenant that asked for it: seen, left alone, told of."""

import logging
from datetime import timedelta

from mesh.kit.event import Draft
from mesh.kit.platform import Job, Platform
from mesh.kit.problem import Conflict, NotFound, Problem, Throttled

FEEDS = "feeds"
# Their homes publish once a day at most; asking them in between is no use to anyone.
AGAIN_AFTER = timedelta(minutes=5)
LOOKED_AT = 50
FAILED = ": failed: "
log = logging.getLogger("mesh.feeds")


def requested(platform: Platform, msp_id: str, name: str) -> Job:
    """A new job that is due at once. Raises NotFound for a feed there is not, Conflict while one is under
    way, Throttled soon after one.
    """
    from mesh.adapters.knowledge.feeds import FEEDS as KNOWN

    if name not in KNOWN:
        raise NotFound(f"There is no feed {name[:60]!r}. There are: {', '.join(KNOWN)}.")
    now = platform.clock.now()
    for before in platform.jobs.page(msp_id, agent=FEEDS, limit=LOOKED_AT).items:
        if before.question.get("feed") != name:
            continue
        if before.state in ("waiting", "running"):
            raise Conflict(f"The feed {name} is being fetched: see job {before.job_id}.")
        wait = (before.created_at + AGAIN_AFTER - now).total_seconds()
        if before.state == "done" and wait > 0:
            raise Throttled(f"The feed {name} was fetched a moment ago.", retry_after_s=wait)
    job = Job(
        job_id=platform.ids(), msp_id=msp_id, agent=FEEDS, question={"feed": name}, created_at=now,
        not_before=now,
    )  # fmt: skip
    platform.jobs.add(job)
    return job


def perform(job: Job, platform: Platform) -> None:
    """Fetch it and end the job: done when every part was fetched or had not changed, else a dead letter that
    says why. It is not tried again by itself: whoever asked sees the reason, and the edition before stays.
    """
    name = str(job.question.get("feed", ""))
    lines: list[str] = []
    try:
        for line in platform.refresh([name]):
            lines.append(line)
            told = {"feed": name, "line": line}
            draft = Draft(type="feed.fetched", topic="jobs", subject=job.job_id, data=told)
            platform.outbox.add(job.msp_id, [draft])
    except Problem as problem:
        platform.jobs.failed(job, problem.document(), None)
        return
    except Exception:  # a defect in reading a feed must not stop what else waits
        log.exception("job %s failed on feed %s", job.job_id, name)
        platform.jobs.failed(
            job, Problem(f"Report job {job.job_id} to whoever runs this mesh.").document(), None
        )
        return
    failed = [line for line in lines if FAILED in line]
    if failed:
        platform.jobs.failed(job, NotFetched(" ".join(failed)).document(), None)
    else:
        platform.jobs.done(job, "")


class NotFetched(Problem):
    status, slug, title = 503, "unavailable", "The feed could not be fetched"
