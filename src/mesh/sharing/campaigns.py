"""Campaigns: things that several MSPs begin to see at the same time, and that the same MSPs see together.

A thing rises when at least three other MSPs saw it for the first time within the window, and at least twice
as many as in the window before. Things that rise belong together when at least three MSPs, and half of those
that saw either, saw both. No MSP is named, and nothing that fewer than three stand for is counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mesh.kit.platform import Commons
from mesh.sharing.matching import TECHNIQUE
from mesh.sharing.sighting_rows import LEAST, Row, View, everything

RISES = 2.0
TOGETHER = 0.5
MOST = 50


@dataclass(frozen=True, slots=True)
class Rising:
    """One thing that rises. `value` is None where no owner lets it go on; `before` is None below three."""

    mark: str
    kind: str
    value: str | None
    msps: int
    before: int | None
    since: date
    seen_by_you: bool
    owners: frozenset[str]


@dataclass(frozen=True, slots=True)
class Campaign:
    """Things that rise together, the most seen first. `msps` counts those that saw at least two of them."""

    msps: int
    since: date
    indicators: Sequence[Rising]
    techniques: Sequence[Rising]


def campaigns(commons: Commons, view: View, days: int) -> list[Campaign]:
    """The campaigns of the last days, the widest first; things that rise alone are campaigns of one."""
    start = view.now - window(days)
    rising = [one for rows in everything(commons) if (one := _rising(rows, view, start, days))]
    found = [_campaign(group) for group in _grouped(rising)]
    return sorted(found, key=lambda each: (-each.msps, each.since, each.indicators == ()))[:MOST]


def window(days: int) -> timedelta:
    return timedelta(days=days)


def _rising(rows: Sequence[Row], view: View, start: datetime, days: int) -> Rising | None:
    if view.sighting(rows) is None:
        return None
    seen = [row for row in view.others(rows) if row.seen.stands_for_it]
    fresh = [row for row in seen if row.seen.first >= start]
    earlier = sum(start - window(days) <= row.seen.first < start for row in seen)
    if len(fresh) < LEAST or len(fresh) < RISES * earlier:
        return None
    return Rising(
        mark=rows[0].mark,
        kind=rows[0].seen.kind,
        value=view.value(rows),
        msps=len(fresh),
        before=earlier if earlier >= LEAST else None,
        since=min(row.seen.first for row in fresh).date(),
        seen_by_you=any(row.owner == view.reader for row in rows),
        owners=frozenset(row.owner for row in fresh),
    )


def _grouped(rising: Sequence[Rising]) -> list[list[Rising]]:
    """Connected parts of the graph whose edges are "seen together"."""
    rest, groups = list(rising), []
    while rest:
        group, at = [rest.pop(0)], 0
        while at < len(group):
            near = [other for other in rest if _together(group[at], other)]
            rest = [other for other in rest if other not in near]
            group += near
            at += 1
        groups.append(group)
    return groups


def _together(one: Rising, other: Rising) -> bool:
    both = len(one.owners & other.owners)
    return both >= LEAST and both >= TOGETHER * len(one.owners | other.owners)


def _campaign(group: Sequence[Rising]) -> Campaign:
    ranked = sorted(group, key=lambda each: (-each.msps, each.kind, each.value or "", each.mark))
    owners = {owner for each in group for owner in each.owners}
    several = sum(sum(owner in each.owners for each in group) > 1 for owner in owners)
    return Campaign(
        msps=several if len(group) > 1 else ranked[0].msps,
        since=min(each.since for each in group),
        indicators=tuple(each for each in ranked if each.kind != TECHNIQUE),
        techniques=tuple(each for each in ranked if each.kind == TECHNIQUE),
    )
