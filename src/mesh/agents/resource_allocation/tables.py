"""What the relaxation fills shifts from: the gain of each job in each shift, by slot of time.

What these leave out only raises the bound: dependencies, idle overtime, and travel beyond the shortest way to
each place. Fairness is convex, so its tangent at the load of a plan at hand lies below it.
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
        worth -= work.travel_cost * way + slope * (one.minutes + way)
        if high + one.minutes > place.end:
            over = np.maximum(starts + one.minutes - np.maximum(starts, place.end), 0)
            worth -= place.overtime * over
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
