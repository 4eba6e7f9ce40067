"""How much differential privacy each tenant has spent this quarter: what was shown of it, and to it.

Epsilons add up (basic composition: Dwork and Roth 2014, theorem 3.16), so that a ledger is a sum. Each
release is entered once, whoever asks for it again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import quote

from pydantic import BaseModel, Field

from mesh.kit.platform import Commons, Entry
from mesh.kit.problem import Conflict

SHELF = "budgets"
# All six measures once a quarter even in the smallest mesh; about twenty figures in one of forty MSPs.
ALLOWANCE = 26.0
Side = Literal["shared", "asked"]
TRIES = 200


class Budget(BaseModel):
    """One side of a tenant's ledger in one quarter."""

    quarter: str
    side: Side
    allowance: float = ALLOWANCE
    spent: float
    left: float
    renews_at: datetime
    releases: Mapping[str, float] = Field(description="Epsilon by release")


def quarter(moment: datetime) -> str:
    """
    >>> quarter(datetime(2026, 11, 22, tzinfo=UTC))
    '2026Q4'
    """
    return f"{moment.year}Q{(moment.month + 2) // 3}"


def renews(period: str) -> datetime:
    """When the next quarter begins."""
    year, number = int(period[:4]), int(period[5:])
    return datetime(year + number // 4, number % 4 * 3 + 1, 1, tzinfo=UTC)


def previous(period: str) -> str:
    """The quarter before."""
    year, number = int(period[:4]), int(period[5:])
    return f"{year - (number == 1)}Q{(number - 2) % 4 + 1}"


@dataclass(frozen=True, slots=True)
class Budgets:
    commons: Commons

    def of(self, msp_id: str, side: Side, period: str) -> Budget:
        entry = self.commons.find(SHELF, _key(msp_id, side, period))
        return _budget(entry.body["releases"] if entry else {}, side, period)

    def affords(self, msp_id: str, side: Side, period: str, release: str, epsilon: float) -> bool:
        """Whether the release was entered before, or still fits."""
        budget = self.of(msp_id, side, period)
        return release in budget.releases or _fits(budget, epsilon)

    def charge(self, msp_id: str, side: Side, period: str, release: str, epsilon: float) -> bool:
        """Enter a release, durable on return; whether it was there before or fits. Raises Conflict."""
        key = _key(msp_id, side, period)
        for _ in range(TRIES):
            entry = self.commons.find(SHELF, key)
            releases = dict(entry.body["releases"]) if entry else {}
            if release in releases:
                return True
            if not _fits(_budget(releases, side, period), epsilon):
                return False
            releases[release] = epsilon
            new = Entry(shelf=SHELF, key=key, owner=msp_id, body={"releases": releases})
            if self.commons.put(new, entry.version if entry else 0):
                return True
        raise Conflict("Too many figures are asked for at once; try again.", retry_after_s=1)


def _budget(releases: Mapping[str, float], side: Side, period: str) -> Budget:
    spent = round(sum(releases.values()), 6)
    left = max(round(ALLOWANCE - spent, 6), 0.0)
    return Budget(
        quarter=period, side=side, spent=spent, left=left, renews_at=renews(period), releases=releases
    )


def _fits(budget: Budget, epsilon: float) -> bool:
    return epsilon <= budget.left + 1e-9


def _key(msp_id: str, side: Side, period: str) -> str:
    return f"{quote(msp_id, safe='')}#{side}#{period}"
