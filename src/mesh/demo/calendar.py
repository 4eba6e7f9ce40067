"""The months that are simulated, and how a working week fills them. Times are hours since the first month."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Room after the end, so that what is due later than the last hour has a time too.
AHEAD_H = 24 * 90
WEEKDAY = np.array([1.25, 1.1, 1.0, 1.0, 0.95, 0.10, 0.07])
# How likely a ticket is in each hour of a day, local time.
_NIGHT, _MORNING = (0.05, 0.04, 0.04, 0.04, 0.05, 0.1), (0.25, 0.7, 1.6, 2.1, 2.0, 1.7)
_AFTERNOON, _EVENING = (1.1, 1.4, 1.7, 1.6, 1.3, 0.8), (0.4, 0.25, 0.2, 0.15, 0.1, 0.07)
HOUR = np.array([*_NIGHT, *_MORNING, *_AFTERNOON, *_EVENING])
OPENS, CLOSES = 8, 18


@dataclass(frozen=True)
class Span:
    """`months` whole months and the running one. `edges[m]` to `edges[m + 1]` is month m; the last ends at
    `until`."""

    start: datetime
    until: datetime
    edges: Floats

    @property
    def months(self) -> int:
        """How many months, the running one among them."""
        return len(self.edges) - 1

    def month_of_year(self) -> NDArray[np.int64]:
        """0 for January, for each month."""
        return (np.arange(self.months) + self.start.month - 1) % 12

    def hours(self, moment: datetime) -> float:
        return (moment - self.start).total_seconds() / 3600

    def moment(self, hours: float) -> datetime:
        return self.start + timedelta(hours=hours)

    def texts(self, hours: Floats) -> list[str]:
        """The times as rows hold them, to the minute."""
        start = np.datetime64(self.start.replace(tzinfo=None), "s")
        minutes = np.round(np.asarray(hours) * 60).astype(np.int64)
        moments = start + minutes.astype("timedelta64[m]")
        return [text + "Z" for text in np.datetime_as_string(moments, unit="s").tolist()]


def span(months: int, until: datetime) -> Span:
    """`months` whole calendar months before the one `until` lies in, and that one up to `until`, to the
    hour. Raises ValueError for a time without a zone."""
    if until.tzinfo is None:
        raise ValueError("until needs a zone")
    until = until.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    firsts = [_first(until, back) for back in range(months, -1, -1)]
    edges = [(first - firsts[0]).total_seconds() / 3600 for first in firsts]
    end = max((until - firsts[0]).total_seconds() / 3600, edges[-1] + 1.0)
    return Span(firsts[0], firsts[0] + timedelta(hours=end), np.array([*edges, end]))


def _first(moment: datetime, months_back: int) -> datetime:
    month = moment.year * 12 + moment.month - 1 - months_back
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class WorkingWeek:
    """The span's hours at one place: how much work and how many arrivals lie before each."""

    grid: Floats
    worked: Floats
    arrived: Floats

    def after(self, hours: Floats, working_hours: Floats) -> Floats:
        """The time when so many working hours have gone by since `hours`."""
        begun = np.interp(hours, self.grid, self.worked)
        return np.interp(begun + working_hours, self.worked, self.grid)

    def arrivals(self, since: Floats, until: Floats, share: Floats) -> Floats:
        """The time at which `share` (0 to 1) of what arrives between the two has arrived."""
        low, high = (np.interp(edge, self.grid, self.arrived) for edge in (since, until))
        return np.interp(low + share * (high - low), self.arrived, self.grid)


@lru_cache(maxsize=16)
def _week(start: datetime, hours: int, offset_h: int) -> WorkingWeek:
    grid = np.arange(hours + 1, dtype=np.float64)
    local = grid[:-1].astype(np.int64) + offset_h
    weekday = (start.weekday() + local // 24) % 7
    hour = local % 24
    working = (weekday < 5) & (hour >= OPENS) & (hour < CLOSES)
    # Never quite zero, so that both curves can be read backwards.
    worked = np.concatenate(([0.0], np.cumsum(np.where(working, 1.0, 1e-6))))
    arrived = np.concatenate(([0.0], np.cumsum(WEEKDAY[weekday] * HOUR[hour])))
    return WorkingWeek(grid, worked, arrived)


def working_week(of: Span, offset_h: int) -> WorkingWeek:
    """The working week of a place `offset_h` hours ahead of UTC."""
    return _week(of.start, int(of.edges[-1]) + AHEAD_H, offset_h)
