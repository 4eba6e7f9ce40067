"""Snapshots of simulated MSPs: what the network's churn model learns from and is judged on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isclose

import numpy as np
from numpy.typing import NDArray

from mesh.agents.client_health.features import NAMES
from mesh.agents.client_health.history import gathered
from mesh.agents.client_health.learning.snapshots import Snapshots, snapshots
from mesh.demo.world import Msp, world

Say = Callable[[str], None]
CLOSE = 1e-6  # machines differ in the last digits of an exponential


@dataclass(frozen=True)
class Simulated:
    """The snapshots of all MSPs, laid end to end; `msp` (n,) numbers whose they are."""

    taken: Snapshots
    msp: NDArray[np.int64]

    def part(self, chosen: NDArray[np.bool_]) -> "Simulated":
        return Simulated(self.taken.part(chosen), self.msp[chosen])


def simulated(msps: int, months: int, seed: int, until: datetime, say: Say) -> Simulated:
    """Snapshots of a simulated world; clients are numbered through all MSPs."""
    parts: list[Snapshots] = []
    clients = 0
    for number, msp in enumerate(world(msps, months, seed, until=until), start=1):
        found = of_msp(msp, until)
        parts.append(Snapshots(found.x, found.left, found.client + clients, found.at))
        clients += len(msp.rows["clients"])
        if number % 10 == 0:
            say(f"{number} of {msps} simulated MSPs")
    taken = Snapshots(
        *(np.concatenate([getattr(p, name) for p in parts]) for name in ("x", "left", "client", "at"))
    )
    return Simulated(taken, np.repeat(np.arange(len(parts)), [len(part.left) for part in parts]))


def of_msp(msp: Msp, until: datetime) -> Snapshots:
    """The snapshots of one simulated MSP."""
    first = min(datetime.fromisoformat(row["at"]) for row in msp.rows["tickets"]).timestamp() / 86_400
    rows = msp.rows
    return snapshots(gathered(rows["clients"], rows["tickets"], rows["revenue"], first), until)


def summary(of: Simulated) -> dict[str, float]:
    """What a world is like in a few numbers: its snapshots and departures, and of each input the mean and how
    often it is known. A change of the simulator that reaches what the model learns from shows here.
    """
    x = of.taken.x
    told = {"snapshots": float(len(x)), "departures": float(of.taken.departures())}
    for name, column in zip(NAMES, x.T, strict=True):
        known = column[~np.isnan(column)]
        told[name] = float(known.mean()) if known.size else 0.0
        told[f"{name}, known"] = known.size / max(1, len(column))
    return told


def changed(before: Mapping[str, float], now: Mapping[str, float]) -> list[str]:
    """What is not as it was, with both numbers."""
    return [
        f"{name}: {before.get(name)} before, {now.get(name)} now"
        for name in sorted({*before, *now})
        if name not in before
        or name not in now
        or not isclose(before[name], now[name], rel_tol=CLOSE, abs_tol=CLOSE)
    ]
