"""One plan out of several methods, the best of which is taken, beside a bound that is proven."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from mesh.agents.resource_allocation import exact, on_site
from mesh.agents.resource_allocation.dispatcher import dispatch
from mesh.agents.resource_allocation.watch import Watch
from mesh.agents.resource_allocation.work import Plan, Visit, Work, faults, price

if TYPE_CHECKING:
    from mesh.agents.resource_allocation.bound import Bound

Method = Literal["exact", "rounds", "columns", "neighbourhoods"]
# Up to so many pairs of job and shift the whole is put to the solver at once.
WHOLE_PAIRS = 1_000
MOST_PAIRS = 30_000  # beyond, the relaxation alone takes longer than there is: only the simple bound is left
FIRST_EFFORT, WHOLE_EFFORT = 0.3, 2.0  # deterministic seconds
TURNS = 24
CLOSE_ENOUGH = 1e-6
SPARE_S, SPARE_PER_JOB_S = 0.4, 0.001  # for what comes after the search
ROUNDS_SHARE = 0.4  # of the time there is, by when rounds are over on a machine that is too slow


@dataclass(slots=True)
class Planned:
    """The best plan, the dispatcher's, and what is proven. Points are thousandths.

    `methods` are those that each made a better plan than all before, the dispatcher's first.
    """

    plan: dict[int, Visit]
    greedy: dict[int, Visit]
    points: int
    bound: int
    stopped_by: Literal["proof", "effort", "time_limit"]
    methods: list[Method] = field(default_factory=list)


def plan_work(work: Work, seconds: float, clock: Callable[[], float] = time.monotonic) -> Planned:
    """Plan within `seconds`. What is reached is set by counted effort, so the same work has the same plan;
    the clock only ends it early on a machine too slow for that, and then `stopped_by` says so."""
    _load()
    watch = Watch(seconds - SPARE_S - SPARE_PER_JOB_S * len(work.jobs), clock)
    greedy = dispatch(work)
    found = Planned(greedy, greedy, price(work, greedy).points, ceiling(work), "effort")
    if any(job.options for job in work.jobs):
        _whole(work, found, watch, FIRST_EFFORT)
        _on_site(work, found, watch)
        relaxed = _relaxed(work, found, watch)
        _whole(work, found, watch, WHOLE_EFFORT)
        _search(work, found, watch, relaxed)
    else:
        found.bound = found.points
    found.bound = max(found.bound, found.points)
    if found.bound - found.points <= CLOSE_ENOUGH * abs(found.bound):
        found.stopped_by = "proof"
    elif watch.cut_short:
        found.stopped_by = "time_limit"
    return found


def _load() -> None:
    """Load the solvers, so that the first question has as much time to search as any later one."""
    import ortools.linear_solver.pywraplp  # type: ignore[import-untyped]
    import ortools.sat.python.cp_model  # noqa: F401


def ceiling(work: Work) -> int:
    """Every job done as if it were the only one: a bound that always holds."""
    total = 0
    for number, job in enumerate(work.jobs):
        firsts = ((shift, low) for shift in job.options for low, _ in work.starts(number, shift))
        total += max(0, max((job.gain(*first) for first in firsts), default=0) + job.move)
    return total


def _take(work: Work, found: Planned, plan: Plan, method: Method) -> None:
    """Keep a plan that is worth more and can be carried out; one with a fault is taken from no method."""
    points = price(work, plan).points
    if points > found.points and next(faults(work, plan), None) is None:
        found.plan, found.points = dict(plan), points
        found.methods.append(method)


def _on_site(work: Work, found: Planned, watch: Watch) -> None:
    """PyVRP's rounds, where visits and the ways between them are most of the work."""
    if found.points < found.bound and not watch.over() and on_site.suits(work):
        _take(work, found, on_site.rounds(work, lambda: watch.over(ROUNDS_SHARE)), "rounds")


def _relaxed(work: Work, found: Planned, watch: Watch) -> "Bound | None":
    """The bound of the relaxation, and the plan its columns make; None where it is left out."""
    from mesh.agents.resource_allocation.bound import bound

    pairs = sum(len(job.options) for job in work.jobs)
    if found.points >= found.bound or watch.over() or pairs > MOST_PAIRS:
        return None
    relaxed = bound(work, found.plan, watch)
    found.bound = min(found.bound, relaxed.points)
    _take(work, found, relaxed.plan, "columns")
    return relaxed


def _whole(work: Work, found: Planned, watch: Watch, effort: float) -> None:
    """The exact model over everything, where that is small enough."""
    if found.points >= found.bound or watch.over() or sum(len(j.options) for j in work.jobs) > WHOLE_PAIRS:
        return
    jobs = [number for number, job in enumerate(work.jobs) if job.options]
    solved = exact.solve(
        work, jobs, range(len(work.shifts)), {}, found.plan,
        effort=effort, seconds=watch.left(), at_most=found.bound,
    )  # fmt: skip
    if solved.plan is not None:
        _take(work, found, solved.plan, "exact")
        found.bound = min(found.bound, solved.bound)


def _search(work: Work, found: Planned, watch: Watch, relaxed: "Bound | None") -> None:
    from mesh.agents.resource_allocation.improve import improve

    if found.points < found.bound and not watch.over():
        bound = found.bound
        better = improve(work, found.plan, TURNS, watch, lambda points: points >= bound, relaxed)
        _take(work, found, better, "neighbourhoods")
