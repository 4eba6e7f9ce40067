"""The search for the price of each job at which the relaxation is lowest, and the schedules met on the way.

A subgradient search (Held, Wolfe, Crowder, Math. Programming 6, 1974) makes a start; then a linear programme
over all pseudo-schedules found so far gives new multipliers (Dantzig, Wolfe 1960), smoothed towards the best
so far (Wentges, Int. Trans. Oper. Res. 4(2), 1997).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mesh.agents.resource_allocation.programme import Column, Programme
from mesh.agents.resource_allocation.relaxation import Relaxed, relax
from mesh.agents.resource_allocation.tables import Tables, tabled
from mesh.agents.resource_allocation.watch import Watch
from mesh.agents.resource_allocation.work import Plan, Work, price

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MASTER_ROUNDS = 25
SEARCH_SHARE = 0.55  # of the time there is, by when the search is over on a machine that is too slow
SMOOTHING = 0.5
WARM_SCALE = 0.3  # of a first step from multipliers that are good already
CONVERGED = 2e-4


@dataclass(slots=True)
class Search:
    tables: Tables
    columns: list[dict[Column, None]]
    blind: int  # rounds whose schedules are not kept
    value: float = float("inf")
    best: Any = None
    rounds: int = 0
    programme: Any = None
    worths: dict[tuple[int, Column], float] = field(default_factory=dict)

    def look(self, multipliers: "Floats") -> Relaxed:
        """Relax at these multipliers; note the bound and the schedules."""
        found = relax(self.tables, multipliers)
        self.rounds += 1
        if found.value < self.value:
            self.value, self.best = found.value, multipliers
        # The schedules of the first multipliers, far from good ones, would only make the programme larger.
        for shift, order in enumerate(found.orders if self.rounds > self.blind else ()):
            column = tuple(order)
            worth = float(found.worth[shift] + multipliers[order].sum())
            if worth > self.worths.get((shift, column), float("-inf")) + 1e-6:
                self.worths[shift, column] = worth
                self.columns[shift].pop(column, None)
                self.columns[shift][column] = None
                if self.programme:
                    self.programme.add(shift, column, worth)
        return found

    def descend(
        self,
        multipliers: "Floats",
        target: float,
        rounds: int,
        out_of_time: Callable[[], bool],
        scale: float = 1.0,
    ) -> None:
        """Steps against the slope, shorter where they do not help; a plan is known to reach `target`."""
        import numpy as np

        direction = np.zeros_like(multipliers)
        stale, seen = 0, float("inf")
        for _ in range(rounds):
            found = self.look(multipliers)
            stale = 0 if self.value < seen else stale + 1
            seen = min(seen, self.value)
            if stale >= 5:
                scale, stale = scale * 0.7, 0
            slope = found.usage(self.tables.jobs) - 1.0
            slope[(multipliers <= 0) & (slope < 0)] = 0.0
            direction = slope + 0.6 * direction
            length = max(float(direction @ direction), float(slope @ slope))
            if length == 0 or self.value - target < 1 or out_of_time():
                break
            step = scale * (found.value - target) / length
            multipliers = np.maximum(0.0, multipliers + step * direction)

    def generate(self, rounds: int, watch: Watch) -> None:
        """New multipliers from the linear programme, until it and the bound agree."""
        if rounds <= 0 or self.best is None:
            return
        self.programme = Programme(self.tables, watch)
        for (shift, column), worth in self.worths.items():
            self.programme.add(shift, column, worth)
        for _ in range(rounds):
            solved = self.programme.solve()
            if solved is None or watch.over(SEARCH_SHARE):
                return
            value, multipliers = solved
            if self.value - (value + self.tables.constant) <= CONVERGED * abs(self.value):
                return
            before = self.value
            self.look(SMOOTHING * self.best + (1 - SMOOTHING) * multipliers)
            if self.value >= before:
                self.look(multipliers)


def searched(
    work: Work, plan: Plan, watch: Watch, first_rounds: int, rounds: int, prices: "Floats | None" = None
) -> Search:
    """The search for multipliers, by both ways, from given ones or from the points of a plan."""
    import numpy as np

    tables = tabled(work, plan)
    multipliers = np.zeros(tables.jobs) if prices is None else prices
    for job, visit in plan.items() if prices is None else ():
        multipliers[job] = max(0, work.jobs[job].gain(visit.shift, visit.start))
    search = Search(tables, [{} for _ in work.shifts], first_rounds - MASTER_ROUNDS)
    search.descend(
        multipliers,
        price(work, plan).points,
        first_rounds,
        lambda: watch.over(SEARCH_SHARE),
        1.0 if prices is None else WARM_SCALE,
    )
    search.generate(rounds, watch)
    return search
