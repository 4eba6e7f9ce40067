"""Pure assignment: each task to one technician, by hours alone, at the greatest worth (CP-SAT).

The generalised assignment problem (Martello, Toth, Knapsack Problems, 1990, chapter 7): what planning is once
times, travel and order are left aside, and the form public instances of it come in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mesh.agents.resource_allocation.exact import SEED


@dataclass(frozen=True, slots=True)
class Assigned:
    """`technician[task]`, what that is worth, and a bound on it. None where no assignment fits."""

    technician: list[int] | None
    worth: int
    bound: int
    optimal: bool


def assign(
    worth: Sequence[Sequence[int]],
    hours: Sequence[Sequence[int]],
    capacity: Sequence[int],
    *,
    effort: float = 30.0,
) -> Assigned:
    """Every task to exactly one technician; `worth` and `hours` are by technician, then task.

    >>> assign([[6, 5, 1], [4, 6, 2]], [[2, 2, 2], [2, 2, 2]], [4, 2])
    Assigned(technician=[0, 1, 0], worth=13, bound=13, optimal=True)
    """
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    tasks = range(len(worth[0]) if worth else 0)
    takes = [[model.new_bool_var("") for _ in tasks] for _ in worth]
    for task in tasks:
        model.add_exactly_one(row[task] for row in takes)
    for row, size, most in zip(takes, hours, capacity, strict=True):
        model.add(cp_model.LinearExpr.weighted_sum(row, list(size)) <= most)
    flat = [take for row in takes for take in row]
    model.maximize(cp_model.LinearExpr.weighted_sum(flat, [value for row in worth for value in row]))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = SEED
    solver.parameters.linearization_level = 2
    solver.parameters.max_deterministic_time = effort
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Assigned(None, 0, 0, False)
    who = [next(i for i, row in enumerate(takes) if solver.boolean_value(row[task])) for task in tasks]
    bound = int(solver.best_objective_bound + 0.5)
    return Assigned(who, round(solver.objective_value), bound, status == cp_model.OPTIMAL)
