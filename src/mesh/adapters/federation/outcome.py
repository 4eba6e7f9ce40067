"""What a training leaves behind: a version with each MSP that took part, if it is worth it; what is told."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from mesh.adapters.federation.kinds import Brought, Kind
from mesh.adapters.federation.version import Made, card_of, store
from mesh.kit.federation import Measured, Outcome, SiteTold, TrainingPlan
from mesh.sharing.federation_learner import descent, learner
from mesh.sharing.federation_rules import spent
from mesh.sharing.federation_scoring import auc_of, binned
from mesh.sharing.federation_versions import Lineage, in_use

if TYPE_CHECKING:
    from mesh.adapters.federation.here import FederationHere
    from mesh.adapters.federation.training import Trained

NOBODYS = "A pooled model would need other MSPs' rows in one place; it is computed for made-up sites only."


@dataclass(frozen=True)
class Left:
    """What is known of a training beside its weights: MSPs whose rows are `here` or `away`, and `rows`, by
    node."""

    plan: TrainingPlan
    kind: Kind
    run_id: str
    at: datetime
    here: Mapping[int, str]
    away: Mapping[int, str]
    rows: Mapping[int, Brought]

    def node_of(self, msp_id: str) -> int | None:
        members = {**self.here, **self.away}
        return next((node for node, member in members.items() if member == msp_id), None)


def outcome(trained: "Trained", of: Left, over: "FederationHere") -> Outcome:
    """Keep the version where it is worth it, with all that took part and whoever asked; and tell of it."""
    asker = over.ports(over.msp_id)
    before = in_use(asker.blobs, of.plan.kind, over.withdrawn)
    kept, why = worth(trained)
    parent = before[0].version if before else None
    card = card_of(made(trained, of.at), trained.terms, of.kind, asker, of.run_id, parent)
    if kept:
        _hand_out(trained, of, over, card)
    me = of.node_of(over.msp_id)
    told = [
        site_told(f"site-{number}", node, trained, you=node == me)
        for number, node in enumerate(sorted({*trained.left, *trained.why_out}), start=1)
    ]
    noisy, old = "held-out records of all sites, noise added", trained.score_in_use
    return Outcome(
        kept=kept, why=why, version=card.version, sha256=card.sha256, parent=card.parent,
        rounds=trained.rounds, sites=told, federated=Measured(auc=short(trained.score), note=noisy),
        in_use=Measured(auc=short(old), note=noisy if old else "no model is in use"),
        local_only=_alone(of.rows.get(me) if me is not None else None, trained, away=me in of.away),
        pooled=Measured(auc=None, note=NOBODYS), epsilon=card.epsilon, delta=of.plan.delta,
        noise_multiplier=round(trained.terms.train_noise, 4), simulated=card.simulated,
    )  # fmt: skip


def worth(trained: "Trained") -> tuple[bool, str]:
    """Whether the new model is kept: it must do better by more than what noise alone would make of it."""
    new, old = trained.score, trained.score_in_use
    if new is None or not math.isfinite(trained.doubt):
        return False, "Not kept: with so few held-out records, noise leaves nothing to measure it by."
    if old is None:
        better = new - 0.5 > 2 * trained.doubt
        return better, (
            f"{'Kept: n' if better else 'Not kept: n'}o model is in use to compare with, and {new:.3f} is "
            f"{'' if better else 'not '}above chance by more than twice the noise ({trained.doubt:.3f})."
        )
    better = new - old > 2 * trained.doubt
    return better, (
        f"{'Kept' if better else 'Not kept'}: {new:.3f} on held-out records against {old:.3f} of the model "
        f"in use; to count, the difference must pass twice the noise ({trained.doubt:.3f})."
    )


def made(trained: "Trained", at: datetime) -> Made:
    """What is told of the model to those that it goes to."""
    return Made(
        trained.weights, at, len(trained.left), most(trained), trained.score or 0.0, trained.doubt,
        trained.simulated,
    )  # fmt: skip


def _hand_out(trained: "Trained", of: Left, over: "FederationHere", card: Lineage) -> None:
    """The version goes into the store of each that took part with rows here, and of whoever asked."""
    for msp_id in {over.msp_id, *(of.here[node] for node in trained.left if node in of.here)}:
        node = of.node_of(msp_id)
        mine = of.rows.get(node) if node is not None else None
        store(over.ports(msp_id), of.kind, card, trained.weights, mine)


def _alone(mine: Brought | None, trained: "Trained", *, away: bool) -> Measured:
    """What the asking MSP gets from its own rows alone; reckoned on its side, and told to it alone."""
    classes = trained.terms.classes
    if mine is None or classes != 2:
        absent = (
            "your rows are elsewhere: your site compares there" if away else "the asking MSP takes no part"
        )
        return Measured(auc=None, note=absent if mine is None else "for two classes only")
    model = learner(trained.terms.inputs, classes)
    own = descent(model, np.zeros(model.size), mine.train, 0.5, 0.003, 100)
    alone = auc_of(binned(model, own, mine.held_out))
    shared = auc_of(binned(model, trained.weights, mine.held_out))
    told = "not measurable" if shared is None else f"{shared:.3f}"
    note = f"yours alone, on your {mine.held_out.records} held-out clients; the shared one there: {told}"
    return Measured(auc=short(alone), note=note)


def site_told(name: str, node: int, trained: "Trained", *, you: bool) -> SiteTold:
    """One site as it is told of, by number."""
    if node not in trained.left:
        why = trained.why_out[node]
        return SiteTold(site=name, you=you, rounds_in=0, rounds_dropped=0, epsilon=0, why_out=why)
    return SiteTold(
        site=name, you=you, rounds_in=trained.left[node], rounds_dropped=trained.dropped[node],
        epsilon=paid(trained, node),
    )  # fmt: skip


def paid(trained: "Trained", node: int) -> float:
    """Epsilon of a record of that site, rounded up."""
    terms = trained.terms
    return math.ceil(1e4 * spent(terms, trained.left[node], terms.measurements)) / 1e4


def most(trained: "Trained") -> float:
    return max(paid(trained, node) for node in trained.left)


def short(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
