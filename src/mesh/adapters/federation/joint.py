"""One training over the MSPs that agreed: the side of each site whose rows are here, and the coordinator's.

What it leaves behind is `outcome`.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from mesh.adapters.federation.elsewhere import gathered
from mesh.adapters.federation.kinds import KINDS, Brought
from mesh.adapters.federation.outcome import Left, made, outcome, paid
from mesh.adapters.federation.site import Site, client_app, fresh_noise
from mesh.adapters.federation.standing import Standing, standing
from mesh.adapters.federation.training import PATIENCE_S, Trained, rate_of, terms_of, train
from mesh.kit.federation import Outcome, RoundTold, TrainingPlan
from mesh.kit.problem import FieldError, Invalid
from mesh.sharing.federation_ledger import Entry, book, left
from mesh.sharing.federation_rules import least_sites, taking_part

if TYPE_CHECKING:
    from mesh.adapters.federation.here import FederationHere


class Joint:
    """A training that one MSP asked for, over all that take part."""

    def __init__(self, over: "FederationHere", plan: TrainingPlan) -> None:
        self.over, self.plan = over, plan
        self.kind = KINDS[plan.kind]
        self.asker = over.ports(over.msp_id)
        self.now: datetime = self.asker.clock.now()
        named = f"{over.msp_id} {plan.kind} {self.now.isoformat()}"
        self.run_id = hashlib.sha256(named.encode()).hexdigest()[:16]
        members = taking_part(over.tenants(), plan.sites, over.agreed)
        # Numbers do not follow names, or the order of the list would tell who is who.
        self.shuffled = sorted(members, key=lambda m: hashlib.sha256(f"{self.run_id} {m}".encode()).digest())
        known = over.sites.all() if over.sites else {}
        self.away = {msp_id: known[msp_id].public_key for msp_id in self.shuffled if msp_id in known}
        self.here = dict(enumerate((m for m in self.shuffled if m not in self.away), start=1))
        self.brought: dict[int, Brought] = {}

    def run(self, tell: Callable[[RoundTold], None]) -> Outcome:
        """Raises Invalid where too few take part, Unavailable where round after round is lost."""
        least = least_sites(self.plan)
        if len(self.shuffled) < least:
            reason = f"{len(self.shuffled)} MSPs that were asked have agreed to take part; it takes {least}"
            raise Invalid(f"{reason}.", errors=[FieldError("participating_msps", reason)])
        inputs, classes = self.kind.inputs(self.asker), self.kind.classes(self.asker)
        used = standing(self.asker, self.plan.kind, self.over.withdrawn)
        apps = {
            node: client_app(lambda _context, _kind, node=node: self._site(node, used))  # type: ignore[misc]
            for node in self.here
        }
        draft = terms_of(self.plan.kind, len(inputs), len(classes), self.plan, rate=rate_of(self.plan))
        over, kind = self.over, self.plan.kind
        with gathered(apps, over.sites, self.away, over.door(), kind, self.run_id) as all_sites:
            try:
                trained = train(all_sites.grid, draft, least, tell, absent=all_sites.absent)
            finally:
                rows, self.brought = self.brought, {}
            self._settle(trained, all_sites.nodes)
            of = Left(self.plan, self.kind, self.run_id, self.now, self.here, all_sites.nodes, rows)
            told = outcome(trained, of, over)
            if told.kept:
                told.why += all_sites.deliver(trained, made(trained, self.now), PATIENCE_S)
        return told

    def _site(self, node: int, used: Standing) -> Site:
        """What the site brings; its rows are read once a training. `used` is what the asking MSP uses."""
        ports = self.over.ports(self.here[node])
        if node not in self.brought:
            self.brought[node] = self.kind.read(ports, self.now)
        mine = self.brought[node]
        return Site(
            mine.train, mine.held_out, fresh_noise(), left(ports.blobs, self.now),
            in_use=lambda: used.counts(mine), book=lambda epsilon: self._book(node, epsilon),
            simulated=mine.simulated,
        )  # fmt: skip

    def _settle(self, trained: Trained, away: Mapping[int, str]) -> None:
        """Give each MSP its receipt. What a site here paid is booked with its rows, as one elsewhere does."""
        for node in trained.left:
            if node in self.here:
                self._book(node, paid(trained, node))
            msp_id = self.here.get(node) or away[node]
            self.over.receipt(msp_id, paid(trained, node), self.run_id)

    def _book(self, node: int, epsilon: float) -> None:
        entry = Entry(run=self.run_id, kind=self.plan.kind, at=self.now, epsilon=epsilon)
        book(self.over.ports(self.here[node]).blobs, entry)
