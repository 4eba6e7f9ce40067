"""A bound no plan can pass, and the schedules it was found with: column generation over the relaxation.

A subgradient search (Held, Wolfe, Crowder, Math. Programming 6, 1974) makes a start; then a linear programme
over all pseudo-schedules found so far gives new multipliers (Dantzig, Wolfe 1960), smoothed towards the best
so far (Wentges, Int. Trans. Oper. Res. 4(2), 1997). The lowest value at any multipliers is the bound.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mesh.agents.resource_allocation.packing import completed, timed
from mesh.agents.resource_allocation.relaxation import IMPOSSIBLE, Relaxed, Tables, relax, tabled
from mesh.agents.resource_allocation.watch import Watch
from mesh.agents.resource_allocation.work import Plan, Visit, Work, price

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FIRST_ROUNDS = 160
ROUNDS = 60
MASTER_ROUNDS = 25
LAST_ROUNDS = 12
NEVER = 10**9
# Of the time there is, by when each step is over on a machine that is too slow.
SEARCH_SHARE, DIVE_SHARE, PROOF_SHARE = 0.55, 0.8, 0.95
DIVE_ROUNDS = 2
DIVE_FEWEST = 6
SURE = 0.7
LEAST_SHARE = 0.01
SCALE = 1e5  # thousandths of a point to one unit of the programme, whose tolerances suit small numbers
SMOOTHING = 0.5
CONVERGED = 2e-4
Column = tuple[int, ...]


@dataclass(slots=True)
class Bound:
    """`points` are thousandths. `columns` are the orders of jobs found, by shift, the latest last."""

    points: int
    columns: list[dict[Column, None]] = field(default_factory=list)
    plan: dict[int, Visit] = field(default_factory=dict)


def bound(work: Work, plan: Plan, watch: Watch) -> Bound:
    """The lowest bound found, starting from the points of a plan, and the plan its columns make.

    `plan` of what comes back may be worth less than what was given. Where the times need a fine grid,
    multipliers and columns come from a coarse one whose bound would not hold, and the bound from the fine
    one at those multipliers.
    """
    import numpy as np

    search = searched(work, plan, watch, FIRST_ROUNDS, ROUNDS)
    made = completed(work, search.dive(work, lambda: watch.over(DIVE_SHARE)))
    better = max(plan, made, key=lambda one: price(work, one).points)
    # Tangents at the better plan's loads, and on the fine grid: this bound holds.
    last = _Search(tabled(work, better, proving=True), [], NEVER)
    last.descend(search.best, price(work, better).points, LAST_ROUNDS, lambda: watch.over(PROOF_SHARE), 0.3)
    value = min(last.value, search.value if search.tables.proves else last.value)
    return Bound(int(np.floor(value + 0.5)), search.columns, dict(made))


def columns(work: Work, plan: Plan, watch: Watch, first_rounds: int, rounds: int) -> Bound:
    """Columns and the plan they make, without a proof: `points` is no bound but what the plan is worth."""
    search = searched(work, plan, watch, first_rounds, rounds)
    made = completed(work, search.dive(work, lambda: watch.over(DIVE_SHARE)))
    return Bound(price(work, made).points, search.columns, dict(made))


def searched(work: Work, plan: Plan, watch: Watch, first_rounds: int, rounds: int) -> "_Search":
    """The search for multipliers, by both ways, from the points of a plan."""
    import numpy as np

    tables = tabled(work, plan)
    multipliers = np.zeros(tables.jobs)
    for job, visit in plan.items():
        multipliers[job] = max(0, work.jobs[job].gain(visit.shift, visit.start))
    search = _Search(tables, [{} for _ in work.shifts], first_rounds - MASTER_ROUNDS)
    search.descend(multipliers, price(work, plan).points, first_rounds, lambda: watch.over(SEARCH_SHARE))
    search.generate(rounds, watch)
    return search


@dataclass(slots=True)
class _Search:
    tables: Tables
    columns: list[dict[Column, None]]
    blind: int  # rounds whose schedules are not kept
    value: float = float("inf")
    best: Any = None
    rounds: int = 0
    master: Any = None
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
                if self.master:
                    self.master.add(shift, column, worth)
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
        self.master = _Master(self.tables, watch)
        for (shift, column), worth in self.worths.items():
            self.master.add(shift, column, worth)
        for _ in range(rounds):
            solved = self.master.solve()
            if solved is None or watch.over(SEARCH_SHARE):
                return
            value, multipliers = solved
            if self.value - (value + self.tables.constant) <= CONVERGED * abs(self.value):
                return
            before = self.value
            self.look(SMOOTHING * self.best + (1 - SMOOTHING) * multipliers)
            if self.value >= before:
                self.look(multipliers)

    def dive(self, work: Work, out_of_time: Callable[[], bool]) -> dict[int, Visit]:
        """A plan by settling, again and again, the shifts the programme is surest of, and solving anew."""
        import numpy as np

        plan: dict[int, Visit] = {}
        tables, master = self.tables, self.master
        open_shifts = set(range(len(work.shifts)))
        while master is not None and open_shifts and not out_of_time() and master.solve():
            settled, taken = self._surest(work, open_shifts)
            if not settled:
                break
            for schedule in settled.values():
                plan |= schedule
            open_shifts -= set(settled)
            master.settle(set(settled), taken)
            tables.gain[:, sorted(settled), :] = IMPOSSIBLE
            tables.gain[:, np.isin(tables.job, sorted(taken))] = IMPOSSIBLE
            for _ in range(DIVE_ROUNDS):
                solved = master.solve()
                if solved is None:
                    break
                self.price_columns(solved[1], open_shifts)
        return plan

    def price_columns(self, multipliers: "Floats", shifts: set[int]) -> None:
        """Schedules that the programme at hand would gain by. They say nothing of the whole any more."""
        found = relax(self.tables, multipliers)
        for shift in sorted(shifts):
            column = tuple(found.orders[shift])
            if column:
                self.master.add(shift, column, float(found.worth[shift] + multipliers[list(column)].sum()))

    def _surest(self, work: Work, shifts: set[int]) -> tuple[dict[int, dict[int, Visit]], set[int]]:
        """Schedules to settle: all of a great share and, if there is none, the greatest."""
        settled: dict[int, dict[int, Visit]] = {}
        taken: set[int] = set()
        for share, shift, column in self.master.mixture():
            if shift not in shifts or shift in settled or not taken.isdisjoint(column):
                continue
            if len(settled) >= DIVE_FEWEST and share < SURE:
                break
            settled[shift] = timed(work, shift, dict.fromkeys(column))
            taken.update(settled[shift])
        return settled, taken


class _Master:
    """The linear programme: the best mixture of schedules, each job and each shift once (GLOP)."""

    def __init__(self, tables: Tables, watch: Watch) -> None:
        self.rows = tables.jobs, tables.gain.shape[1]
        self.watch = watch
        self.shares: list[tuple[int, Column, float, Any]] = []
        self._begin()

    def _begin(self) -> None:
        """An empty programme."""
        from ortools.linear_solver import pywraplp  # type: ignore[import-untyped]

        self.solver = pywraplp.Solver.CreateSolver("GLOP")
        infinity = self.solver.infinity()
        jobs, shifts = self.rows
        self.jobs = [self.solver.Constraint(-infinity, 1.0) for _ in range(jobs)]
        self.shifts = [self.solver.Constraint(-infinity, 1.0) for _ in range(shifts)]
        self.objective = self.solver.Objective()
        self.objective.SetMaximization()

    def add(self, shift: int, column: Column, worth: float) -> None:
        share = self.solver.NumVar(0.0, self.solver.infinity(), "")
        self.shares.append((shift, column, worth, share))
        self.objective.SetCoefficient(share, worth / SCALE)
        self.shifts[shift].SetCoefficient(share, 1.0)
        for job in set(column):
            self.jobs[job].SetCoefficient(share, float(column.count(job)))

    def mixture(self) -> list[tuple[float, int, Column]]:
        """What the programme's solution is made of: share, shift and schedule, the greatest shares first."""
        found = [(share.solution_value(), shift, column) for shift, column, _, share in self.shares if column]
        return sorted((one for one in found if one[0] > LEAST_SHARE), key=lambda one: (-one[0], one[1:]))

    def settle(self, shifts: set[int], jobs: set[int]) -> None:
        """Take out all schedules of these shifts or with any of these jobs."""
        kept = []
        for entry in self.shares:
            if entry[0] in shifts or not jobs.isdisjoint(entry[1]):
                entry[3].SetUb(0.0)
            else:
                kept.append(entry)
        self.shares = kept

    def solve(self) -> "tuple[float, Floats] | None":
        """Its value and the price of each job; None where the solver gave none."""
        import numpy as np

        if self._run() != self.solver.OPTIMAL:
            # Columns that came one by one can leave GLOP with a basis it makes nothing of; afresh it does.
            shares, self.shares = self.shares, []
            self._begin()
            for shift, column, worth, _ in shares:
                self.add(shift, column, worth)
            if self._run() != self.solver.OPTIMAL:
                return None
        prices = np.array([row.dual_value() for row in self.jobs])
        return SCALE * self.objective.Value(), SCALE * np.maximum(0.0, prices)

    def _run(self) -> int:
        self.solver.SetTimeLimit(max(1, int(1000 * self.watch.left())))
        return int(self.solver.Solve())
