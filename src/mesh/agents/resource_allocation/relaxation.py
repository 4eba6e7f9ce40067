"""The time-indexed relaxation: what each shift would do at best if every job could be had at a price.

Where "each job once" is priced with a multiplier per job, what is left falls apart into shifts, and each is
filled by dynamic programming over time. A job may come back later in such a pseudo-schedule, but not twice
running (van den Akker, Hurkens, Savelsbergh, INFORMS J. Computing 12(2), 2000; two-cycle elimination:
Christofides, Mingozzi, Toth, Networks 11, 1981). Every set of multipliers gives a true bound.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mesh.agents.resource_allocation.tables import IMPOSSIBLE, Tables

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@dataclass(slots=True)
class Relaxed:
    """The bound at some multipliers, and for each shift its pseudo-schedule: jobs in order, and its worth."""

    value: float
    orders: list[list[int]]
    worth: "Floats"

    def usage(self, jobs: int) -> "Floats":
        """How often each job is done."""
        import numpy as np

        every = [job for order in self.orders for job in order]
        return np.bincount(np.array(every, dtype=np.int64), minlength=jobs).astype(float)


def relax(tables: Tables, multipliers: "Floats") -> Relaxed:
    """The best pseudo-schedule of each shift at these multipliers."""
    import numpy as np

    slots, shifts, options = tables.gain.shape
    priced = np.append(multipliers, 0.0)[tables.job]
    ahead = int(tables.slots.max(initial=1)) + 1
    # Best from a slot on, and best of those that begin with another job than the best does.
    best, other = np.zeros((slots + ahead, shifts)), np.zeros((slots + ahead, shifts))
    first = np.full((slots + ahead, shifts), -1)
    pick, second = np.full((slots, shifts), -1), np.full((slots, shifts), -1)
    rows = np.arange(shifts) * options
    then = tables.slots * shifts + np.arange(shifts)[:, None] + slots * shifts
    for slot in range(slots - 1, -1, -1):
        then -= shifts
        offers = best.take(then)
        again = (first.take(then) == tables.job).ravel().nonzero()[0]
        flat = offers.reshape(-1)
        flat[again] = other.take(then.reshape(-1)[again])
        offers += tables.gain[slot]
        offers -= priced
        choice = offers.argmax(axis=1)
        at = rows + choice
        top = flat.take(at)
        flat[at] = IMPOSSIBLE
        runner = offers.argmax(axis=1)
        ranked = (choice, top), (runner, flat.take(rows + runner))
        _keep(slot, tables.job.take(at), *ranked, (best, other, first, pick, second))
    orders = _orders(tables, first, pick, second)
    return Relaxed(float(best[0].sum() + multipliers.sum() + tables.constant), orders, best[0])


def _keep(
    slot: int,
    here: "Ints",
    top: tuple["Ints", "Floats"],
    runner: tuple["Ints", "Floats"],
    into: tuple["Floats", "Floats", "Ints", "Ints", "Ints"],
) -> None:
    """The two best ways on from a slot: to start a job here, or to wait and do as from the next slot.

    `here` are the jobs of the best start, by shift. The second way must begin with another job than the best.
    """
    import numpy as np

    best, other, first, pick, second = into
    waits, waits_first = best[slot + 1], first[slot + 1]
    starts, same = top[1] > waits, here == waits_first
    np.maximum(top[1], waits, out=best[slot])
    first[slot] = np.where(starts, here, waits_first)
    pick[slot] = np.where(starts, top[0], -1)
    next_start = starts | same
    rival = np.where(next_start, runner[1], top[1])
    waits_best = starts > same
    waiting = np.where(waits_best, waits, other[slot + 1])
    np.maximum(rival, waiting, out=other[slot])
    rival_pick = np.where(next_start, runner[0], top[0])
    second[slot] = np.where(rival > waiting, rival_pick, waits_best - 2)


def _orders(tables: Tables, first: "Ints", pick: "Ints", second: "Ints") -> list[list[int]]:
    """The jobs of each shift's pseudo-schedule, in order."""
    slots, shifts, _ = tables.gain.shape
    picks, seconds, firsts = pick.tolist(), second.tolist(), first.tolist()
    found = []
    for shift in range(shifts):
        order: list[int] = []
        slot, use_second = 0, False
        while slot < slots:
            option = seconds[slot][shift] if use_second else picks[slot][shift]
            if option < 0:
                use_second = use_second and option == -2
                slot += 1
                continue
            job = int(tables.job[shift, option])
            order.append(job)
            slot += int(tables.slots[shift, option])
            use_second = slot < slots and firsts[slot][shift] == job
        found.append(order)
    return found
