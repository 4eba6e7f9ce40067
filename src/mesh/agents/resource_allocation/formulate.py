"""From tasks and technicians to jobs and shifts in whole minutes: what the solvers take."""

from dataclasses import dataclass, field, replace
from math import ceil

from mesh.agents.resource_allocation.case import Case, available, minute_of
from mesh.agents.resource_allocation.earlier import kept, under_way, without_done
from mesh.agents.resource_allocation.gather import Gathered
from mesh.agents.resource_allocation.hopeless import hopeless
from mesh.agents.resource_allocation.model import Question
from mesh.agents.resource_allocation.shifts import free_spans, interruptions, shifts_of
from mesh.agents.resource_allocation.skill import able, level_of
from mesh.agents.resource_allocation.task import Task
from mesh.agents.resource_allocation.technician import Technician
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
    tasks = without_done(gathered.tasks, earlier, case)
    span = minute_of(gathered, gathered.until)
    for task in tasks:
        job = _job(task, ask, gathered, shifts, places, span)
        job, shifts = under_way(job, earlier.get(task.id), case, shifts, len(jobs))
        why = hopeless(job, task, gathered, shifts, span)
        if why:
            case.hopeless[task.id] = why
            continue
        number_of[task.id] = len(jobs)
        case.tasks.append(task)
        jobs.append(kept(job, task, earlier.get(task.id), case, shifts, MODES[ask.priority_mode]))
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


def _shifts(gathered: Gathered, places: _Places) -> list[Shift]:
    """All shifts of all technicians, cut to the window; overtime follows each where it is allowed."""
    found = []
    window = minute_of(gathered, gathered.until)
    for number, one in enumerate(gathered.technicians):
        spans = shifts_of(one, gathered.since, gathered.until)
        starts = [minute_of(gathered, start, up=True) for start, _ in spans]
        taken = [
            (minute_of(gathered, low), minute_of(gathered, high, up=True))
            for low, high in interruptions(one, gathered.since, gathered.until)
        ]
        cost = HOURLY_COST if one.hourly_cost is None else one.hourly_cost
        dear = cost * OVERTIME_FACTOR if one.overtime_hourly_cost is None else one.overtime_hourly_cost
        for place, (_, until) in enumerate(spans):
            start, end = max(0, starts[place]), min(window, minute_of(gathered, until))
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
    ready = 0 if task.release_at is None else max(0, minute_of(gathered, task.release_at, up=True))
    deadline = window if task.deadline is None else min(window, minute_of(gathered, task.deadline))
    start = None if task.start_at is None else minute_of(gathered, task.start_at)
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
        due=None if task.due_at is None else minute_of(gathered, task.due_at),
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
