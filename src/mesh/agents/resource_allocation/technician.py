"""A technician as a question has one: who can do what, when, and from where."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from mesh.agents.resource_allocation.skill_levels import Skills
from mesh.kit.records import Amount, Latitude, Longitude, Moment, Name, TimeOfDay

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


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
