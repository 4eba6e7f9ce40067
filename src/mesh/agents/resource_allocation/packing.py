"""A plan out of schedules for single shifts: the best choice of one for each, with no job in two (CP-SAT).

The restricted master heuristic of column generation (Sadykov et al., INFORMS J. Computing 31(2), 2019): what
the bound was found with is nearly what the best plan is made of.
"""

from collections.abc import Iterable, Sequence

from mesh.agents.resource_allocation.dispatcher import fit, insert, set_travel
from mesh.agents.resource_allocation.exact import SEED
from mesh.agents.resource_allocation.work import Plan, Visit, Work, by_shift, price

MOST_COLUMNS = 120  # of one shift, the latest found


def pack(
    work: Work, orders: Sequence[Iterable[tuple[int, ...]]], plan: Plan, *, effort: float, seconds: float
) -> dict[int, Visit]:
    """The best plan of `orders` (jobs in order, by shift) and of the plan at hand, left-out jobs put in.

    Jobs that wait for others may end up without them; those are taken out again and put in where they fit.
    """
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    at_hand = by_shift(plan)
    in_shift: list[list[cp_model.IntVar]] = []
    with_job: dict[int, list[cp_model.IntVar]] = {}
    terms, weights, held = [], [], []
    for shift, found in enumerate(orders):
        schedules = _schedules(work, shift, [*found][-MOST_COLUMNS:], at_hand.get(shift, []), plan)
        in_shift.append([])
        for place, schedule in enumerate(schedules):
            chosen = model.new_bool_var("")
            terms.append(chosen)
            weights.append(price(work, schedule).points)
            held.append(schedule)
            in_shift[-1].append(chosen)
            model.add_hint(chosen, place == 0)
            for job in schedule:
                with_job.setdefault(job, []).append(chosen)
    for group in (*in_shift, *with_job.values()):
        model.add_at_most_one(group)
    model.maximize(cp_model.LinearExpr.weighted_sum(terms, weights))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = SEED
    solver.parameters.linearization_level = 2
    solver.parameters.max_deterministic_time = effort
    solver.parameters.max_time_in_seconds = max(seconds, 0.01)
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return dict(plan)
    packed: dict[int, Visit] = {}
    for chosen, schedule in zip(terms, held, strict=True):
        if solver.boolean_value(chosen):
            packed |= schedule
    return completed(work, packed)


def _schedules(
    work: Work, shift: int, orders: Sequence[tuple[int, ...]], here: Sequence[int], plan: Plan
) -> list[dict[int, Visit]]:
    """Each order as a schedule, the one at hand first, each once; a job comes at its first place only."""
    found: dict[tuple[int, ...], dict[int, Visit]] = {tuple(here): {job: plan[job] for job in here}}
    for order in orders:
        schedule = timed(work, shift, dict.fromkeys(order))
        found.setdefault(tuple(schedule), schedule)
    return list(found.values())


def timed(work: Work, shift: int, order: Iterable[int]) -> dict[int, Visit]:
    """The jobs in this order as early as may be; one that does not fit any more is passed over."""
    done: dict[int, Visit] = {}
    jobs: list[int] = []
    for job in order:
        ended = done[jobs[-1]].start + work.jobs[jobs[-1]].minutes if jobs else 0
        visit = fit(work, done, jobs, shift, job, ended)
        if visit is not None:
            done[job] = visit
            jobs.append(job)
    return done


def completed(work: Work, plan: dict[int, Visit]) -> dict[int, Visit]:
    """Without what waits for something that comes too late, and with all that still fits, dearest first."""
    kept = dict(plan)
    changed = True
    while changed:
        wrong = [
            job
            for job, visit in kept.items()
            if any(
                before not in kept or kept[before].start + work.jobs[before].minutes > visit.start
                for before in work.jobs[job].after
            )
        ]
        changed = bool(wrong)
        for job in wrong:
            del kept[job]
    if len(kept) < len(plan):
        for shift, jobs in by_shift(kept).items():
            set_travel(work, kept, shift, jobs)
    missing = [job for job in range(len(work.jobs)) if job not in kept]
    missing.sort(
        key=lambda j: (work.jobs[j].start is None, -max(work.jobs[j].options.values(), default=0), j)
    )
    return insert(work, kept, missing)
