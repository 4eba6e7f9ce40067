"""The question and the answer."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    TypeAdapter,
    WrapValidator,
    field_validator,
    model_validator,
)

from mesh.kit.records import Amount, Latitude, Longitude, Moment, Name, TimeOfDay

MOST_TASKS = 1_000
MOST_TECHNICIANS = 200
MOST_HOURS = 24 * 14

Priority = Literal["critical", "high", "medium", "low"]
Mode = Literal["balanced", "speed", "quality", "sla"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Constraint = Literal[
    "no_skill",
    "pinned_technician",
    "no_shift",
    "no_shift_long_enough",
    "pinned_start",
    "dependency_left_out",
    "dependency_too_late",
    "not_worth_overtime",
    "capacity",
]
PRIORITY_NAMES = {
    "p1": "critical", "1": "critical", "urgent": "critical", "emergency": "critical", "highest": "critical",
    "p2": "high", "2": "high", "p3": "medium", "3": "medium", "normal": "medium", "moderate": "medium",
    "p4": "low", "4": "low", "lowest": "low",
}  # fmt: skip


def named_priority(given: Any) -> Any:
    """The priority by its usual names: P1 to P4, 1 to 4, urgent, normal.

    >>> named_priority("P1"), named_priority(3), named_priority("High")
    ('critical', 'medium', 'high')
    """
    name = str(given).strip().casefold()
    return PRIORITY_NAMES.get(name, name) if isinstance(given, str | int) else given


def skill_levels(given: Any) -> Any:
    """A skill, a list of them, or levels by skill, as levels by skill; without a level it is 0.

    >>> skill_levels("Network; cloud"), skill_levels(["m365"]), skill_levels({"Voice": 4})
    ({'network': 0, 'cloud': 0}, {'m365': 0}, {'voice': 4})
    """
    if isinstance(given, str):
        given = [part for part in given.replace(";", ",").split(",") if part.strip()]
    if isinstance(given, list) and all(isinstance(one, str) for one in given):
        given = dict.fromkeys(given, 0)
    if isinstance(given, dict):
        return {" ".join(str(name).casefold().split()): level for name, level in given.items()}
    return given


Skills = Annotated[
    dict[Name, Annotated[int, Field(ge=0, le=10)]],
    BeforeValidator(skill_levels, json_schema_input_type=dict[str, int] | list[str] | str),
    Field(max_length=50),
]


class Period(BaseModel):
    """From `start` up to `end`."""

    model_config = ConfigDict(extra="forbid")

    start: Moment
    end: Moment

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.end <= self.start:
            raise ValueError("end must be after start")
        return self


class DailyBreak(BaseModel):
    """The same time every day, in the technician's time zone."""

    model_config = ConfigDict(extra="forbid")

    start: TimeOfDay
    end: TimeOfDay

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.end <= self.start:
            raise ValueError("end must be after start")
        return self


class Task(BaseModel):
    """One piece of work, done by one technician without interruption."""

    model_config = ConfigDict(extra="forbid")

    id: Name
    title: Annotated[str, Field(max_length=500)] = ""
    client_id: Name | None = None
    skills: Skills = Field(
        default={},
        validation_alias=AliasChoices("skills", "skill"),
        description="All that it needs: a list, or the least level (1 to 10) by skill",
    )
    hours: Annotated[FiniteFloat, Field(gt=0, le=24)] = Field(
        validation_alias=AliasChoices("hours", "duration_hours"), description="How long it takes"
    )
    priority: Annotated[Priority, BeforeValidator(named_priority)] = "medium"
    release_at: Moment | None = Field(default=None, description="Not to be started before")
    due_at: Moment | None = Field(
        default=None, description="By when the SLA wants it done; later is a breach"
    )
    deadline: Moment | None = Field(default=None, description="After this there is no use in doing it")
    on_site: bool | None = Field(default=None, description="By default: where a location is given")
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    technician_id: Name | None = Field(default=None, description="Pinned to this technician")
    start_at: Moment | None = Field(default=None, description="Pinned to this start")
    depends_on: Annotated[list[Name], Field(max_length=100)] = Field(
        default=[], description="Tasks that must have ended before"
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        for name in ("due_at", "deadline"):
            until = getattr(self, name)
            if until and self.release_at and until < self.release_at:
                raise ValueError(f"{name} lies before release_at")
        if self.start_at and self.release_at and self.start_at < self.release_at:
            raise ValueError("start_at lies before release_at")
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("give latitude and longitude, or neither")
        return self


class Technician(BaseModel):
    """Who can do what, when, and from where. Without `shifts`: 09:00 to 17:00 on workdays."""

    model_config = ConfigDict(extra="forbid")

    id: Name
    name: Annotated[str, Field(max_length=200)] = ""
    skills: Skills = Field(default={}, description="A list, or levels (1 to 10) by skill; 5 without a level")
    shifts: Annotated[list[Period], Field(max_length=100)] | None = None
    workdays: Annotated[list[Weekday], Field(max_length=7)] = ["mon", "tue", "wed", "thu", "fri"]
    shift_start: TimeOfDay = "09:00"
    shift_end: TimeOfDay = Field(default="17:00", description="Before shift_start: on the day after")
    timezone: Annotated[str, Field(max_length=60)] = Field(default="UTC", description="IANA name")
    breaks: Annotated[list[DailyBreak | Period], Field(max_length=50)] = []
    away: Annotated[list[Period], Field(max_length=100)] = Field(default=[], description="Ill, on leave ...")
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    hourly_cost: Amount | None = None
    overtime_hours: Annotated[FiniteFloat, Field(ge=0, le=12)] = Field(
        default=0.0, description="Most overtime a shift"
    )
    overtime_hourly_cost: Amount | None = Field(default=None, description="By default half as much again")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("give latitude and longitude, or neither")
        return self


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
