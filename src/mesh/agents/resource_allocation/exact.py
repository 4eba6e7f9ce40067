"""The constraint model: some jobs over some shifts, all else held where it is (OR-Tools CP-SAT).

An optional interval for each job and shift that may take it, no overlap within a shift, and a circuit over
the jobs with a place, whose arcs set the travel just before each.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mesh.agents.resource_allocation.work import SAME_TIME, Plan, Visit, Work

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
class _Model:
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

    model = _Model(work, jobs, frozenset(shifts), held, cp_model.CpModel())
    _declare(model, hint)
    _order(model)
    _sequence(model)
    _depend(model)
    _price(model)
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


def _declare(model: _Model, hint: Plan) -> None:
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


def _order(model: _Model) -> None:
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


def _leave(model: _Model, arc: Any, origin: int | None, job: int, leg: int) -> None:
    """What an arc asks for: the way is travelled, and after the one before has ended."""
    if job not in model.travel:
        most = max((max(row) for row in model.work.travel), default=0)
        model.travel[job] = model.cp.new_int_var(0, most, f"travel {job}")
    model.cp.add(model.travel[job] == leg).only_enforce_if(arc)
    if origin is not None:
        ended = model.start[origin] + model.work.jobs[origin].minutes
        model.cp.add(model.start[job] >= ended + leg).only_enforce_if(arc)


def _sequence(model: _Model) -> None:
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


def _depend(model: _Model) -> None:
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


def _price(model: _Model) -> None:
    """The same points as `work.price`, for these jobs, over their shifts and technicians."""
    work = model.work
    for (job, shift), taken in model.taken.items():
        model.terms.append((taken, work.jobs[job].options[shift]))
    for job in model.jobs:
        one = work.jobs[job]
        if one.delay:
            model.terms.append((model.start[job], -one.delay))
            model.constant += one.delay * one.ready
        if one.due is not None and one.breach:
            late = model.cp.new_bool_var(f"late {job}")
            in_time = model.start[job] + one.minutes <= one.due
            if one.ready + one.minutes > one.due:
                model.cp.add(late == 1).only_enforce_if(model.done[job])
            else:
                model.cp.add(in_time).only_enforce_if(~late)
            model.terms.append((late, -one.breach))
        if one.kept:
            _stay(model, job, one.kept, one.move)
        if job in model.travel and work.travel_cost:
            model.terms.append((model.travel[job], -work.travel_cost))
    _overtime(model)
    _fairness(model)
    from ortools.sat.python import cp_model

    terms, weights = zip(*model.terms, strict=True) if model.terms else ((), ())
    model.cp.maximize(cp_model.LinearExpr.weighted_sum(terms, weights) + model.constant)


def _stay(model: _Model, job: int, kept: tuple[int, int], cost: int) -> None:
    moved = model.cp.new_bool_var(f"moved {job}")
    shift, start = kept
    stays = [model.done[job], ~moved]
    taken = model.taken.get((job, shift))
    if taken is None:
        model.cp.add_implication(model.done[job], moved)
    else:
        model.cp.add_bool_and([taken]).only_enforce_if(stays)
        model.cp.add(model.start[job] >= start - SAME_TIME).only_enforce_if(stays)
        model.cp.add(model.start[job] <= start + SAME_TIME).only_enforce_if(stays)
    model.terms.append((moved, -cost))


def _overtime(model: _Model) -> None:
    for shift in sorted(model.shifts):
        one = model.work.shifts[shift]
        if one.limit <= one.end:
            continue
        over = model.cp.new_int_var(0, one.limit - one.end, f"overtime {shift}")
        for (job, other), taken in model.taken.items():
            if other == shift:
                ended = model.start[job] + model.work.jobs[job].minutes
                model.cp.add(over >= ended - one.end).only_enforce_if(taken)
        model.terms.append((over, -one.overtime))


def _fairness(model: _Model) -> None:
    """Each technician's load above each level, with what is held of it."""
    work = model.work
    if not work.fairness:
        return
    held: dict[int, int] = {}
    for job, visit in model.held.items():
        technician = work.shifts[visit.shift].technician
        held[technician] = held.get(technician, 0) + work.jobs[job].minutes + visit.travel
    for technician in sorted({work.shifts[s].technician for s in model.shifts}):
        parts, most = _load(model, technician)
        already = held.get(technician, 0)
        for level in work.levels[technician]:
            if already + most <= level:
                continue
            above = model.cp.new_int_var(0, already + most - level, "")
            model.cp.add(above >= sum(parts) + already - level)
            model.terms.append((above, -work.fairness))
            model.constant += work.fairness * max(0, already - level)


def _load(model: _Model, technician: int) -> tuple[list[Any], int]:
    """Minutes of work and travel of a technician, as terms and at most."""
    work, parts, most = model.work, [], 0
    for (job, shift), taken in model.taken.items():
        if work.shifts[shift].technician == technician:
            parts.append(taken * work.jobs[job].minutes)
            most += work.jobs[job].minutes
    for (job, shift), taken in model.taken.items():
        if work.shifts[shift].technician == technician and job in model.travel:
            longest = max(max(row) for row in work.travel)
            spent = model.cp.new_int_var(0, longest, "")
            model.cp.add(spent >= model.travel[job]).only_enforce_if(taken)
            parts.append(spent)
            most += longest
    return parts, most


def _hint(model: _Model, hint: Plan) -> None:
    for job in model.jobs:
        visit = hint.get(job)
        model.cp.add_hint(model.done[job], visit is not None)
        model.cp.add_hint(model.start[job], visit.start if visit else model.work.jobs[job].ready)
        if job in model.travel:
            model.cp.add_hint(model.travel[job], visit.travel if visit else 0)
    for (job, shift), taken in model.taken.items():
        visit = hint.get(job)
        model.cp.add_hint(taken, visit is not None and visit.shift == shift)


def _plan(model: _Model, solver: "cp_model.CpSolver") -> dict[int, Visit]:
    plan = {}
    for (job, shift), taken in model.taken.items():
        if solver.boolean_value(taken):
            travel = solver.value(model.travel[job]) if job in model.travel else 0
            plan[job] = Visit(shift, solver.value(model.start[job]), travel)
    return plan
