"""The tenant's receipts: what was shared of it, line by line, and taking a share back."""

from itertools import islice
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from mesh.entrypoints.endpoint import NDJSON, Call, Endpoint, reply_json
from mesh.kit import cursor as cursors
from mesh.kit.platform import Reply
from mesh.kit.problem import FieldError, Malformed, NotFound
from mesh.sharing.chain import checkpoint_line, line_of
from mesh.sharing.policy import What
from mesh.sharing.receipts import WIDTH, Checkpoint, Receipt, receipts_of
from mesh.sharing.withdrawals import revoking

TAG = "mesh"
LINES_A_PAGE = 1_000
EXAMPLE: JsonDict = {
    "id": "cedar#0000000001", "number": 1, "msp_id": "cedar", "at": "2026-03-02T12:00:00Z",
    "what": "benchmark", "recipient": "mesh", "purpose": "benchmarks", "consent_version": 1, "epsilon": 1.25,
    "reference": "churn/all/all/2026Q1/5f0c2a9d", "released": "9f86d081884c7d659a2feaa0c55ad015" * 2,
    "revokes": None, "previous": "0" * 64, "key_id": "1b4f0e9851971998", "signature": "c2ln",
    "hash": "60303ae22b998861bce3b28f33eec1be" * 2, "revoked_by": None, "revoked": False,
}  # fmt: skip


class Filter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    what: What | Literal["revocation"] | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = None


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")

    cursor: str | None = None


class Shown(Receipt):
    """A receipt, and whether what it tells of was taken back since."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    revoked: bool = Field(description="Whether what was shared may no longer be served")
    revoked_by: int | None = Field(description="Number of the receipt that says so")


class ReceiptPage(BaseModel):
    items: list[Shown]
    next_cursor: str | None
    public_key: str = Field(description="Ed25519, base64: all it takes to verify the lines")
    checkpoint: Checkpoint = Field(description="How far your chain reaches, signed")


def page(call: Call) -> Reply:
    asked = call.asked(Filter)
    receipts, msp_id = receipts_of(call.platform), call.tenant.msp_id
    found = receipts.before(msp_id, _place(asked.cursor) if asked.cursor else None)
    wanted = (line for line in found if asked.what in (None, line.what))
    lines = list(islice(wanted, asked.limit + 1))
    more = len(lines) > asked.limit
    revoked = receipts.revocations(msp_id)
    return reply_json(
        ReceiptPage(
            items=[_shown(line, revoked) for line in lines[: asked.limit]],
            next_cursor=cursors.write(str(lines[asked.limit - 1].number)) if more else None,
            public_key=receipts.public_key(),
            checkpoint=receipts.checkpoint(msp_id),
        )
    )


def one(call: Call) -> Reply:
    receipts = receipts_of(call.platform)
    line = receipts.own(call.tenant.msp_id, _number(call))
    return reply_json(_shown(line, receipts.revocations(call.tenant.msp_id)))


def revoke(call: Call) -> Reply:
    """What was shared is served to nobody when this returns."""
    number = _number(call)
    return reply_json(revoking(call.platform).revoke(call.tenant.msp_id, number))


def export(call: Call) -> Reply:
    """Lines in order, one page after the other as the Link header leads; a checkpoint is the last line."""
    asked = call.asked(Part)
    receipts, msp_id = receipts_of(call.platform), call.tenant.msp_id
    after = _place(asked.cursor) if asked.cursor else 0
    lines = list(islice(receipts.after(msp_id, after), LINES_A_PAGE))
    body = b"".join(line_of(line) for line in lines)
    headers = {"content-type": NDJSON, "content-disposition": 'attachment; filename="receipts.ndjson"'}
    if len(lines) == LINES_A_PAGE:
        following = cursors.write(str(lines[-1].number))
        headers["link"] = f'<{call.root}/mesh/receipts/export?cursor={following}>; rel="next"'
    else:
        body += checkpoint_line(receipts, msp_id, lines[-1].number if lines else after)
    return Reply(200, headers, body)


def _place(cursor: str) -> int:
    (text,) = cursors.read(cursor, 1)
    if not (text.isascii() and text.isdigit() and len(text) <= WIDTH):
        raise Malformed("Ask again without a cursor.", errors=[FieldError("cursor", "is not one of ours")])
    return int(text)


def _number(call: Call) -> int:
    text = call.path["number"]
    if not (text.isascii() and text.isdigit() and len(text) <= WIDTH):
        raise NotFound("You have no receipt with that number.")
    return int(text)


def _shown(line: Receipt, revoked: dict[int, int | None]) -> Shown:
    return Shown(**line.model_dump(), revoked=line.number in revoked, revoked_by=revoked.get(line.number))


ONE = "/mesh/receipts/{number}"
ROUTES = [
    Endpoint("GET", "/mesh/receipts", "What was shared of you, newest first, with the key to verify it", TAG,
             page, query=Filter, reply=ReceiptPage, problems=(400, 401, 422, 429, 503)),
    Endpoint("GET", "/mesh/receipts/export", "The whole chain as NDJSON, for ./mesh receipts verify", TAG,
             export, query=Part, also={NDJSON: "export"}, problems=(400, 401, 422, 429, 503)),
    Endpoint("GET", ONE, "One receipt", TAG, one, reply=Shown, problems=(401, 404, 429)),
    Endpoint("POST", f"{ONE}/revoke", "Take back what was shared; it stops being served at once", TAG, revoke,
             reply=Receipt, problems=(401, 404, 409, 422, 429, 503)),
]  # fmt: skip
