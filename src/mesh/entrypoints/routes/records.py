"""Storing, reading and removing a tenant's rows: JSON, NDJSON or CSV in, each bad row answered by itself."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mesh.entrypoints.endpoint import CSV, JSON, NDJSON, Call, Endpoint, parse_json, reply_json
from mesh.kit.platform import Reply
from mesh.kit.problem import (
    FieldError,
    Invalid,
    Malformed,
    NotFound,
    Problem,
    TooLarge,
    Unsupported,
    from_validation,
)
from mesh.kit.records import KINDS, Moment, checked

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
    refused: list[Refused] = Field(description="What is wrong with the first rows that were not stored")


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


Line = tuple[int, dict[str, Any] | FieldError]


def post(call: Call) -> Reply:
    """Store the good rows, answer the bad ones. 422 only when there was no good row at all."""
    kind = _kind(call)
    good: list[dict[str, Any]] = []
    refused: list[Refused] = []
    received = 0
    for line, row in _lines(call):
        received += 1
        if received > ROWS_AT_ONCE:
            errors = [FieldError("body", f"has more than {ROWS_AT_ONCE:,} rows")]
            raise TooLarge("Send fewer rows at once; none of these was stored.", errors=errors)
        try:
            if not isinstance(row, FieldError):
                good.append(checked(kind, row))
                continue
            wrong: Sequence[FieldError] = [row]
        except ValidationError as error:
            wrong = from_validation(error).errors
        if len(refused) < REFUSED_SHOWN:
            refused += [Refused(line=line, field=e.field, reason=e.reason) for e in wrong]
    if not good:
        errors = [FieldError(f"line {r.line}: {r.field}", r.reason) for r in refused]
        raise Invalid("No row could be stored.", errors=errors or [FieldError("body", "has no rows")])
    call.ports.records.put(kind, good)
    return reply_json(Stored(kind=kind, received=received, stored=len(good), refused=refused))


def page(call: Call) -> Reply:
    kind, asked = _kind(call), call.asked(Filter)
    where = {"client_id": asked.client_id} if asked.client_id else None
    found = call.ports.records.page(
        kind, where=where, since=asked.since, until=asked.until, limit=asked.limit, cursor=asked.cursor
    )
    return reply_json({"items": found.items, "next_cursor": found.cursor})


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
    kind = call.path["kind"]
    if kind not in KINDS:
        raise NotFound(f"There is no kind {kind[:50]!r} of records.", errors=[
            FieldError("kind", f"must be one of: {', '.join(KINDS)}")
        ])  # fmt: skip
    return kind


def _lines(call: Call) -> Iterator[Line]:
    """Each row with its line, or what is wrong with it. Raises for a body that cannot be read at all."""
    match call.media_type:
        case "text/csv":
            return _csv_lines(call.body)
        case "application/x-ndjson" | "application/jsonl":
            return _ndjson_lines(call.body)
        case "application/json":
            return _json_lines(call.body)
    reason = f"{call.media_type} is not one of: {JSON}, {NDJSON}, {CSV}"
    raise Unsupported("Send rows as JSON, NDJSON or CSV.", errors=[FieldError("Content-Type", reason)])


def _object(line: int, value: Any) -> Line:
    return line, value if isinstance(value, dict) else FieldError("row", "must be a JSON object")


def _json_lines(body: bytes) -> Iterator[Line]:
    value = parse_json(body)
    rows = value if isinstance(value, list) else [value]
    return (_object(number, row) for number, row in enumerate(rows, start=1))


def _ndjson_lines(body: bytes) -> Iterator[Line]:
    for number, line in enumerate(body.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            yield _object(number, parse_json(line))
        except Problem as problem:
            yield number, problem.errors[0]


def _csv_lines(body: bytes) -> Iterator[Line]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        reason = f"is not UTF-8: byte {error.start} cannot be read"
        raise Malformed("The CSV cannot be read.", errors=[FieldError("body", reason)]) from error
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # After a broken quote nothing that follows can be told apart, so reading ends here. The inner
            # reader has counted the line that it failed on.
            yield reader.reader.line_num, FieldError("row", f"is not CSV: {error}; later lines were not read")
            return
        if None in row:
            yield reader.line_num, FieldError("row", "has more cells than the header has columns")
        else:
            yield reader.line_num, {name: cell for name, cell in row.items() if cell not in (None, "")}


BODIES: dict[str, Any] = {
    JSON: {"oneOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]},
    NDJSON: {"type": "string"},
    CSV: {"type": "string"},
}
KIND = "/records/{kind}"
ONE = "/records/{kind}/{record_id}"
ROUTES = [
    Endpoint("POST", KIND, "Store rows", TAG, post, takes=BODIES, reply=Stored,
             problems=(400, 401, 404, 409, 413, 415, 422, 429)),
    Endpoint("GET", KIND, "Read rows, oldest first", TAG, page, query=Filter, reply=Rows,
             problems=(400, 401, 404, 422, 429)),
    Endpoint("DELETE", KIND, "Remove every row of a kind", TAG, clear, reply=Removed,
             problems=(401, 404, 409, 422, 429)),
    Endpoint("GET", ONE, "Read one row", TAG, one, problems=(401, 404, 429)),
    Endpoint("DELETE", ONE, "Remove one row", TAG, remove, reply=Removed, problems=(401, 404, 409, 422, 429)),
]  # fmt: skip
