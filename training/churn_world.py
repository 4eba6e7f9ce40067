"""Snapshots of simulated MSPs: what the network's churn model learns from and is judged on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from mesh.agents.client_health.history import gathered
from mesh.agents.client_health.learning.snapshots import Snapshots, snapshots
from mesh.demo.world import Msp, world

Say = Callable[[str], None]


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
