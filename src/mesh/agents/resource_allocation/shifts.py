"""A technician's hours within the window, from workdays or given shifts, less breaks and absences."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mesh.agents.resource_allocation.technician import DailyBreak, Technician, Weekday

DAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Span = tuple[datetime, datetime]
Minutes = tuple[int, int]


def known_zone(name: str) -> bool:
    """Whether the time zone is one.

    >>> known_zone("Europe/Berlin"), known_zone("Mars/Base"), known_zone("../../etc/passwd")
    (True, False, False)
    """
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return False
    return True


def shifts_of(technician: Technician, since: datetime, until: datetime) -> list[Span]:
    """Regular shifts that overlap the window, in order; those given that touch are one."""
    if technician.shifts is None:
        spans = list(_worked(technician, since, until))
    else:
        spans = [(period.start, period.end) for period in technician.shifts]
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return [(start, end) for start, end in merged if end > since and start < until]


def _worked(technician: Technician, since: datetime, until: datetime) -> Iterator[Span]:
    for day in _days(technician, since, until):
        if DAYS[day.weekday()] in technician.workdays:
            start, end = (
                _on(technician, day, technician.shift_start),
                _on(technician, day, technician.shift_end),
            )
            if end <= start:
                end = _on(technician, day + timedelta(days=1), technician.shift_end)
            yield start, end


def _days(technician: Technician, since: datetime, until: datetime) -> Iterator[date]:
    zone = ZoneInfo(technician.timezone)
    day = since.astimezone(zone).date() - timedelta(days=1)
    last = until.astimezone(zone).date()
    while day <= last:
        yield day
        day += timedelta(days=1)


def _on(technician: Technician, day: date, clock: str) -> datetime:
    local = datetime.combine(day, time.fromisoformat(clock), ZoneInfo(technician.timezone))
    return local.astimezone(UTC)


def interruptions(technician: Technician, since: datetime, until: datetime) -> list[Span]:
    """Breaks and absences that touch the window."""
    spans = [(period.start, period.end) for period in technician.away]
    for one in technician.breaks:
        if isinstance(one, DailyBreak):
            spans += [
                (_on(technician, day, one.start), _on(technician, day, one.end))
                for day in _days(technician, since, until)
            ]
        else:
            spans.append((one.start, one.end))
    return [span for span in spans if span[1] > since and span[0] < until]


def free_spans(start: int, end: int, taken: Sequence[Minutes]) -> tuple[Minutes, ...]:
    """What of `start` to `end` is not taken.

    >>> free_spans(0, 480, [(240, 270), (460, 500)])
    ((0, 240), (270, 460))
    """
    spans, here = [], start
    for low, high in sorted(taken):
        if low > here:
            spans.append((here, min(low, end)))
        here = max(here, high)
        if here >= end:
            break
    if here < end:
        spans.append((here, end))
    return tuple(span for span in spans if span[0] < span[1])
