"""Storing, reading and removing a tenant's rows: JSON, NDJSON or CSV in, each bad row answered by itself."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from mesh.adapters.imports import journal
from mesh.adapters.imports import mapping as mappings
from mesh.adapters.imports.taking import Line, Refusal, Taken, take
from mesh.entrypoints.endpoint import CSV, JSON, NDJSON, Call, Endpoint, reply_json
from mesh.entrypoints.rows import lines_of
from mesh.kit.platform import Reply
from mesh.kit.problem import FieldError, Invalid, NotFound, TooLarge
from mesh.kit.records import KINDS, Moment

TAG = "records"
REFUSED_SHOWN = 1_000
# Rows that are checked in well under a second.
ROWS_AT_ONCE = 50_000


class Refused(BaseModel):
    line: int = Field(description="Line of an NDJSON or CSV body, else place in the JSON array, from 1")
    field: str
    reason: str


class Stored(BaseModel):
    kind: str
    received: int
    stored: int
    merged: int = Field(description="Rows with the id of another row of this request; the latest was stored")
    contradicting: list[Refused] = Field(
        description="Those of them that said something else, where no time tells which is newer"
    )
    refused: list[Refused] = Field(description="What is wrong with the first rows that were not stored")


class Origin(BaseModel):
    model_config = ConfigDict(extra="forbid")

    source: str | None = Field(
        default=None,
        max_length=63,
        description="Whose export this is: connectwise, autotask, halopsa, servicenow, or a mapping of yours",
    )


class Filter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    since: Moment | None = None
    until: Moment | None = Field(default=None, description="Exclusive")
    client_id: str | None = None
    limit: int = Field(default=100, ge=1, le=1_000)
    cursor: str | None = None


class Rows(BaseModel):
    items: list[dict[str, Any]]
    next_cursor: str | None


class Removed(BaseModel):
    removed: int


class StoredKind(BaseModel):
    kind: str
    rows: int
    first: datetime | None = Field(description="The time of the first row that has one")
    last: datetime | None


class StoredKinds(BaseModel):
    items: list[StoredKind]


def post(call: Call) -> Reply:
    """Store the good rows, answer the bad ones. 422 only when there was no good row at all."""
    kind, source = known_kind(call.path["kind"]), call.asked(Origin).source
    mapping = mappings.find(source, kind, call.ports.blobs) if source else None
    taken = take(kind, few(lines_of(call.body, call.media_type)), mapping, show=REFUSED_SHOWN)
    refused = told(taken.refused)
    if not taken.rows:
        _note(call, kind, source, taken)
        errors = [FieldError(f"line {r.line}: {r.field}", r.reason) for r in refused]
        raise Invalid("No row could be stored.", errors=errors or [FieldError("body", "has no rows")])
    call.ports.records.put(kind, list(taken.rows.values()))
    _note(call, kind, source, taken)
    return reply_json(
        Stored(
            kind=kind,
            received=taken.read,
            stored=len(taken.rows),
            merged=taken.merged,
            contradicting=told(taken.contradicting),
            refused=refused,
        )
    )


def told(refusals: Iterable[Refusal]) -> list[Refused]:
    return [Refused(line=r.line, field=r.field, reason=r.reason) for r in refusals]


def _note(call: Call, kind: str, source: str | None, taken: Taken) -> None:
    """A row sent by itself is no import, and is not to cost a second write."""
    if source or taken.read > 1:
        journal.note(kind, source or journal.PLAIN, taken, call.ports)


def few(lines: Iterable[Line]) -> Iterator[Line]:
    for count, line in enumerate(lines, start=1):
        if count > ROWS_AT_ONCE:
            errors = [FieldError("body", f"has more than {ROWS_AT_ONCE:,} rows")]
            raise TooLarge("Send fewer rows at once; none of these was stored.", errors=errors)
        yield line


def page(call: Call) -> Reply:
    kind, asked = _kind(call), call.asked(Filter)
    where = {"client_id": asked.client_id} if asked.client_id else None
    found = call.ports.records.page(
        kind, where=where, since=asked.since, until=asked.until, limit=asked.limit, cursor=asked.cursor
    )
    return reply_json({"items": found.items, "next_cursor": found.cursor})


def kinds(call: Call) -> Reply:
    records = call.ports.records
    found = {kind: records.extent(kind) for kind in KINDS}
    items = [StoredKind(kind=k, rows=e.rows, first=e.first, last=e.last) for k, e in found.items()]
    return reply_json(StoredKinds(items=items))


def one(call: Call) -> Reply:
    row = call.ports.records.find(_kind(call), call.path["record_id"])
    if row is None:
        raise NotFound("You have no record of this kind with that id.")
    return reply_json(row)


def remove(call: Call) -> Reply:
    if not call.ports.records.remove(_kind(call), call.path["record_id"]):
        raise NotFound("You have no record of this kind with that id.")
    return reply_json(Removed(removed=1))


def clear(call: Call) -> Reply:
    return reply_json(Removed(removed=call.ports.records.clear(_kind(call))))


def _kind(call: Call) -> str:
    return known_kind(call.path["kind"])


def known_kind(kind: str) -> str:
    """Raises NotFound that lists the kinds there are."""
    if kind not in KINDS:
        raise NotFound(f"There is no kind {kind[:50]!r} of records.", errors=[
            FieldError("kind", f"must be one of: {', '.join(KINDS)}")
        ])  # fmt: skip
    return kind


BODIES: dict[str, Any] = {
    JSON: {"oneOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]},
    NDJSON: {"type": "string"},
    CSV: {"type": "string"},
}
KIND = "/records/{kind}"
ONE = "/records/{kind}/{record_id}"
ROUTES = [
    Endpoint("GET", "/records", "How much is stored of each kind", TAG, kinds, reply=StoredKinds,
             problems=(401, 429)),
    Endpoint("POST", KIND, "Store rows", TAG, post, query=Origin, takes=BODIES, reply=Stored,
             problems=(400, 401, 404, 409, 413, 415, 422, 429)),
    Endpoint("GET", KIND, "Read rows, oldest first", TAG, page, query=Filter, reply=Rows,
             problems=(400, 401, 404, 422, 429)),
    Endpoint("DELETE", KIND, "Remove every row of a kind", TAG, clear, reply=Removed,
             problems=(401, 404, 409, 422, 429)),
    Endpoint("GET", ONE, "Read one row", TAG, one, problems=(401, 404, 429)),
    Endpoint("DELETE", ONE, "Remove one row", TAG, remove, reply=Removed, problems=(401, 404, 409, 422, 429)),
]  # fmt: skip
