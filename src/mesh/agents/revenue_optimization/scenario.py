"""What a path becomes when prices change, clients leave or contracts come up for renewal."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np

from mesh.agents.revenue_optimization.history import RECENT, Cell, History
from mesh.agents.revenue_optimization.model import Churn, PriceChange, Renewals, Scenario
from mesh.agents.revenue_optimization.outlook import Outlook
from mesh.agents.revenue_optimization.panel import Floats
from mesh.kit.problem import FieldError, Invalid

NAMED = 8


@dataclass
class Changed:
    """A scenario's path, and what was taken for granted."""

    name: str
    outlook: Outlook
    assumptions: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Steps:
    """When each step of the path begins and ends, and where the change's field stands in the question."""

    starts: list[datetime]
    ends: list[datetime]

    def after(self, moment: datetime) -> Floats:
        """How much of each step lies after a time, 0 to 1."""
        return np.array(
            [
                min(max((end - moment) / (end - start), 0.0), 1.0)
                for start, end in zip(self.starts, self.ends, strict=True)
            ]
        )


def changed(
    number: int, scenario: Scenario, outlook: Outlook, history: History, renewals: Mapping[str, datetime]
) -> Changed:
    """The path under one scenario. Each client's and service's share stays as in the last three steps.

    `renewals` maps clients to the date their contract runs out. Raises Invalid for a client or service that
    has no revenue in the history, or a history without dates.
    """
    where = f"scenarios.{number}"
    steps = _steps(history, outlook, where)
    shares = _shares(history)
    factors = {cell: np.ones(len(steps.starts)) for cell in shares}
    risk = np.zeros(len(steps.starts))
    assumed = ["Clients and services keep the shares of revenue they had in the last three steps."]
    for place, change in enumerate(scenario.changes):
        at = f"{where}.changes.{place}"
        if isinstance(change, PriceChange):
            assumed.append(_price(change, shares, factors, steps, at))
        elif isinstance(change, Churn):
            assumed.append(_churn(change, shares, factors, steps, at))
        else:
            told, variance = _renewals(change, shares, factors, steps, renewals, at)
            assumed.append(told)
            risk += variance
    kept = sum((shares[cell] * factors[cell] for cell in shares), np.zeros(len(steps.starts)))
    spread = None
    if outlook.spread is not None:
        spread = np.sqrt(np.square(outlook.spread * kept) + risk * np.square(outlook.expected))
    moved = replace(outlook, expected=np.maximum(outlook.expected * kept, 0.0), spread=spread)
    return Changed(scenario.name, moved, assumed)


def _steps(history: History, outlook: Outlook, where: str) -> _Steps:
    count = outlook.expected.size
    first = history.values.size
    starts = [history.begins(first + place) for place in range(count + 1)]
    dated = [start for start in starts if start is not None]
    if len(dated) <= count:
        reason = "a scenario has dates, so the history needs them: give dated amounts or start"
        raise Invalid(f"{where}: {reason}.", errors=[FieldError(where, reason)])
    return _Steps(dated[:-1], dated[1:])


def _shares(history: History) -> dict[Cell, float]:
    """Each client's and service's share of the last three steps; one share where rows name neither."""
    recent = {cell: max(float(amounts[-RECENT:].sum()), 0.0) for cell, amounts in history.cells.items()}
    whole = sum(recent.values())
    if whole <= 0:
        return {(None, None): 1.0}
    return {cell: amount / whole for cell, amount in recent.items()}


def _price(
    change: PriceChange, shares: Mapping[Cell, float], factors: dict[Cell, Floats], steps: _Steps, at: str
) -> str:
    cells = [cell for cell in shares if change.service in (None, cell[1])]
    if not cells:
        _unknown(f"{at}.service", change.service, {service for _, service in shares if service})
    factor = (1 + change.percent / 100) * (1 - change.lost_percent / 100)
    after = steps.after(change.starts)
    for cell in cells:
        factors[cell] = factors[cell] * (1 + after * (factor - 1))
    what = change.service or "everything"
    lost = f"{change.lost_percent:g} % of it is lost" if change.lost_percent else "nobody leaves for it"
    return f"From {change.starts:%Y-%m-%d} {what} costs {change.percent:+g} %, and {lost}."


def _churn(
    change: Churn, shares: Mapping[Cell, float], factors: dict[Cell, Floats], steps: _Steps, at: str
) -> str:
    left = 1 - steps.after(change.starts)
    for place, client in enumerate(change.client_ids):
        for cell in _cells_of(client, shares, f"{at}.client_ids.{place}"):
            factors[cell] = factors[cell] * left
    named = _named(change.client_ids)
    return f"From {change.starts:%Y-%m-%d} {named} bring nothing; what they are still owed is not counted."


def _renewals(
    change: Renewals,
    shares: Mapping[Cell, float],
    factors: dict[Cell, Floats],
    steps: _Steps,
    stored: Mapping[str, datetime],
    at: str,
) -> tuple[str, Floats]:
    """What is assumed, and the variance from who renews, in squared shares of the path."""
    dates = _dates(change, shares, steps, stored, at)
    variance = np.zeros(len(steps.starts))
    kept = change.renewal_rate * (1 + change.percent / 100)
    chance = change.renewal_rate * (1 - change.renewal_rate) * (1 + change.percent / 100) ** 2
    by_client: dict[str, float] = defaultdict(float)
    for client, date in dates.items():
        after = steps.after(date)
        for cell in [cell for cell in shares if cell[0] == client]:
            by_client[client] += shares[cell]
            factors[cell] = factors[cell] * (1 + after * (kept - 1))
        variance += chance * np.square(by_client[client] * after)
    told = f"{len(dates)} contracts run out ({_named(list(dates))})"
    chance_told = f"each is renewed with a chance of {change.renewal_rate:.0%}, at {change.percent:+g} %"
    return f"{told}; {chance_told}, independently of the others.", variance


def _dates(
    change: Renewals, shares: Mapping[Cell, float], steps: _Steps, stored: Mapping[str, datetime], at: str
) -> dict[str, datetime]:
    if change.client_ids is None:
        active = {client for client, _ in shares if client}
        last = steps.ends[-1]
        return {
            client: change.date or date
            for client, date in sorted(stored.items())
            if client in active and steps.starts[0] <= (change.date or date) < last
        }
    dates = {}
    for place, client in enumerate(change.client_ids):
        field = f"{at}.client_ids.{place}"
        _cells_of(client, shares, field)
        date = change.date or stored.get(client)
        if date is None:
            reason = f"no renewal date of {client!r} is stored; give date"
            raise Invalid(f"{field}: {reason}.", errors=[FieldError(field, reason)])
        dates[client] = date
    return dates


def _cells_of(client: str, shares: Mapping[Cell, float], field: str) -> list[Cell]:
    cells = [cell for cell in shares if cell[0] == client]
    if not cells:
        _unknown(field, client, {name for name, _ in shares if name})
    return cells


def _unknown(field: str, given: str | None, known: Iterable[str]) -> None:
    named = _named(sorted(known)) or "none named"
    reason = f"{given!r} has no revenue in the history, which has: {named}"
    raise Invalid(f"{field}: {reason}.", errors=[FieldError(field, reason)])


def _named(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
