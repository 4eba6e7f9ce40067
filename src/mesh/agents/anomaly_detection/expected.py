"""What somebody marked as expected: a span of a stored series that is told of and calls nobody."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mesh.agents.anomaly_detection.model import Anomaly
from mesh.kit.ports import Ports, Row
from mesh.kit.problem import Conflict, NotFound
from mesh.kit.records import Moment, Name

KIND = "expected-anomalies"
# What one client's metric may have; a series with more is not watched but explained away.
MOST_MARKS = 500


class Mark(BaseModel):
    """From `start` to `end`, both included, whatever stands out in the series is expected."""

    model_config = ConfigDict(extra="forbid")

    client_id: Name
    metric_type: Name
    series: Name = Field(description="The device, as answers name the series")
    start: Moment
    end: Moment
    note: str = Field(default="", max_length=500, description="Why it is expected")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end < self.start:
            raise ValueError("end lies before start")
        return self


class Marked(Mark):
    id: str
    at: datetime = Field(description="When it was marked")


class Forget(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: Name


class Forgotten(BaseModel):
    removed: int


class OfSeries(BaseModel):
    model_config = ConfigDict(extra="forbid")

    client_id: Name | None = None
    metric_type: Name | None = None


class Marks(BaseModel):
    items: list[Marked] = Field(description="By the time of marking")


def mark(asked: Mark, ports: Ports) -> Marked:
    """Keep it; the same span twice is one mark. Raises Conflict where a series has too many."""
    found = marks(OfSeries(client_id=asked.client_id, metric_type=asked.metric_type), ports).items
    kept = Marked(**asked.model_dump(), id=_id(asked), at=ports.clock.now())
    if len(found) >= MOST_MARKS and kept.id not in {one.id for one in found}:
        raise Conflict(f"This client's {asked.metric_type} has {MOST_MARKS} marks; take some back first.")
    ports.records.put(KIND, [kept.model_dump(mode="json")])
    return kept


def forget(asked: Forget, ports: Ports) -> Forgotten:
    """Raises NotFound."""
    if not ports.records.remove(KIND, asked.id):
        raise NotFound("You have no such mark.")
    return Forgotten(removed=1)


def marks(asked: OfSeries, ports: Ports) -> Marks:
    where = asked.model_dump(exclude_none=True)
    return Marks(items=[_read(row) for row in ports.records.scan(KIND, where=where)])


def expecting(anomaly: Anomaly, found: Sequence[Marked]) -> Marked | None:
    """The mark whose span the anomaly's worst reading lies in."""
    if anomaly.time is None:
        return None
    return next((m for m in found if m.series == anomaly.series and m.start <= anomaly.time <= m.end), None)


def _read(row: Row) -> Marked:
    return Marked.model_validate({name: row[name] for name in Marked.model_fields if name in row})


def _id(asked: Mark) -> str:
    """Of what it says, so that a mark that is sent twice stands once."""
    told = asked.model_copy(update={"note": ""}).model_dump_json()
    return hashlib.sha256(told.encode()).hexdigest()[:24]
