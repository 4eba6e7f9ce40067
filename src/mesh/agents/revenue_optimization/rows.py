"""The invoices a question is about: given or stored, in one currency, each counted once."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mesh.agents.revenue_optimization.model import Invoice, Issue, Question
from mesh.kit.ports import Ports
from mesh.kit.problem import FieldError, Invalid
from mesh.kit.records import when

DEFAULT_CURRENCY = "USD"
NAMED = 5


@dataclass(frozen=True)
class Row:
    """One amount. `place` says where it came from, for messages."""

    at: datetime
    amount: float
    client: str | None
    service: str | None
    currency: str | None
    id: str | None
    place: str


@dataclass
class Rows:
    kept: list[Row]
    currency: str | None
    issues: list[Issue]
    missing: list[datetime]  # times for which a row says that the amount is not known
    simulated: bool = False


def gather(ask: Question, ports: Ports) -> Rows:
    """The dated rows of a question, or the stored ones, checked. Raises Invalid that names the field."""
    found = _given(ask) if ask.history is not None else _stored(ports)
    _once(found)
    _in_time(found, ports.clock.now())
    _one_currency(found, ask)
    _credits(found)
    return found


def _given(ask: Question) -> Rows:
    rows, missing = [], []
    for place, point in enumerate(ask.history or ()):
        if not isinstance(point, Invoice):
            continue
        if point.amount is None:
            missing.append(point.date)
            continue
        rows.append(
            Row(
                point.date,
                point.amount,
                point.client_id,
                point.service,
                point.currency,
                point.id,
                f"history.{place}",
            )
        )
    return Rows(rows, None, [], missing)


def _stored(ports: Ports) -> Rows:
    rows, simulated = [], False
    for stored in ports.records.scan("revenue"):
        simulated = simulated or bool(stored.get("simulated"))
        rows.append(_row(stored))
    return Rows(rows, None, [], [], simulated)


def _row(stored: Any) -> Row:
    return Row(
        datetime.fromisoformat(when(stored)),
        float(stored["amount"]),
        stored["client_id"],
        stored["service"],
        stored.get("currency", DEFAULT_CURRENCY),
        stored["id"],
        f"revenue {stored['id']}",
    )


def _once(found: Rows) -> None:
    """Rows that come twice under one id are counted once; with different content they are refused."""
    by_id: dict[str, Row] = {}
    kept: list[Row] = []
    again = 0
    for row in found.kept:
        first = by_id.setdefault(row.id, row) if row.id is not None else row
        if first is row:
            kept.append(row)
        elif replace(row, place=first.place) == first:
            again += 1
        else:
            reason = f"has the id of {first.place} ({row.id!r}) and says something else"
            raise Invalid(
                f"{row.place}.id: {reason}; give each row an id of its own, or none.",
                errors=[FieldError(f"{row.place}.id", reason)],
            )
    if again:
        found.issues.append(
            Issue(kind="duplicate", detail=f"{again} rows were given twice and counted once.", rows=again)
        )
    found.kept = kept
    _alike(found)


def _alike(found: Rows) -> None:
    """Says where two invoices of one client are the same in all but the id; both are counted."""
    named = [row for row in found.kept if row.client is not None and row.amount > 0]
    same = Counter((row.at, row.client, row.service, row.amount) for row in named)
    extra = sum(count - 1 for count in same.values())
    if extra:
        detail = (
            f"{extra} rows repeat another one's client, service, date and amount; all of them are counted."
        )
        found.issues.append(Issue(kind="duplicate", detail=detail, rows=extra))


def _in_time(found: Rows, now: datetime) -> None:
    later = [row for row in found.kept if row.at > now]
    if later:
        detail = f"{len(later)} rows are dated after today ({now:%Y-%m-%d}) and are left out."
        found.issues.append(Issue(kind="future", detail=detail, rows=len(later)))
        found.kept = [row for row in found.kept if row.at <= now]
    found.missing = [at for at in found.missing if at <= now]


def _one_currency(found: Rows, ask: Question) -> None:
    """Converts to the currency asked for. Raises Invalid where several are mixed and none is named."""
    counts = Counter(row.currency for row in found.kept if row.currency)
    if ask.currency is None:
        if len(counts) > 1:
            named = ", ".join(f"{name} ({count} rows)" for name, count in counts.most_common(NAMED))
            reason = f"the rows are in {named}; name the one to forecast, with exchange_rates for the others"
            raise Invalid(f"currency: {reason}.", errors=[FieldError("currency", reason)])
        found.currency = next(iter(counts), None)
        return
    found.currency = ask.currency
    rates = {**(ask.exchange_rates or {}), ask.currency: 1.0}
    left = Counter(row.currency for row in found.kept if row.currency and row.currency not in rates)
    changed = Counter(
        row.currency for row in found.kept if row.currency in rates and row.currency != ask.currency
    )
    found.kept = list(_converted(found.kept, rates))
    for name, count in sorted(left.items()):
        detail = f"{count} rows in {name} are left out: exchange_rates has no rate for it."
        found.issues.append(Issue(kind="currency", detail=detail, rows=count))
    for name, count in sorted(changed.items()):
        detail = (
            f"{count} rows in {name} are counted at {rates[name]:g} {ask.currency} each, all months alike."
        )
        found.issues.append(Issue(kind="currency", detail=detail, rows=count))


def _converted(rows: Iterable[Row], rates: dict[str, float]) -> Iterator[Row]:
    for row in rows:
        rate = 1.0 if row.currency is None else rates.get(row.currency)
        if rate is not None:
            yield replace(row, amount=row.amount * rate)


def _credits(found: Rows) -> None:
    notes = [row for row in found.kept if row.amount < 0]
    if notes:
        total = -sum(row.amount for row in notes)
        detail = f"{len(notes)} rows below zero, {total:,.2f} in all, are credit notes and lower their step."
        found.issues.append(Issue(kind="credit_notes", detail=detail, rows=len(notes)))
