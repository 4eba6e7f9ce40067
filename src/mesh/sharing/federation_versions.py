"""Versions of shared models in a tenant's store: weights named by their SHA-256, a card with where they came
from, and which one is in use. A crash leaves the version before in use."""

import hashlib
import io
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError

from mesh.kit.federation import Defence, ModelVersion, SharedModel, Strategy
from mesh.kit.platform import Commons, Entry
from mesh.kit.ports import Blobs
from mesh.kit.problem import NotFound, Unavailable

if TYPE_CHECKING:
    from mesh.sharing.federation_learner import Floats

FOLDER = "federated"
# Trainings that an MSP took its part back from, by id. The rows are nobody's: they stay when it is erased.
WITHDRAWN, NOBODY = "withdrawn-trainings", ""
# Whether the training with this id was withdrawn.
Withdrawn = Callable[[str], bool]


class Lineage(BaseModel):
    """The card of a version that was learnt together; its weights are a blob named by `sha256`."""

    name: str
    kind: str
    version: str
    sha256: str
    parent: str | None
    made_at: str
    sites: int
    rounds: int
    strategy: Strategy
    secure_aggregation: bool
    defence: Defence
    epsilon: float
    delta: float
    unit: str = "one client record"
    inputs: tuple[str, ...]
    # A middle and a spread of each input, where they are scaled: weights say nothing without them.
    scales: tuple[tuple[float, float], ...] = ()
    classes: tuple[str, ...]
    # The training it is of, as the receipts of those that took part name it.
    run: str = ""
    scores: dict[str, float]
    simulated: bool
    licence: str = "of the MSPs that took part"


class InUse(BaseModel):
    """Versions that were in use, the present one last."""

    versions: list[str] = []


def written(weights: "Floats") -> bytes:
    """Weights as a file of numpy's, which holds numbers and nothing that could run."""
    import numpy as np

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


def withdraw(commons: Commons, run: str) -> None:
    """No version of this training is served to anyone when this returns."""
    commons.put(Entry(shelf=WITHDRAWN, key=run, owner=NOBODY, body={"run": run}))


def withdrawn_in(commons: Commons) -> Withdrawn:
    return lambda run: bool(run) and commons.find(WITHDRAWN, run) is not None


def in_use(blobs: Blobs, kind: str, withdrawn: Withdrawn) -> "tuple[Lineage, Floats] | None":
    """The card and weights in use, or None. Raises Unavailable when they are not what the card describes."""
    card = next(_standing(blobs, kind, withdrawn), None)
    if card is None:
        return None
    content = blobs.get(f"{FOLDER}/{kind}/{card.sha256}.npy")
    if content is None or hashlib.sha256(content).hexdigest() != card.sha256:
        raise Unavailable(_damaged(kind))
    import numpy as np

    return card, np.load(io.BytesIO(content), allow_pickle=False)


def serving(blobs: Blobs, kind: str, withdrawn: Withdrawn) -> SharedModel | None:
    """The version in use, as an agent serves it."""
    found = in_use(blobs, kind, withdrawn)
    if found is None:
        return None
    card, weights = found
    return SharedModel(
        _told(card, used=True, withdrawn=False), card.inputs, card.scales, card.classes, weights
    )


def listed(blobs: Blobs, kind: str, withdrawn: Withdrawn) -> list[ModelVersion]:
    """All versions of a kind, newest first."""
    used = next((card.version for card in _standing(blobs, kind, withdrawn)), None)
    found = []
    for name in blobs.names(f"{FOLDER}/{kind}/card-"):
        card = Lineage.model_validate_json(blobs.get(name) or b"{}")
        found.append(_told(card, used=card.version == used, withdrawn=withdrawn(card.run)))
    return sorted(found, key=lambda one: one.made_at, reverse=True)


def roll_back(blobs: Blobs, kind: str, withdrawn: Withdrawn) -> ModelVersion | None:
    """Take the version in use out of use; the one before it, if there is one, is in use again."""
    versions = [card.version for card in _standing(blobs, kind, withdrawn)]
    if not versions:
        raise NotFound(f"No shared {kind} model is in use here.")
    _use(blobs, kind, versions[:0:-1])
    return next((one for one in listed(blobs, kind, withdrawn) if one.in_use), None)


def _standing(blobs: Blobs, kind: str, withdrawn: Withdrawn) -> Iterator[Lineage]:
    """The versions that were in use and were not withdrawn, the present one first. Raises Unavailable."""
    for version in reversed(_history(blobs, kind)):
        try:
            card = Lineage.model_validate_json(blobs.get(_card(kind, version)) or b"")
        except ValidationError as fault:
            raise Unavailable(_damaged(kind)) from fault
        if not withdrawn(card.run):
            yield card


def _told(card: Lineage, *, used: bool, withdrawn: bool) -> ModelVersion:
    return ModelVersion(
        version=card.version, sha256=card.sha256, parent=card.parent, made_at=card.made_at, sites=card.sites,
        epsilon=card.epsilon, in_use=used, simulated=card.simulated, withdrawn=withdrawn,
    )  # fmt: skip


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
