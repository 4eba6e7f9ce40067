"""The question and the answer."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    TypeAdapter,
    WrapValidator,
    field_validator,
)

from mesh.agents.resource_allocation.task import Priority, Task
from mesh.agents.resource_allocation.technician import Technician
from mesh.kit.records import Moment, Name

MOST_TASKS = 1_000
MOST_TECHNICIANS = 200
MOST_HOURS = 24 * 14

Mode = Literal["balanced", "speed", "quality", "sla"]
Constraint = Literal[
    "no_skill",
    "pinned_technician",
    "no_shift",
    "no_shift_long_enough",
    "deadline",
    "pinned_start",
    "dependency_left_out",
    "dependency_too_late",
    "not_worth_overtime",
    "capacity",
]


class Placed(BaseModel):
    """A line of an earlier plan, as `assignments` of an answer hold it; other fields of it are ignored."""

    model_config = ConfigDict(extra="ignore")

    task_id: Name
    technician_id: Name
    start_at: Moment


TaskList = Annotated[list[Task], Field(max_length=MOST_TASKS)]
TaskCount = Annotated[int, Field(ge=1, le=MOST_TASKS, strict=True)]
TechnicianList = Annotated[list[Technician], Field(max_length=MOST_TECHNICIANS)]
TechnicianCount = Annotated[int, Field(ge=1, le=MOST_TECHNICIANS, strict=True)]
_TASKS = TypeAdapter(TaskList), TypeAdapter(TaskCount)
_TECHNICIANS = TypeAdapter(TechnicianList), TypeAdapter(TechnicianCount)


def _tasks(given: Any, _handler: Any) -> Any:
    """By the form that was meant, so that an error names the field and not every form it might have had."""
    return _TASKS[isinstance(given, int)].validate_python(given)


def _technicians(given: Any, _handler: Any) -> Any:
    return None if given is None else _TECHNICIANS[isinstance(given, int)].validate_python(given)


class Question(BaseModel):
    """Tasks and technicians, or how many of those stored to take."""

    model_config = ConfigDict(extra="forbid")

    tasks: Annotated[TaskList | TaskCount, WrapValidator(_tasks)] = Field(
        description="Tasks, or how many stored open tickets to take, the most pressing first"
    )
    technicians: Annotated[TechnicianList | TechnicianCount | None, WrapValidator(_technicians)] = Field(
        default=None, description="Technicians, or how many of those stored; all by default"
    )
    starts_at: Moment | None = Field(default=None, description="Where the window begins; now by default")
    time_window_hours: Annotated[FiniteFloat, Field(gt=0, le=MOST_HOURS)] = 24.0
    priority_mode: Mode = "balanced"
    previous_plan: Annotated[list[Placed], Field(max_length=MOST_TASKS)] = Field(
        default=[], description="Plan anew with as little change to this as it takes"
    )
    travel_speed_kmh: Annotated[FiniteFloat, Field(ge=5, le=200)] = 40.0

    @field_validator("starts_at")
    @classmethod
    def _in_our_time(cls, moment: datetime | None) -> datetime | None:
        if moment is not None and not 1980 <= moment.year <= 2200:
            raise ValueError("must lie in the years 1980 to 2200")
        return moment

    time_limit_s: Annotated[FiniteFloat, Field(ge=0.5, le=25)] = Field(
        default=10.0, description="Give the best plan found by then, with its proven gap"
    )


class Assignment(BaseModel):
    """Who does what, when. `travel_minutes` lie just before `start_at`."""

    task_id: str
    title: str
    client_id: str | None
    technician_id: str
    technician: str
    start_at: datetime
    end_at: datetime
    travel_minutes: int
    overtime_minutes: int
    priority: Priority
    on_site: bool
    latitude: float | None
    longitude: float | None
    due_at: datetime | None
    sla: Literal["met", "breached", "none"]
    pinned: bool


class LeftOut(BaseModel):
    """What cannot be done, by which constraint, and who could have done it but for that."""

    task_id: str
    title: str
    priority: Priority
    constraint: Constraint
    reason: str
    candidates: list[str]
    due_at: datetime | None
    sla: Literal["breached", "open", "none"]


class Use(BaseModel):
    """One technician's time in the window. `utilisation` is work and travel over available minutes."""

    technician_id: str
    technician: str
    tasks: int
    available_minutes: int
    working_minutes: int
    travel_minutes: int
    overtime_minutes: int
    utilisation: float | None


class Outcome(BaseModel):
    """What a plan comes to."""

    objective: float
    done: int
    left_out: int
    sla_breaches: int
    travel_minutes: int
    overtime_minutes: int
    mean_wait_minutes: float | None


class Fairness(BaseModel):
    """How evenly work is spread: Jain's index is 1 where all are used alike, 1/n where one does all."""

    jain_index: float | None
    lowest_utilisation: float | None
    highest_utilisation: float | None


class Change(BaseModel):
    """What is not as the earlier plan had it."""

    task_id: str
    kind: Literal["reassigned", "moved", "added", "dropped"]
    from_technician_id: str | None
    to_technician_id: str | None
    from_start_at: datetime | None
    to_start_at: datetime | None


class Answer(BaseModel):
    status: Literal["optimal", "feasible", "no_data"]
    message: str
    priority_mode: Mode
    starts_at: datetime
    ends_at: datetime
    assignments: list[Assignment]
    left_out: list[LeftOut]
    objective: float = Field(description="Points of the plan; more is better")
    bound: float = Field(description="Points that no plan can pass: proven")
    gap: float | None = Field(description="(bound - objective) / objective; none where nothing is done")
    stopped_by: Literal["proof", "effort", "time_limit"]
    points: dict[str, float] = Field(description="What the objective is made of")
    plan: Outcome
    dispatcher: Outcome = Field(description="The same by the greedy rule: earliest deadline first")
    sla_breaches_avoided: int = Field(description="The dispatcher's breaches less the plan's")
    utilisation: list[Use]
    fairness: Fairness
    changes: list[Change]
    notes: list[str]
