"""What belongs to the tenant as a whole: taking everything out, and removing everything."""

from base64 import b64encode
from collections.abc import Iterator
from itertools import islice
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from mesh.entrypoints.endpoint import NDJSON, Call, Endpoint, reply_json
from mesh.kit import cursor as cursors
from mesh.kit.platform import Commons, Reply
from mesh.kit.ports import Blobs, Page
from mesh.kit.problem import FieldError, Malformed
from mesh.kit.records import INTERNAL, KINDS

# A Lambda's reply holds 6 MB at most, and a single row may have 200,000 characters.
ROWS_A_PAGE, BYTES_A_PAGE = 1_000, 1_500_000
ROWS_AT_ONCE = 20
PARTS = (*KINDS, *INTERNAL, "results", "jobs", "blobs", "shared")
# What the mesh holds of a tenant between its tenants.
SHELVES = ("consents", "contributions", "sightings", "budgets", "receipts", "receipt-revocations")
SHARED_A_PAGE = 500


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")

    cursor: str | None = None


class Erased(BaseModel):
    erased: int


class Whose(BaseModel):
    """Whose key it is that asks."""

    msp_id: str
    name: str
    simulated: bool = Field(description="A made-up MSP: every screen about it says so")


def whose(call: Call) -> Reply:
    return reply_json(Whose(**call.tenant.model_dump(include={"msp_id", "name", "simulated"})))


def export(call: Call) -> Reply:
    """One NDJSON page over every kind, results, jobs, files and what is shared; Link leads to the next."""
    asked = call.asked(Part)
    part, place = cursors.read(asked.cursor, 2) if asked.cursor else (PARTS[0], "")
    if part not in PARTS:
        raise Malformed("Ask again without a cursor.", errors=[FieldError("cursor", "is not one of ours")])
    lines: list[bytes] = []
    cursor: str | None = place
    while cursor is not None and len(lines) < ROWS_A_PAGE and sum(map(len, lines)) < BYTES_A_PAGE:
        page = _page(call, part, cursor or None)
        lines += [to_json({"kind": part, "row": row}) + b"\n" for row in page.items]
        cursor = page.cursor
    headers = {"content-type": NDJSON, "content-disposition": 'attachment; filename="mesh-export.ndjson"'}
    following = _following(part, cursor)
    if following:
        headers["link"] = f'<{call.root}/export?cursor={following}>; rel="next"'
    return Reply(200, headers, b"".join(lines))


def _page(call: Call, part: str, cursor: str | None) -> Page[Any]:
    ports = call.ports
    match part:
        case "results":
            return ports.results.page(limit=ROWS_AT_ONCE, cursor=cursor)
        case "jobs":
            return call.platform.jobs.page(call.tenant.msp_id, limit=ROWS_AT_ONCE, cursor=cursor)
        case "blobs":
            return _files(ports.blobs, cursor or "")
        case "shared":
            return _shared(call.platform.commons, call.tenant.msp_id, cursor)
    return ports.records.page(part, limit=ROWS_AT_ONCE, cursor=cursor)


def _files(blobs: Blobs, after: str) -> Page[Any]:
    """The next file, its content in base64: one may be as large as a page."""
    names = [name for name in blobs.names() if name > after]
    content = blobs.get(names[0]) if names else None
    rows = [{"name": names[0], "base64": b64encode(content).decode()}] if content is not None else []
    return Page(rows, names[0] if len(names) > 1 else None)


def _shared(commons: Commons, msp_id: str, after: str | None) -> Page[Any]:
    """Rows of one shelf after another."""
    shelf, key = cursors.read(after, 2) if after else (SHELVES[0], "")
    if shelf not in SHELVES:
        raise Malformed("Ask again without a cursor.", errors=[FieldError("cursor", "is not one of ours")])
    found = [entry for entry in commons.owned(msp_id, shelf) if entry.key > key]
    rows = [{"shelf": shelf, "key": each.key, "body": each.body} for each in found[:SHARED_A_PAGE]]
    if len(found) > SHARED_A_PAGE:
        return Page(rows, cursors.write(shelf, found[SHARED_A_PAGE - 1].key))
    rest = SHELVES[SHELVES.index(shelf) + 1 :]
    return Page(rows, cursors.write(rest[0], "") if rest else None)


def _following(part: str, cursor: str | None) -> str | None:
    if cursor:
        return cursors.write(part, cursor)
    rest: Iterator[str] = islice(PARTS, PARTS.index(part) + 1, None)
    return next((cursors.write(name, "") for name in rest), None)


def erase(call: Call) -> Reply:
    """Everything of the tenant goes, its keys too: this key answers 401 from here on."""
    blobs = call.ports.blobs
    gone = sum(blobs.remove(name) for name in blobs.names())
    return reply_json(Erased(erased=gone + call.platform.tenants.erase(call.tenant.msp_id)))


ROUTES = [
    Endpoint("GET", "/export", "Everything that is stored of you, as NDJSON pages", "tenant", export,
             query=Part, also={NDJSON: "export"}, problems=(400, 401, 422, 429)),
    Endpoint("GET", "/tenant", "Whose key this is", "tenant", whose, reply=Whose, problems=(401, 429)),
    Endpoint("DELETE", "/tenant", "Remove the tenant, its rows, answers, jobs and keys", "tenant", erase,
             reply=Erased, problems=(401, 409, 422, 429)),
]  # fmt: skip
