"""Ports held in memory, for tests and doctests. They keep the promises of the real ones."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json, to_json

from mesh.kit import blob_name
from mesh.kit import cursor as cursors
from mesh.kit.absent import NoFederation, NoGenerator, NoSentiment, NotJoined
from mesh.kit.agent import Envelope
from mesh.kit.event import Draft
from mesh.kit.federation import Federation
from mesh.kit.platform import Entry
from mesh.kit.ports import (
    Benchmarks,
    Edition,
    Embedder,
    Extent,
    Generator,
    Introduction,
    Knowledge,
    Models,
    Page,
    Partner,
    Partners,
    Ports,
    Row,
    Sentiment,
)
from mesh.kit.problem import FieldError, NotFound, Unavailable
from mesh.kit.records import sortable, when

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class StoppedClock:
    """Shows the same time until told otherwise."""

    moment: datetime = NOON

    def now(self) -> datetime:
        return self.moment


@dataclass
class MemoryRecords:
    """Holds rows as JSON, as the real ones do: what cannot be stored there cannot be stored here."""

    held: dict[str, dict[str, bytes]] = field(default_factory=dict)

    def put(self, kind: str, rows: Sequence[Row]) -> None:
        written = {row["id"]: (when(row), to_json(row))[1] for row in rows}
        self.held.setdefault(kind, {}).update(written)

    def find(self, kind: str, record_id: str) -> Row | None:
        row = self.held.get(kind, {}).get(record_id)
        return from_json(row) if row else None

    def scan(
        self,
        kind: str,
        *,
        where: Mapping[str, str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[Row]:
        rows = [from_json(row) for row in self.held.get(kind, {}).values()]
        for row in sorted(rows, key=lambda r: (when(r), r["id"])):
            at = datetime.fromisoformat(when(row)) if when(row) else None
            if any(row.get(name) != value for name, value in (where or {}).items()):
                continue
            if (since and (at is None or at < since)) or (until and (at is None or at >= until)):
                continue
            yield row

    def page(
        self,
        kind: str,
        *,
        where: Mapping[str, str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page[Row]:
        rows = list(self.scan(kind, where=where, since=since, until=until))
        if cursor:
            place = tuple(cursors.read(cursor, 2))
            rows = [r for r in rows if (when(r), r["id"]) > place]
        more = len(rows) > limit
        rows = rows[:limit]
        return Page(rows, cursors.write(when(rows[-1]), rows[-1]["id"]) if more else None)

    def extent(self, kind: str) -> Extent:
        times = sorted(when(row) for row in self.scan(kind) if when(row))
        first, last = (datetime.fromisoformat(times[at]) if times else None for at in (0, -1))
        return Extent(len(self.held.get(kind, {})), first, last)

    def starting(self, kind: str, starts: Sequence[str]) -> Mapping[str, Sequence[Row]]:
        held = self.held.get(kind, {})
        found = {s: [from_json(held[key]) for key in sorted(held) if key.startswith(s)] for s in starts}
        return {start: rows for start, rows in found.items() if rows}

    def remove(self, kind: str, record_id: str) -> bool:
        return self.held.get(kind, {}).pop(record_id, None) is not None

    def clear(self, kind: str) -> int:
        return len(self.held.pop(kind, {}))


@dataclass
class MemoryResults:
    held: dict[str, Envelope] = field(default_factory=dict)
    announced: list[Draft] = field(default_factory=list)

    def keep(self, result: Envelope, events: Sequence[Draft] = ()) -> None:
        self.held[result.result_id] = result
        self.announced.extend(events)

    def find(self, result_id: str) -> Envelope | None:
        return self.held.get(result_id)

    def page(
        self,
        *,
        agent: str | None = None,
        since: datetime | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Envelope]:
        def place(result: Envelope) -> tuple[str, str]:
            return sortable(result.answered_at), result.result_id

        results = sorted(self.held.values(), key=place, reverse=True)
        results = [
            r for r in results if agent in (None, r.agent) and (since is None or r.answered_at >= since)
        ]
        if cursor:
            last = tuple(cursors.read(cursor, 2))
            results = [r for r in results if place(r) < last]
        more = len(results) > limit
        results = results[:limit]
        return Page(results, cursors.write(*place(results[-1])) if more else None)


@dataclass
class MemoryBlobs:
    held: dict[str, bytes] = field(default_factory=dict)

    def put(self, name: str, content: bytes) -> None:
        self.held[blob_name.checked(name)] = bytes(content)

    def get(self, name: str) -> bytes | None:
        return self.held.get(blob_name.checked(name))

    def names(self, prefix: str = "") -> Sequence[str]:
        return sorted(n for n in self.held if n.startswith(prefix))

    def remove(self, name: str) -> bool:
        return self.held.pop(blob_name.checked(name), None) is not None


@dataclass
class MemoryKnowledge:
    """`sets` maps a set's name to its rows by key."""

    sets: dict[str, dict[str, Row]] = field(default_factory=dict)
    published: str = "2026-03-01"

    def edition(self, name: str) -> Edition | None:
        if name not in self.sets:
            return None
        return Edition(name, "test", self.published, NOON, len(self.sets[name]), "memory")

    def find(self, name: str, key: str) -> Row | None:
        return self.sets.get(name, {}).get(key)

    def rows(self, name: str) -> Iterator[Row]:
        held = self.sets.get(name, {})
        return iter([held[key] for key in sorted(held)])


class NoModels:
    """A machine on which nothing was built or downloaded."""

    def path(self, name: str) -> Path:
        raise Unavailable(f"The model {name!r} is not here.")

    def card(self, name: str) -> Mapping[str, Any]:
        raise Unavailable(f"The model {name!r} is not here.")


class NoEmbedder:
    def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":  # noqa: ARG002
        raise Unavailable("The embedding model is not here.")


@dataclass
class MemoryCommons:
    held: dict[tuple[str, str], Entry] = field(default_factory=dict)

    def put(self, entry: Entry, before: int | None = None) -> bool:
        place = (entry.shelf, entry.key)
        version = self.held[place].version if place in self.held else 0
        if before not in (None, version):
            return False
        body = from_json(to_json(entry.body))
        self.held[place] = entry.model_copy(update={"body": body, "version": version + 1, "until": None})
        return True

    def find(self, shelf: str, key: str) -> Entry | None:
        return self.held.get((shelf, key))

    def scan(self, shelf: str, prefix: str = "") -> Iterator[Entry]:
        return (self.held[p] for p in sorted(self.held) if p[0] == shelf and p[1].startswith(prefix))

    def scan_many(self, shelf: str, prefixes: Sequence[str]) -> Mapping[str, Sequence[Entry]]:
        found = {prefix: list(self.scan(shelf, prefix)) for prefix in prefixes}
        return {prefix: rows for prefix, rows in found.items() if rows}

    def owned(self, owner: str, shelf: str) -> Iterator[Entry]:
        return (entry for entry in self.scan(shelf) if entry.owner == owner)

    def remove(self, shelf: str, key: str) -> bool:
        return self.held.pop((shelf, key), None) is not None


@dataclass
class MemoryPartners:
    """Others that show what they are given; introductions wait until a test answers them."""

    shown: Sequence[Partner] = ()
    made: list[Introduction] = field(default_factory=list)

    def others(self) -> Sequence[Partner]:
        return self.shown

    def introduce(self, handle: str, message: str) -> Introduction:
        if all(partner.handle != handle for partner in self.shown):
            raise NotFound("There is no such partner.", errors=[FieldError("partner", "is not shown")])
        number = f"introduction-{len(self.made) + 1}"
        self.made.append(
            Introduction(
                id=number, partner=handle, asked_by_me=True, state="open", message=message, opened_at=NOON
            )
        )
        return self.made[-1]

    def answer(self, introduction_id: str, *, accept: bool) -> Introduction:
        for place, each in enumerate(self.made):
            if each.id == introduction_id:
                state = "accepted" if accept else "declined"
                self.made[place] = each.model_copy(update={"state": state, "answered_at": NOON})
                return self.made[place]
        raise NotFound("There is no such introduction.")

    def introductions(self) -> Sequence[Introduction]:
        return self.made[::-1]


def fake_ports(
    *,
    msp_id: str = "msp-test",
    rows: Mapping[str, Sequence[Row]] | None = None,
    knowledge: Knowledge | None = None,
    models: Models | None = None,
    embedder: Embedder | None = None,
    sentiment: Sentiment | None = None,
    generator: Generator | None = None,
    benchmarks: Benchmarks | None = None,
    partners: Partners | None = None,
    federation: Federation | None = None,
    now: datetime = NOON,
) -> Ports:
    """Ports of one tenant in memory, holding `rows` by kind.

    >>> ports = fake_ports(rows={"clients": [{"id": "c1", "name": "Harbor Dental"}]})
    >>> ports.records.find("clients", "c1")["name"]
    'Harbor Dental'
    """
    records = MemoryRecords()
    for kind, given in (rows or {}).items():
        records.put(kind, given)
    return Ports(
        msp_id=msp_id,
        clock=StoppedClock(now),
        records=records,
        results=MemoryResults(),
        blobs=MemoryBlobs(),
        knowledge=knowledge or MemoryKnowledge(),
        models=models or NoModels(),
        embedder=embedder or NoEmbedder(),
        sightings=NotJoined(),
        sentiment=sentiment or NoSentiment(),
        generator=generator or NoGenerator(),
        benchmarks=benchmarks or NotJoined(),
        partners=partners or MemoryPartners(),
        federation=federation or NoFederation(),
    )
