"""What a client's history says about it at one moment.

Nothing later than the moment is used, whatever is stored by now: the same code makes the snapshots a model is
trained on and the features of a question, so that the two cannot drift apart.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from statistics import fmean, median

from mesh.agents.client_health.features import BEFORE_DAYS, RECENT_DAYS
from mesh.agents.client_health.history import DAY, Bill, History, Ticket

MONTH = 365.25 / 12
YEAR = 365.25
# Less than this of a window says nothing about a rate.
LEAST_DAYS = 14.0
Given = dict[str, float | None]


def features(history: History, moment: datetime, *, long_ago: bool = False) -> Given:
    """The features at a moment by name; None where the rows do not tell. Units are in `FEATURES`.

    Rows hold the end of the last contract only. With `long_ago` the moment may lie in an earlier one, and the
    yearly date of the end is taken for its end: for those that stayed and for those that left alike, or the
    difference would give away who left.
    """
    now = moment.timestamp() / DAY
    found = {**_of_tickets(history, now), **_of_bills(history, moment)}
    found["tenure_months"] = None if history.since is None else _months(history.since, now)
    found["days_to_renewal"] = _to_renewal(history.renews, now, long_ago)
    return found


def is_heard_of(history: History, moment: datetime) -> bool:
    """Whether any ticket or invoice from before a moment is there."""
    now, month = moment.timestamp() / DAY, 12 * moment.year + moment.month - 1
    return any(ticket.at < now for ticket in history.tickets) or any(b.month <= month for b in history.bills)


def _months(since: float, now: float) -> float | None:
    return (now - since) / MONTH if since <= now else None


def _to_renewal(renews: float | None, now: float, long_ago: bool) -> float | None:
    """A contract's end long ahead counts as a year ahead; one that has passed is not known to be in force."""
    if renews is None or renews < now:
        return None
    return (renews - now) % YEAR if long_ago else min(renews - now, YEAR)


def _of_tickets(history: History, now: float) -> Given:
    tickets = history.tickets
    recent, before = now - RECENT_DAYS, now - RECENT_DAYS - BEFORE_DAYS
    opened = [ticket.at for ticket in tickets]
    first, then, last = (bisect_left(opened, edge) for edge in (before, recent, now))
    known = tickets[:last]
    late, early = known[then:], known[first:then]
    solved = [t for t in known if t.resolved is not None and recent <= t.resolved < now]
    solved_before = [t for t in known if t.resolved is not None and before <= t.resolved < recent]
    volume = _rate(len(late), history.began, recent, now)
    told = volume is not None
    hours, hours_before = _hours(solved), _hours(solved_before)
    score, score_before = _score(solved), _score(solved_before)
    return {
        "ticket_volume": volume,
        "ticket_trend": _change(volume, _rate(len(early), history.began, before, recent)),
        "urgent_share": _share([t.urgent for t in late]),
        "open_tickets": float(sum(t.resolved is None or t.resolved >= now for t in known)) if told else None,
        "resolution_time": hours,
        "resolution_trend": _change(hours, hours_before),
        "sla_breach_rate": _share(
            [_late(t, now) for t in known if t.due is not None and recent <= t.due < now]
        ),
        "reopen_rate": _share([t.reopened for t in solved]),
        "satisfaction_score": score,
        "satisfaction_trend": None if score is None or score_before is None else score - score_before,
    }


def _rate(count: int, began: float | None, start: float, end: float) -> float | None:
    """Tickets a month in the part of the window that is covered."""
    covered = end - max(start, began) if began is not None else 0.0
    return count / covered * MONTH if covered >= LEAST_DAYS else None


def _hours(solved: Sequence[Ticket]) -> float | None:
    spans = [t.resolved - t.at for t in solved if t.resolved is not None]
    spent = [24 * span for span in spans if span >= 0]
    return median(spent) if spent else None


def _score(solved: Sequence[Ticket]) -> float | None:
    scores = [t.score for t in solved if t.score is not None]
    return fmean(scores) if scores else None


def _late(ticket: Ticket, now: float) -> bool:
    assert ticket.due is not None
    return min(ticket.resolved if ticket.resolved is not None else now, now) > ticket.due


def _share(told: Sequence[bool | None]) -> float | None:
    known = [one for one in told if one is not None]
    return sum(known) / len(known) if known else None


def _change(now: float | None, before: float | None) -> float | None:
    """In per cent; None where there was nothing to change from."""
    return 100 * (now / before - 1) if now is not None and before else None


def _of_bills(history: History, moment: datetime) -> Given:
    """From whole months: the running one is not invoiced in full yet, unless it is invoiced ahead."""
    moment = moment.astimezone(UTC)
    this = 12 * moment.year + moment.month - 1
    by_month: dict[int, dict[str, Bill]] = {}
    for bill in history.bills:
        if bill.month <= this:
            month = by_month.setdefault(bill.month, {})
            known = month.get(bill.service)
            amount = bill.amount + (known.amount if known else 0.0)
            seats = bill.seats if bill.seats is not None else (known.seats if known else None)
            month[bill.service] = Bill(bill.month, bill.service, amount, seats)
    last = this if this in by_month else this - 1
    recurring = _recurring(by_month, last)
    was = _recurring(by_month, last - 6)
    seats, seats_then = _seats(by_month.get(last, {})), _seats(by_month.get(last - 6, {}))
    return {
        "seats": seats if seats is not None else history.seats,
        "seat_change": _change(seats, seats_then),
        "monthly_revenue": sum(recurring.values()) if recurring else None,
        "revenue_change": _change(sum(recurring.values()), sum(was.values())) if recurring and was else None,
        "services": float(len(recurring)) if recurring else None,
        "price_change": _price_change(by_month, last),
    }


def _recurring(by_month: Mapping[int, Mapping[str, Bill]], last: int) -> dict[str, float]:
    """What is invoiced month after month: in at least two of three months up to `last`, the median amount."""
    months = [by_month.get(last - back, {}) for back in range(3)]
    held = [month for month in months if month]
    if not held:
        return {}
    # A client's first month has nothing to compare with: all of it counts.
    least = min(2, len(held))
    found = {}
    for service in {service for month in held for service in month}:
        amounts = [month[service].amount for month in held if service in month]
        if len(amounts) >= least:
            found[service] = median(amounts)
    return found


def _seats(month: Mapping[str, Bill]) -> float | None:
    seats = [bill.seats for bill in month.values() if bill.seats is not None]
    return max(seats) if seats else None


def _price_change(by_month: Mapping[int, Mapping[str, Bill]], last: int) -> float | None:
    """Like for like, in per cent: the middle one of the services invoiced at both times."""
    now, then = by_month.get(last, {}), by_month.get(last - 4, {})
    ratios = [_dearer(then[name], bill) for name, bill in now.items() if name in then]
    known = [ratio for ratio in ratios if ratio is not None]
    # Amounts are rounded to cents: what is smaller than a tenth of a per cent is no change of a price.
    return round(100 * (median(known) - 1), 1) + 0.0 if known else None


def _dearer(old: Bill, new: Bill) -> float | None:
    """The factor on the price. Whether it is a price a seat or for all is not known: where the seats changed,
    the reading that has the price change less counts."""
    if old.amount <= 0 or new.amount <= 0:
        return None
    flat = new.amount / old.amount
    a_seat = flat * old.seats / new.seats if old.seats and new.seats else flat
    return 1.0 if (flat - 1) * (a_seat - 1) <= 0 else min(flat, a_seat, key=lambda ratio: abs(ratio - 1))
