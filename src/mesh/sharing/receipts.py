"""A signed line for every share. Each names the line before it by its hash, one chain for each tenant.

What stands here was decided elsewhere: a receipt follows a release that `mesh.sharing.policy` allowed. The
place of a line in the commons is its number, and a place is taken once: of two lines that are issued at
the same time, one takes the next number, so that a chain has no forks (Schneier and Kelsey 1999, "Secure
Audit Logs to Support Computer Forensics", on chains of hashes).
"""

import base64
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from mesh.kit.platform import Commons, Entry, Platform
from mesh.kit.ports import Clock
from mesh.kit.problem import Conflict, NotFound
from mesh.sharing.policy import What
from mesh.sharing.signing import Ed25519, Signer, canonical, digest, key_id, key_text

SHELF, HEADS, REVOKED = "receipts", "receipt-heads", "receipt-revocations"
WIDTH, BLOCK = 10, 2  # digits of a number in a key; those that a block of lines leaves open
TRIES = 500
NOTHING_BEFORE = "0" * 64
SIGNING_KEY = "receipts_signing_key"  # the secret's name


class Receipt(BaseModel):
    """One line of a tenant's chain. The signature covers every other field but `hash`."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(description="Its number in the tenant's chain, from 1, after the tenant's id")
    number: int
    msp_id: str = Field(description="Whose share it was")
    at: datetime
    what: What | Literal["revocation"]
    recipient: str = Field(description="`mesh` where it is every MSP that the policy lets see it")
    purpose: str
    consent_version: int = Field(description="Version of the owner's consent under which it was shared")
    epsilon: float = Field(description="Differential privacy spent by this share, rounded up to 4 decimals")
    reference: str = Field(description="What was shared, in the terms of its kind")
    released: str = Field(description="SHA-256 of what was released; empty where nothing left")
    revokes: int | None = Field(default=None, description="Number of the receipt that this one revokes")
    previous: str = Field(description="Hash of the line before; zeros for the first")
    key_id: str
    signature: str = Field(description="Ed25519 over the RFC 8785 form, in base64")
    hash: str = Field(description="SHA-256 of the line with its signature; the next line names it")

    def signed_bytes(self) -> bytes:
        """What the signature covers."""
        return canonical(self.model_dump(mode="json", exclude={"signature", "hash"}))


class Checkpoint(BaseModel):
    """How far a chain reached at a time: shows when lines at its end are missing."""

    model_config = ConfigDict(extra="forbid")

    msp_id: str
    number: int
    hash: str
    at: datetime
    key_id: str
    signature: str

    def signed_bytes(self) -> bytes:
        return canonical({"checkpoint": True, **self.model_dump(mode="json", exclude={"signature"})})


@dataclass(frozen=True, slots=True)
class Receipts:
    """Issues, reads and marks receipts over the commons."""

    commons: Commons
    clock: Clock
    signer: Signer

    def issue(
        self,
        msp_id: str,
        what: What | Literal["revocation"],
        recipient: str,
        purpose: str,
        epsilon: float = 0.0,
        reference: str = "",
        *,
        consent_version: int = 0,
        released: bytes = b"",
        revokes: int | None = None,
    ) -> Receipt:
        """The next line of the tenant's chain, durable on return. `released` is digested, not kept.

        Raises Unavailable where there is no key to sign with, Conflict when the chain cannot be reached.
        """
        public_key = self.signer.public_key()
        for _ in range(TRIES):
            last = self.last(msp_id)
            number = last.number + 1 if last else 1
            fields = {
                "id": _key(msp_id, number),
                "number": number,
                "msp_id": msp_id,
                "at": self.clock.now(),
                "what": what,
                "recipient": recipient,
                "purpose": purpose,
                "consent_version": consent_version,
                "epsilon": math.ceil(epsilon * 10_000 - 1e-6) / 10_000,
                "reference": reference,
                "released": digest(released) if released else "",
                "revokes": revokes,
                "previous": last.hash if last else NOTHING_BEFORE,
                "key_id": key_id(public_key),
            }
            line = self._signed(fields)
            if self.commons.put(_entry(SHELF, line.id, msp_id, line.model_dump(mode="json")), before=0):
                # A hint only: whoever reads the head goes on from it to the last line that is there.
                self.commons.put(_entry(HEADS, quote(msp_id, safe=""), msp_id, {"number": number}))
                return line
        raise Conflict("Too much is shared at once; try again.", retry_after_s=1)

    def last(self, msp_id: str) -> Receipt | None:
        """The end of the chain, or None."""
        hint = self.commons.find(HEADS, quote(msp_id, safe=""))
        number = int(hint.body["number"]) if hint else 0
        found = self.find(msp_id, number) if number else None
        while (following := self.find(msp_id, number + 1)) is not None:
            found, number = following, number + 1
        return found

    def find(self, msp_id: str, number: int) -> Receipt | None:
        """One line of the tenant's own chain, or None."""
        entry = self.commons.find(SHELF, _key(msp_id, number)) if 0 < number < 10**WIDTH else None
        return Receipt.model_validate(entry.body) if entry else None

    def chain(self, msp_id: str) -> Iterator[Receipt]:
        """Every line, first to last."""
        start = f"{quote(msp_id, safe='')}#"
        return (Receipt.model_validate(entry.body) for entry in self.commons.scan(SHELF, start))

    def after(self, msp_id: str, number: int) -> Iterator[Receipt]:
        """Lines above a number, oldest first, read a block at a time."""
        last = self.last(msp_id)
        for block in range(number // 10**BLOCK, (last.number if last else 0) // 10**BLOCK + 1):
            yield from (line for line in self._block(msp_id, block) if line.number > number)

    def before(self, msp_id: str, number: int | None = None) -> Iterator[Receipt]:
        """Lines below a number (None: all), newest first, read a block at a time."""
        if number is None:
            last = self.last(msp_id)
            number = last.number + 1 if last else 1
        for block in range((number - 1) // 10**BLOCK, -1, -1):
            lines = self._block(msp_id, block)
            yield from (line for line in reversed(lines) if line.number < number)

    def _block(self, msp_id: str, block: int) -> list[Receipt]:
        start = _key(msp_id, block * 10**BLOCK)[:-BLOCK]
        return [Receipt.model_validate(entry.body) for entry in self.commons.scan(SHELF, start)]

    def checkpoint(self, msp_id: str, number: int | None = None) -> Checkpoint:
        """How far the chain reaches now, or up to a line of it, signed."""
        last = self.last(msp_id) if number is None else self.find(msp_id, number)
        unsigned = Checkpoint(
            msp_id=msp_id,
            number=last.number if last else 0,
            hash=last.hash if last else NOTHING_BEFORE,
            at=self.clock.now(),
            key_id=key_id(self.signer.public_key()),
            signature="",
        )
        signature = base64.b64encode(self.signer.sign(unsigned.signed_bytes())).decode()
        return unsigned.model_copy(update={"signature": signature})

    def public_key(self) -> str:
        """The key that signs now, in base64."""
        return key_text(self.signer.public_key())

    def revocations(self, msp_id: str) -> dict[int, int | None]:
        """Which of the tenant's receipts are revoked, by which; None while the second is being written."""
        start = f"{quote(msp_id, safe='')}#"
        entries = self.commons.scan(REVOKED, start)
        return {int(entry.body["number"]): entry.body["by"] for entry in entries}

    def is_revoked(self, msp_id: str, number: int) -> bool:
        """Whether what that receipt tells of may no longer be served."""
        return self.commons.find(REVOKED, _key(msp_id, number)) is not None

    def mark_revoked(self, line: Receipt, by: int | None) -> None:
        """`by` is the number of the revoking receipt, None before there is one."""
        body = {"number": line.number, "by": by}
        self.commons.put(_entry(REVOKED, line.id, line.msp_id, body), before=None if by else 0)

    def own(self, msp_id: str, number: int) -> Receipt:
        """Raises NotFound where the tenant has no such receipt."""
        line = self.find(msp_id, number)
        if line is None:
            raise NotFound("You have no receipt with that number.")
        return line

    def _signed(self, fields: dict[str, Any]) -> Receipt:
        unsigned = Receipt(**fields, signature="", hash="")
        message = unsigned.signed_bytes()
        signature = self.signer.sign(message)
        return unsigned.model_copy(
            update={
                "signature": base64.b64encode(signature).decode(),
                "hash": digest(message + signature),
            }
        )


def receipts_of(platform: Platform) -> Receipts:
    """The receipts of a platform, signed with its own key, which is read when one is issued."""
    signer = Ed25519(lambda: platform.secrets(SIGNING_KEY))
    return Receipts(platform.commons, platform.clock, signer)


def _key(msp_id: str, number: int) -> str:
    return f"{quote(msp_id, safe='')}#{number:0{WIDTH}d}"


def _entry(shelf: str, key: str, owner: str, body: dict[str, Any]) -> Entry:
    return Entry(shelf=shelf, key=key, owner=owner, body=body)
