"""The linear programme over schedules found so far: its best mixture, and the price of a job at it (GLOP)."""

from typing import TYPE_CHECKING, Any

from mesh.agents.resource_allocation.tables import Tables
from mesh.agents.resource_allocation.watch import Watch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LEAST_SHARE = 0.01
SCALE = 1e5  # thousandths of a point to one unit of the programme, whose tolerances suit small numbers
Column = tuple[int, ...]


class Programme:
    """The best mixture of schedules, each job and each shift once (Dantzig, Wolfe 1960)."""

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
