"""How the agents are doing."""

import statistics
from datetime import datetime

from pydantic import BaseModel

from mesh import registry
from mesh.entrypoints.endpoint import Call, Endpoint, reply_json
from mesh.entrypoints.routes.agents import TAG
from mesh.kit.agent import Agent
from mesh.kit.platform import Platform, Reply
from mesh.kit.problem import Unavailable


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


def status(platform: Platform) -> Statuses:
    """Every agent with what its last questions showed; nothing here is a constant."""
    return Statuses(agents=[_status(agent, platform) for agent in registry.agents()])


def get_status(call: Call) -> Reply:
    return reply_json(status(call.platform))


ROUTES = [
    Endpoint(
        "GET", "/agents/status", "How the agents are doing, as measured", TAG, get_status, reply=Statuses,
        problems=(401, 429),
    )
]  # fmt: skip


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
