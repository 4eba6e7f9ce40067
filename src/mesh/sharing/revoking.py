"""Taking a share back: what it showed stops being served, and that it was taken back is itself a receipt."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mesh.kit.problem import Conflict, FieldError
from mesh.sharing.policy import What
from mesh.sharing.receipts import Receipt, Receipts

Withdraw = Callable[[Receipt], None]


@dataclass(frozen=True, slots=True)
class Revoking:
    """`hooks` say, by kind, how what a receipt tells of stops being served; they may run more than once."""

    receipts: Receipts
    hooks: Mapping[What, Withdraw] = field(default_factory=dict)

    def revoke(self, msp_id: str, number: int) -> Receipt:
        """The receipt of the revocation; the share is served to nobody when this returns.

        Revoking twice gives the first revocation's receipt. Raises NotFound; Conflict for a kind that
        cannot be taken back.
        """
        line = self.receipts.own(msp_id, number)
        if line.what == "revocation" or line.what not in self.hooks:
            reason = f"a receipt of a {line.what} cannot be revoked"
            raise Conflict("Nothing was revoked.", errors=[FieldError("number", reason)])
        done = self.receipts.revocations(msp_id).get(number)
        if done is not None:
            return self.receipts.own(msp_id, done)
        # In this order, so that a revocation cut short has stopped the share, and can be repeated.
        self.receipts.mark_revoked(line, None)
        self.hooks[line.what](line)
        receipt = self.receipts.issue(
            msp_id,
            "revocation",
            line.recipient,
            line.purpose,
            reference=line.reference,
            consent_version=line.consent_version,
            revokes=number,
        )
        self.receipts.mark_revoked(line, receipt.number)
        return receipt
