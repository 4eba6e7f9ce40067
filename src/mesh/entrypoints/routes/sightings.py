"""What the mesh knows of indicators, what it released, what rises; and saying that something is no threat."""

from collections.abc import Sequence
from itertools import islice

from pydantic_core import to_json

from mesh.adapters.exchange import misp, stix
from mesh.adapters.exchange.released import MAKER, as_indicator
from mesh.entrypoints.endpoint import JSON, Call, Endpoint, reply_json
from mesh.entrypoints.routes.sighting_forms import (
    CampaignQuery,
    Campaigns,
    CampaignShown,
    Report,
    SightingPage,
    SightingQuery,
    SightingShown,
    ToldPage,
    ToldQuery,
    rising_shown,
    shown,
    told,
)
from mesh.kit import cursor as cursors
from mesh.kit.platform import Reply
from mesh.kit.problem import FieldError, Invalid, validated
from mesh.sharing import campaigns as rising
from mesh.sharing.feed import Released, released
from mesh.sharing.scrubbing import Scrubber
from mesh.sharing.sightings import SharedSightings, sightings_of

TAG = "mesh"


def get_sightings(call: Call) -> Reply:
    asked = call.asked(SightingQuery)
    port = _port(call)
    if asked.type is not None and asked.value is not None:
        if objection := Scrubber().objection(asked.type, asked.value):
            raise Invalid("That is never in the mesh.", errors=[FieldError("value", objection)])
        seen = port.seen([(asked.type, asked.value)])
        found = seen.get((asked.type, asked.value))
        return reply_json(SightingPage(items=[shown(asked.type, asked.value, found)], next_cursor=None))
    after = cursors.read(asked.cursor, 1)[0] if asked.cursor else ""
    rest = (one for one in released(call.platform.commons, port.view()) if one.mark > after)
    page = list(islice(rest, asked.limit + 1))
    cursor = cursors.write(page[asked.limit - 1].mark) if len(page) > asked.limit else None
    if asked.format != "json":
        return _written(call, asked, page[: asked.limit], cursor)
    items = [shown(one.kind, one.value, one.sighting) for one in page[: asked.limit]]
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
    return reply_json(ToldPage(items=[told(row, now) for row in page], next_cursor=cursor))


def report(call: Call) -> Reply:
    asked = validated(Report, call.json_object())
    port = _port(call)
    port.report(asked.type, asked.value, false_positive=asked.false_positive)
    seen = port.seen([(asked.type, asked.value)])
    return reply_json(shown(asked.type, asked.value, seen.get((asked.type, asked.value))))


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
                    indicators=[rising_shown(one) for one in each.indicators],
                    techniques=[rising_shown(one) for one in each.techniques],
                )
                for each in found
            ],
        )
    )


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
