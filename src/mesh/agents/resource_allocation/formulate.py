"""From tasks and technicians to jobs and shifts in whole minutes: what the solvers take."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import ceil, floor

from mesh.agents.resource_allocation.gather import Gathered
from mesh.agents.resource_allocation.hopeless import hopeless
from mesh.agents.resource_allocation.model import Constraint, Placed, Question, Task, Technician
from mesh.agents.resource_allocation.shifts import free_spans, interruptions, shifts_of
from mesh.agents.resource_allocation.skill import able, level_of
from mesh.agents.resource_allocation.travel import minutes_between
from mesh.agents.resource_allocation.weights import (
    BEST_LEVEL,
    COST_SHARE,
    FAIR_LEVELS,
    FAIRNESS_PER_HOUR,
    HOURLY_COST,
    MODES,
    OVERTIME_FACTOR,
    THOUSANDTHS,
    TRAVEL_PER_HOUR,
    VALUE,
    Weights,
)
from mesh.agents.resource_allocation.work import Job, Shift, Work


@dataclass(slots=True)
class Case:
    """The work, and which task and technician each number of it stands for.

    `hopeless` are tasks that no plan can hold, with the constraint and the reason; they are not in the work.
    `began` says when a task under way was begun, by its number; `ended` are those the earlier plan ended.
    """

    gathered: Gathered
    work: Work
    tasks: list[Task]
    hopeless: dict[str, tuple[Constraint, str]]
    began: dict[int, datetime]
    ended: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    def at(self, minute: int) -> datetime:
        return self.gathered.since + timedelta(minutes=minute)

    def technician(self, shift: int) -> Technician:
        return self.gathered.technicians[self.work.shifts[shift].technician]


@dataclass(slots=True)
class _Places:
    """Coordinates by number; the same ones are one place."""

    known: dict[tuple[float, float], int] = field(default_factory=dict)

    def number(self, one: Task | Technician) -> int | None:
        if one.latitude is None or one.longitude is None:
            return None
        return self.known.setdefault((round(one.latitude, 5), round(one.longitude, 5)), len(self.known))


def formulate(ask: Question, gathered: Gathered) -> Case:
    """The case of a question. Tasks that no plan can hold are set aside with their reason."""
    places = _Places()
    shifts = _shifts(gathered, places)
    earlier = {line.task_id: line for line in ask.previous_plan}
    case = Case(gathered, Work((), ()), [], {}, {})
    jobs: list[Job] = []
    number_of: dict[str, int] = {}
    tasks = _without_done(gathered.tasks, earlier, case)
    span = _minutes(gathered, gathered.until)
    for task in tasks:
        job = _job(task, ask, gathered, shifts, places, span)
        job, shifts = _under_way(job, earlier.get(task.id), case, shifts, len(jobs))
        why = hopeless(job, task, gathered, shifts, span)
        if why:
            case.hopeless[task.id] = why
            continue
        number_of[task.id] = len(jobs)
        case.tasks.append(task)
        jobs.append(_kept(job, task, earlier.get(task.id), case, shifts, MODES[ask.priority_mode]))
    jobs = _depending(jobs, case, number_of)
    levels = tuple(_levels(shifts, technician) for technician in range(len(gathered.technicians)))
    case.work = Work(
        tuple(jobs),
        tuple(shifts),
        minutes_between(list(places.known), ask.travel_speed_kmh),
        round(TRAVEL_PER_HOUR * THOUSANDTHS / 60),
        levels,
        round(FAIRNESS_PER_HOUR * THOUSANDTHS / 60),
    )
    return case


def _minutes(gathered: Gathered, moment: datetime, up: bool = False) -> int:
    """Minutes from the start of the window, down or up to whole ones."""
    minutes = (moment - gathered.since).total_seconds() / 60
    return ceil(minutes) if up else floor(minutes)


def _shifts(gathered: Gathered, places: _Places) -> list[Shift]:
    """All shifts of all technicians, cut to the window; overtime follows each where it is allowed."""
    found = []
    window = _minutes(gathered, gathered.until)
    for number, one in enumerate(gathered.technicians):
        spans = shifts_of(one, gathered.since, gathered.until)
        starts = [_minutes(gathered, start, up=True) for start, _ in spans]
        taken = [
            (_minutes(gathered, low), _minutes(gathered, high, up=True))
            for low, high in interruptions(one, gathered.since, gathered.until)
        ]
        cost = HOURLY_COST if one.hourly_cost is None else one.hourly_cost
        dear = cost * OVERTIME_FACTOR if one.overtime_hourly_cost is None else one.overtime_hourly_cost
        for place, (_, until) in enumerate(spans):
            start, end = max(0, starts[place]), min(window, _minutes(gathered, until))
            after = min([window, *starts[place + 1 : place + 2]])
            limit = max(end, min(after, end + int(one.overtime_hours * 60)))
            free = free_spans(start, limit, taken)
            if start < end and free:
                per_minute = round(min(dear, 1e6) * THOUSANDTHS / 60)
                found.append(Shift(number, start, end, limit, free, places.number(one), per_minute))
    return found


def _job(
    task: Task, ask: Question, gathered: Gathered, shifts: list[Shift], places: _Places, window: int
) -> Job:
    weights, value = MODES[ask.priority_mode], VALUE[task.priority] * THOUSANDTHS
    minutes = max(1, ceil(round(task.hours * 60, 6)))
    ready = 0 if task.release_at is None else max(0, _minutes(gathered, task.release_at, up=True))
    deadline = window if task.deadline is None else min(window, _minutes(gathered, task.deadline))
    start = None if task.start_at is None else _minutes(gathered, task.start_at)
    worth = {
        n: _worth(task, one, minutes, value, weights)
        for n, one in enumerate(gathered.technicians)
        if able(task, one)
    }
    options = {n: worth[shift.technician] for n, shift in enumerate(shifts) if shift.technician in worth}
    return Job(
        id=task.id,
        minutes=minutes,
        ready=ready if start is None else max(ready, start),
        due=None if task.due_at is None else _minutes(gathered, task.due_at),
        deadline=deadline,
        site=None if task.on_site is False else places.number(task),
        options=options,
        breach=round(value * weights.breach),
        delay=round(value * weights.delay / window),
        start=start,
    )


def _worth(task: Task, technician: Technician, minutes: int, value: int, weights: Weights) -> int:
    """The task's value, less what a technician of this level and cost loses of it."""
    levels = [level_of(technician, skill) for skill in task.skills]
    lacking = 1 - sum(levels) / (BEST_LEVEL * len(levels)) if levels else 0.0
    cost = 0.0 if technician.hourly_cost is None else min(technician.hourly_cost, 1e5)
    return round(value * (1 - weights.skill * lacking) - COST_SHARE * cost * THOUSANDTHS * minutes / 60)


def _without_done(tasks: list[Task], earlier: dict[str, Placed], case: Case) -> list[Task]:
    """Without what the earlier plan has ended before the window."""
    left, people = [], {one.id for one in case.gathered.technicians}
    for task in tasks:
        line = earlier.get(task.id)
        ended = line and case.gathered.since - line.start_at >= timedelta(hours=task.hours)
        if line and ended and line.technician_id in people:
            case.ended.add(task.id)
            case.notes.append(f"{task.id} had ended by the earlier plan and was not planned again.")
        else:
            left.append(task)
    return left


def _under_way(
    job: Job, line: Placed | None, case: Case, shifts: list[Shift], number: int
) -> tuple[Job, list[Shift]]:
    """A task begun before the window stays with its technician, where there is one at work still."""
    if line is None or line.start_at >= case.gathered.since:
        return job, shifts
    people = case.gathered.technicians
    for place, shift in enumerate(shifts):
        left = (
            job.minutes
            - _minutes(case.gathered, case.gathered.since)
            + _minutes(case.gathered, line.start_at)
        )
        begun = people[shift.technician].id == line.technician_id and place in job.options
        if begun and shift.free[0][0] == 0 and shift.free[0][1] >= left > 0:
            case.began[number] = line.start_at
            shifts = [*shifts]
            shifts[place] = replace(shift, base=job.site if job.site is not None else shift.base)
            held = replace(job, minutes=left, ready=0, start=0, options={place: job.options[place]})
            return replace(held, deadline=max(job.deadline, left)), shifts
    return job, shifts


def _kept(
    job: Job, task: Task, line: Placed | None, case: Case, shifts: list[Shift], weights: Weights
) -> Job:
    """With what it costs to depart from the earlier plan."""
    if line is None or job.start is not None:
        return job
    value = VALUE[task.priority] * THOUSANDTHS
    start = _minutes(case.gathered, line.start_at)
    people = case.gathered.technicians
    same = [s for s in job.options if people[shifts[s].technician].id == line.technician_id]
    if not same:
        return job
    options = {
        shift: worth if shift in same else worth - round(value * (weights.reassigned - weights.moved))
        for shift, worth in job.options.items()
    }
    shift = next((s for s in same if shifts[s].start <= start < shifts[s].limit), same[0])
    return replace(job, options=options, kept=(shift, start), move=round(value * weights.moved))


def _depending(jobs: list[Job], case: Case, number_of: dict[str, int]) -> list[Job]:
    """With dependencies by number; what depends on a hopeless task is hopeless too, but stays numbered."""
    linked = []
    lost = set(case.hopeless)
    grown = True
    while grown:
        grown = False
        for task in case.tasks:
            missing = [b for b in task.depends_on if b in lost]
            if missing and task.id not in lost:
                lost.add(task.id)
                case.hopeless[task.id] = (
                    "dependency_left_out",
                    f"It waits for {missing[0]}, which cannot be done.",
                )
                grown = True
    for task, job in zip(case.tasks, jobs, strict=True):
        after = tuple(number_of[b] for b in task.depends_on if b in number_of)
        options = {} if task.id in lost else job.options
        linked.append(replace(job, after=after, options=options))
    return linked


def _levels(shifts: list[Shift], technician: int) -> tuple[int, ...]:
    minutes = available(shifts, technician)
    return tuple(round(share * minutes) for share in FAIR_LEVELS)


def available(shifts: list[Shift], technician: int) -> int:
    """Regular minutes of a technician in the window, without breaks and absences."""
    return sum(
        max(0, min(high, shift.end) - low)
        for shift in shifts
        if shift.technician == technician
        for low, high in shift.free
    )
