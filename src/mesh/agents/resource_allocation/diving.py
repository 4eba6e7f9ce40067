"""A plan out of the programme's mixture: settle the schedules it is surest of, solve it anew, and so on down.

Diving of column generation (Sadykov et al., INFORMS J. Computing 31(2), 2019), with new columns on the way.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from mesh.agents.resource_allocation.multipliers import Search
from mesh.agents.resource_allocation.packing import timed
from mesh.agents.resource_allocation.relaxation import relax
from mesh.agents.resource_allocation.tables import IMPOSSIBLE
from mesh.agents.resource_allocation.work import Visit, Work

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DIVE_ROUNDS = 2
DIVE_FEWEST = 6
SURE = 0.7


def dive(search: Search, work: Work, out_of_time: Callable[[], bool]) -> dict[int, Visit]:
    """A plan by settling, again and again, the shifts the programme is surest of, and solving anew."""
    import numpy as np

    plan: dict[int, Visit] = {}
    tables, programme = search.tables, search.programme
    open_shifts = set(range(len(work.shifts)))
    while programme is not None and open_shifts and not out_of_time() and programme.solve():
        settled, taken = _surest(search, work, open_shifts)
        if not settled:
            break
        for schedule in settled.values():
            plan |= schedule
        open_shifts -= set(settled)
        programme.settle(set(settled), taken)
        tables.gain[:, sorted(settled), :] = IMPOSSIBLE
        tables.gain[:, np.isin(tables.job, sorted(taken))] = IMPOSSIBLE
        for _ in range(DIVE_ROUNDS):
            solved = programme.solve()
            if solved is None:
                break
            _price_columns(search, solved[1], open_shifts)
    return plan


def _price_columns(search: Search, multipliers: "Floats", shifts: set[int]) -> None:
    """Schedules that the programme at hand would gain by. They say nothing of the whole any more."""
    found = relax(search.tables, multipliers)
    for shift in sorted(shifts):
        column = tuple(found.orders[shift])
        if column:
            search.programme.add(shift, column, float(found.worth[shift] + multipliers[list(column)].sum()))


def _surest(search: Search, work: Work, shifts: set[int]) -> tuple[dict[int, dict[int, Visit]], set[int]]:
    """Schedules to settle: all of a great share and, if there is none, the greatest."""
    settled: dict[int, dict[int, Visit]] = {}
    taken: set[int] = set()
    for share, shift, column in search.programme.mixture():
        if shift not in shifts or shift in settled or not taken.isdisjoint(column):
            continue
        if len(settled) >= DIVE_FEWEST and share < SURE:
            break
        settled[shift] = timed(work, shift, dict.fromkeys(column))
        taken.update(settled[shift])
    return settled, taken
