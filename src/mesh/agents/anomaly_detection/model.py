"""The question and the answer."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from mesh.kit.records import Moment, Name

MOST_POINTS = 100_000
MOST_SERIES = 64

# Beyond this the difference of two values might not be a number any more.
Value = Annotated[FiniteFloat, Field(ge=-1e300, le=1e300)] | None
Status = Literal["ok", "too_short", "flat", "no_data"]
Kind = Literal["spike", "dip", "dropout", "level_shift", "flat_line", "unusual_pattern"]
Why = Literal["novelty", "strength", "stillness"]


class Point(BaseModel):
    """One reading; a value of null says that it is missing."""

    model_config = ConfigDict(extra="forbid")

    time: Moment
    value: Value


class Readings(BaseModel):
    """One series: `values` at even steps, or timed `points` in any order."""

    model_config = ConfigDict(extra="forbid")

    values: Annotated[list[Value], Field(max_length=MOST_POINTS)] | None = None
    points: Annotated[list[Point], Field(max_length=MOST_POINTS)] | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.values is None) == (self.points is None):
            raise ValueError("give either values or points")
        return self


class Question(BaseModel):
    """Which series to judge: `values`, `points`, several named `series`, or a stored one by `client_id`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"anyOf": [{"required": [n]} for n in ("values", "points", "series", "client_id")]},
    )

    metric_type: Name = Field(description="What is measured, for instance cpu_percent")
    values: Annotated[list[Value], Field(max_length=MOST_POINTS)] | None = Field(
        default=None, description="Readings at even steps, oldest first; null is a missing one"
    )
    points: Annotated[list[Point], Field(max_length=MOST_POINTS)] | None = Field(
        default=None, description="Timed readings, in any order and at any distance"
    )
    series: dict[Name, Readings] | None = Field(
        default=None,
        min_length=1,
        max_length=MOST_SERIES,
        description="Related series by name, all timed or all at the same even steps",
    )
    client_id: Name | None = Field(
        default=None, description="Whose stored metrics to read if no readings are given; one series a device"
    )
    time_range_hours: Annotated[FiniteFloat, Field(gt=0, le=24 * 366)] | None = Field(
        default=None, description="Report only what lies so far back; what is older is still learnt from"
    )
    sensitivity: Annotated[FiniteFloat, Field(ge=0, le=1)] = Field(
        default=0.5, description="0 reports next to nothing, 1 nearly everything"
    )
    include_scores: bool = Field(default=False, description="Add score and band of every point")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [n for n in ("values", "points", "series") if getattr(self, n) is not None]
        if len(given) > 1:
            raise ValueError(f"give one of {' and '.join(given)}, not both")
        if not given and self.client_id is None:
            raise ValueError("give values, points or series, or the client_id of a stored series")
        if self.series is not None:
            if len({r.points is None for r in self.series.values()}) > 1:
                raise ValueError("series must all have points or all have values")
            if sum(len(r.points or r.values or ()) for r in self.series.values()) > MOST_POINTS:
                raise ValueError(f"all series together may have {MOST_POINTS} readings")
        return self


class Band(BaseModel):
    low: float
    high: float


class Season(BaseModel):
    """How a series repeats. `seconds` is None when it has no times; `strength` is its autocorrelation."""

    steps: float
    seconds: float | None
    strength: float


class Gap(BaseModel):
    """Readings that should be there and are not: given as null, or none for several steps."""

    after_index: int
    readings: int
    start: datetime | None
    end: datetime | None


class Anomaly(BaseModel):
    """Anomalous points that lie together, told of as one; `index`, `value` and so on are its worst point's.

    `index` counts in the order the readings were given in. `alert` is false when it follows an alert so
    closely, and so little stronger, that nobody need be called again. `expected` and `band` come from the
    past alone. `score` is the highest of the points that belong to it.
    """

    series: str
    index: int
    time: datetime | None
    value: float
    expected: float
    band: Band
    score: float
    direction: Literal["up", "down", "none"]
    kind: Kind
    why: list[Why]
    first_index: int
    last_index: int
    start: datetime | None
    end: datetime | None
    points: int
    alert: bool
    expected_by: str | None = Field(
        default=None, description="The mark by which somebody said that this is expected: then it is no alert"
    )
    note: str = Field(default="", description="What the mark says")


class Scores(BaseModel):
    """Per reading, in the order given; null where it is missing or nothing was known yet."""

    score: list[float | None]
    expected: list[float | None]
    low: list[float | None]
    high: list[float | None]


class SeriesReport(BaseModel):
    name: str
    status: Status
    detail: str
    readings: int
    missing: int
    even: bool = Field(description="Whether the readings come at even steps")
    step_seconds: float | None
    gaps: list[Gap]
    season: Season | None
    learning_readings: int = Field(description="First readings that were only learnt from")
    anomalies: int
    alerts: int
    scores: Scores | None = None


class Suspect(BaseModel):
    """A series that took part in an incident, with its highest score and when it was first anomalous."""

    series: str
    score: float
    deviation: float = Field(description="Worst error, in usual errors of this series")
    first_index: int
    start: datetime | None


class Incident(BaseModel):
    """What several series showed at the same time; `suspects` come with the likely origin first."""

    first_index: int
    last_index: int
    start: datetime | None
    end: datetime | None
    likely_origin: str
    reason: str
    suspects: list[Suspect]


class Answer(BaseModel):
    metric_type: str
    status: Status
    message: str
    sensitivity: float
    threshold: float = Field(description="The score from which a point is anomalous")
    anomalies: list[Anomaly] = Field(description="By time; at most 500, the highest scores first kept")
    anomalies_left_out: int
    alerts: int
    expected: int = Field(default=0, description="Anomalies that somebody marked as expected")
    incidents: list[Incident]
    series: list[SeriesReport]
    notes: list[str]
