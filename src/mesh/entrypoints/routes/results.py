"""The tenant's stored answers and the jobs that make them."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from mesh import registry
from mesh.entrypoints.endpoint import Call, Endpoint, reply_json
from mesh.entrypoints.routes.agents import Asking, rendered
from mesh.kit.agent import Envelope
from mesh.kit.platform import Job, Reply
from mesh.kit.problem import Conflict, NotFound
from mesh.kit.records import Moment


class ResultFilter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    agent: str | None = Field(default=None, description="An agent's slug")
    since: Moment | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = None


class JobFilter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    state: Literal["waiting", "running", "done", "dead"] | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = None


class Results(BaseModel):
    items: list[Envelope]
    next_cursor: str | None


class JobPage(BaseModel):
    items: list[Job]
    next_cursor: str | None


def results(call: Call) -> Reply:
    asked = call.asked(ResultFilter)
    slug = registry.find(asked.agent).slug if asked.agent else None
    found = call.ports.results.page(agent=slug, since=asked.since, limit=asked.limit, cursor=asked.cursor)
    return reply_json(Results(items=list(found.items), next_cursor=found.cursor))


def result(call: Call) -> Reply:
    envelope = call.ports.results.find(call.path["result_id"])
    if envelope is None:
        raise NotFound("You have no result with that id.")
    wanted = call.asked(Asking).format
    if wanted == "json":
        return reply_json(envelope)
    return rendered(registry.find(envelope.agent), envelope, wanted, call.root)


def jobs(call: Call) -> Reply:
    asked = call.asked(JobFilter)
    found = call.platform.jobs.page(
        call.tenant.msp_id, state=asked.state, limit=asked.limit, cursor=asked.cursor
    )
    return reply_json(JobPage(items=list(found.items), next_cursor=found.cursor))


def job(call: Call) -> Reply:
    found = call.platform.jobs.find(call.tenant.msp_id, call.path["job_id"])
    if found is None:
        raise NotFound("You have no job with that id.")
    return reply_json(found)


def redrive(call: Call) -> Reply:
    job(call)
    if not call.platform.jobs.redrive(call.tenant.msp_id, call.path["job_id"]):
        raise Conflict("Only a job in state dead can be put back in line.")
    return job(call)


ROUTES = [
    Endpoint("GET", "/results", "Your answers, newest first", "results", results,
             query=ResultFilter, reply=Results, problems=(400, 401, 404, 422, 429)),
    Endpoint("GET", "/results/{result_id}", "One answer", "results", result, query=Asking, reply=Envelope,
             problems=(401, 404, 422, 429)),
    Endpoint("GET", "/jobs", "Your jobs, newest first; state=dead lists the dead letters", "jobs", jobs,
             query=JobFilter, reply=JobPage, problems=(400, 401, 422, 429)),
    Endpoint("GET", "/jobs/{job_id}", "How a job is going", "jobs", job, reply=Job, problems=(401, 404, 429)),
    Endpoint("POST", "/jobs/{job_id}/redrive", "Put a dead job back in line", "jobs", redrive, reply=Job,
             problems=(401, 404, 409, 413, 422, 429)),
]  # fmt: skip
