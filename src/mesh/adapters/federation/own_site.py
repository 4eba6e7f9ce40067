"""The ClientApp of one MSP over its own stored rows, as `./mesh site` serves it."""

from datetime import datetime

from flwr.app import Context
from flwr.clientapp import ClientApp

from mesh.adapters.federation.kinds import KINDS, Brought, Scorer
from mesh.adapters.federation.site import Site, client_app, fresh_noise
from mesh.kit.platform import Platform
from mesh.kit.ports import Ports
from mesh.sharing import federation_ledger as ledger
from mesh.sharing.consent import TRAINING, Consents


def app_of(msp_id: str, platform: Platform) -> ClientApp:
    """Answers for the MSP as long as its consent stands, which is read anew for each message."""
    consents = Consents(platform.commons, platform.clock)
    held: dict[tuple[int, str], tuple[datetime, Brought]] = {}

    def opened(context: Context, kind: str) -> Site | None:
        if kind not in KINDS or ("model-update", TRAINING) not in consents.of(msp_id).granted:
            return None
        ports = platform.ports(msp_id)
        # Read once a run: rows that change under way would not be what was enrolled.
        if (context.run_id, kind) not in held:
            held.clear()
            now = ports.clock.now()
            held[context.run_id, kind] = (now, KINDS[kind].read(ports, now))
        now, mine = held[context.run_id, kind]
        return Site(
            mine.train, mine.held_out, fresh_noise(), ledger.left(ports.blobs, now),
            in_use=_in_use(ports, kind, mine),
            book=lambda epsilon: ledger.book(
                ports.blobs, ledger.Entry(run=str(context.run_id), kind=kind, at=now, epsilon=epsilon)
            ),
        )  # fmt: skip

    return client_app(opened)


def _in_use(ports: Ports, kind: str, mine: Brought) -> Scorer | None:
    scorer = KINDS[kind].in_use(ports)
    return None if scorer is None else (lambda _x: scorer(mine.raw_held_out))
