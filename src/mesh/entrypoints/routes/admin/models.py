"""Which models answer: version, file, what each was made from, and what was measured of it."""

from typing import Any

from pydantic import BaseModel, Field

from mesh import registry
from mesh.entrypoints.endpoint import Call, Endpoint, reply_json
from mesh.kit.platform import Reply
from mesh.kit.problem import Unavailable

TAG = "admin"


class ModelCard(BaseModel):
    """As the model's own card says; its files were compared with it by their SHA-256."""

    name: str
    used_by: list[str] = Field(description="Agents that load it")
    loaded: bool
    version: str | None = None
    sha256: str | None = None
    source: str | None = Field(default=None, description="What it was made from")
    simulated: bool | None = Field(default=None, description="Whether it learnt from made-up rows")
    licence: str | None = None
    built_with: str | None = None
    scores: dict[str, float] = Field(default={}, description="As measured when it was made; empty: not then")
    problem: str | None = Field(default=None, description="Why it is not loaded, and what to do")


class ModelCards(BaseModel):
    items: list[ModelCard]


def listing(call: Call) -> Reply:
    users: dict[str, list[str]] = {}
    for agent in registry.agents():
        for name in agent.models:
            users.setdefault(name, []).append(agent.slug)
    return reply_json(ModelCards(items=[_card(call, name, users[name]) for name in sorted(users)]))


def _card(call: Call, name: str, used_by: list[str]) -> ModelCard:
    try:
        card = call.platform.models.card(name)
    except Unavailable as problem:
        return ModelCard(name=name, used_by=used_by, loaded=False, problem=problem.detail)
    text: dict[str, Any] = {
        key: str(card[key]) for key in ("version", "sha256", "source", "licence", "built_with")
    }
    # Cards say so in words, as all of the mesh does.
    simulated = "simulated" in text["source"].lower()
    return ModelCard(
        name=name, used_by=used_by, loaded=True, simulated=simulated, scores=card.get("scores", {}), **text
    )


ROUTES = [
    Endpoint("GET", "/admin/models", "Which models answer, and what was measured of them", TAG, listing,
             reply=ModelCards, problems=(401, 403, 429), admin=True),
]  # fmt: skip
