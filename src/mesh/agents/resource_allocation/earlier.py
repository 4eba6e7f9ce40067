"""What an earlier plan settles: what has ended, what is under way, what it costs to depart from the rest."""

from dataclasses import replace
from datetime import timedelta

from mesh.agents.resource_allocation.case import Case, minute_of
from mesh.agents.resource_allocation.model import Placed
from mesh.agents.resource_allocation.task import Task
from mesh.agents.resource_allocation.weights import THOUSANDTHS, VALUE, Weights
from mesh.agents.resource_allocation.work import Job, Shift


def without_done(tasks: list[Task], earlier: dict[str, Placed], case: Case) -> list[Task]:
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


def under_way(
    job: Job, line: Placed | None, case: Case, shifts: list[Shift], number: int
) -> tuple[Job, list[Shift]]:
    """A task begun before the window stays with its technician, where there is one at work still."""
    if line is None or line.start_at >= case.gathered.since:
        return job, shifts
    people = case.gathered.technicians
    for place, shift in enumerate(shifts):
        left = (
            job.minutes
            - minute_of(case.gathered, case.gathered.since)
            + minute_of(case.gathered, line.start_at)
        )
        begun = people[shift.technician].id == line.technician_id and place in job.options
        if begun and shift.free[0][0] == 0 and shift.free[0][1] >= left > 0:
            case.began[number] = line.start_at
            shifts = [*shifts]
            shifts[place] = replace(shift, base=job.site if job.site is not None else shift.base)
            held = replace(job, minutes=left, ready=0, start=0, options={place: job.options[place]})
            return replace(held, deadline=max(job.deadline, left)), shifts
    return job, shifts


def kept(job: Job, task: Task, line: Placed | None, case: Case, shifts: list[Shift], weights: Weights) -> Job:
    """With what it costs to depart from the earlier plan."""
    if line is None or job.start is not None:
        return job
    value = VALUE[task.priority] * THOUSANDTHS
    start = minute_of(case.gathered, line.start_at)
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
