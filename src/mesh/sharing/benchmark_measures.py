"""What an MSP contributes to benchmarks: its own aggregates, computed from its own rows where they lie.

A contribution of a segment (an industry of clients) needs three clients of that segment, so that it is no
client's own figure. Money is in US dollars; invoices in another currency do not count.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any, Literal, get_args

from mesh.kit.ports import Records, Row
from mesh.sharing.benchmark_noise import Grid

MeasureName = Literal[
    "price_per_seat", "mrr_per_client", "tickets_per_seat", "resolution_hours", "churn",
    "technician_utilisation",
]  # fmt: skip
NAMES: tuple[MeasureName, ...] = get_args(MeasureName)
CURRENCY = "USD"
PRICES_OLD = timedelta(days=90)
FEWEST_CLIENTS = 3
# Fewer say little of a year of leaving, or of how long tickets take.
FEWEST_TICKETS, FEWEST_STARTED = 20, 5
RECENT_MONTHS, YEAR_MONTHS = 3, 12


@dataclass(frozen=True, slots=True)
class Measure:
    """`grid` is where quartiles may lie; `weighs` what one MSP's share of a cohort is measured in."""

    title: str
    unit: str
    weighs: str
    grid: Grid
    by_segment: bool = True
    currency: str | None = None


MEASURES: Mapping[MeasureName, Measure] = {
    "price_per_seat": Measure(
        "Price of a seat a month, all services that are invoiced by seat, in a month that ended at least 90"
        " days ago", "USD a seat and month", "seats", Grid(50, 400), currency=CURRENCY,
    ),
    "mrr_per_client": Measure(
        "Recurring revenue of a client a month (projects left out), in a month that ended at least 90 days"
        " ago", "USD a client and month", "clients", Grid(500, 20_000, 128), currency=CURRENCY,
    ),
    "tickets_per_seat": Measure(
        "Tickets a seat opens in a month, over the last three full months", "tickets a seat and month",
        "seats", Grid(0.05, 2.0),
    ),
    "resolution_hours": Measure(
        "Median hours from a ticket's opening until it was resolved, over the last three full months",
        "hours", "tickets", Grid(1, 100),
    ),
    "churn": Measure(
        "Share of the clients of a year ago that left since", "share a year", "clients",
        Grid(0.0, 0.36, 37, logarithmic=False),
    ),
    "technician_utilisation": Measure(
        "Hours worked on tickets over hours of all technicians, over the last three full months", "share",
        "technicians", Grid(0.02, 1.2), by_segment=False,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """One MSP's own value, what it weighs, and the month (or its last) that it is of."""

    value: float
    weight: float
    as_of: str


@dataclass(frozen=True, slots=True)
class Contribution:
    """An MSP's figures by measure, then by segment; "" stands for all its clients."""

    region: str | None
    figures: Mapping[str, Mapping[str, Figure]]

    def find(self, measure: str, segment: str | None) -> Figure | None:
        return self.figures.get(measure, {}).get(segment or "")


def plain(text: str | None) -> str | None:
    """A segment or region as it is compared: one spelling, whatever case and spaces it came with."""
    return " ".join(text.split()).casefold() or None if text else None


def month_start(moment: datetime, months: int = 0) -> datetime:
    """The first of the month that lies so many months before or after the one of `moment`."""
    place = moment.year * 12 + moment.month - 1 + months
    return datetime(place // 12, place % 12 + 1, 1, tzinfo=UTC)


def contribution(records: Records, now: datetime, *, simulated: bool) -> Contribution:
    """The MSP's own figures. Rows marked as simulated count for a simulated MSP alone."""

    def rows(kind: str, since: datetime | None = None, until: datetime | None = None) -> Iterator[Row]:
        found = records.scan(kind, since=since, until=until)
        return (row for row in found if simulated or not row.get("simulated"))

    clients = {row["id"]: row for row in rows("clients")}
    segment_of = {key: plain(row.get("industry")) for key, row in clients.items()}
    month = month_start(now, -RECENT_MONTHS)
    tickets = list(rows("tickets", month, month_start(now)))
    figures: dict[str, Mapping[str, Figure]] = {
        **_prices(rows, segment_of, now),
        "tickets_per_seat": _tickets(tickets, clients, segment_of, now),
        "resolution_hours": _resolution(tickets, segment_of, now),
        "churn": _churn(clients.values(), segment_of, now),
        "technician_utilisation": _utilisation(tickets, list(rows("technicians")), now),
    }
    return Contribution(_region(list(rows("profile")), clients.values()), figures)


Rows = Callable[..., Iterator[Row]]
Segments = Mapping[str, str | None]


def _prices(rows: Rows, segment_of: Segments, now: datetime) -> dict[str, Mapping[str, Figure]]:
    month = month_start(now - PRICES_OLD, -1)
    paid: dict[str, float] = defaultdict(float)
    for_seats: dict[str, float] = defaultdict(float)
    seats: dict[str, int] = defaultdict(int)
    for row in rows("revenue", month, month_start(month, 1)):
        if row.get("currency", CURRENCY) != CURRENCY:
            continue
        client = row["client_id"]
        if "project" not in str(row.get("service") or "").casefold():
            paid[client] += row["amount"]
        if row.get("seats"):
            for_seats[client] += row["amount"]
            # Each service is invoiced for the same people: the widest has them all.
            seats[client] = max(seats[client], row["seats"])
    as_of = f"{month:%Y-%m}"
    price, mrr = {}, {}
    for segment, inside in _grouped(paid, segment_of):
        mrr[segment] = Figure(sum(paid[c] for c in inside) / len(inside), len(inside), as_of)
    for segment, inside in _grouped(seats, segment_of):
        held = sum(seats[c] for c in inside)
        price[segment] = Figure(sum(for_seats[c] for c in inside) / held, held, as_of)
    return {"price_per_seat": price, "mrr_per_client": mrr}


def _tickets(
    tickets: Sequence[Row], clients: Mapping[str, Row], segment_of: Segments, now: datetime
) -> dict[str, Figure]:
    start = month_start(now, -RECENT_MONTHS).isoformat()
    seats = {
        key: int(row.get("seats") or 0)
        for key, row in clients.items()
        if row.get("seats") and not (row.get("left_at") and _iso(row["left_at"]) < start)
    }
    opened: dict[str, int] = defaultdict(int)
    for ticket in tickets:
        opened[ticket["client_id"]] += 1
    found = {}
    for segment, inside in _grouped(seats, segment_of):
        held = sum(seats[c] for c in inside)
        count = sum(opened[c] for c in inside)
        if count:  # no tickets at all is a desk kept elsewhere, not a quiet one
            found[segment] = Figure(count / held / RECENT_MONTHS, held, _last_month(now))
    return found


def _resolution(tickets: Sequence[Row], segment_of: Segments, now: datetime) -> dict[str, Figure]:
    hours: dict[str, list[float]] = defaultdict(list)
    for ticket in tickets:
        if ticket.get("resolved_at"):
            took = datetime.fromisoformat(ticket["resolved_at"]) - datetime.fromisoformat(ticket["at"])
            if took >= timedelta(0):
                hours[ticket["client_id"]].append(took.total_seconds() / 3600)
    found = {}
    for segment, inside in _grouped(hours, segment_of):
        all_of_them = [each for client in inside for each in hours[client]]
        if len(all_of_them) >= FEWEST_TICKETS:
            found[segment] = Figure(median(all_of_them), len(all_of_them), _last_month(now))
    return found


def _churn(clients: Any, segment_of: Segments, now: datetime) -> dict[str, Figure]:
    start, end = month_start(now, -YEAR_MONTHS).isoformat(), month_start(now).isoformat()
    there: dict[str, bool] = {}
    for row in clients:
        left = _iso(row["left_at"]) if row.get("left_at") else ""
        if row.get("since") and _iso(row["since"]) < start and not (left and left < start):
            there[row["id"]] = bool(left) and left < end
    found = {}
    for segment, inside in _grouped(there, segment_of):
        if len(inside) >= FEWEST_STARTED:
            gone = sum(there[c] for c in inside)
            found[segment] = Figure(gone / len(inside), len(inside), _last_month(now))
    return found


def _utilisation(tickets: Sequence[Row], staff: Sequence[Row], now: datetime) -> dict[str, Figure]:
    weeks = (month_start(now) - month_start(now, -RECENT_MONTHS)) / timedelta(weeks=1)
    there = {row["id"]: float(row["hours_per_week"]) * weeks for row in staff if row.get("hours_per_week")}
    worked = sum(ticket.get("hours") or 0.0 for ticket in tickets if ticket.get("technician_id") in there)
    if not worked or len(there) < FEWEST_CLIENTS:
        return {}
    return {"": Figure(worked / sum(there.values()), len(there), _last_month(now))}


def _grouped(held: Mapping[str, Any], segment_of: Segments) -> Iterator[tuple[str, list[str]]]:
    """The clients of all segments together, and of each, where there are enough of them."""
    groups: dict[str, list[str]] = {"": list(held)}
    for client in held:
        segment = segment_of.get(client)
        if segment:
            groups.setdefault(segment, []).append(client)
    return ((name, inside) for name, inside in groups.items() if len(inside) >= FEWEST_CLIENTS)


def _region(profiles: Sequence[Row], clients: Any) -> str | None:
    """What the profile says, else where most clients are."""
    if profiles and profiles[-1].get("region"):
        return plain(profiles[-1]["region"])
    places: dict[str, int] = defaultdict(int)
    for row in clients:
        region = plain(row.get("region"))
        if region:
            places[region] += 1
    return max(sorted(places), key=lambda name: places[name], default=None)


def _iso(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).isoformat()


def _last_month(now: datetime) -> str:
    return f"{month_start(now, -1):%Y-%m}"
