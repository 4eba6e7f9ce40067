"""Contributions on their shelf: put there by each MSP for itself, read for as long as its consent lasts."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from mesh.kit.platform import Commons, Entry
from mesh.kit.ports import Clock, Records
from mesh.kit.problem import Conflict
from mesh.kit.records import sortable
from mesh.sharing.benchmark_measures import (
    MEASURES,
    PRICES_OLD,
    Contribution,
    Figure,
    MeasureName,
    contribution,
    month_start,
)
from mesh.sharing.budgets import quarter
from mesh.sharing.consent import BENCHMARKS, Consents
from mesh.sharing.policy import Consent, Item, decide

SHELF = "contributions"
FRESH = timedelta(days=1)
TRIES = 20
Body = dict[str, Any]
# Figures of earlier months do not count any more.
OLDEST_MONTHS = 4


@dataclass(frozen=True, slots=True)
class Contributions:
    commons: Commons
    consents: Consents
    clock: Clock

    def refresh(self, msp_id: str, records: Records, *, simulated: bool, force: bool = False) -> bool:
        """Bring the MSP's own contribution up to date; whether it contributes. Reads its rows once a day,
        unless it is forced to. Without consent, what stood there goes. Raises Conflict.
        """
        if not self._agrees(msp_id):
            self.withdraw(msp_id)
            return False
        held, now = self.commons.find(SHELF, _key(msp_id)), self.clock.now()
        if held and not force and held.body.get("at", "") > sortable(now - FRESH):
            return True
        fresh = contribution(records, now, simulated=simulated)
        body = {
            "at": sortable(now),
            "simulated": simulated,
            "region": fresh.region,
            "figures": {
                measure: {segment: asdict(figure) for segment, figure in found.items()}
                for measure, found in fresh.figures.items()
            },
        }
        self._change(msp_id, lambda stood: {**body, "revoked": (stood or {}).get("revoked", {})})
        if not self._agrees(msp_id):
            # Withdrawn while its rows were read: it counted for nobody, and stays for nobody.
            self.withdraw(msp_id)
            return False
        return True

    def withdraw(self, msp_id: str) -> None:
        """Nothing of the MSP's counts from now on."""
        self.commons.remove(SHELF, _key(msp_id))

    def revoke(self, msp_id: str, measure: str) -> None:
        """Its figures of one measure do not count for the rest of the quarter."""
        now = quarter(self.clock.now())

        def without(stood: Body | None) -> Body | None:
            return stood and {**stood, "revoked": {**stood.get("revoked", {}), measure: now}}

        self._change(msp_id, without)

    def _agrees(self, msp_id: str) -> bool:
        return agreed(msp_id, self.consents.of(msp_id))

    def _change(self, msp_id: str, change: Callable[[Body | None], Body | None]) -> None:
        """Store what `change` makes of what stands there, which none may have changed since: a figure that is
        computed while another is taken back does not bring it back. None stores nothing.
        """
        for _ in range(TRIES):
            held = self.commons.find(SHELF, _key(msp_id))
            body = change(held.body if held else None)
            entry = Entry(shelf=SHELF, key=_key(msp_id), owner=msp_id, body=body or {})
            if body is None or self.commons.put(entry, held.version if held else 0):
                return
        raise Conflict("Your figures are changed at the same time; try again.", retry_after_s=1)

    def of(self, msp_id: str) -> Contribution | None:
        """One MSP's own contribution, as it stands."""
        held = self.commons.find(SHELF, _key(msp_id))
        return _read(held.body) if held else None

    def live(
        self, measure: MeasureName, segment: str | None, region: str | None, *, simulated: bool
    ) -> Mapping[str, Figure]:
        """The figures that may count now, by MSP: consent in force, old enough, and of one kind of world."""
        consents, now = self.consents.all(), self.clock.now()
        found = {}
        for entry in self.commons.scan(SHELF):
            consent = consents.get(entry.owner)
            if consent is None or not agreed(entry.owner, consent) or entry.body["simulated"] != simulated:
                continue
            if entry.body.get("revoked", {}).get(measure) == quarter(now):
                continue
            held = entry.body["figures"].get(measure, {}).get(segment or "")
            if held and in_time(measure, held["as_of"], now) and region in (None, entry.body["region"]):
                found[entry.owner] = Figure(**held)
        return found


def agreed(msp_id: str, consent: Consent) -> bool:
    """Whether the MSP's figures may count in what any other MSP sees: asked as for nobody in particular."""
    # A figure over many carries no marking of its own; what the consent covers is for the community.
    item = Item("benchmark", msp_id, "TLP:GREEN", "mesh")
    return decide(item, consent, "", BENCHMARKS).released


def newest(measure: MeasureName, now: datetime) -> datetime:
    """The start of the last month that figures may be of."""
    return month_start(now - PRICES_OLD if MEASURES[measure].currency else now, -1)


def in_time(measure: MeasureName, as_of: str, now: datetime) -> bool:
    """Whether a figure of that month may count: prices 90 days after the month's end at the earliest."""
    last = newest(measure, now)
    return f"{month_start(last, -OLDEST_MONTHS):%Y-%m}" <= as_of <= f"{last:%Y-%m}"


def _key(msp_id: str) -> str:
    return quote(msp_id, safe="")


def _read(body: Mapping[str, Any]) -> Contribution:
    figures = {
        measure: {segment: Figure(**figure) for segment, figure in found.items()}
        for measure, found in body["figures"].items()
    }
    return Contribution(body["region"], figures)
