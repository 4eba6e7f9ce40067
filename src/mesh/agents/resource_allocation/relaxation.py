"""The time-indexed relaxation: what each shift would do at best if every job could be had at a price.

Where "each job once" is priced with a multiplier per job, what is left falls apart into shifts, and each is
filled by dynamic programming over time. A job may come back later in such a pseudo-schedule, but not twice
running (van den Akker, Hurkens, Savelsbergh, INFORMS J. Computing 12(2), 2000; two-cycle elimination:
Christofides, Mingozzi, Toth, Networks 11, 1981). Every set of multipliers gives a true bound.

What is left out of it only raises the bound: dependencies, idle overtime, and travel beyond the shortest way
to each place. Fairness is convex, so its tangent at the load of a plan at hand lies below it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import gcd
from typing import TYPE_CHECKING

from mesh.agents.resource_allocation.work import SAME_TIME, Plan, Work, price

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

MOST_CELLS = 5_000_000  # of the table of gains, 40 MB
MOST_SLOTS = 64
IMPOSSIBLE = -1e15


@dataclass(slots=True)
class Tables:
    """Per shift and option: which job, how many slots it takes, and its gain by slot of start."""

    job: "Ints"  # (shifts, options); `jobs` where there is none
    slots: "Ints"  # (shifts, options)
    gain: "Floats"  # (slots, shifts, options)
    constant: float
    jobs: int
    proves: bool  # whether values of the relaxation are bounds: not on a coarse grid that rounds


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

    slots, shifts, _ = tables.gain.shape
    priced = np.append(multipliers, 0.0)[tables.job]
    ahead = int(tables.slots.max(initial=1)) + 1
    # Best from a slot on, and best of those that begin with another job than the best does.
    best, other = np.zeros((slots + ahead, shifts)), np.zeros((slots + ahead, shifts))
    first = np.full((slots + ahead, shifts), -1)
    pick, second = np.full((slots, shifts), -1), np.full((slots, shifts), -1)
    flat = np.arange(shifts)
    then = tables.slots * shifts + flat[:, None]
    for slot in range(slots - 1, -1, -1):
        offers = best.take(then + slot * shifts)
        again = np.nonzero(first.take(then + slot * shifts) == tables.job)
        offers[again] = other.take((then + slot * shifts)[again])
        offers += tables.gain[slot]
        offers -= priced
        choice = offers.argmax(axis=1)
        top = offers[flat, choice]
        offers[flat, choice] = IMPOSSIBLE
        runner = offers.argmax(axis=1)
        ranked = (choice, top), (runner, offers[flat, runner])
        _keep(slot, flat, tables, *ranked, (best, other, first, pick, second))
    orders = _orders(tables, first, pick, second)
    return Relaxed(float(best[0].sum() + multipliers.sum() + tables.constant), orders, best[0])


def _keep(
    slot: int,
    flat: "Ints",
    tables: Tables,
    top: tuple["Ints", "Floats"],
    runner: tuple["Ints", "Floats"],
    into: tuple["Floats", "Floats", "Ints", "Ints", "Ints"],
) -> None:
    """The two best ways on from a slot: to start a job here, or to wait and do as from the next slot."""
    import numpy as np

    best, other, first, pick, second = into
    waits, waits_other, waits_first = best[slot + 1], other[slot + 1], first[slot + 1]
    here = tables.job[flat, top[0]]
    starts = top[1] > waits
    best[slot] = np.where(starts, top[1], waits)
    first[slot] = np.where(starts, here, waits_first)
    pick[slot] = np.where(starts, top[0], -1)
    # The second way must begin with another job than the best.
    rival = np.where(starts, runner[1], np.where(here == waits_first, runner[1], top[1]))
    rival_pick = np.where(starts, runner[0], np.where(here == waits_first, runner[0], top[0]))
    waiting = np.where(starts & (waits_first != here), waits, waits_other)
    rivals = rival > waiting
    other[slot] = np.where(rivals, rival, waiting)
    second[slot] = np.where(rivals, rival_pick, np.where(starts & (waits_first != here), -1, -2))


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


def tabled(work: Work, plan: Plan, *, proving: bool = False) -> Tables:
    """Gains on a grid of slots that divides all times or, where that takes too many slots, on a coarse one.

    Times are rounded to the coarse grid. For `proving` the grid is as fine as memory allows, and where that
    is not the minute a job takes its whole slots only and gains the best of the minutes in a slot: both
    raise the bound, never lower it.
    """
    import numpy as np

    options: list[list[int]] = [[] for _ in work.shifts]
    for number, job in enumerate(work.jobs):
        for shift in job.options:
            options[shift].append(number)
    widest = max((len(row) for row in options), default=0) or 1
    length = max((s.limit - s.start for s in work.shifts), default=1)
    grain, proves = _grain(work, length, len(work.shifts) * widest, proving)
    slots = -(-length // grain)
    shape = (len(work.shifts), widest)
    table = Tables(
        job=np.full(shape, len(work.jobs)),
        slots=np.ones(shape, dtype=np.int64),
        gain=np.full((slots, *shape), IMPOSSIBLE),
        constant=0.0,
        jobs=len(work.jobs),
        proves=proves,
    )
    price_of, table.constant = _tangents(work, plan)
    inward = _shortest_ways(work)
    for shift, row in enumerate(options):
        for column, number in enumerate(row):
            way = inward(number, shift)
            table.job[shift, column] = number
            minutes = work.jobs[number].minutes + way + (0 if proves else grain // 2)
            table.slots[shift, column] = max(1, minutes // grain)
            gains = _by_minute(work, number, shift, way, price_of[work.shifts[shift].technician])
            padded = np.full(slots * grain, IMPOSSIBLE)
            padded[: gains.size] = gains[: slots * grain]
            table.gain[:, shift, column] = padded.reshape(slots, grain).max(axis=1)
    return table


def _grain(work: Work, length: int, cells: int, proving: bool) -> tuple[int, bool]:
    """Minutes of a slot, and whether the relaxation proves a bound on that grid."""
    shortest = min((job.minutes for job in work.jobs if job.options), default=1)
    common = _common(work)
    if length <= common * MOST_SLOTS:
        return min(common, shortest), True
    if proving:
        return max(1, min(max(common, -(-length * cells // MOST_CELLS)), shortest)), True
    return max(1, -(-length // MOST_SLOTS)), False


def _common(work: Work) -> int:
    """The longest slot that divides all times; a minute where travel comes between."""
    if any(job.site is not None for job in work.jobs):
        return 1
    common = 0
    for job in work.jobs:
        common = gcd(common, job.minutes)
        for shift in job.options:
            common = gcd(common, max(0, job.ready - work.shifts[shift].start))
    for one in work.shifts:
        for minute in (one.limit, one.end, *(m for span in one.free for m in span)):
            common = gcd(common, minute - one.start)
    return max(1, common)


def _by_minute(work: Work, job: int, shift: int, way: int, slope: float) -> "Floats":
    """Gain by the minute its way to the place begins, counted from the start of the shift."""
    import numpy as np

    one, place = work.jobs[job], work.shifts[shift]
    gains = np.full(place.limit - place.start, IMPOSSIBLE)
    for low, high in work.starts(job, shift):
        begin = max(begin for begin, _ in place.free if begin <= low)
        first = max(low, begin + way)
        if first > high:
            continue
        starts = np.arange(first, high + 1)
        worth = one.options[shift] - one.delay * (starts - one.ready).astype(float)
        if one.due is not None:
            worth -= one.breach * (starts + one.minutes > one.due)
        if one.kept:
            stays = (shift == one.kept[0]) & (np.abs(starts - one.kept[1]) <= SAME_TIME)
            worth -= one.move * ~stays
        over = np.clip(starts + one.minutes - np.maximum(starts, place.end), 0, None)
        worth -= place.overtime * over + work.travel_cost * way + slope * (one.minutes + way)
        at = starts - way - place.start
        gains[at] = np.maximum(gains[at], worth)
    return gains


def _tangents(work: Work, plan: Plan) -> tuple[list[float], float]:
    """Per technician the price of a minute at the plan's load; and what the tangents are at no load."""
    technicians = max((s.technician for s in work.shifts), default=-1) + 1
    if not work.fairness:
        return [0.0] * technicians, 0.0
    load = price(work, plan).load
    slopes, constant = [], 0.0
    for technician in range(technicians):
        steps = [level for level in work.levels[technician] if level < load.get(technician, 0)]
        slopes.append(float(work.fairness * len(steps)))
        constant += work.fairness * sum(steps)
    return slopes, constant


def _shortest_ways(work: Work) -> Callable[[int, int], int]:
    """How many minutes at least it takes to get to a job's place within a shift."""
    sites: list[dict[int, int]] = [{} for _ in work.shifts]
    for job in work.jobs:
        for shift in job.options:
            if job.site is not None:
                sites[shift][job.site] = sites[shift].get(job.site, 0) + 1

    def inward(job: int, shift: int) -> int:
        site, base = work.jobs[job].site, work.shifts[shift].base
        if site is None or base is None or sites[shift][site] > 1:
            return 0
        ways = [work.travel[other][site] for other in sites[shift] if other != site]
        return min([work.leg(base, site), *ways])

    return inward
