"""The port `Federation` on one machine: each tenant of this mesh is a site, reached by Flower's messages.

A site's rows are read by its own side of the exchange and go no further; what the coordinator gets of them is
what a SuperNode elsewhere would send. Flower and numpy are loaded by the first training.
"""

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesh.kit.federation import (
    Measured,
    ModelVersion,
    Outcome,
    RoundTold,
    SiteTold,
    TrainingPlan,
)
from mesh.kit.ports import Ports
from mesh.kit.problem import FieldError, Invalid, NotFound, Unavailable

if TYPE_CHECKING:
    from mesh.adapters.federation.kinds import Brought, Kind
    from mesh.adapters.federation.site import Site
    from mesh.adapters.federation.training import Trained
    from mesh.kit.platform import Tenants
    from mesh.sharing.consent import Consents
    from mesh.sharing.receipts import Receipts

KINDS = ("churn", "threat_techniques")
NOBODYS = "A pooled model would need other MSPs' rows in one place; it is computed for made-up sites only."
NOT_ON_AWS = (
    "On AWS a training over several MSPs needs a coordinator that is not built yet; rehearsals run. An MSP"
    " can take part in one that is coordinated elsewhere: ./mesh site."
)
NOT_IN_A_FUNCTION = (
    "Flower does not fit into a function: on AWS nothing is trained yet, rehearsals included. Run them with"
    " ./mesh up, or take part in a training that is coordinated elsewhere: ./mesh site."
)
Tell = Callable[[RoundTold], None]


@dataclass(frozen=True, slots=True)
class FederationHere:
    """`tenants` lists every MSP of the mesh, `ports` opens one's own, `agreed` says whether it takes part.
    `receipt` is told what a site released: its id, epsilon, the training's id. `home` is where Flower may
    write. `why_not` says why there are no trainings over MSPs here, if so."""

    msp_id: str
    tenants: Callable[[], Sequence[str]]
    ports: Callable[[str], Ports]
    agreed: Callable[[str], bool]
    receipt: Callable[[str, float, str], object]
    home: Path | None = None
    why_not: str = ""

    def kinds(self) -> Sequence[str]:
        return KINDS

    def train(self, plan: TrainingPlan, tell: Tell) -> Outcome:
        _check_kind(plan.kind)
        if self.why_not and find_spec("flwr") is None:
            raise Unavailable(NOT_IN_A_FUNCTION)
        from mesh.adapters.federation.flower import prepare

        prepare(self.home)
        from mesh.sharing.federation_rules import refuse_contradictions

        refuse_contradictions(plan.secure_aggregation, plan.defence, plan.strategy)
        if plan.rehearsal is not None:
            return rehearsed(plan, tell)
        if self.why_not:
            raise Unavailable(self.why_not)
        return _Shared(self, plan).run(tell)

    def versions(self, kind: str) -> Sequence[ModelVersion]:
        _check_kind(kind)
        from mesh.sharing.federation_versions import listed

        return listed(self.ports(self.msp_id).blobs, kind)

    def roll_back(self, kind: str) -> ModelVersion | None:
        _check_kind(kind)
        from mesh.sharing.federation_versions import roll_back

        return roll_back(self.ports(self.msp_id).blobs, kind)


def federation(
    msp_id: str, tenants: "Tenants", ports: Callable[[str], Ports], consents: "Consents",
    receipts: "Receipts", *, home: Path | None = None, why_not: str = "",
) -> FederationHere:  # fmt: skip
    """The port of one tenant: who takes part is whoever consented, asked anew each time; each site that took
    part gets a receipt."""
    from mesh.sharing.consent import TRAINING

    def agreed(other: str) -> bool:
        return ("model-update", TRAINING) in consents.of(other).granted

    def receipt(other: str, epsilon: float, run: str) -> object:
        version = consents.of(other).version
        return receipts.issue(other, "model-update", "mesh", TRAINING, epsilon, run, consent_version=version)

    def everyone() -> list[str]:
        return [tenant.msp_id for tenant in tenants.listing()]

    return FederationHere(msp_id, everyone, ports, agreed, receipt, home, why_not)


def rehearsed(plan: TrainingPlan, tell: Tell) -> Outcome:
    """A training over made-up sites; nothing of it is kept."""
    from mesh.adapters.federation.rehearsal import INPUTS, rehearse
    from mesh.adapters.federation.training import terms_of

    assert plan.rehearsal is not None
    found = rehearse(plan.rehearsal, terms_of(plan.kind, INPUTS, 2, plan, rate=_rate(plan)), tell)
    trained = found.trained
    said = "made-up sites, held-out records, no noise"
    return Outcome(
        kept=False,
        why="A rehearsal on made-up sites: nothing is kept, and nobody's records were touched.",
        rounds=trained.rounds,
        sites=[_site(f"site-{n}", n, trained, you=False) for n in sorted(trained.left)],
        federated=Measured(auc=_short(found.federated), note=said),
        in_use=Measured(auc=None, note="no model is in use on made-up sites"),
        local_only=Measured(auc=_short(found.local_only), note=f"mean of the sites' own models; {said}"),
        pooled=Measured(auc=_short(found.pooled), note=f"one model of all records, no privacy; {said}"),
        epsilon=_most(trained),
        delta=plan.delta,
        noise_multiplier=round(trained.terms.train_noise, 4),
        simulated=True,
    )


class _Shared:
    """One training over MSPs that agreed."""

    def __init__(self, over: FederationHere, plan: TrainingPlan) -> None:
        from mesh.adapters.federation import kinds
        from mesh.sharing.federation_rules import taking_part

        self.over, self.plan = over, plan
        self.kind: Kind = kinds.KINDS[plan.kind]
        self.asker = over.ports(over.msp_id)
        self.now: datetime = self.asker.clock.now()
        named = f"{over.msp_id} {plan.kind} {self.now.isoformat()}"
        self.run_id = hashlib.sha256(named.encode()).hexdigest()[:16]
        members = taking_part(over.tenants(), plan.sites, over.agreed)
        # Numbers do not follow names, or the order of the list would tell who is who.
        shuffled = sorted(members, key=lambda m: hashlib.sha256(f"{self.run_id} {m}".encode()).digest())
        self.members = dict(enumerate(shuffled, start=1))
        self.brought: dict[int, Brought] = {}

    def run(self, tell: Tell) -> Outcome:
        from mesh.adapters.federation.grid import InProcessGrid
        from mesh.adapters.federation.site import client_app
        from mesh.adapters.federation.training import terms_of, train
        from mesh.sharing.federation_rules import least_sites

        least = least_sites(self.plan)
        if len(self.members) < least:
            reason = f"{len(self.members)} MSPs that were asked have agreed to take part; it takes {least}"
            raise Invalid(f"{reason}.", errors=[FieldError("participating_msps", reason)])
        inputs, classes = self.kind.inputs(self.asker), self.kind.classes(self.asker)
        scorer = self._in_use()
        apps = {
            node: client_app(lambda _context, _kind, node=node: self._site(node, scorer))  # type: ignore[misc]
            for node in self.members
        }
        draft = terms_of(self.plan.kind, len(inputs), len(classes), self.plan, rate=_rate(self.plan))
        try:
            trained = train(InProcessGrid(apps), draft, least, tell)
        finally:
            rows, self.brought = self.brought, {}
        self._settle(trained)
        return self._outcome(trained, rows, inputs, classes)

    def _site(self, node: int, scorer: Callable[[Any], Any] | None) -> "Site":
        """What the site brings; its rows are read once a training."""
        from mesh.adapters.federation.site import Site, fresh_noise
        from mesh.sharing.federation_ledger import left

        ports = self.over.ports(self.members[node])
        if node not in self.brought:
            self.brought[node] = self.kind.read(ports, self.now)
        mine = self.brought[node]
        raw = mine.raw_held_out
        in_use = None if scorer is None else (lambda _x: scorer((mine.held_out.x, raw)))
        return Site(
            mine.train, mine.held_out, fresh_noise(), left(ports.blobs, self.now), in_use,
            book=lambda epsilon: self._book(node, epsilon),
        )  # fmt: skip

    def _in_use(self) -> Callable[[Any], Any] | None:
        """Log-odds by what the asking MSP uses today: a shared version, else what its agent came with."""
        from mesh.sharing.federation_learner import learner
        from mesh.sharing.federation_versions import in_use

        held = in_use(self.asker.blobs, self.plan.kind)
        if held is not None:
            model, weights = learner(len(held[0].inputs), len(held[0].classes)), held[1]
            return lambda both: model.scores(weights, both[0])[:, 0]
        scorer = self.kind.in_use(self.asker)
        return None if scorer is None else (lambda both: scorer(both[1]))

    def _settle(self, trained: "Trained") -> None:
        for node in trained.left:
            self._book(node, _paid(trained, node))
            self.over.receipt(self.members[node], _paid(trained, node), self.run_id)

    def _book(self, node: int, epsilon: float) -> None:
        from mesh.sharing.federation_ledger import Entry, book

        entry = Entry(run=self.run_id, kind=self.plan.kind, at=self.now, epsilon=epsilon)
        book(self.over.ports(self.members[node]).blobs, entry)

    def _outcome(
        self, trained: "Trained", rows: dict[int, "Brought"], inputs: Sequence[str], classes: Sequence[str]
    ) -> Outcome:
        from mesh.sharing.federation_rules import Lineage, version_of
        from mesh.sharing.federation_versions import in_use, keep, written

        before = in_use(self.asker.blobs, self.plan.kind)
        kept, why = worth(trained)
        content = written(trained.weights)
        version, sha256 = version_of(content)
        simulated = any(rows[node].simulated for node in trained.left)
        scores = {"held-out score, noisy": trained.score or 0.0, "noise of it": round(trained.doubt, 4)}
        card = Lineage(
            name=f"federated-{self.plan.kind}", kind=self.plan.kind, version=version, sha256=sha256,
            parent=before[0].version if before else None, made_at=self.now.isoformat(),
            sites=len(trained.left), rounds=self.plan.rounds, strategy=self.plan.strategy,
            secure_aggregation=self.plan.secure_aggregation, defence=self.plan.defence,
            epsilon=_most(trained), delta=self.plan.delta, inputs=tuple(inputs), classes=tuple(classes),
            scores=scores, simulated=simulated,
        )  # fmt: skip
        for msp_id in {self.over.msp_id, *(self.members[node] for node in trained.left)} if kept else set():
            keep(self.over.ports(msp_id).blobs, card, content, use=True)
        me = next((node for node, msp_id in self.members.items() if msp_id == self.over.msp_id), None)
        told = [
            _site(f"site-{node}", node, trained, you=node == me)
            for node in sorted({*trained.left, *trained.why_out})
        ]
        noisy, old = "held-out records of all sites, noise added", trained.score_in_use
        return Outcome(
            kept=kept, why=why, version=version, sha256=sha256, parent=card.parent, rounds=trained.rounds,
            sites=told, federated=Measured(auc=_short(trained.score), note=noisy),
            in_use=Measured(auc=_short(old), note=noisy if old else "no model is in use"),
            local_only=self._alone(rows.get(me) if me is not None else None, trained, len(classes)),
            pooled=Measured(auc=None, note=NOBODYS), epsilon=_most(trained), delta=self.plan.delta,
            noise_multiplier=round(trained.terms.train_noise, 4), simulated=simulated,
        )  # fmt: skip

    def _alone(self, mine: "Brought | None", trained: "Trained", classes: int) -> Measured:
        """What the asking MSP gets from its own rows alone; reckoned on its side, and told to it alone."""
        import numpy as np

        from mesh.sharing.federation_learner import descent, learner
        from mesh.sharing.federation_scoring import auc_of, binned

        if mine is None or classes != 2:
            why = "the asking MSP takes no part" if mine is None else "for two classes only"
            return Measured(auc=None, note=why)
        model = learner(trained.terms.inputs, classes)
        own = descent(model, np.zeros(model.size), mine.train, 0.5, 0.003, 100)
        alone = auc_of(binned(model, own, mine.held_out))
        shared = auc_of(binned(model, trained.weights, mine.held_out))
        told = "not measurable" if shared is None else f"{shared:.3f}"
        note = f"yours alone, on your {mine.held_out.records} held-out clients; the shared one there: {told}"
        return Measured(auc=_short(alone), note=note)


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


def _site(name: str, node: int, trained: "Trained", *, you: bool) -> SiteTold:
    if node not in trained.left:
        why = trained.why_out[node]
        return SiteTold(site=name, you=you, rounds_in=0, rounds_dropped=0, epsilon=0, why_out=why)
    return SiteTold(
        site=name, you=you, rounds_in=trained.left[node], rounds_dropped=trained.dropped[node],
        epsilon=_paid(trained, node),
    )  # fmt: skip


def _paid(trained: "Trained", node: int) -> float:
    from mesh.sharing.federation_rules import spent

    terms = trained.terms
    return math.ceil(1e4 * spent(terms, trained.left[node], terms.measurements)) / 1e4


def _most(trained: "Trained") -> float:
    return max(_paid(trained, node) for node in trained.left)


def _rate(plan: TrainingPlan) -> float:
    """Plain averaging has no momentum, and takes longer steps instead."""
    return 0.6 if plan.strategy in ("fedavgm", "fedadam") else 1.5


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        reason = f"must be one of: {', '.join(KINDS)}"
        raise NotFound("There is no such kind of model.", errors=[FieldError("model_type", reason)])
