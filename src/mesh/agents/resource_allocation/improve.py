"""Large neighbourhood search: free a few shifts, plan them anew, keep what is better (Shaw, CP 1998).

Two ways to plan anew take turns: the constraint model over three shifts, which knows all rules, and columns
over ten, which sees further, and starts from the prices and schedules that the bound was found with. Shifts
that share many tasks are freed together, those of left-out tasks first.
Everything follows from the work and the seed; the clock only ends it on a machine that is too slow.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from mesh.agents.resource_allocation import exact
from mesh.agents.resource_allocation.bound import Bound, columns
from mesh.agents.resource_allocation.packing import pack
from mesh.agents.resource_allocation.programme import Column
from mesh.agents.resource_allocation.watch import Watch
from mesh.agents.resource_allocation.work import Job, Plan, Visit, Work, faults, price

if TYPE_CHECKING:
    import numpy as np

    Nearness = np.ndarray[tuple[int, int], np.dtype[np.float64]]

FEW, MANY = 3, 10
MOST_FREED = 40
EFFORT = 0.1  # deterministic seconds of one call of the solver
FIRST_ROUNDS, WARM_ROUNDS, ROUNDS = 60, 30, 15
MOST_POOLED = 60  # schedules of one shift, the latest found for other parts


def improve(
    work: Work,
    plan: dict[int, Visit],
    turns: int,
    watch: Watch,
    enough: Callable[[int], bool],
    known: Bound | None = None,
) -> dict[int, Visit]:
    """A plan at least as good, after so many turns. `enough(points)` says that it is good enough to stop.

    `known` is what the bound of the whole was found with: each part's search starts from its prices, and its
    schedules are chosen from too. The schedules found here are added to it.
    """
    import numpy as np

    rng = np.random.default_rng(exact.SEED)
    near = _nearness(work)
    best, points = dict(plan), price(work, plan).points
    on_site = any(job.site is not None for job in work.jobs)
    for turn in range(turns):
        if watch.over() or enough(points):
            break
        wide = not on_site or turn % 3 == 2
        shifts = _freed(work, best, near, rng, MANY if wide else FEW, turn)
        if wide:
            candidate = _by_columns(work, best, shifts, rng, watch, known)
        else:
            candidate = _by_model(work, best, shifts, rng, watch)
        worth = price(work, candidate).points
        if worth > points and next(faults(work, candidate), None) is None:
            best, points = candidate, worth
    return best


def _by_model(
    work: Work, plan: Plan, shifts: list[int], rng: "np.random.Generator", watch: Watch
) -> dict[int, Visit]:
    jobs = _jobs_of(work, plan, shifts, rng, MOST_FREED)
    inside = set(jobs)
    held = {job: visit for job, visit in plan.items() if job not in inside}
    found = exact.solve(work, jobs, shifts, held, plan, effort=EFFORT, seconds=watch.left())
    return {**held, **(found.plan or {job: plan[job] for job in jobs if job in plan})}


def _by_columns(
    work: Work,
    plan: Plan,
    shifts: list[int],
    rng: "np.random.Generator",
    watch: Watch,
    known: Bound | None,
) -> dict[int, Visit]:
    jobs = _jobs_of(work, plan, shifts, rng, len(work.jobs))
    inside = set(jobs)
    held = {job: visit for job, visit in plan.items() if job not in inside}
    part = _part(work, jobs, shifts, held)
    number = {job: place for place, job in enumerate(jobs)}
    place_of = {shift: place for place, shift in enumerate(shifts)}
    here = {number[j]: plan[j]._replace(shift=place_of[plan[j].shift]) for j in jobs if j in plan}
    rounds, prices = (WARM_ROUNDS, known.prices[jobs]) if known else (FIRST_ROUNDS, None)
    found = columns(part, here, watch.rest(), rounds, ROUNDS, prices)
    better = max(here, found.plan, key=lambda one: price(part, one).points)
    orders = _pooled(known, jobs, shifts, found) if known else found.columns
    packed = pack(part, orders, better, effort=EFFORT, seconds=watch.left())
    return {**held, **{jobs[j]: visit._replace(shift=shifts[visit.shift]) for j, visit in packed.items()}}


def _pooled(known: Bound, jobs: list[int], shifts: list[int], found: Bound) -> list[dict[Column, None]]:
    """What was found for a part, with what was known for its shifts, in the part's numbers; `known` grows."""
    number = {job: place for place, job in enumerate(jobs)}
    pooled = []
    for place, shift in enumerate(shifts):
        old = [column for column in known.columns[shift] if number.keys() >= set(column)]
        ours = [tuple(number[job] for job in column) for column in old[-MOST_POOLED:]]
        pooled.append(dict.fromkeys([*ours, *found.columns[place]]))
        known.columns[shift] |= dict.fromkeys(
            tuple(jobs[one] for one in column) for column in found.columns[place]
        )
    return pooled


def _part(work: Work, jobs: list[int], shifts: list[int], held: Plan) -> Work:
    """The work of some jobs and shifts alone, with what is held in the hours and loads of it."""
    number = {job: place for place, job in enumerate(jobs)}
    place_of = {shift: place for place, shift in enumerate(shifts)}
    until: dict[int, int] = {}
    for job, visit in held.items():
        for before in work.jobs[job].after:
            until[before] = min(visit.start, until.get(before, visit.start))
    load: dict[int, int] = {}
    for job, visit in held.items():
        technician = work.shifts[visit.shift].technician
        load[technician] = load.get(technician, 0) + work.jobs[job].minutes + visit.travel
    return replace(
        work,
        jobs=tuple(_cut(work, job, number, place_of, held, until.get(job)) for job in jobs),
        shifts=tuple(work.shifts[shift] for shift in shifts),
        levels=tuple(
            tuple(max(0, level - load.get(technician, 0)) for level in levels)
            for technician, levels in enumerate(work.levels)
        ),
    )


def _cut(
    work: Work, job: int, number: dict[int, int], place_of: dict[int, int], held: Plan, until: int | None
) -> Job:
    """The job with the shifts there are, between what it waits for and what waits for it."""
    one = work.jobs[job]
    outside = [before for before in one.after if before not in number]
    ended = max((held[b].start + work.jobs[b].minutes for b in outside if b in held), default=0)
    later = max(one.ready, ended)
    lost = one.delay * (later - one.ready)
    options = {place_of[s]: worth - lost for s, worth in one.options.items() if s in place_of}
    kept = (place_of[one.kept[0]], one.kept[1]) if one.kept and one.kept[0] in place_of else None
    if one.kept and kept is None:
        options = {shift: worth - one.move for shift, worth in options.items()}
    return replace(
        one,
        ready=later,
        deadline=one.deadline if until is None else min(one.deadline, until),
        options={} if any(b not in held for b in outside) else options,
        after=tuple(number[b] for b in one.after if b in number),
        kept=kept,
    )


def _nearness(work: Work) -> "Nearness":
    """How many jobs two shifts could both take."""
    import numpy as np

    takes = np.zeros((len(work.jobs), len(work.shifts)))
    for number, job in enumerate(work.jobs):
        takes[number, list(job.options)] = 1.0
    return np.asarray(takes.T @ takes)


def _freed(
    work: Work, plan: Plan, near: "Nearness", rng: "np.random.Generator", size: int, turn: int
) -> list[int]:
    """The shifts to free: around a left-out job every other time, else around a shift."""
    import numpy as np

    left = [j for j in range(len(work.jobs)) if j not in plan and work.jobs[j].options]
    if left and turn % 2:
        options = sorted(work.jobs[left[int(rng.integers(len(left)))]].options)
        seed = options[int(rng.integers(len(options)))]
    else:
        seed = int(rng.integers(len(work.shifts)))
    weights = near[seed] + 1e-9
    weights[seed] = 0.0
    others = np.flatnonzero(weights)
    if not others.size:
        return [seed]
    chance = weights[others] / weights[others].sum()
    picked = rng.choice(others, size=min(size - 1, others.size), replace=False, p=chance)
    return sorted([seed, *(int(s) for s in picked)])


def _jobs_of(work: Work, plan: Plan, shifts: list[int], rng: "np.random.Generator", most: int) -> list[int]:
    """The jobs in these shifts, and some of those left out that they could take."""
    inside = set(shifts)
    jobs = [job for job, visit in plan.items() if visit.shift in inside]
    left = [j for j, one in enumerate(work.jobs) if j not in plan and not inside.isdisjoint(one.options)]
    room = max(4, most - len(jobs))
    if len(left) > room:
        left = sorted(rng.choice(left, size=room, replace=False).tolist())
    return sorted([*jobs, *left])
