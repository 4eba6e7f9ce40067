"""A task as a question has it: what it needs, how long it takes, and when."""

from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, model_validator

from mesh.agents.resource_allocation.skill_levels import Skills
from mesh.kit.records import Latitude, Longitude, Moment, Name

Priority = Literal["critical", "high", "medium", "low"]
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
