"""What may be written for other tools: what the mesh released to an MSP, and what of its own may go on."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time

from mesh.adapters.exchange.indicator import Indicator
from mesh.kit.platform import Platform
from mesh.kit.ports import Records
from mesh.sharing import feed
from mesh.sharing.feed import Released
from mesh.sharing.known import known_of
from mesh.sharing.policy import COMMUNITY
from mesh.sharing.scrubbing import Scrubber
from mesh.sharing.sightings import sightings_of

# Who made what the mesh releases: no MSP.
MAKER = "MSP Intelligence Mesh"


def released_to(platform: Platform, msp_id: str) -> list[Indicator]:
    """The living indicators that the mesh lets this MSP have by value.

    It was released to the community: whoever is told may tell on within it, so it is TLP:GREEN.
    """
    view = sightings_of(platform, msp_id).view()
    return [as_indicator(one) for one in feed.released(platform.commons, view)]


def as_indicator(one: Released) -> Indicator:
    seen = one.sighting
    return Indicator(
        kind=one.kind, value=one.value, tlp="TLP:GREEN", at=_midnight(seen.since),
        last_seen=_midnight(seen.last_seen), seen_by=seen.msps, simulated=seen.simulated,
    )  # fmt: skip


def shareable(indicators: Iterable[Indicator], records: Records) -> list[Indicator]:
    """Those whose TLP reaches others and against which the scrubber has nothing, their words scrubbed."""
    scrubber = Scrubber(known_of(records))
    return [
        replace(one, description=scrubber.scrub(one.description).text)
        for one in indicators
        if one.tlp in COMMUNITY and scrubber.objection(one.kind, one.value) is None
    ]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
