"""Amounts per step: evenly spaced, without holes, and by client and service where rows name them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from mesh.agents.revenue_optimization.model import Frequency, Invoice, Issue, Question
from mesh.agents.revenue_optimization.panel import Floats, Ints
from mesh.agents.revenue_optimization.rows import Row, Rows, gather
from mesh.agents.revenue_optimization.steps import begins, frequency_of, number
from mesh.kit.ports import Ports
from mesh.kit.problem import FieldError, Invalid

Cell = tuple[str | None, str | None]  # client, service

MOST_STEPS = 20_000
LONGEST_HOLE = 6  # what lies before a longer one is not used
RECENT = 3
NAMED = 6


@dataclass
class History:
    """`values` are amounts per step, oldest first, the first of them at step `first` (None without dates).

    `cells` has the same amounts by client and service. `filled` are places whose value was not known.
    """

    frequency: Frequency
    values: Floats
    first: int | None = None
    cells: dict[Cell, Floats] = field(default_factory=dict)
    filled: frozenset[int] = frozenset()
    currency: str | None = None
    issues: list[Issue] = field(default_factory=list)
    simulated: bool = False
    behind: int = 0  # whole steps between the end of the history and now, of a stored one

    def begins(self, place: int) -> datetime | None:
        """When the step at this place begins, also after the end; None without dates."""
        return None if self.first is None else begins(self.frequency, self.first + place)


def read(ask: Question, ports: Ports) -> History:
    """The history a question means. Raises Invalid, with the field's name, for what cannot be one."""
    if ask.history is not None and not any(isinstance(point, Invoice) for point in ask.history):
        return _undated(ask)
    rows = gather(ask, ports)
    now = ports.clock.now()
    frequency = ask.frequency or _frequency(rows, stored=ask.history is None)
    found = _stepped(rows, frequency, number(frequency, now), ask.current_revenue)
    found.currency, found.simulated = rows.currency or ask.currency, rows.simulated
    found.issues[:0] = rows.issues
    if found.first is not None:
        _aged(found, number(frequency, now), stored=ask.history is None)
    return _filled(found)


def _undated(ask: Question) -> History:
    frequency = ask.frequency or "month"
    given = [*(ask.history or ()), *([ask.current_revenue] if ask.current_revenue is not None else [])]
    values = np.array([np.nan if value is None else value for value in given], dtype=np.float64)
    known = np.flatnonzero(~np.isnan(values))
    values = values[known[0] : known[-1] + 1] if known.size else values[:0]
    first = number(frequency, ask.start) + int(known[0]) if ask.start and known.size else None
    return _filled(History(frequency, values, first, currency=ask.currency))


def _frequency(rows: Rows, *, stored: bool) -> Frequency:
    """Invoices, which name clients or services, are counted by month; amounts alone at the step they have."""
    if stored or any(row.client or row.service or row.id for row in rows.kept):
        return "month"
    return frequency_of([row.at for row in rows.kept])


def _stepped(rows: Rows, frequency: Frequency, now: int, current: float | None) -> History:
    """Sums by step and by cell. The step under way is left out unless its amount is given."""
    numbers = [number(frequency, row.at) for row in rows.kept]
    kept = [(step, row) for step, row in zip(numbers, rows.kept, strict=True) if step < now]
    found = History(frequency, np.zeros(0))
    under_way = len(numbers) - len(kept)
    if under_way:
        how = "taken as given" if current is not None else "not used; give current_revenue to use it"
        detail = f"{under_way} rows lie in the {frequency} under way, which is {how}."
        found.issues.append(Issue(kind="unfinished", detail=detail, rows=under_way))
    steps = [step for step, _ in kept] + ([now] if current is not None else [])
    if not steps:
        return found
    found.first, length = min(steps), max(steps) - min(steps) + 1
    if length > MOST_STEPS:
        reason = f"spans {length:,} steps of a {frequency}, {MOST_STEPS:,} at most; give a longer frequency"
        raise Invalid(f"history: {reason}.", errors=[FieldError("history", reason)])
    found.values = np.full(length, np.nan)
    _sum(found, kept, rows)
    if current is not None:
        _add_current(found, current)
    return found


def _sum(found: History, kept: Iterable[tuple[int, Row]], rows: Rows) -> None:
    assert found.first is not None
    cells: dict[Cell, Floats] = defaultdict(lambda: np.zeros(found.values.size))
    for step, row in kept:
        place = step - found.first
        found.values[place] = np.nan_to_num(found.values[place]) + row.amount
        cells[row.client, row.service][place] += row.amount
    for at in rows.missing:
        place = number(found.frequency, at) - found.first
        if 0 <= place < found.values.size:
            found.values[place] = np.nan
    found.cells = dict(cells)


def _add_current(found: History, current: float) -> None:
    """The step under way, shared among the cells as their last steps were."""
    found.values[-1] = current
    recent = {cell: amounts[-1 - RECENT : -1].sum() for cell, amounts in found.cells.items()}
    whole = sum(recent.values())
    for cell, amounts in found.cells.items():
        amounts[-1] = current * recent[cell] / whole if whole > 0 else 0.0


def _aged(found: History, now: int, *, stored: bool) -> None:
    assert found.first is not None
    behind = now - (found.first + found.values.size)
    if behind > 0:
        detail = f"The history ends {behind} whole {found.frequency}s before the one under way."
        found.issues.append(Issue(kind="stale", detail=detail, rows=0))
        found.behind = behind if stored else 0


def _filled(found: History) -> History:
    """Without the steps before a long hole, and with short holes bridged between their neighbours."""
    known = np.flatnonzero(~np.isnan(found.values))
    holes = np.flatnonzero(np.diff(known) > LONGEST_HOLE + 1)
    if holes.size:
        start = int(known[holes[-1] + 1])
        detail = f"{start} steps before a gap of more than {LONGEST_HOLE} without amounts are not used."
        found.issues.append(Issue(kind="missing", detail=detail, rows=start))
        found.values = found.values[start:]
        found.cells = {cell: amounts[start:] for cell, amounts in found.cells.items()}
        found.first = None if found.first is None else found.first + start
    missing = np.flatnonzero(np.isnan(found.values))
    known = np.flatnonzero(~np.isnan(found.values))
    if missing.size:
        found.issues.append(_missing(found, missing))
        for amounts in (found.values, *found.cells.values()):
            amounts[missing] = np.interp(missing, known, amounts[known])
    found.filled = frozenset(int(place) for place in missing)
    _negative(found)
    return found


def _missing(found: History, places: Ints) -> Issue:
    named = ", ".join(_named(found, int(place)) for place in places[:NAMED])
    more = f" and {len(places) - NAMED} more" if len(places) > NAMED else ""
    detail = f"No amount for {named}{more}: the value is taken between its neighbours."
    return Issue(kind="missing", detail=detail, rows=len(places))


def _named(found: History, place: int) -> str:
    start = found.begins(place)
    return f"{found.frequency} {place + 1}" if start is None else f"{start:%Y-%m-%d}"


def _negative(found: History) -> None:
    below = np.flatnonzero(found.values < 0)
    if below.size:
        named = ", ".join(_named(found, int(place)) for place in below[:NAMED])
        detail = f"More was credited than invoiced in {named}; forecasts stop at zero."
        found.issues.append(Issue(kind="negative", detail=detail, rows=int(below.size)))
    if found.values.size and found.values.max() < 0:
        reason = "every amount is below zero, which is no revenue"
        raise Invalid(f"history: {reason}.", errors=[FieldError("history", reason)])
