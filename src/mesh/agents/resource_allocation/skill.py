"""Who can do what, and how well."""

from mesh.agents.resource_allocation.task import Task
from mesh.agents.resource_allocation.technician import Technician
from mesh.agents.resource_allocation.weights import USUAL_LEVEL


def able(task: Task, technician: Technician) -> bool:
    """Whether the technician has every skill the task needs, and is the one it is pinned to, if any."""
    if task.technician_id not in (None, technician.id):
        return False
    return all(level_of(technician, skill) >= max(1, level) for skill, level in task.skills.items())


def level_of(technician: Technician, skill: str) -> int:
    """1 to 10; 0 for a skill the technician has not."""
    if skill not in technician.skills:
        return 0
    return technician.skills[skill] or USUAL_LEVEL
