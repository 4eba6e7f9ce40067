"""Checking a tenant's receipts with the public key alone, away from the mesh that issued them."""

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from mesh.kit.problem import FieldError, Invalid
from mesh.sharing.receipts import NOTHING_BEFORE, Checkpoint, Receipt, Receipts
from mesh.sharing.signing import digest, is_signed, key_id


@dataclass(frozen=True, slots=True)
class Verdict:
    """`broken` is the first line (from 1) that does not hold, with the reason; None where all do.

    `complete` says whether a signed checkpoint vouches for the end of the chain.
    """

    receipts: int
    complete: bool
    broken: tuple[int, str] | None = None


def exported(receipts: Receipts, msp_id: str) -> Iterator[bytes]:
    """The chain as NDJSON: the tenant's receipts in order, and a checkpoint as the last line."""
    number = 0
    for line in receipts.chain(msp_id):
        number = line.number
        yield line_of(line)
    yield checkpoint_line(receipts, msp_id, number)


def line_of(line: Receipt) -> bytes:
    """A receipt as a line of an export."""
    return line.model_dump_json().encode() + b"\n"


def checkpoint_line(receipts: Receipts, msp_id: str, number: int) -> bytes:
    """The last line of an export that ends with this number."""
    return to_json({"checkpoint": receipts.checkpoint(msp_id, number).model_dump(mode="json")}) + b"\n"


def public_key_of(text: str) -> bytes:
    """A public key from its base64. Raises Invalid."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise Invalid("The key cannot be read.", errors=[FieldError("key", "is base64 of 32 bytes")])
    return key


def verify(lines: Iterable[bytes | str], public_key: bytes) -> Verdict:
    """Whether these lines are one unbroken chain that the key's owner signed."""
    last: Receipt | None = None
    complete, count = False, 0
    for place, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            value = from_json(line)
            if isinstance(value, dict) and "checkpoint" in value:
                wrong = _checkpoint(Checkpoint.model_validate(value["checkpoint"]), last, public_key)
                complete = True
            else:
                receipt = Receipt.model_validate(value, strict=False)
                wrong = "comes after the checkpoint" if complete else _receipt(receipt, last, public_key)
                last, count = receipt, count + 1
        except ValidationError as error:
            wrong = f"is not a receipt: {error.errors()[0]['loc'] or 'its form'} {error.errors()[0]['msg']}"
        except ValueError:
            wrong = "is not JSON"
        if wrong:
            return Verdict(count, complete=False, broken=(place, wrong))
    return Verdict(count, complete)


def _receipt(line: Receipt, last: Receipt | None, public_key: bytes) -> str:
    message, signature = line.signed_bytes(), _bytes(line.signature)
    if line.key_id != key_id(public_key):
        return f"was signed with another key ({line.key_id}, not {key_id(public_key)})"
    if not is_signed(message, signature, public_key):
        return "was changed: its signature does not hold"
    if line.hash != digest(message + signature):
        return "was changed: its hash is not its own"
    if last and line.msp_id != last.msp_id:
        return f"is of another chain: {line.msp_id}"
    if line.number != (last.number + 1 if last else 1):
        return f"is number {line.number}: lines are missing, doubled or in another order"
    if line.previous != (last.hash if last else NOTHING_BEFORE):
        return "does not follow the line before it"
    return ""


def _checkpoint(point: Checkpoint, last: Receipt | None, public_key: bytes) -> str:
    if not is_signed(point.signed_bytes(), _bytes(point.signature), public_key):
        return "was changed: the checkpoint's signature does not hold"
    if last and point.msp_id != last.msp_id:
        return f"is the checkpoint of another chain: {point.msp_id}"
    if point.number != (last.number if last else 0) or point.hash != (last.hash if last else NOTHING_BEFORE):
        return f"does not fit: the chain reached number {point.number}, these lines do not"
    return ""


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""
