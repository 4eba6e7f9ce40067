"""What to sell to whom, on held-out purchases of the simulated world: simulated data throughout."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.figure import Figure
from mesh.agents.revenue_optimization.affinity import affinity
from mesh.agents.revenue_optimization.history import read
from mesh.agents.revenue_optimization.holdings import Holdings, holdings
from mesh.agents.revenue_optimization.model import Question
from mesh.agents.revenue_optimization.opportunity import expected_amounts, offers, probabilities
from mesh.kit.fakes import fake_ports

Say = Callable[[str], None]
Floats = NDArray[np.float64]
Rows = Sequence[Mapping[str, Any]]

MSPS, SEED = 40, 20_251_122
UNTIL = datetime(2026, 3, 2, tzinfo=UTC)
CUT, END = "2025-09-01", "2026-03-01"  # known before the first, held out up to the second
NAMED = 10
BINS = 10


@dataclass
class Seen:
    """Over all MSPs: chances and purchases of every open pair, and what the ten named first brought."""

    chance: list[float] = field(default_factory=list)
    bought: list[bool] = field(default_factory=list)
    hits: dict[str, list[float]] = field(default_factory=dict)
    monthly: dict[str, list[float]] = field(default_factory=dict)
    amounts: list[float] = field(default_factory=list)
    msps: int = 0


def purchase_figures(say: Say) -> list[Figure]:
    """Hit rates beside popularity, calibration, and the error of the amounts, all on simulated purchases."""
    from mesh.demo.world import world

    seen = Seen()
    for number, msp in enumerate(world(MSPS, 24, SEED, until=UNTIL), start=1):
        if number % 10 == 0:
            say(f"purchases: simulated MSP {number} of {MSPS}")
        _add(seen, msp.rows["clients"], msp.rows["revenue"])
    return _figures(seen)


def _add(seen: Seen, clients: Rows, revenue: Rows) -> None:
    known = [row for row in revenue if row["at"] < CUT]
    then = [{k: v for k, v in row.items() if k != "left_at" or v < CUT} for row in clients]
    ports = fake_ports(rows={"revenue": known}, now=datetime.fromisoformat(f"{CUT}T00:00:00+00:00"))
    book = holdings(read(Question(period_days=90), ports), then)
    if not offers(book, NAMED).found:
        return
    now = affinity(book, book.months - 1)
    open_to = ~now.held & ~book.left[now.clients][:, None]
    came = _came(book, now.clients.tolist(), revenue)
    chances, amounts = probabilities(book, now), expected_amounts(book, now)
    popular = np.broadcast_to(now.held.mean(axis=0), chances.shape)
    seen.msps += 1
    seen.chance += chances[open_to].tolist()
    seen.bought += (came[open_to] > 0).tolist()
    seen.amounts += (amounts[open_to & (came > 0)] / came[open_to & (came > 0)]).tolist()
    orders = {
        "probability": chances,
        "value": chances * amounts,
        "popularity": popular,
        "popular value": popular * amounts,
    }
    for name, order in orders.items():
        first = np.argsort(-np.where(open_to, order, -1.0), axis=None, kind="stable")[:NAMED]
        seen.hits.setdefault(name, []).append(float((came.flat[first] > 0).mean()))
        seen.monthly.setdefault(name, []).append(float(came.flat[first].sum()))


def _came(book: Holdings, clients: Sequence[int], revenue: Rows) -> Floats:
    """The first amount of each service a client was invoiced for after the cut, 0 for none."""
    first: dict[tuple[str, str], float] = {}
    for row in revenue:
        if CUT <= row["at"] < END:
            first.setdefault((row["client_id"], row["service"]), row["amount"])
    return np.array([[first.get((book.clients[c], s), 0.0) for s in book.services] for c in clients])


def _figures(seen: Seen) -> list[Figure]:
    chance, bought = np.array(seen.chance), np.array(seen.bought, dtype=np.float64)
    by_chance = float(bought.mean())
    mean = {name: float(np.mean(rates)) for name, rates in seen.hits.items()}
    worth = {name: float(np.mean(amounts)) for name, amounts in seen.monthly.items()}
    told = f"{seen.msps} simulated MSPs, six months held out"
    return [
        Figure(
            f"simulated purchases among the {NAMED} likeliest",
            mean["probability"],
            rows=len(chance),
            anchors=f"most popular services {mean['popularity']:.3f}, by chance {by_chance:.3f}",
            note=told,
        ),
        Figure(
            f"simulated monthly revenue bought of the {NAMED} worth most, USD",
            worth["value"],
            rows=len(chance),
            anchors=f"popularity times amount {worth['popular value']:.0f}",
            note=f"{told}; mean per MSP",
        ),
        Figure(
            "simulated purchases: expected calibration error",
            calibration_error(chance, bought),
            0.02,
            False,
            rows=len(chance),
            note=f"mean probability {chance.mean():.4f}, bought {by_chance:.4f}; {BINS} bins of equal count",
        ),
        Figure(
            "simulated purchases: area under the ROC curve", _auc(chance, bought), rows=len(chance), note=told
        ),
        Figure(
            "simulated purchases: median error of the amount",
            float(np.median(np.abs(np.array(seen.amounts) - 1))),
            higher_is_better=False,
            rows=len(seen.amounts),
            note="share of what was then invoiced",
        ),
    ]


def calibration_error(chance: Floats, happened: Floats) -> float:
    """Mean distance of probability and frequency over bins of equal count."""
    parts = np.array_split(np.argsort(chance, kind="stable"), BINS)
    return float(
        sum(abs(chance[p].mean() - happened[p].mean()) * p.size for p in parts if p.size) / chance.size
    )


def _auc(chance: Floats, happened: Floats) -> float:
    """The share of pairs of a purchase and none in which the purchase was given more."""
    yes, no = chance[happened > 0], np.sort(chance[happened == 0])
    below = (np.searchsorted(no, yes, "left") + np.searchsorted(no, yes, "right")) / 2
    return float(below.mean() / no.size)
