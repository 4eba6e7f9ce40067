"""Versions of shared models in a tenant's store: weights named by their SHA-256, a card with where they came
from, and which one is in use. A crash leaves the version before in use."""

import hashlib
import io

import numpy as np
from pydantic import BaseModel, ValidationError

from mesh.kit.federation import ModelVersion
from mesh.kit.ports import Blobs
from mesh.kit.problem import NotFound, Unavailable
from mesh.sharing.federation_learner import Floats
from mesh.sharing.federation_rules import Lineage

FOLDER = "federated"


class InUse(BaseModel):
    """Versions that were in use, the present one last."""

    versions: list[str] = []


def written(weights: Floats) -> bytes:
    """Weights as a file of numpy's, which holds numbers and nothing that could run."""
    content = io.BytesIO()
    np.save(content, weights.astype(np.float64), allow_pickle=False)
    return content.getvalue()


def keep(blobs: Blobs, card: Lineage, content: bytes, *, use: bool) -> None:
    """Store weights, card, and, with `use`, that it is the one in use: in this order."""
    blobs.put(f"{FOLDER}/{card.kind}/{card.sha256}.npy", content)
    blobs.put(_card(card.kind, card.version), card.model_dump_json(indent=2).encode())
    if use:
        history = _history(blobs, card.kind)
        _use(blobs, card.kind, [*(v for v in history if v != card.version), card.version])


def in_use(blobs: Blobs, kind: str) -> tuple[Lineage, Floats] | None:
    """The card and weights in use, or None. Raises Unavailable when they are not what the card describes."""
    history = _history(blobs, kind)
    if not history:
        return None
    raw = blobs.get(_card(kind, history[-1]))
    try:
        card = Lineage.model_validate_json(raw or b"")
    except ValidationError as fault:
        raise Unavailable(_damaged(kind)) from fault
    content = blobs.get(f"{FOLDER}/{kind}/{card.sha256}.npy")
    if content is None or hashlib.sha256(content).hexdigest() != card.sha256:
        raise Unavailable(_damaged(kind))
    return card, np.load(io.BytesIO(content), allow_pickle=False)


def listed(blobs: Blobs, kind: str) -> list[ModelVersion]:
    """All versions of a kind, newest first."""
    history = _history(blobs, kind)
    found = []
    for name in blobs.names(f"{FOLDER}/{kind}/card-"):
        card = Lineage.model_validate_json(blobs.get(name) or b"{}")
        found.append(
            ModelVersion(
                version=card.version, sha256=card.sha256, parent=card.parent, made_at=card.made_at,
                sites=card.sites, epsilon=card.epsilon, in_use=history[-1:] == [card.version],
                simulated=card.simulated,
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: one.made_at, reverse=True)


def roll_back(blobs: Blobs, kind: str) -> ModelVersion | None:
    """Take the version in use out of use; the one before it, if there is one, is in use again."""
    history = _history(blobs, kind)
    if not history:
        raise NotFound(f"No shared {kind} model is in use here.")
    _use(blobs, kind, history[:-1])
    return next((one for one in listed(blobs, kind) if one.in_use), None)


def _history(blobs: Blobs, kind: str) -> list[str]:
    return InUse.model_validate_json(blobs.get(_used(kind)) or b"{}").versions


def _use(blobs: Blobs, kind: str, versions: list[str]) -> None:
    blobs.put(_used(kind), InUse(versions=versions).model_dump_json().encode())


def _used(kind: str) -> str:
    return f"{FOLDER}/{kind}/in-use.json"


def _card(kind: str, version: str) -> str:
    return f"{FOLDER}/{kind}/card-{version}.json"


def _damaged(kind: str) -> str:
    return f"The shared {kind} model in use is damaged; roll back, or train again."
