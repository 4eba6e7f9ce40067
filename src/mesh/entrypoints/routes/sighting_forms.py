"""What is asked of sightings and campaigns, and what is shown of them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mesh.kit.ports import Sighting
from mesh.sharing.campaigns import Rising
from mesh.sharing.sighting_rows import Row

KIND = Field(min_length=1, max_length=40, description="Type of indicator: domain, ipv4, url, sha256 ...")
VALUE = Field(min_length=1, max_length=4_096, description="In any spelling; defanged ones are another thing")


class SightingQuery(BaseModel):
    """With `type` and `value`, that one thing; without, the list of what was released to you."""

    model_config = ConfigDict(extra="forbid")

    type: str | None = Field(default=None, min_length=1, max_length=40, examples=["domain"])
    value: str | None = Field(default=None, min_length=1, max_length=4_096, examples=["evil.example"])
    limit: int = Field(default=100, ge=1, le=1_000)
    cursor: str | None = None
    format: Literal["json", "stix", "misp"] = Field(
        default="json", description="stix: a STIX 2.1 bundle; misp: an event of MISP; both of the list alone"
    )

    @model_validator(mode="after")
    def _both(self) -> "SightingQuery":
        if (self.type is None) != (self.value is None):
            raise ValueError("give type and value together, or neither")
        if self.type is not None and self.format != "json":
            raise ValueError("format is for the list, not for one thing")
        return self


class SightingShown(BaseModel):
    """Other MSPs that saw it, three or more; all null where fewer did. Nobody is named."""

    type: str
    value: str
    seen_by: int | None
    since: date | None
    last_seen: date | None
    weight: float | None = Field(description="Sum of the sightings as they fade with age")
    imported_by: int | None = Field(
        description="Others that have it from a list alone, three or more; they are not among the former"
    )
    simulated: bool


class SightingPage(BaseModel):
    items: Sequence[SightingShown]
    next_cursor: str | None


class ToldShown(BaseModel):
    """One thing that you told the mesh. `value` is null where only its keyed hash left."""

    type: str
    value: str | None
    mark: str = Field(description="First digits of the keyed hash that stands for it")
    verdict: Literal["malicious", "false-positive"]
    imported_from: str | None = Field(
        description="The list you have it from: told as imported, it counts for nobody as seen"
    )
    first: datetime
    last: datetime
    tlp: str | None
    reach: str
    receipt: int
    counts: bool = Field(description="False once it has faded; then nobody is told of it")


class ToldQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=100, ge=1, le=1_000)
    cursor: str | None = None


class ToldPage(BaseModel):
    items: Sequence[ToldShown]
    next_cursor: str | None


class Report(BaseModel):
    """What is no threat after all; with `false_positive` false, an earlier report is taken back."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"type": "domain", "value": "cdn.vendor.example"}]}
    )

    type: str = KIND
    value: str = VALUE
    false_positive: bool = Field(default=True, strict=True)


class CampaignQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    days: int = Field(default=7, ge=1, le=30, description="The window, and the one before it to compare with")


class RisingShown(BaseModel):
    """One thing that rises. `value` is null where no owner lets it go on; `before` is null below three."""

    type: str
    value: str | None
    msps: int
    before: int | None
    since: date
    seen_by_you: bool


class CampaignShown(BaseModel):
    msps: int = Field(description="Other MSPs that saw at least two of its things; of one thing, that thing")
    since: date
    indicators: Sequence[RisingShown]
    techniques: Sequence[RisingShown]


class Campaigns(BaseModel):
    since: datetime
    until: datetime
    simulated: bool
    campaigns: Sequence[CampaignShown]


def shown(kind: str, value: str, sighting: Sighting | None) -> SightingShown:
    """What is told of one thing; `sighting` is None where too few saw it."""
    return SightingShown(
        type=kind,
        value=value,
        seen_by=sighting.msps if sighting else None,
        since=sighting.since if sighting else None,
        last_seen=sighting.last_seen if sighting else None,
        weight=sighting.weight if sighting else None,
        imported_by=(sighting.imported or None) if sighting else None,
        simulated=bool(sighting and sighting.simulated),
    )


def told(row: Row, now: datetime) -> ToldShown:
    """A row of the tenant's own."""
    seen = row.seen
    return ToldShown(
        type=seen.kind, value=seen.value, mark=row.mark[:16], verdict=seen.verdict,
        imported_from=seen.imported_from or None, first=seen.first,
        last=seen.last, tlp=seen.tlp, reach="mesh" if seen.reach == "mesh" else "partners",
        receipt=seen.receipt, counts=seen.is_alive(now),
    )  # fmt: skip


def rising_shown(one: Rising) -> RisingShown:
    """One thing of a campaign."""
    return RisingShown(
        type=one.kind, value=one.value, msps=one.msps, before=one.before, since=one.since,
        seen_by_you=one.seen_by_you,
    )  # fmt: skip
