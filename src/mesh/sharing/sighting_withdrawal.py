"""What was told stops being served: a consent that was withdrawn, a receipt that was revoked."""

from collections.abc import Callable

from mesh.kit.platform import Commons
from mesh.sharing.consent import FEED, MATCHING
from mesh.sharing.matching import TECHNIQUE
from mesh.sharing.policy import Consent
from mesh.sharing.receipts import Receipt
from mesh.sharing.sighting_rows import SHELF, Row, entry_of, key_of, rows_owned


def forget(commons: Commons, msp_id: str, granted: Consent) -> int:
    """Remove what an MSP no longer agrees to have in the commons; how many rows changed.

    It was served to nobody from the moment the consent changed: this leaves nothing behind.
    """
    matching = ("indicator", MATCHING) in granted.granted
    feed = matching and ("indicator", FEED) in granted.granted

    def value(row: Row) -> bool:
        return not feed and row.seen.kind != TECHNIQUE

    return _withdraw(commons, msp_id, lambda _: not matching, value)


def revoke(commons: Commons) -> Callable[[Receipt], None]:
    """Makes what a receipt tells of stop being served; what was told again since has its own receipt."""

    def withdraw(line: Receipt) -> None:
        _withdraw(
            commons, line.msp_id,
            lambda row: line.purpose == MATCHING and row.seen.receipt == line.number,
            lambda row: line.purpose == FEED and row.seen.feed_receipt == line.number,
        )  # fmt: skip

    return withdraw


def _withdraw(
    commons: Commons, msp_id: str, whole: Callable[[Row], bool], value: Callable[[Row], bool]
) -> int:
    """Remove the MSP's rows that `whole` picks, and the values of those that `value` picks."""
    changed = 0
    for row in list(rows_owned(commons, msp_id)):
        if whole(row):
            changed += commons.remove(SHELF, key_of(row.mark, msp_id))
        elif row.seen.value and value(row):
            kept = row.seen.model_copy(update={"value": None, "feed_receipt": 0})
            changed += commons.put(entry_of(row.mark, msp_id, kept), before=row.version)
    return changed
