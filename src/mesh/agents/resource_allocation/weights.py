"""What counts for how much. One point is worth one unit of money; a low-priority task done is 100 points."""

from collections.abc import Mapping
from dataclasses import dataclass

from mesh.agents.resource_allocation.model import Mode
from mesh.agents.resource_allocation.task import Priority

THOUSANDTHS = 1_000
VALUE: Mapping[Priority, int] = {"critical": 800, "high": 400, "medium": 200, "low": 100}


@dataclass(frozen=True, slots=True)
class Weights:
    """Shares of a task's value: lost once at a breach, lost by waiting the whole window, lost by a technician
    at level 0 of the skill, lost by going to another technician or time than in the earlier plan."""

    breach: float
    delay: float
    skill: float
    reassigned: float = 0.25
    moved: float = 0.1


MODES: Mapping[Mode, Weights] = {
    "balanced": Weights(breach=0.5, delay=0.2, skill=0.1),
    "speed": Weights(breach=0.2, delay=0.6, skill=0.05),
    "quality": Weights(breach=0.35, delay=0.05, skill=0.5),
    "sla": Weights(breach=0.85, delay=0.05, skill=0.05),
}

BEST_LEVEL = 10
USUAL_LEVEL = 5  # of a skill that is listed without a level
TRAVEL_PER_HOUR = 30.0
HOURLY_COST = 40.0  # where none is given
OVERTIME_FACTOR = 1.5
# Regular hours are paid in any case; a dearer technician than needed still costs something.
COST_SHARE = 0.25
# A minute of work above each of these shares of a technician's hours costs this much more.
FAIR_LEVELS = (0.2, 0.4, 0.6, 0.8)
FAIRNESS_PER_HOUR = 1.2
