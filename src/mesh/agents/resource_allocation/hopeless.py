"""Which tasks no plan can hold, and by which constraint: told before any solver runs."""

from datetime import datetime

from mesh.agents.resource_allocation.gather import Gathered
from mesh.agents.resource_allocation.model import Constraint
from mesh.agents.resource_allocation.skill import able, level_of
from mesh.agents.resource_allocation.task import Task
from mesh.agents.resource_allocation.technician import Technician
from mesh.agents.resource_allocation.work import Job, Shift, Work


def hopeless(
    job: Job, task: Task, gathered: Gathered, shifts: list[Shift], window: int
) -> tuple[Constraint, str] | None:
    """Why no plan can hold the job, whatever else is in it; None where one might."""
    people = gathered.technicians
    if task.technician_id is not None:
        pinned = next((one for one in people if one.id == task.technician_id), None)
        lacks = [] if pinned is None else [s for s, level in task.skills.items()
                                           if level_of(pinned, s) < max(1, level)]  # fmt: skip
        if lacks:
            return "pinned_technician", f"It is pinned to {task.technician_id}, who lacks {', '.join(lacks)}."
    skilled = [number for number, one in enumerate(people) if able(task, one)]
    if not skilled:
        return "no_skill", _no_skill(task, people)
    if not job.options:
        return "no_shift", f"None of the {len(skilled)} who could do it works in the window."
    if task.deadline is not None and job.start is None and (short := _too_soon(job, task.deadline, gathered)):
        return "deadline", short
    probe = Work((job,), tuple(shifts))
    if any(probe.starts(0, number) for number in job.options):
        return None
    if job.start is not None:
        return "pinned_start", "At the time it is pinned to, nobody who could do it is free for so long."
    longest = max(high - low for number in job.options for low, high in shifts[number].free)
    if longest < job.minutes:
        return "no_shift_long_enough", (
            f"It takes {job.minutes} minutes; the longest stretch without a break of anyone who could do it "
            f"is {longest}."
        )
    before = "its deadline" if job.deadline < window else "the end of the window"
    return "no_shift_long_enough", (
        f"Nobody who could do it works {job.minutes} minutes on end after its release and before {before}."
    )


def _too_soon(job: Job, deadline: datetime, gathered: Gathered) -> str:
    """What its deadline leaves too little time for, if that is so without any shift in mind."""
    if deadline <= gathered.since:
        return "Its deadline lies before the window begins."
    left = max(0, job.deadline - job.ready)
    if left >= job.minutes:
        return ""
    return f"It takes {job.minutes} minutes; from when it can start until its deadline there are {left}."


def _no_skill(task: Task, people: list[Technician]) -> str:
    for skill, level in task.skills.items():
        best = max((level_of(one, skill) for one in people), default=0)
        if best == 0:
            return f"No technician has the skill {skill}."
        if best < level:
            return f"It needs {skill} at level {level}; the best technician has level {best}."
    if task.technician_id is not None:
        return f"The technician it is pinned to, {task.technician_id}, is not there."
    return (
        f"No single technician has all of: {', '.join(task.skills)}." if people else "There is no technician."
    )
