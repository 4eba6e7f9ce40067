"""What the tenant invoices for a seat and month, and where that stands among its peers."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from mesh.agents.market_intelligence.model import Price
from mesh.kit.ports import Ports, Row, Withheld

MEASURE = "price_per_seat"
# What figures of peers are in: a price in another currency is shown beside them, and not placed.
PEERS_CURRENCY = "USD"
# The last full month is looked for so far back.
BACK = timedelta(days=123)


def price(segment: str | None, ports: Ports) -> tuple[Price, bool]:
    """The position, and whether an invoice or a peer that it rests on was simulated."""
    own, simulated = _own(segment, ports)
    told = ports.benchmarks.percentiles(MEASURE, segment=segment)
    if isinstance(told, Withheld):
        own.withheld = told.reason
        return own, simulated
    own.p25, own.p50, own.p75 = told.p25, told.p50, told.p75
    own.cohort, own.epsilon, own.as_of = told.cohort, told.epsilon, told.as_of
    if own.own is not None and own.currency == PEERS_CURRENCY:
        own.position = _position(own.own, (told.p25, told.p50, told.p75))
    return own, simulated or told.simulated


def _position(
    own: float, quartiles: tuple[float, float, float]
) -> Literal["below p25", "p25 to p50", "p50 to p75", "above p75"]:
    low, middle, high = quartiles
    if own < low:
        return "below p25"
    return "p25 to p50" if own < middle else "p50 to p75" if own <= high else "above p75"


def _own(segment: str | None, ports: Ports) -> tuple[Price, bool]:
    """All that was invoiced for seats in a month, by the seats of the clients who were invoiced: those of
    the segment alone, where one is asked for and clients say what they are in.
    """
    now = ports.clock.now()
    start = datetime(now.year, now.month, 1, tzinfo=UTC)
    inside = _inside(segment, ports)
    rows = [
        row
        for row in ports.records.scan("revenue", since=start - BACK, until=start)
        if row.get("seats") and (inside is None or row["client_id"] in inside)
    ]
    if not rows:
        return Price(own=None, currency=None, month=None, clients=0), False
    month = max(str(row["at"])[:7] for row in rows)
    rows = [row for row in rows if str(row["at"])[:7] == month]
    currency = Counter(row.get("currency", "USD") for row in rows).most_common(1)[0][0]
    rows = [row for row in rows if row.get("currency", "USD") == currency]
    seats = _seats(rows)
    own = sum(row["amount"] for row in rows) / sum(seats.values())
    found = Price(own=round(own, 2), currency=currency, month=month, clients=len(seats))
    return found, any(row.get("simulated") for row in rows)


def _inside(segment: str | None, ports: Ports) -> set[str] | None:
    """The clients of a segment; None where all count."""
    if segment is None:
        return None
    industries = {
        row["id"]: str(row["industry"]) for row in ports.records.scan("clients") if row.get("industry")
    }
    wanted = " ".join(segment.split()).casefold()
    inside = {key for key, industry in industries.items() if " ".join(industry.split()).casefold() == wanted}
    return inside if industries else None


def _seats(rows: Sequence[Row]) -> dict[str, int]:
    """A client's seats are those of its widest service: each service is invoiced for the same people."""
    seats: dict[str, int] = {}
    for row in rows:
        seats[row["client_id"]] = max(seats.get(row["client_id"], 0), row["seats"])
    return seats
