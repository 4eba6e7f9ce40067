"""Public facts: which edition of each is loaded, how old it is, and fetching a newer one."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from mesh.entrypoints import feed_jobs
from mesh.entrypoints.endpoint import Call, Endpoint, reply_json
from mesh.entrypoints.routes.agents import Accepted
from mesh.kit.platform import Reply

TAG = "admin"


class Loaded(BaseModel):
    version: str
    published: str = Field(description="ISO date of the content; empty where its publisher gives none")
    days_old: int | None = Field(description="Since it was published")
    loaded_at: datetime
    rows: int
    source: str = Field(description="Where it came from: an address, a file or a package")


class Feed(BaseModel):
    name: str
    title: str
    homes: list[str] = Field(description="Where newer editions are fetched from")
    loaded: Loaded | None = Field(description="null: no edition is loaded, and answers say so")
    job_id: str | None = Field(description="The last job that fetched it for you")
    job_state: str | None


class Feeds(BaseModel):
    items: list[Feed]


def listing(call: Call) -> Reply:
    from mesh.adapters.knowledge.feeds import FEEDS

    now = call.platform.clock.now()
    jobs = call.platform.jobs.page(call.tenant.msp_id, agent=feed_jobs.FEEDS, limit=feed_jobs.LOOKED_AT).items
    last = {str(job.question.get("feed")): job for job in reversed(jobs)}
    return reply_json(
        Feeds(
            items=[
                Feed(
                    name=name,
                    title=feed.title,
                    homes=list(feed.homes(now.year)),
                    loaded=_loaded(call, name),
                    job_id=last[name].job_id if name in last else None,
                    job_state=last[name].state if name in last else None,
                )
                for name, feed in FEEDS.items()
            ]
        )
    )


def _loaded(call: Call, name: str) -> Loaded | None:
    edition = call.platform.knowledge.edition(name)
    if edition is None:
        return None
    return Loaded(
        version=edition.version,
        published=edition.published,
        days_old=_days(edition.published, call.platform.clock.now().date()),
        loaded_at=edition.loaded_at,
        rows=edition.rows,
        source=edition.source,
    )


def _days(published: str, today: date) -> int | None:
    try:
        return max(0, (today - date.fromisoformat(published[:10])).days)
    except ValueError:
        return None


def refresh(call: Call) -> Reply:
    job = feed_jobs.requested(call.platform, call.tenant.msp_id, call.path["feed"])
    href = f"{call.root}/jobs/{job.job_id}"
    return reply_json(Accepted(job_id=job.job_id, state="waiting", href=href), 202, location=href)


ROUTES = [
    Endpoint("GET", "/admin/feeds", "Which public facts are loaded, and how old they are", TAG, listing,
             reply=Feeds, problems=(401, 403, 429, 503), admin=True),
    Endpoint("POST", "/admin/feeds/{feed}/refresh", "Fetch a newer edition, as a job", TAG, refresh,
             reply=Accepted, status=202, problems=(401, 403, 404, 409, 413, 415, 422, 429), admin=True),
]  # fmt: skip
