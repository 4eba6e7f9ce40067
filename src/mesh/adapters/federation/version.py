"""A finished model: what is told of it, its card, and how it becomes a version of an MSP's own."""

from dataclasses import dataclass
from datetime import datetime

from mesh.adapters.federation.kinds import Brought, Kind
from mesh.kit.federation import ModelVersion, SharedModel
from mesh.kit.ports import Ports
from mesh.sharing.federation_learner import Floats
from mesh.sharing.federation_rules import Terms, version_of
from mesh.sharing.federation_versions import Lineage, keep, written


@dataclass(frozen=True, slots=True)
class Made:
    """What a training made. `score` and the noise in it, `doubt`, are of held-out records of all sites;
    `epsilon` is the most that any record paid."""

    weights: Floats
    made_at: datetime
    sites: int
    epsilon: float
    score: float
    doubt: float
    simulated: bool


def card_of(made: Made, terms: Terms, kind: Kind, ports: Ports, run: str, parent: str | None) -> Lineage:
    """The card of a version. Inputs, scales and classes are those that this installation knows."""
    version, sha256 = version_of(written(made.weights))
    return Lineage(
        name=f"federated-{terms.kind}", kind=terms.kind, version=version, sha256=sha256, parent=parent,
        made_at=made.made_at.isoformat(), sites=made.sites, rounds=terms.rounds, strategy=terms.strategy,
        secure_aggregation=terms.secure, defence=terms.defence, epsilon=made.epsilon, delta=terms.delta,
        inputs=tuple(kind.inputs(ports)), scales=kind.scales(), classes=tuple(kind.classes(ports)), run=run,
        scores={"held-out score, noisy": made.score, "noise of it": round(made.doubt, 4)},
        simulated=made.simulated,
    )  # fmt: skip


def store(ports: Ports, kind: Kind, card: Lineage, weights: Floats, mine: Brought | None) -> None:
    """Make it the version in use. It is fitted to the MSP's own rows first, on its own side, so that it never
    serves before it is fitted."""
    if mine is not None:
        version = ModelVersion(
            version=card.version, sha256=card.sha256, parent=card.parent, made_at=card.made_at,
            sites=card.sites, epsilon=card.epsilon, in_use=True, simulated=card.simulated,
        )  # fmt: skip
        kind.fit(ports, SharedModel(version, card.inputs, card.scales, card.classes, weights), mine)
    keep(ports.blobs, card, written(weights), use=True)
