"""What belongs to the tenant as a whole: taking everything out, and removing everything."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic_core import to_json

from mesh.entrypoints.endpoint import NDJSON, Call, Endpoint, reply_json
from mesh.kit import cursor as cursors
from mesh.kit.platform import Reply
from mesh.kit.ports import Page
from mesh.kit.problem import FieldError, Malformed
from mesh.kit.records import KINDS

ROWS_A_PAGE = 1_000
PARTS = (*KINDS, "results")


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")

    cursor: str | None = None


class Erased(BaseModel):
    erased: int


def export(call: Call) -> Reply:
    """One NDJSON page over every kind and the results; the Link header leads to the next page."""
    asked = call.asked(Part)
    part, place = cursors.read(asked.cursor, 2) if asked.cursor else (PARTS[0], "")
    if part not in PARTS:
        raise Malformed("Ask again without a cursor.", errors=[FieldError("cursor", "is not one of ours")])
    page = _page(call, part, place or None)
    lines = b"".join(to_json({"kind": part, "row": row}) + b"\n" for row in page.items)
    headers = {"content-type": NDJSON, "content-disposition": 'attachment; filename="mesh-export.ndjson"'}
    following = _following(part, page.cursor)
    if following:
        headers["link"] = f'</export?cursor={following}>; rel="next"'
    return Reply(200, headers, lines)


def _page(call: Call, part: str, cursor: str | None) -> Page[Any]:
    if part == "results":
        return call.ports.results.page(limit=ROWS_A_PAGE, cursor=cursor)
    return call.ports.records.page(part, limit=ROWS_A_PAGE, cursor=cursor)


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
    Endpoint("DELETE", "/tenant", "Remove the tenant, its rows, answers, jobs and keys", "tenant", erase,
             reply=Erased, problems=(401, 409, 422, 429)),
]  # fmt: skip
