"""The ClientApp of one MSP over its own stored rows, as `./mesh site` serves it."""

from collections.abc import Callable
from datetime import datetime

from flwr.app import Context
from flwr.clientapp import ClientApp

from mesh.adapters.federation.delivery import Say, received
from mesh.adapters.federation.kinds import KINDS, Brought
from mesh.adapters.federation.site import Site, client_app, fresh_noise
from mesh.adapters.federation.standing import standing
from mesh.kit.platform import Platform
from mesh.sharing import federation_ledger as ledger
from mesh.sharing.consent import TRAINING, Consents
from mesh.sharing.federation_versions import withdrawn_in
from mesh.sharing.receipts import receipts_of


def app_of(msp_id: str, platform: Platform, say: Say = lambda _line: None) -> ClientApp:
    """Answers for the MSP as long as its consent stands, which is read anew for each message; `say` is told
    what becomes of a version that comes."""
    consents, withdrawn = Consents(platform.commons, platform.clock), withdrawn_in(platform.commons)
    held: dict[tuple[int, str], tuple[datetime, Brought]] = {}

    def opened(context: Context, kind: str) -> Site | None:
        if kind not in KINDS or ("model-update", TRAINING) not in consents.of(msp_id).granted:
            return None
        ports, run = platform.ports(msp_id), str(context.run_id)
        # Read once a run: rows that change under way would not be what was enrolled.
        if (context.run_id, kind) not in held:
            held.clear()
            now = ports.clock.now()
            held[context.run_id, kind] = (now, KINDS[kind].read(ports, now))
        now, mine = held[context.run_id, kind]
        return Site(
            mine.train, mine.held_out, fresh_noise(), ledger.left(ports.blobs, now),
            in_use=lambda: standing(ports, kind, withdrawn).counts(mine),
            book=_booking(msp_id, platform, run, kind, now),
            keep=lambda terms, told: received(terms, told, run, ports, mine, withdrawn, say),
            simulated=mine.simulated,
        )  # fmt: skip

    return client_app(opened)


def _booking(msp_id: str, platform: Platform, run: str, kind: str, now: datetime) -> Callable[[float], None]:
    """Writes down the price, and signs a receipt of it: where that fails, nothing leaves."""

    def book(epsilon: float) -> None:
        ledger.book(platform.ports(msp_id).blobs, ledger.Entry(run=run, kind=kind, at=now, epsilon=epsilon))
        version = Consents(platform.commons, platform.clock).of(msp_id).version
        receipts_of(platform).issue(
            msp_id, "model-update", "mesh", TRAINING, epsilon, run, consent_version=version
        )

    return book
