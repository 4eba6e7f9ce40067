"""Steps of time: hours, days, weeks (from Monday), months, quarters, years, as numbers that can be added."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median

from mesh.agents.revenue_optimization.model import Frequency

EPOCH = datetime(1, 1, 1, tzinfo=UTC)  # a Monday
MONTHS = {"month": 1, "quarter": 3, "year": 12}
SECONDS = {"hour": 3600, "day": 86_400, "week": 604_800}
MEAN_DAYS = {
    "hour": 1 / 24,
    "day": 1.0,
    "week": 7.0,
    "month": 30.436875,
    "quarter": 91.310625,
    "year": 365.2425,
}
# From how many days between amounts on they are taken for amounts of this step.
LEAST_DAYS: Sequence[tuple[float, Frequency]] = (
    (300.0, "year"),
    (80.0, "quarter"),
    (20.0, "month"),
    (5.0, "week"),
    (0.5, "day"),
)
LAST_YEAR = 9990
NEARLY_WHOLE = 0.06


def number(frequency: Frequency, moment: datetime) -> int:
    """Which step a time lies in, counted from the year 1.

    >>> march, december = datetime(2026, 3, 2, tzinfo=UTC), datetime(2025, 12, 31, tzinfo=UTC)
    >>> number("month", march) - number("month", december)
    3
    """
    if frequency in MONTHS:
        return ((moment.year - 1) * 12 + moment.month - 1) // MONTHS[frequency]
    return int((moment - EPOCH) // timedelta(seconds=SECONDS[frequency]))


def begins(frequency: Frequency, step: int) -> datetime:
    """When a step begins. Raises OverflowError beyond the calendar.

    >>> begins("quarter", number("quarter", datetime(2026, 3, 2, tzinfo=UTC))).isoformat()
    '2026-01-01T00:00:00+00:00'
    """
    if frequency in MONTHS:
        years, month = divmod(step * MONTHS[frequency], 12)
        if years + 1 > LAST_YEAR:
            raise OverflowError("date value out of range")
        return datetime(years + 1, month + 1, 1, tzinfo=UTC)
    return EPOCH + step * timedelta(seconds=SECONDS[frequency])


def frequency_of(moments: Sequence[datetime]) -> Frequency:
    """The step that most of these times are apart; a month where there are too few to tell."""
    distinct = sorted(set(moments))
    if len(distinct) < 2:
        return "month"
    days = median((b - a).total_seconds() for a, b in pairwise(distinct)) / 86_400
    return next((frequency for least, frequency in LEAST_DAYS if days >= least), "hour")


def shares(frequency: Frequency, days: int) -> list[float]:
    """How much of each step so many days cover: ones, and less for the last where they end within it.

    Months differ in length: 90 days are three of them, and 365 days twelve.

    >>> shares("month", 90), shares("day", 2), [round(share, 2) for share in shares("month", 45)]
    ([1.0, 1.0, 1.0], [1.0, 1.0], [1.0, 0.48])
    """
    covered = days / MEAN_DAYS[frequency]
    whole = round(covered)
    if whole and abs(covered - whole) <= NEARLY_WHOLE:
        return [1.0] * whole
    return [1.0] * int(covered) + [covered - int(covered)]
