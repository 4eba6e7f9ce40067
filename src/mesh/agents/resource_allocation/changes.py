"""What a plan changes of an earlier one."""

from typing import Literal

from mesh.agents.resource_allocation.case import Case
from mesh.agents.resource_allocation.model import Change, Question
from mesh.agents.resource_allocation.work import Plan


def changes(ask: Question, case: Case, plan: Plan) -> list[Change]:
    """Against the earlier plan, if there was one."""
    if not ask.previous_plan:
        return []
    earlier = {line.task_id: line for line in ask.previous_plan}
    now = {case.tasks[n].id: (n, visit) for n, visit in plan.items()}
    found = []
    for task in case.gathered.tasks:
        line, placed = earlier.get(task.id), now.get(task.id)
        if (line is None and placed is None) or task.id in case.ended:
            continue
        who = case.technician(placed[1].shift).id if placed else None
        at = case.began.get(placed[0], case.at(placed[1].start)) if placed else None
        if line and placed and (line.technician_id, line.start_at) == (who, at):
            continue
        kind: Literal["added", "dropped", "moved", "reassigned"]
        if line is None:
            kind = "added"
        elif placed is None:
            kind = "dropped"
        else:
            kind = "moved" if who == line.technician_id else "reassigned"
        found.append(
            Change(
                task_id=task.id,
                kind=kind,
                from_technician_id=line.technician_id if line else None,
                to_technician_id=who,
                from_start_at=line.start_at if line else None,
                to_start_at=at,
            )
        )
    return found
