"""Playbooks over HTTP: which there are, starting one, how its runs go, and which start by themselves."""

import re
import time
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from mesh import registry
from mesh.entrypoints.endpoint import JSON, Call, Endpoint, Handle, reply_json
from mesh.kit.platform import Job, JobState, Reply
from mesh.kit.problem import FieldError, Invalid, NotFound, validated
from mesh.workflows import automatic, engine, inputs, library
from mesh.workflows.playbook import Playbook, Step
from mesh.workflows.report import Report
from mesh.workflows.run import WORKFLOWS, Given, StepRun, of_job

TAG = "workflows"
# A gateway gives up on a request after 29 seconds.
LONGEST_WAIT_S = 25.0
LOOK_AGAIN_S = 0.05
WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,4})")
STATES: dict[JobState, "RunState"] = {
    "waiting": "waiting", "running": "running", "done": "finished", "dead": "failed",
}  # fmt: skip
JOB_STATES = {shown: state for state, shown in STATES.items()}
RunState = Literal["waiting", "running", "finished", "failed"]


class StepShown(BaseModel):
    """A step as the playbook has it."""

    name: str
    title: str
    agent: str | None
    installed: bool = Field(description="Without its agent, a step is skipped and the rest goes on")
    asks: dict[str, Any] = Field(description="How the question is made; {{ JMESPath }} over earlier answers")
    needs: list[str]
    when: str | None


class PlaybookShown(BaseModel):
    name: str
    version: str
    title: str
    summary: str
    href: str
    starts_by: str | None = Field(description="The event that starts it by itself, where you want that")
    stages: list[list[StepShown]] = Field(description="Steps of one stage run side by side")


class Playbooks(BaseModel):
    playbooks: list[PlaybookShown]


class RunLine(BaseModel):
    run_id: str
    playbook: str
    state: RunState
    begun_by: str
    started_at: datetime
    attempts: int = Field(description="More than one: it was taken up again after its process ended")
    href: str


class RunShown(RunLine):
    """A run with every step's question, result, time and failures; and its report once it has finished."""

    input: dict[str, Any]
    steps: list[StepRun]
    report: Report | None
    simulated: bool
    problem: dict[str, Any] | None


class Runs(BaseModel):
    items: list[RunLine]
    next_cursor: str | None


class RunFilter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    state: RunState | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = None


class Automatic(BaseModel):
    """Playbooks that start by themselves; none unless you name them."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"playbooks": ["threat-response"]}]}
    )

    playbooks: list[str] = Field(max_length=20)


def playbooks(call: Call) -> Reply:
    shown = [_playbook(playbook, call.root) for playbook in library.playbooks()]
    return reply_json(Playbooks(playbooks=shown))


def post(name: str) -> Handle:
    """Starts a run of that playbook."""

    def start(call: Call) -> Reply:
        return _started(library.find(name or call.path["name"]), call)

    return start


def runs(call: Call) -> Reply:
    asked = call.asked(RunFilter)
    state = JOB_STATES[asked.state] if asked.state else None
    found = call.platform.jobs.page(
        call.tenant.msp_id, state=state, agent=WORKFLOWS, limit=asked.limit, cursor=asked.cursor
    )
    items = [RunLine.model_validate(_line(job, call.root)) for job in found.items]
    return reply_json(Runs(items=items, next_cursor=found.cursor))


def run(call: Call) -> Reply:
    return reply_json(_shown(_job(call, call.path["run_id"]), call))


def get_automatic(call: Call) -> Reply:
    return reply_json(Automatic(playbooks=automatic.chosen(call.ports)))


def set_automatic(call: Call) -> Reply:
    names = validated(Automatic, call.json_object()).playbooks
    known = [playbook.name for playbook in automatic.triggered()]
    for place, name in enumerate(names):
        if name not in known:
            reason = f"must be one of: {', '.join(known) or 'none there are'}"
            errors = [FieldError(f"playbooks.{place}", reason)]
            raise Invalid("There is no such playbook that starts by itself.", errors=errors)
    automatic.choose(call.ports, names)
    return get_automatic(call)


def _started(playbook: Playbook, call: Call) -> Reply:
    given = inputs.checked(playbook, call.json_object(), call.ports)
    job = engine.opened(playbook, given, call.platform, call.tenant.msp_id)
    wait_s = waits(call.headers.get("prefer", ""))
    until = time.monotonic() + wait_s
    while time.monotonic() < until and job.state not in ("done", "dead"):
        time.sleep(LOOK_AGAIN_S)
        job = _job(call, job.job_id)
    href = f"{call.root}/workflows/runs/{job.job_id}"
    ended = job.state in ("done", "dead")
    applied = f"wait={wait_s:.0f}" if wait_s else "respond-async"
    return reply_json(_shown(job, call), 200 if ended else 202, location=href, preference_applied=applied)


def waits(prefer: str) -> float:
    """Seconds that a request is willing to wait for the end (RFC 7240, 4.3), as far as we let it.

    >>> waits("wait=10"), waits("respond-async, wait=900"), waits("respond-async"), waits("")
    (10.0, 25.0, 0.0, 0.0)
    """
    found = WAIT.search(prefer.lower())
    return min(float(found[1]), LONGEST_WAIT_S) if found else 0.0


def _job(call: Call, run_id: str) -> Job:
    job = call.platform.jobs.find(call.tenant.msp_id, run_id)
    if job is None or job.agent != WORKFLOWS:
        raise NotFound(
            "You have no run with that id.", errors=[FieldError("run_id", "is not a run of yours")]
        )
    return job


def _line(job: Job, root: str) -> dict[str, Any]:
    given = Given.model_validate(job.question)
    return {
        "run_id": job.job_id,
        "playbook": given.playbook,
        "state": STATES[job.state],
        "begun_by": given.begun_by,
        "started_at": job.created_at,
        "attempts": job.attempts,
        "href": f"{root}/workflows/runs/{job.job_id}",
    }


def _shown(job: Job, call: Call) -> RunShown:
    line = _line(job, call.root)
    ended = call.ports.results.find(job.job_id)
    if ended:
        # Its report is stored and announced a moment before its job is ended.
        line["state"] = "finished"
    try:
        steps = of_job(job, library.find(line["playbook"]), call.platform).steps()
    except NotFound:
        steps = []  # a playbook of an earlier version; its report is still here
    return RunShown(
        **line,
        input=job.question["input"],
        steps=steps,
        report=Report.model_validate(ended.answer) if ended else None,
        simulated=ended.simulated if ended else any(step.simulated for step in steps),
        problem=job.problem,
    )


def _playbook(playbook: Playbook, root: str) -> PlaybookShown:
    installed = {agent.slug for agent in registry.agents()}
    return PlaybookShown(
        **playbook.model_dump(include={"name", "version", "title", "summary"}),
        href=f"{root}/workflows/{playbook.name}",
        starts_by=playbook.trigger.event if playbook.trigger else None,
        stages=[[_step(step, installed) for step in stage] for stage in playbook.stages],
    )


def _step(step: Step, installed: set[str]) -> StepShown:
    return StepShown(
        name=step.name,
        title=step.title,
        agent=step.agent,
        installed=step.agent is None or step.agent in installed,
        asks=dict(step.question),
        needs=sorted(step.needs),
        when=step.when,
    )


def routes(described: bool = False) -> list[Endpoint]:
    """The routes; with their schemas of input only where they are to be `described`: reading the playbooks
    takes time that a function that starts does not have.
    """
    made = [_post(name, inputs.model(name) if described else {"type": "object"}) for name in library.names()]
    return [*ROUTES, *made, _post("", {"type": "object"})]


def _post(name: str, takes: Any) -> Endpoint:
    summary = f"Run the playbook {name}" if name else "Run a playbook by its name"
    return Endpoint(
        "POST", f"/workflows/{name or '{name}'}", summary, TAG, post(name), takes={JSON: takes},
        reply=RunShown, status=202, waits=True, problems=(400, 401, 404, 409, 413, 415, 422, 429, 503),
    )  # fmt: skip


ROUTES = [
    Endpoint("GET", "/workflows", "The playbooks there are, with their steps", TAG, playbooks,
             reply=Playbooks, problems=(401, 429)),
    Endpoint("GET", "/workflows/runs", "Your runs, newest first", TAG, runs, query=RunFilter, reply=Runs,
             problems=(400, 401, 422, 429)),
    Endpoint("GET", "/workflows/runs/{run_id}", "How a run goes, step by step", TAG, run, reply=RunShown,
             problems=(401, 404, 429)),
    Endpoint("GET", "/workflows/automatic", "Which playbooks start by themselves", TAG, get_automatic,
             reply=Automatic, problems=(401, 429)),
    Endpoint("POST", "/workflows/automatic", "Choose which playbooks start by themselves", TAG,
             set_automatic, takes={JSON: Automatic}, reply=Automatic,
             problems=(400, 401, 409, 413, 415, 422, 429)),
]  # fmt: skip
