"""What the mesh knows of indicators, what it released, what rises; and saying that something is no threat."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import islice
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import to_json

from mesh.adapters.exchange import misp, stix
from mesh.adapters.exchange.released import MAKER, as_indicator
from mesh.entrypoints.endpoint import JSON, Call, Endpoint, reply_json
from mesh.kit import cursor as cursors
from mesh.kit.platform import Reply
from mesh.kit.ports import Sighting
from mesh.kit.problem import FieldError, Invalid, validated
from mesh.sharing import campaigns as rising
from mesh.sharing.feed import Released, released
from mesh.sharing.scrubbing import Scrubber
from mesh.sharing.sighting_rows import Row
from mesh.sharing.sightings import SharedSightings, sightings_of

TAG = "mesh"
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


def get_sightings(call: Call) -> Reply:
    asked = call.asked(SightingQuery)
    port = _port(call)
    if asked.type is not None and asked.value is not None:
        if objection := Scrubber().objection(asked.type, asked.value):
            raise Invalid("That is never in the mesh.", errors=[FieldError("value", objection)])
        seen = port.seen([(asked.type, asked.value)])
        found = seen.get((asked.type, asked.value))
        return reply_json(SightingPage(items=[_shown(asked.type, asked.value, found)], next_cursor=None))
    after = cursors.read(asked.cursor, 1)[0] if asked.cursor else ""
    rest = (one for one in released(call.platform.commons, port.view()) if one.mark > after)
    page = list(islice(rest, asked.limit + 1))
    cursor = cursors.write(page[asked.limit - 1].mark) if len(page) > asked.limit else None
    if asked.format != "json":
        return _written(call, asked, page[: asked.limit], cursor)
    items = [_shown(one.kind, one.value, one.sighting) for one in page[: asked.limit]]
    return reply_json(SightingPage(items=items, next_cursor=cursor))


def _written(call: Call, asked: SightingQuery, page: Sequence[Released], cursor: str | None) -> Reply:
    """The list for other tools; the Link header leads to the next page."""
    listed, now = [as_indicator(one) for one in page], call.platform.clock.now()
    form = stix if asked.format == "stix" else misp
    made = stix.bundle(listed, now, MAKER) if asked.format == "stix" else misp.event(listed, now, MAKER)
    headers = {"content-type": form.MEDIA_TYPE}
    if cursor:
        rest = f"format={asked.format}&limit={asked.limit}&cursor={cursor}"
        headers["link"] = f'<{call.root}/mesh/sightings?{rest}>; rel="next"'
    return Reply(200, headers, to_json(made))


def get_told(call: Call) -> Reply:
    asked = call.asked(ToldQuery)
    now = call.platform.clock.now()
    rows = _port(call).own()
    if asked.cursor:
        last, mark = cursors.read(asked.cursor, 2)
        rows = [row for row in rows if (row.seen.last.isoformat(), row.mark) < (last, mark)]
    page = rows[: asked.limit]
    more = len(rows) > asked.limit
    cursor = cursors.write(page[-1].seen.last.isoformat(), page[-1].mark) if more else None
    return reply_json(ToldPage(items=[_told(row, now) for row in page], next_cursor=cursor))


def report(call: Call) -> Reply:
    asked = validated(Report, call.json_object())
    port = _port(call)
    port.report(asked.type, asked.value, false_positive=asked.false_positive)
    seen = port.seen([(asked.type, asked.value)])
    return reply_json(_shown(asked.type, asked.value, seen.get((asked.type, asked.value))))


def get_campaigns(call: Call) -> Reply:
    asked = call.asked(CampaignQuery)
    view = _port(call).view()
    found = rising.campaigns(call.platform.commons, view, asked.days)
    return reply_json(
        Campaigns(
            since=view.now - rising.window(asked.days),
            until=view.now,
            simulated=view.simulated,
            campaigns=[
                CampaignShown(
                    msps=each.msps,
                    since=each.since,
                    indicators=[_rising(one) for one in each.indicators],
                    techniques=[_rising(one) for one in each.techniques],
                )
                for each in found
            ],
        )
    )


def _shown(kind: str, value: str, sighting: Sighting | None) -> SightingShown:
    return SightingShown(
        type=kind,
        value=value,
        seen_by=sighting.msps if sighting else None,
        since=sighting.since if sighting else None,
        last_seen=sighting.last_seen if sighting else None,
        weight=sighting.weight if sighting else None,
        simulated=bool(sighting and sighting.simulated),
    )


def _told(row: Row, now: datetime) -> ToldShown:
    seen = row.seen
    return ToldShown(
        type=seen.kind, value=seen.value, mark=row.mark[:16], verdict=seen.verdict, first=seen.first,
        last=seen.last, tlp=seen.tlp, reach="mesh" if seen.reach == "mesh" else "partners",
        receipt=seen.receipt, counts=seen.is_alive(now),
    )  # fmt: skip


def _rising(one: rising.Rising) -> RisingShown:
    return RisingShown(
        type=one.kind, value=one.value, msps=one.msps, before=one.before, since=one.since,
        seen_by_you=one.seen_by_you,
    )  # fmt: skip


def _port(call: Call) -> SharedSightings:
    return sightings_of(call.platform, call.tenant.msp_id)


ROUTES = [
    Endpoint("GET", "/mesh/sightings", "Whether others saw an indicator, or what was released to you", TAG,
             get_sightings, query=SightingQuery, reply=SightingPage,
             also={stix.MEDIA_TYPE: "stix", misp.MEDIA_TYPE: "misp"}, problems=(400, 401, 422, 429, 503)),
    Endpoint("GET", "/mesh/sightings/told", "What you told the mesh, newest first", TAG, get_told,
             query=ToldQuery, reply=ToldPage, problems=(400, 401, 422, 429)),
    Endpoint("POST", "/mesh/sightings/false-positives", "Say that an indicator is no threat, or take it back",
             TAG, report, takes={JSON: Report}, reply=SightingShown,
             problems=(400, 401, 409, 413, 415, 422, 429, 503)),
    Endpoint("GET", "/mesh/campaigns", "What begins to be seen by several MSPs at the same time", TAG,
             get_campaigns, query=CampaignQuery, reply=Campaigns, problems=(401, 422, 429)),
]  # fmt: skip
