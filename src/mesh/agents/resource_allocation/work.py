"""What is to be planned, in whole minutes and thousandths of a point: jobs, shifts, and a plan's score.

Every method (dispatcher, solver, rounds, bound) works on these, and every plan is priced by `price` alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

# Who was told a time does not mind a quarter of an hour.
SAME_TIME = 15


@dataclass(frozen=True, slots=True)
class Job:
    """A task as the solvers see it. Minutes count from the start of the window; points are thousandths.

    `options` maps each shift that may take it to what it is worth there if started at `ready` and on time.
    `delay` is lost per minute after `ready`, `breach` once if it ends after `due`. `deadline` is never
    passed. `start` is given when it is pinned. `kept` is (shift, start) of an earlier plan, and leaving it
    costs `move`. `after` are jobs that must have ended before. `site` is a place of the travel matrix, or
    None for work done from anywhere.
    """

    id: str
    minutes: int
    ready: int
    due: int | None
    deadline: int
    site: int | None
    options: Mapping[int, int]
    breach: int
    delay: int
    start: int | None = None
    after: tuple[int, ...] = ()
    kept: tuple[int, int] | None = None
    move: int = 0

    def gain(self, shift: int, start: int) -> int:
        """What doing it in this shift from this minute is worth, before travel, overtime and fairness."""
        gain = self.options[shift] - self.delay * (start - self.ready)
        if self.due is not None and start + self.minutes > self.due:
            gain -= self.breach
        if self.kept and (shift != self.kept[0] or abs(start - self.kept[1]) > SAME_TIME):
            gain -= self.move
        return gain


@dataclass(frozen=True, slots=True)
class Shift:
    """One working day of one technician. `free` are its spans between breaks, up to `limit`.

    From `end` to `limit` is overtime, at `overtime` per minute. `base` is the place it starts from, if known.
    """

    technician: int
    start: int
    end: int
    limit: int
    free: tuple[tuple[int, int], ...]
    base: int | None = None
    overtime: int = 0


@dataclass(frozen=True, slots=True)
class Work:
    """The whole. `travel[a][b]` is minutes from place a to place b; `travel_cost` is lost per minute of it.

    `levels` are the fair-load steps of each technician: minutes of work from which each further minute
    costs `fairness` more. They are convex, so an even load costs least.
    """

    jobs: tuple[Job, ...]
    shifts: tuple[Shift, ...]
    travel: tuple[tuple[int, ...], ...] = ()
    travel_cost: int = 0
    levels: tuple[tuple[int, ...], ...] = ()
    fairness: int = 0

    def starts(self, job: int, shift: int) -> list[tuple[int, int]]:
        """First and last minutes at which the job may start in the shift, span by span."""
        one, spans = self.jobs[job], self.shifts[shift].free
        found = []
        for low, high in spans:
            first, last = max(low, one.ready), min(high, one.deadline) - one.minutes
            if one.start is not None:
                first, last = max(first, one.start), min(last, one.start)
            if first <= last:
                found.append((first, last))
        return found

    def leg(self, origin: int | None, site: int | None) -> int:
        """Minutes from one place to the next; 0 where either is unknown or the work needs no place."""
        return 0 if origin is None or site is None else self.travel[origin][site]


class Visit(NamedTuple):
    """A job's place in a plan: its shift, the minute it starts, and the minutes of travel just before."""

    shift: int
    start: int
    travel: int


Plan = Mapping[int, Visit]


@dataclass(slots=True)
class Price:
    """What a plan is worth, and of what. `points` are thousandths; the rest is minutes by shift."""

    points: int = 0
    travel: int = 0
    overtime: dict[int, int] = field(default_factory=dict)
    load: dict[int, int] = field(default_factory=dict)  # by technician, work and travel


def by_shift(plan: Plan) -> dict[int, list[int]]:
    """Jobs of each shift in the order they start."""
    order: dict[int, list[int]] = {}
    for job in sorted(plan, key=lambda j: (plan[j].start, j)):
        order.setdefault(plan[job].shift, []).append(job)
    return order


def price(work: Work, plan: Plan) -> Price:
    """The one place where a plan is priced."""
    found = Price()
    last: dict[int, int] = {}
    for job, visit in plan.items():
        one, technician = work.jobs[job], work.shifts[visit.shift].technician
        found.points += one.gain(visit.shift, visit.start)
        found.travel += visit.travel
        found.load[technician] = found.load.get(technician, 0) + one.minutes + visit.travel
        last[visit.shift] = max(last.get(visit.shift, 0), visit.start + one.minutes)
    found.points -= work.travel_cost * found.travel
    for number, end in last.items():
        shift = work.shifts[number]
        if end > shift.end:
            found.overtime[number] = end - shift.end
            found.points -= shift.overtime * (end - shift.end)
    for technician, load in found.load.items():
        for level in work.levels[technician] if work.levels else ():
            found.points -= work.fairness * max(0, load - level)
    return found


def faults(work: Work, plan: Plan) -> Iterator[str]:
    """Everything in a plan that may not be; nothing for a plan that can be carried out."""
    for job, visit in plan.items():
        one = work.jobs[job]
        if visit.shift not in one.options:
            yield f"{one.id} is in a shift that cannot take it"
        elif not any(low <= visit.start <= high for low, high in work.starts(job, visit.shift)):
            yield f"{one.id} starts outside its hours"
        for before in one.after:
            if before not in plan:
                yield f"{one.id} needs {work.jobs[before].id}, which is left out"
            elif plan[before].start + work.jobs[before].minutes > visit.start:
                yield f"{one.id} starts before {work.jobs[before].id} ends"
    for number, jobs in by_shift(plan).items():
        yield from _faults_of(work, plan, number, jobs)


def _faults_of(work: Work, plan: Plan, number: int, jobs: list[int]) -> Iterator[str]:
    """Overlaps within one shift, and travel that is missing or runs into a break."""
    shift = work.shifts[number]
    place, free_from = shift.base, shift.start
    for job in jobs:
        one, visit = work.jobs[job], plan[job]
        leaves = visit.start - visit.travel
        if visit.travel < work.leg(place, one.site):
            yield f"{one.id} leaves too little time to get there"
        if leaves < free_from:
            yield f"{one.id} overlaps what comes before it"
        if not any(low <= leaves and visit.start <= high for low, high in shift.free):
            yield f"the way to {one.id} runs into a break"
        place, free_from = one.site if one.site is not None else place, visit.start + one.minutes
