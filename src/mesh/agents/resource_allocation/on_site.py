"""On-site work as rounds for PyVRP: who visits which sites in which order, at what worth.

A vehicle is a span of a shift between breaks, a client a job with a place, its prize what the job is worth. A
way costs its travel and what the technician at its end is worth less than the best would be. A job that may
come late stands there twice, in time and late for a smaller prize, and at most one of the two is visited.

PyVRP knows neither waiting nor an even load, and proves no bound: its orders are timed and priced like those
of any other method. Remote jobs and jobs with dependencies are put in around them afterwards.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mesh.agents.resource_allocation.packing import completed, timed
from mesh.agents.resource_allocation.work import Visit, Work

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Whole = NDArray[np.int64]

SEED = 1
FEWEST = 6  # visits that make rounds worth a search of their own
LEAST_SHARE = 0.5  # of all jobs: where most need no place, rounds leave them too little time
MOST_CELLS = 10_000_000  # of all matrices of ways, 160 MB
# One iteration takes the longer the more visits there are: the product is held, which is seconds of search.
ITERATIONS_BY_VISITS, FEWEST_ITERATIONS, MOST_ITERATIONS = 150_000, 600, 5_000
NEVER = 10**9  # thousandths: no prize is worth a way to where a technician lacks the skill


def suits(work: Work) -> bool:
    """Whether rounds are what decides: enough visits, most of the work, and no earlier plan to keep to."""
    visits = placed(work)
    some = sum(bool(job.options) for job in work.jobs)
    kept = any(job.kept for job in work.jobs)
    fits = len(visits) ** 2 * len({shift.technician for shift in work.shifts}) <= MOST_CELLS
    return len(visits) >= max(FEWEST, LEAST_SHARE * some) and not kept and fits


def placed(work: Work) -> list[int]:
    """Jobs with a place that depend on no other, and on which none depends."""
    before = {one for job in work.jobs for one in job.after}
    return [
        number
        for number, job in enumerate(work.jobs)
        if job.site is not None and job.options and not job.after and number not in before
    ]


def rounds(work: Work, out_of_time: Callable[[], bool]) -> dict[int, Visit]:
    """A plan around the rounds found in counted effort; `out_of_time` ends the search on a slow machine."""
    from pyvrp import solve
    from pyvrp.stop import MaxIterations, MultipleCriteria

    posed = _posed(work)
    if not posed.vehicles:
        return completed(work, {})
    iterations = ITERATIONS_BY_VISITS // len(posed.visits)
    most = MaxIterations(min(MOST_ITERATIONS, max(FEWEST_ITERATIONS, iterations)))
    stop = MultipleCriteria([most, _Ended(out_of_time)])
    found = solve(posed.data, stop=stop, seed=SEED, collect_stats=False, display=False)
    orders: dict[int, list[tuple[int, list[int]]]] = {}
    for route in found.best.routes():
        shift, start = posed.vehicles[route.vehicle_type()]
        jobs = [posed.visits[visit.idx] for visit in route if visit.is_client()]
        orders.setdefault(shift, []).append((start, jobs))
    plan: dict[int, Visit] = {}
    for shift, parts in orders.items():
        plan |= timed(work, shift, dict.fromkeys(job for _, jobs in sorted(parts) for job in jobs))
    return completed(work, plan)


@dataclass(slots=True)
class _Ended:
    out_of_time: Callable[[], bool]

    def __call__(self, best_cost: float) -> bool:  # noqa: ARG002
        return self.out_of_time()


@dataclass(slots=True)
class _Posed:
    """The problem as PyVRP has it: shift and start of each vehicle, the job of each client."""

    data: Any
    vehicles: list[tuple[int, int]]
    visits: list[int]


def _posed(work: Work) -> _Posed:
    """Locations are one for each job, then one for each base, then one that is everywhere at once."""
    from pyvrp import Client, ClientGroup, Depot, Location, ProblemData, VehicleType

    jobs = placed(work)
    open_shifts = sorted({shift for job in jobs for shift in work.jobs[job].options})
    bases = sorted({base for shift in open_shifts if (base := work.shifts[shift].base) is not None})
    anywhere = len(jobs) + len(bases)
    ways: Any = _ways(work, [*(work.jobs[job].site for job in jobs), *bases])
    profile_of, matrices = _profiles(work, jobs, open_shifts, ways)
    clients, visits, groups = _clients(work, jobs)
    vehicles, types = [], []
    for shift in open_shifts:
        one = work.shifts[shift]
        depot = len(bases) if one.base is None else bases.index(one.base)
        for low, high in one.free:
            vehicles.append((shift, low))
            types.append(
                VehicleType(
                    start_depot=depot, end_depot=len(bases), tw_early=low, tw_late=high,
                    shift_duration=max(0, min(high, one.end) - low), unit_overtime_cost=one.overtime,
                    max_overtime=max(0, high - max(low, one.end)), profile=profile_of[shift],
                )
            )  # fmt: skip
    depots = [Depot(location=len(jobs) + place) for place in range(len(bases))]
    data = ProblemData(
        [Location(0, 0)] * (anywhere + 1),
        [Client(**one) for one in clients],
        [*depots, Depot(location=anywhere)],
        types,
        matrices,
        [ways] * len(matrices),
        [ClientGroup(group, required=False) for group in groups],
    )
    return _Posed(data, vehicles, visits)


def _ways(work: Work, sites: Sequence[int | None]) -> "Whole":
    """Minutes between all locations; none to and from the last, which is anywhere."""
    import numpy as np

    ways = np.zeros((len(sites) + 1, len(sites) + 1), dtype=np.int64)
    here = np.array(sites, dtype=np.int64)
    ways[:-1, :-1] = np.array(work.travel, dtype=np.int64)[here[:, None], here]
    return ways


def _profiles(
    work: Work, jobs: Sequence[int], shifts: Sequence[int], ways: "Whole"
) -> tuple[dict[int, int], list[Any]]:
    """What a way costs, by shift; shifts with the same skills and cost share a matrix."""
    import numpy as np

    best = np.array([max(work.jobs[job].options.values()) for job in jobs], dtype=np.int64)
    number: dict[bytes, int] = {}
    profile_of: dict[int, int] = {}
    matrices: list[Any] = []
    for shift in shifts:
        worth = [work.jobs[job].options.get(shift) for job in jobs]
        lost = np.array(
            [NEVER if w is None else b - w for w, b in zip(worth, best, strict=True)], dtype=np.int64
        )
        key = lost.tobytes()
        if key not in number:
            number[key] = len(matrices)
            costs = work.travel_cost * ways
            costs[:, : len(jobs)] += lost
            np.fill_diagonal(costs, 0)
            matrices.append(costs)
        profile_of[shift] = number[key]
    return profile_of, matrices


def _clients(work: Work, jobs: Sequence[int]) -> tuple[list[dict[str, Any]], list[int], list[list[int]]]:
    """Each job as a client, or as two of which one is visited: in time and late."""
    clients: list[dict[str, Any]] = []
    visits: list[int] = []
    groups: list[list[int]] = []
    for place, job in enumerate(jobs):
        one = work.jobs[job]
        spans = [span for shift in one.options for span in work.starts(job, shift)]
        if not spans:
            continue
        first, last = min(low for low, _ in spans), max(high for _, high in spans)
        best = max(0, *one.options.values())
        by = last if one.due is None else min(last, one.due - one.minutes)
        ways = [(first, by, best)] if by >= first else []
        ways += [(max(first, by + 1), last, max(0, best - one.breach))] if by < last else []
        group = len(groups) if len(ways) > 1 else None
        if group is not None:
            groups.append([len(clients), len(clients) + 1])
        for early, late, prize in ways:
            clients.append(
                {"location": place, "service_duration": one.minutes, "tw_early": early, "tw_late": late,
                 "prize": prize, "required": False, "group": group}
            )  # fmt: skip
            visits.append(job)
    return clients, visits, groups
