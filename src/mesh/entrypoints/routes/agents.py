"""Asking an agent: now, later, or again in another format; and how the agents are doing."""

import statistics
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from mesh import registry
from mesh.entrypoints.endpoint import JSON, Call, Endpoint, Handle, reply_json
from mesh.kit.agent import Act, Agent, Envelope, View
from mesh.kit.platform import Job, Platform, Reply
from mesh.kit.problem import FieldError, Invalid, Unavailable, validated

TAG = "agents"


class Asking(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: str = Field(default="json", description="How the answer is written", examples=["json"])


class Accepted(BaseModel):
    """The question is stored and will be answered; ask `/jobs/{job_id}` for how it goes."""

    job_id: str
    state: Literal["waiting"]
    href: str


class ModelState(BaseModel):
    name: str
    loaded: bool
    version: str | None = None
    sha256: str | None = None
    problem: str | None = None


class AgentStatus(BaseModel):
    """Measured from the last 200 questions of all tenants, so without what was asked; null: none yet."""

    agent: str
    title: str
    summary: str
    route: str
    questions: int
    answered: int
    refused: int
    failed: int
    last_asked_at: datetime | None
    last_failed_at: datetime | None
    p50_ms: float | None
    p95_ms: float | None
    models: list[ModelState]


class Statuses(BaseModel):
    agents: list[AgentStatus]


def of(agent: Agent) -> list[Endpoint]:
    """The agent's routes: its question, the aliases of it, its acts and its views."""
    formats = {f.media_type: name for name, f in agent.formats.items()}
    routes = [
        Endpoint(
            "POST",
            path,
            agent.summary,
            TAG,
            _post(agent),
            query=Asking,
            takes={JSON: agent.ask},
            reply=Envelope,
            also=formats,
            problems=(400, 401, 409, 413, 415, 422, 429, 503),
            agent=agent,
            alias_of="" if path == agent.route else agent.route,
        )
        for path in (agent.route, *agent.aliases)
    ]
    acts = [
        Endpoint(
            "POST", act.path, act.summary, TAG, _do(act), takes={JSON: act.ask}, reply=act.reply,
            problems=(400, 401, 404, 409, 413, 415, 422, 429), agent=agent,
        )
        for act in agent.acts
    ]  # fmt: skip
    return routes + acts + [
        Endpoint(
            "GET", view.path, view.summary, TAG, _get(view), query=view.query, reply=view.reply,
            problems=(400, 401, 422, 429, 503), agent=agent,
        )
        for view in agent.views
    ]  # fmt: skip


def status(platform: Platform) -> Statuses:
    """Every agent with what its last questions showed; nothing here is a constant."""
    return Statuses(agents=[_status(agent, platform) for agent in registry.agents()])


def rendered(agent: Agent, envelope: Envelope, name: str, root: str = "") -> Reply:
    """The envelope in the format of that name. Raises Invalid that lists the formats there are."""
    if name == "json":
        return reply_json(envelope, location=f"{root}/results/{envelope.result_id}")
    known = _format(agent, name)
    headers = {"content-type": known.media_type, "location": f"{root}/results/{envelope.result_id}"}
    return Reply(200, headers, known.render(envelope).encode())


def _format(agent: Agent, name: str) -> Any:
    if name not in agent.formats:
        choices = ", ".join(["json", *agent.formats])
        raise Invalid("There is no such format.", errors=[FieldError("format", f"must be one of: {choices}")])
    return agent.formats[name]


def get_status(call: Call) -> Reply:
    return reply_json(status(call.platform))


STATUS = Endpoint(
    "GET", "/agents/status", "How the agents are doing, as measured", TAG, get_status, reply=Statuses,
    problems=(401, 429),
)  # fmt: skip


def _post(agent: Agent) -> Handle:
    def post(call: Call) -> Reply:
        wanted = call.asked(Asking).format
        if wanted != "json":
            _format(agent, wanted)
        question = call.json_object()
        checked = registry.checked(agent, question)
        if agent.as_job(checked) or "respond-async" in call.headers.get("prefer", "").lower():
            return _accept(agent, question, call)
        envelope = registry.ask(agent, checked, call.platform, call.tenant.msp_id)
        return rendered(agent, envelope, wanted, call.root)

    return post


def _accept(agent: Agent, question: dict[str, Any], call: Call) -> Reply:
    now = call.platform.clock.now()
    job = Job(
        job_id=call.platform.ids(),
        msp_id=call.tenant.msp_id,
        agent=agent.slug,
        question=question,
        created_at=now,
        not_before=now,
    )
    call.platform.jobs.add(job)
    href = f"{call.root}/jobs/{job.job_id}"
    accepted = Accepted(job_id=job.job_id, state="waiting", href=href)
    return reply_json(accepted, 202, location=href, preference_applied="respond-async")


def _get(view: View) -> Handle:
    def get(call: Call) -> Reply:
        return reply_json(view.read(call.asked(view.query), call.ports))

    return get


def _do(act: Act) -> Handle:
    def post(call: Call) -> Reply:
        return reply_json(act.do(validated(act.ask, call.json_object()), call.ports))

    return post


def _status(agent: Agent, platform: Platform) -> AgentStatus:
    states = platform.states.recent(agent.slug)
    counts = {name: sum(s.outcome == name for s in states) for name in ("answered", "refused", "failed")}
    times = sorted(s.took_ms for s in states if s.outcome == "answered")
    quantiles = statistics.quantiles(times, n=20, method="inclusive") if len(times) > 1 else times * 19
    return AgentStatus(
        agent=agent.slug,
        title=agent.title,
        summary=agent.summary,
        route=agent.route,
        questions=len(states),
        **counts,
        last_asked_at=states[0].at if states else None,
        last_failed_at=next((s.at for s in states if s.outcome == "failed"), None),
        p50_ms=round(quantiles[9], 3) if quantiles else None,
        p95_ms=round(quantiles[18], 3) if quantiles else None,
        models=[_model(name, platform) for name in agent.models],
    )


def _model(name: str, platform: Platform) -> ModelState:
    try:
        card = platform.models.card(name)
    except Unavailable as problem:
        return ModelState(name=name, loaded=False, problem=problem.detail)
    return ModelState(name=name, loaded=True, version=str(card["version"]), sha256=str(card["sha256"]))
