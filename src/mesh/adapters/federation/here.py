"""The port `Federation` on one machine: each tenant of this mesh is a site, reached by Flower's messages.

A site's rows are read by its own side of the exchange and go no further; what the coordinator gets of them is
what a SuperNode elsewhere would send. Flower and numpy are loaded by the first training.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from mesh.adapters.federation.door import Door
from mesh.kit.federation import Measured, ModelVersion, Outcome, RoundTold, SharedModel, TrainingPlan
from mesh.kit.ports import Ports
from mesh.kit.problem import FieldError, NotFound, Unavailable

if TYPE_CHECKING:
    from mesh.kit.platform import Tenants
    from mesh.sharing.consent import Consents
    from mesh.sharing.federation_sites import Sites
    from mesh.sharing.receipts import Receipts

KINDS = ("churn", "threat_techniques")
Tell = Callable[[RoundTold], None]


@dataclass(frozen=True, slots=True)
class FederationHere:
    """`tenants` lists every MSP of the mesh, `ports` opens one's own, `agreed` says whether it takes part.
    `receipt` is told what a site released: its id, epsilon, the training's id; `withdrawn` says whether a
    site took that back. `home` is where Flower may write. `why_not` is said where Flower is not
    installed and nobody could install it. `sites` knows the MSPs whose rows are on other machines,
    and `door` gives the one that these come in by, or None."""

    msp_id: str
    tenants: Callable[[], Sequence[str]]
    ports: Callable[[str], Ports]
    agreed: Callable[[str], bool]
    receipt: Callable[[str, float, str], object]
    withdrawn: Callable[[str], bool] = lambda _run: False
    home: Path | None = None
    why_not: str = ""
    sites: "Sites | None" = None
    door: Callable[[], Door | None] = lambda: None

    def kinds(self) -> Sequence[str]:
        return KINDS

    def train(self, plan: TrainingPlan, tell: Tell) -> Outcome:
        _check_kind(plan.kind)
        if self.why_not and find_spec("flwr") is None:
            raise Unavailable(self.why_not)
        from mesh.adapters.federation.flower import prepare

        prepare(self.home)
        from mesh.sharing.federation_rules import refuse_contradictions

        refuse_contradictions(plan.secure_aggregation, plan.defence, plan.strategy)
        if plan.rehearsal is not None:
            return rehearsed(plan, tell)
        from mesh.adapters.federation.joint import Joint

        return Joint(self, plan).run(tell)

    def versions(self, kind: str) -> Sequence[ModelVersion]:
        _check_kind(kind)
        from mesh.sharing.federation_versions import listed

        return listed(self.ports(self.msp_id).blobs, kind, self.withdrawn)

    def serving(self, kind: str) -> SharedModel | None:
        _check_kind(kind)
        from mesh.sharing.federation_versions import serving

        return serving(self.ports(self.msp_id).blobs, kind, self.withdrawn)

    def roll_back(self, kind: str) -> ModelVersion | None:
        _check_kind(kind)
        from mesh.sharing.federation_versions import roll_back

        return roll_back(self.ports(self.msp_id).blobs, kind, self.withdrawn)


def federation(
    msp_id: str, tenants: "Tenants", ports: Callable[[str], Ports], consents: "Consents",
    receipts: "Receipts", *, home: Path | None = None, why_not: str = "",
    door: Callable[[], Door | None] = lambda: None,
) -> FederationHere:  # fmt: skip
    """The port of one tenant: who takes part is whoever consented, asked anew each time; each site that took
    part gets a receipt. `door` gives the one that sites on other machines come in by."""
    from mesh.sharing.consent import TRAINING
    from mesh.sharing.federation_sites import Sites
    from mesh.sharing.federation_versions import withdrawn_in

    def agreed(other: str) -> bool:
        return ("model-update", TRAINING) in consents.of(other).granted

    def receipt(other: str, epsilon: float, run: str) -> object:
        version = consents.of(other).version
        return receipts.issue(other, "model-update", "mesh", TRAINING, epsilon, run, consent_version=version)

    def everyone() -> list[str]:
        return [tenant.msp_id for tenant in tenants.listing()]

    withdrawn = withdrawn_in(consents.commons)
    sites = Sites(consents.commons, consents.clock)
    return FederationHere(msp_id, everyone, ports, agreed, receipt, withdrawn, home, why_not, sites, door)


def rehearsed(plan: TrainingPlan, tell: Tell) -> Outcome:
    """A training over made-up sites; nothing of it is kept."""
    from mesh.adapters.federation.outcome import most, short, site_told
    from mesh.adapters.federation.rehearsal import INPUTS, rehearse
    from mesh.adapters.federation.training import rate_of, terms_of

    assert plan.rehearsal is not None
    found = rehearse(plan.rehearsal, terms_of(plan.kind, INPUTS, 2, plan, rate=rate_of(plan)), tell)
    trained = found.trained
    said = "made-up sites, held-out records, no noise"
    return Outcome(
        kept=False,
        why="A rehearsal on made-up sites: nothing is kept, and nobody's records were touched.",
        rounds=trained.rounds,
        sites=[site_told(f"site-{n}", n, trained, you=False) for n in sorted(trained.left)],
        federated=Measured(auc=short(found.federated), note=said),
        in_use=Measured(auc=None, note="no model is in use on made-up sites"),
        local_only=Measured(auc=short(found.local_only), note=f"mean of the sites' own models; {said}"),
        pooled=Measured(auc=short(found.pooled), note=f"one model of all records, no privacy; {said}"),
        epsilon=most(trained),
        delta=plan.delta,
        noise_multiplier=round(trained.terms.train_noise, 4),
        simulated=True,
    )


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        reason = f"must be one of: {', '.join(KINDS)}"
        raise NotFound("There is no such kind of model.", errors=[FieldError("model_type", reason)])
