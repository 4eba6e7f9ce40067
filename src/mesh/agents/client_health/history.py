"""A client's stored rows, as `moment.py` reads them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mesh.agents.client_health.features import BEFORE_DAYS, RECENT_DAYS
from mesh.kit.ports import Records, Row

DAY = 86_400.0
URGENT = frozenset({"p1", "p2", "1", "2", "critical", "urgent", "emergency", "high", "highest", "major"})
# Rows older than this say nothing about the next 90 days that newer ones do not.
LOOK_BACK = timedelta(days=RECENT_DAYS + BEFORE_DAYS + 40)


@dataclass(slots=True)
class Ticket:
    """Times in days since 1970."""

    at: float
    resolved: float | None
    due: float | None
    urgent: bool | None
    reopened: bool | None
    score: float | None


@dataclass(slots=True)
class Bill:
    """One line of an invoice; `month` counts months since the year 0."""

    month: int
    service: str
    amount: float
    seats: float | None


@dataclass(slots=True)
class History:
    """What is stored of one client; tickets in the order of their times. Times in days since 1970.

    `began` is from when on a ticket of the client would be stored, if there was one: without it silence could
    not be told from ignorance.
    """

    client_id: str
    name: str = ""
    since: float | None = None
    renews: float | None = None
    left: float | None = None
    began: float | None = None
    seats: float | None = None
    tickets: list[Ticket] = field(default_factory=list)
    bills: list[Bill] = field(default_factory=list)
    simulated: bool = False


def of_client(records: Records, client: Row, now: datetime) -> History:
    """The stored history of one client, as far back as features look."""
    where = {"client_id": str(client["id"])}
    since = now - LOOK_BACK
    tickets = records.scan("tickets", where=where, since=since, until=now)
    bills = records.scan("revenue", where=where, since=since, until=now)
    return _history(client, tickets, bills, _first_ticket(records))


def of_all(
    records: Records, *, since: datetime | None = None, until: datetime | None = None
) -> list[History]:
    """The histories of all clients. Tickets opened and invoices dated within the times are read."""
    tickets = records.scan("tickets", since=since, until=until)
    bills = records.scan("revenue", since=since, until=until)
    return gathered(records.scan("clients"), tickets, bills, _first_ticket(records))


def gathered(
    clients: Iterable[Row], tickets: Iterable[Row], bills: Iterable[Row], first_ticket: float | None
) -> list[History]:
    """Histories from rows of one MSP, whose first ticket was opened at `first_ticket` (days since 1970)."""
    of_tickets, of_bills = _by_client(tickets), _by_client(bills)
    return [
        _history(client, of_tickets.get(client["id"], ()), of_bills.get(client["id"], ()), first_ticket)
        for client in clients
    ]


def _first_ticket(records: Records) -> float | None:
    first = records.page("tickets", limit=1).items
    return _days(first[0]["at"]) if first else None


def _by_client(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["client_id"], []).append(row)
    return found


def _history(
    client: Row, tickets: Iterable[Row], bills: Iterable[Row], first_ticket: float | None
) -> History:
    history = History(
        client_id=str(client["id"]),
        name=str(client.get("name", "")),
        since=_days(client.get("since")),
        renews=_days(client.get("renews_at")),
        left=_days(client.get("left_at")),
        seats=client.get("seats"),
        simulated=bool(client.get("simulated")),
    )
    for row in tickets:
        history.tickets.append(_ticket(row))
        history.simulated |= bool(row.get("simulated"))
    history.tickets.sort(key=lambda ticket: ticket.at)
    if any(ticket.score is not None and not 1 <= ticket.score <= 5 for ticket in history.tickets):
        # On another scale, a 4 says something else: none of them is read.
        for ticket in history.tickets:
            ticket.score = None
    for row in bills:
        at = datetime.fromisoformat(row["at"])
        seats = row.get("seats")
        history.bills.append(Bill(12 * at.year + at.month - 1, row["service"], float(row["amount"]), seats))
        history.simulated |= bool(row.get("simulated"))
    history.began = _began(history, first_ticket)
    return history


def _began(history: History, first_ticket: float | None) -> float | None:
    if history.since is not None and first_ticket is not None:
        return max(history.since, first_ticket)
    return history.tickets[0].at if history.tickets else None


def _ticket(row: Row) -> Ticket:
    priority = row.get("priority")
    reopened = row.get("reopened")
    score = row.get("satisfaction_score")
    return Ticket(
        at=_days(row["at"]) or 0.0,
        resolved=_days(row.get("resolved_at")),
        due=_days(row.get("due_at")),
        urgent=None if priority is None else priority.strip().lower() in URGENT,
        reopened=None if reopened is None else reopened > 0,
        score=None if score is None else float(score),
    )


def _days(text: Any) -> float | None:
    return datetime.fromisoformat(text).timestamp() / DAY if text else None
