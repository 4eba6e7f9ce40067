"""The kinds of models that can be trained together, and how a site's own stored rows become inputs.

Inputs are scaled by constants that are public: statistics of the rows would have to be paid for.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from mesh.kit.federation import SharedModel
from mesh.kit.ports import Ports
from mesh.kit.problem import Unavailable
from mesh.sharing.federation_learner import Floats, Integers, Rows

CHURN, TECHNIQUES = "churn", "threat_techniques"
# Every fourth client, by a hash of its id: the same ones in every training, so that none is ever learnt from.
HELD_OUT = 4
# A middle and a spread of each input of client health, as an MSP's owner would give them.
SCALES = {
    "ticket_volume": (6, 6), "ticket_trend": (0, 60), "urgent_share": (0.2, 0.2), "open_tickets": (2, 4),
    "resolution_time": (12, 16), "resolution_trend": (0, 60), "sla_breach_rate": (0.12, 0.15),
    "reopen_rate": (0.05, 0.08), "satisfaction_score": (4.1, 0.6), "satisfaction_trend": (0, 0.6),
    "seats": (30, 40), "seat_change": (0, 15), "monthly_revenue": (3000, 4000), "revenue_change": (0, 20),
    "services": (3, 2), "price_change": (0, 6), "tenure_months": (30, 30), "days_to_renewal": (180, 120),
}  # fmt: skip
Scorer = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class Brought:
    """A site's rows of one kind. `raw` are the inputs as its agent knows them, for the model in use."""

    train: Rows
    held_out: Rows
    raw_held_out: Floats
    simulated: bool


@dataclass(frozen=True, slots=True)
class Kind:
    """`read` gives a site's rows at a moment; `in_use` log-odds of raw inputs by what answers today; `fit`
    makes a new version ready to serve one MSP, on its own side; `scales` are what inputs are scaled by."""

    name: str
    inputs: Callable[[Ports], Sequence[str]]
    classes: Callable[[Ports], Sequence[str]]
    read: Callable[[Ports, datetime], Brought]
    in_use: Callable[[Ports], Scorer | None]
    fit: Callable[[Ports, SharedModel, Brought], None] = lambda _ports, _shared, _mine: None
    scales: Callable[[], tuple[tuple[float, float], ...]] = lambda: ()


def churn_inputs(_ports: Ports) -> Sequence[str]:
    return tuple(SCALES)


def churn_rows(ports: Ports, now: datetime) -> Brought:
    """A row for each month that a client was there, with whether it left within 90 days; of client health."""
    try:
        from mesh.agents.client_health.features import NAMES
        from mesh.agents.client_health.history import of_all
        from mesh.agents.client_health.learning.snapshots import snapshots
    except ModuleNotFoundError as missing:
        raise Unavailable("The churn model belongs to client health, which is not here.") from missing

    histories = of_all(ports.records)
    taken = snapshots(histories, now)
    ids = np.array([_number(history.client_id) for history in histories], dtype=np.int64)
    middle, spread = (np.array([SCALES[name][place] for name in NAMES]) for place in (0, 1))
    scaled = np.nan_to_num(np.tanh((taken.x - middle) / (2 * spread)), nan=0.0)
    record = ids[taken.client] if len(taken.client) else np.zeros(0, dtype=np.int64)
    simulated = any(history.simulated for history in histories)
    return _parted(scaled, taken.left, record, taken.x, simulated)


def churn_in_use(ports: Ports) -> Scorer | None:
    """Log-odds by the network's model of client health; None where it is not there."""
    try:
        from mesh.agents.client_health.chosen import network_model

        churn = network_model(ports).churn
    except (ModuleNotFoundError, Unavailable):
        return None

    def scored(raw: Floats) -> Floats:
        return np.array([reading.log_odds for reading in churn.read_table(raw)], dtype=np.float64)

    return scored


def churn_fit(ports: Ports, shared: SharedModel, mine: Brought) -> None:
    """Calibrate the version on the MSP's own clients; without client health, or what that takes, it is served
    as it is."""
    try:
        from mesh.agents.client_health.learning.together import fit
    except ModuleNotFoundError:
        return
    parts = (mine.train, mine.held_out)
    x, left, client = (np.concatenate([getattr(p, name) for p in parts]) for name in ("x", "y", "record"))
    fit(ports.blobs, shared, x, left, client)


def technique_classes(ports: Ports) -> Sequence[str]:
    """The techniques that the shipped classifier knows. Raises Unavailable without it."""
    held = np.load(ports.models.path("techniques") / "techniques.npz", allow_pickle=False)
    return [str(name) for name in held["labels"]]


def technique_rows(ports: Ports, now: datetime) -> Brought:
    """Articles that an analyst gave a `technique`, embedded; each article is a record."""
    places = {name: place for place, name in enumerate(technique_classes(ports))}
    told = [row for row in ports.records.scan("articles", until=now) if row.get("technique") in places]
    texts = [f"{row['title']}. {row.get('text', '')}"[:2000] for row in told]
    x = ports.embedder.embed(texts).astype(np.float64) if texts else np.zeros((0, 384))
    y = np.array([places[row["technique"]] for row in told], dtype=np.int64)
    record = np.array([_number(str(row["id"])) for row in told], dtype=np.int64)
    return _parted(x, y, record, x, any(row.get("simulated") for row in told))


KINDS = {
    CHURN: Kind(CHURN, churn_inputs, lambda _: ("stays", "leaves"), churn_rows, churn_in_use,
                churn_fit, lambda: tuple(SCALES.values())),
    TECHNIQUES: Kind(
        TECHNIQUES, lambda _: [f"embedding-{n}" for n in range(384)], technique_classes, technique_rows,
        lambda _: None,
    ),
}  # fmt: skip


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:7], "big")


def _parted(x: Floats, y: Integers, record: Integers, raw: Floats, simulated: bool) -> Brought:
    held: Any = record % HELD_OUT == 0
    rows = Rows(x, y, record)
    return Brought(rows.part(~held), rows.part(held), raw[held], simulated)
