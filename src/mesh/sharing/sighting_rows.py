"""Sightings as they stand in the commons, and what one MSP may know of them at one moment."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import groupby
from typing import Literal
from urllib.parse import quote

from pydantic import BaseModel

from mesh.kit.platform import Commons, Directory, Entry
from mesh.kit.ports import Sighting
from mesh.kit.records import Tlp
from mesh.sharing import decay
from mesh.sharing.consent import FEED, MATCHING, Consents, Purpose
from mesh.sharing.policy import Consent, Distribution, Item, decide

SHELF = "sightings"
# Fewer MSPs than this are nobody.
LEAST = 3
# What has faded is told to nobody; its owner can still see that it had told it.
KEPT_FADED = timedelta(days=7)
Verdict = Literal["malicious", "false-positive"]


class Seen(BaseModel):
    """What one MSP said of one thing. `value` is kept of techniques, and where the owner lets it go on.

    `receipt` and `feed_receipt` are numbers in the owner's chain. `imported_from` is the owner's name of a
    list that it has the thing from, and is shown to the owner alone; empty: it saw the thing itself.
    """

    kind: str
    verdict: Verdict = "malicious"
    first: datetime
    last: datetime
    tlp: Tlp | None
    reach: Distribution
    simulated: bool
    value: str | None = None
    receipt: int = 0
    feed_receipt: int = 0
    imported_from: str = ""

    def is_alive(self, now: datetime) -> bool:
        return decay.is_alive(self.kind, self.last, now)

    @property
    def stands_for_it(self) -> bool:
        """Whether it counts as one more MSP that saw the thing."""
        return self.verdict == "malicious" and not self.imported_from


@dataclass(frozen=True, slots=True)
class Row:
    """A row with its place: `mark` stands for the thing, `owner` is never told to anyone else."""

    mark: str
    owner: str
    version: int
    seen: Seen


def key_of(mark: str, msp_id: str) -> str:
    return f"{mark}#{quote(msp_id, safe='')}"


def row_of(entry: Entry) -> Row:
    return Row(entry.key.partition("#")[0], entry.owner, entry.version, Seen.model_validate(entry.body))


def entry_of(mark: str, msp_id: str, seen: Seen) -> Entry:
    """The row as it is stored: it goes some days after it has faded."""
    return Entry(
        shelf=SHELF, key=key_of(mark, msp_id), owner=msp_id, body=seen.model_dump(mode="json"),
        until=decay.fades(seen.kind, seen.last) + KEPT_FADED,
    )  # fmt: skip


def rows_of_many(commons: Commons, marks: Sequence[str]) -> Mapping[str, Sequence[Row]]:
    """Every row of each thing of which there is any."""
    found = commons.scan_many(SHELF, [f"{mark}#" for mark in marks])
    return {start.removesuffix("#"): [row_of(entry) for entry in entries] for start, entries in found.items()}


def rows_owned(commons: Commons, msp_id: str) -> Iterator[Row]:
    """What one MSP told of."""
    return map(row_of, commons.owned(msp_id, SHELF))


def everything(commons: Commons) -> Iterator[Sequence[Row]]:
    """The rows of each thing in turn."""
    rows = map(row_of, commons.scan(SHELF))
    return (list(same) for _, same in groupby(rows, key=lambda row: row.mark))


def partners_of(directory: Directory, msp_id: str) -> frozenset[str]:
    """The MSPs with which an introduction was agreed to by both sides."""
    met = [one for one in directory.meetings(msp_id) if one.state == "accepted"]
    return frozenset(one.asked if one.asking == msp_id else one.asking for one in met)


@dataclass(frozen=True)
class View:
    """What `reader` may know at `now`. Simulated MSPs know of simulated sightings alone, and others of none.

    Consents are read once, when they are first needed: a view is made for one request and thrown away.
    """

    reader: str
    simulated: bool
    now: datetime
    consents: Consents
    directory: Directory

    @cached_property
    def _consents(self) -> Mapping[str, Consent]:
        return self.consents.all()

    @cached_property
    def _partners(self) -> frozenset[str]:
        return partners_of(self.directory, self.reader)

    def others(self, rows: Sequence[Row]) -> list[Row]:
        """Living rows of others that may be counted for this reader."""
        return [
            row
            for row in rows
            if row.owner != self.reader
            and row.seen.simulated == self.simulated
            and row.seen.is_alive(self.now)
            and self._may(row, MATCHING)
        ]

    def sighting(self, rows: Sequence[Row]) -> Sighting | None:
        """What is told of one thing; None where fewer than three others stand for it.

        A report of a false positive takes off one sighting, whoever's it is. Who has it from a list alone saw
        nothing: many MSPs read the same lists.
        """
        if len(rows) < LEAST:
            return None
        others = self.others(rows)
        seen = [row.seen for row in others if row.seen.stands_for_it]
        imported = sum(bool(row.seen.imported_from) for row in others)
        against = [row.seen for row in others if row.seen.verdict == "false-positive"]
        msps = len(seen) - len(against)
        if msps < LEAST:
            return None
        weights = [decay.weight(each.kind, each.last, self.now) for each in seen]
        off = [decay.weight(each.kind, each.last, self.now) for each in against]
        return Sighting(
            msps=msps,
            since=min(each.first for each in seen).date(),
            last_seen=max(each.last for each in seen).date(),
            weight=round(max(sum(weights) - sum(off), 0.0), 2),
            simulated=self.simulated,
            imported=imported if imported >= LEAST else 0,
        )

    def value(self, rows: Sequence[Row]) -> str | None:
        """The value, where it is the reader's own or one of the owners lets it go on. Asked only of what has
        a sighting.
        """
        for row in rows:
            seen = row.seen
            own = row.owner == self.reader
            if seen.value and seen.simulated == self.simulated and (own or self._lets_go_on(row)):
                return seen.value
        return None

    def _lets_go_on(self, row: Row) -> bool:
        purpose: Purpose = MATCHING if row.seen.kind == "technique" else FEED
        return row.seen.is_alive(self.now) and self._may(row, purpose)

    def _may(self, row: Row, purpose: Purpose) -> bool:
        """As the owner's consent is now; how far it went when it was released is never widened after."""
        consent = self._consents.get(row.owner, Consent())
        narrow = "group" in (row.seen.reach, consent.reach)
        group = frozenset({self.reader} if narrow and row.owner in self._partners else ())
        item = Item("indicator", row.owner, row.seen.tlp, "group" if narrow else "mesh", group)
        return decide(item, consent, self.reader, purpose).released
