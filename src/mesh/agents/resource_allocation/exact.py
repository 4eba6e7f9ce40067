"""The constraint model: some jobs over some shifts, all else held where it is (OR-Tools CP-SAT).

An optional interval for each job and shift that may take it, no overlap within a shift, and a circuit over
the jobs with a place, whose arcs set the travel just before each.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mesh.agents.resource_allocation.exact_price import priced
from mesh.agents.resource_allocation.work import Plan, Visit, Work

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

SEED = 1


@dataclass(frozen=True, slots=True)
class Solved:
    """The best plan found for the jobs in question. `bound` is thousandths of a point for them alone."""

    plan: dict[int, Visit] | None
    points: int
    bound: int
    optimal: bool
    work_done: float  # deterministic seconds, the same on every machine


@dataclass(slots=True)
class Model:
    """The variables of each job, and the terms of the objective: `constant` and weights of variables."""

    work: Work
    jobs: Sequence[int]
    shifts: frozenset[int]
    held: Plan
    cp: Any
    start: dict[int, Any] = field(default_factory=dict)
    done: dict[int, Any] = field(default_factory=dict)
    taken: dict[tuple[int, int], Any] = field(default_factory=dict)
    travel: dict[int, Any] = field(default_factory=dict)
    terms: list[tuple[Any, int]] = field(default_factory=list)
    constant: int = 0


def solve(
    work: Work,
    jobs: Sequence[int],
    shifts: Sequence[int],
    held: Plan,
    hint: Plan,
    *,
    effort: float,
    seconds: float,
    at_most: int | None = None,
) -> Solved:
    """Plan `jobs` into `shifts`; `held` are other jobs, which stay (none of them in `shifts`).

    `effort` is CP-SAT's deterministic time, which makes the same question have the same answer; `seconds`
    of the clock only end it where a machine is too slow for that. `at_most` is a known bound.
    """
    from ortools.sat.python import cp_model

    model = Model(work, jobs, frozenset(shifts), held, cp_model.CpModel())
    _declare(model, hint)
    _order(model)
    _sequence(model)
    _depend(model)
    priced(model)
    if at_most is not None:
        terms, weights = zip(*model.terms, strict=True) if model.terms else ((), ())
        model.cp.add(cp_model.LinearExpr.weighted_sum(terms, weights) <= at_most - model.constant)
    _hint(model, hint)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = SEED
    solver.parameters.max_deterministic_time = effort
    solver.parameters.max_time_in_seconds = max(seconds, 0.01)
    status = solver.solve(model.cp)
    spent = solver.response_proto.deterministic_time
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Solved(None, 0, 2**62, False, spent)
    points = round(solver.objective_value)
    return Solved(_plan(model, solver), points, int(solver.best_objective_bound + 0.5),
                  status == cp_model.OPTIMAL, spent)  # fmt: skip


def _declare(model: Model, hint: Plan) -> None:
    """Start, whether it is done, and in which shift. What is pinned and placed already is done for sure."""
    from ortools.sat.python import cp_model

    cp, work = model.cp, model.work
    for job in model.jobs:
        one = work.jobs[job]
        spans = {s: work.starts(job, s) for s in one.options if s in model.shifts}
        spans = {s: found for s, found in spans.items() if found}
        allowed = [list(span) for found in spans.values() for span in found]
        domain = cp_model.Domain.from_intervals([*allowed, [one.ready, one.ready]])
        model.start[job] = cp.new_int_var_from_domain(domain, f"start {job}")
        model.done[job] = cp.new_bool_var(f"done {job}")
        cp.add(model.start[job] == one.ready).only_enforce_if(~model.done[job])
        for shift, found in spans.items():
            taken = model.taken[job, shift] = cp.new_bool_var(f"{job} in {shift}")
            within = cp_model.Domain.from_intervals([list(span) for span in found])
            cp.add_linear_expression_in_domain(model.start[job], within).only_enforce_if(taken)
        cp.add_exactly_one([~model.done[job], *(model.taken[job, s] for s in spans)])
        if one.start is not None and job in hint:
            cp.add(model.done[job] == 1)


def _order(model: Model) -> None:
    """A circuit per shift over the jobs with a place: which follows which, and the travel that takes."""
    cp, work = model.cp, model.work
    for shift in sorted(model.shifts):
        jobs = [j for j in model.jobs if (j, shift) in model.taken and work.jobs[j].site is not None]
        if not jobs:
            continue
        arcs: list[tuple[int, int, Any]] = []
        idle = cp.new_bool_var("")
        arcs.append((0, 0, idle))
        for place, job in enumerate(jobs, start=1):
            site = work.jobs[job].site
            taken = model.taken[job, shift]
            cp.add_implication(taken, ~idle)
            arcs.append((place, place, ~taken))
            first = cp.new_bool_var("")
            arcs.append((0, place, first))
            arcs.append((place, 0, cp.new_bool_var("")))
            leg = work.leg(work.shifts[shift].base, site)
            _leave(model, first, None, job, leg)
            for other_place, other in enumerate(jobs, start=1):
                if other == job:
                    continue
                follows = cp.new_bool_var("")
                arcs.append((other_place, place, follows))
                _leave(model, follows, other, job, work.leg(work.jobs[other].site, site))
        cp.add_circuit(arcs)


def _leave(model: Model, arc: Any, origin: int | None, job: int, leg: int) -> None:
    """What an arc asks for: the way is travelled, and after the one before has ended."""
    if job not in model.travel:
        most = max((max(row) for row in model.work.travel), default=0)
        model.travel[job] = model.cp.new_int_var(0, most, f"travel {job}")
    model.cp.add(model.travel[job] == leg).only_enforce_if(arc)
    if origin is not None:
        ended = model.start[origin] + model.work.jobs[origin].minutes
        model.cp.add(model.start[job] >= ended + leg).only_enforce_if(arc)


def _sequence(model: Model) -> None:
    """No two jobs, with their travel, and no break at the same time in one shift."""
    cp, work = model.cp, model.work
    for job, travel in model.travel.items():
        cp.add(travel == 0).only_enforce_if(~model.done[job])
    for shift in sorted(model.shifts):
        one = work.shifts[shift]
        intervals = []
        for job in model.jobs:
            taken = model.taken.get((job, shift))
            if taken is None:
                continue
            minutes, start = work.jobs[job].minutes, model.start[job]
            if job in model.travel:
                travel = model.travel[job]
                begin = cp.new_int_var(one.start, one.limit, "")
                cp.add(begin == start - travel).only_enforce_if(taken)
                intervals.append(
                    cp.new_optional_interval_var(begin, travel + minutes, start + minutes, taken, "")
                )
            else:
                intervals.append(cp.new_optional_fixed_size_interval_var(start, minutes, taken, ""))
        for (_, low), (high, _) in zip(one.free, one.free[1:], strict=False):
            intervals.append(cp.new_fixed_size_interval_var(low, high - low, ""))
        cp.add_no_overlap(intervals)


def _depend(model: Model) -> None:
    """A job starts after all it depends on; what is held elsewhere stays and is not left without them."""
    cp, work = model.cp, model.work
    ours = set(model.jobs)
    for job in model.jobs:
        for before in work.jobs[job].after:
            if before in ours:
                cp.add_implication(model.done[job], model.done[before])
                ended = model.start[before] + work.jobs[before].minutes
                cp.add(model.start[job] >= ended).only_enforce_if(model.done[job])
            elif before in model.held:
                ended = model.held[before].start + work.jobs[before].minutes
                cp.add(model.start[job] >= ended).only_enforce_if(model.done[job])
            else:
                cp.add(model.done[job] == 0)
    for job, visit in model.held.items():
        for before in work.jobs[job].after:
            if before in ours:
                cp.add(model.done[before] == 1)
                cp.add(model.start[before] + work.jobs[before].minutes <= visit.start)


def _hint(model: Model, hint: Plan) -> None:
    for job in model.jobs:
        visit = hint.get(job)
        model.cp.add_hint(model.done[job], visit is not None)
        model.cp.add_hint(model.start[job], visit.start if visit else model.work.jobs[job].ready)
        if job in model.travel:
            model.cp.add_hint(model.travel[job], visit.travel if visit else 0)
    for (job, shift), taken in model.taken.items():
        visit = hint.get(job)
        model.cp.add_hint(taken, visit is not None and visit.shift == shift)


def _plan(model: Model, solver: "cp_model.CpSolver") -> dict[int, Visit]:
    plan = {}
    for (job, shift), taken in model.taken.items():
        if solver.boolean_value(taken):
            travel = solver.value(model.travel[job]) if job in model.travel else 0
            plan[job] = Visit(shift, solver.value(model.start[job]), travel)
    return plan
