"""A question as the solvers have it: the work, and what each number of it stands for."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil, floor

from mesh.agents.resource_allocation.gather import Gathered
from mesh.agents.resource_allocation.model import Constraint
from mesh.agents.resource_allocation.task import Task
from mesh.agents.resource_allocation.technician import Technician
from mesh.agents.resource_allocation.work import Shift, Work


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


def minute_of(gathered: Gathered, moment: datetime, up: bool = False) -> int:
    """Minutes from the start of the window, down or up to whole ones."""
    whole = (moment - gathered.since).total_seconds() / 60
    return ceil(whole) if up else floor(whole)


def available(shifts: list[Shift], technician: int) -> int:
    """Regular minutes of a technician in the window, without breaks and absences."""
    return sum(
        max(0, min(high, shift.end) - low)
        for shift in shifts
        if shift.technician == technician
        for low, high in shift.free
    )
