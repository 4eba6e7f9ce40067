"""The greedy dispatcher, earliest deadline first: what a plan is compared with, and where the search starts.

Tasks are taken by the time they are due and each is given to whoever can end it soonest (Jackson's rule with
list scheduling; Pinedo, Scheduling, 5th ed., 3.2 and 5.1).
"""

from collections.abc import Iterable, Sequence

from mesh.agents.resource_allocation.work import Plan, Visit, Work, by_shift

NEVER = 10**9


def dispatch(work: Work) -> dict[int, Visit]:
    """A plan that can be carried out; pinned jobs come first, then by due time, worth and number."""

    def urgency(job: int) -> tuple[bool, int, int, int]:
        one = work.jobs[job]
        return one.start is None, min(NEVER if one.due is None else one.due, one.deadline), -one.breach, job

    return insert(work, {}, sorted(range(len(work.jobs)), key=urgency))


def insert(work: Work, plan: Plan, jobs: Iterable[int]) -> dict[int, Visit]:
    """Add each job where it ends soonest, in this order, but never before those it depends on."""
    done = dict(plan)
    order = by_shift(done)
    waiting = [job for job in jobs if job not in done]
    while waiting:
        left = []
        for job in waiting:
            if any(before not in done for before in work.jobs[job].after):
                left.append(job)
            elif visit := _soonest(work, done, order, job):
                _place(work, done, order, job, visit)
        if len(left) == len(waiting):
            break
        waiting = left
    return done


def _soonest(work: Work, plan: Plan, order: dict[int, list[int]], job: int) -> Visit | None:
    """Where it ends soonest; overtime only where there is no other way; ties to the better worth."""
    one = work.jobs[job]
    ended = max((plan[b].start + work.jobs[b].minutes for b in one.after), default=0)
    best: tuple[tuple[bool, int, int, int], Visit] | None = None
    for number, worth in one.options.items():
        shift = work.shifts[number]
        if best is not None and not best[0][0] and shift.start > best[0][1]:
            continue
        visit = fit(work, plan, order.get(number, ()), number, job, ended)
        if visit is None:
            continue
        over = visit.start + one.minutes - shift.end
        if over > 0 and one.gain(number, visit.start) <= over * shift.overtime:
            continue
        rank = (over > 0, visit.start, -worth, number)
        if best is None or rank < best[0]:
            best = rank, visit
    return best[1] if best else None


def fit(
    work: Work, plan: Plan, jobs: Sequence[int], number: int, job: int, not_before: int = 0
) -> Visit | None:
    """The earliest place of `job` among `jobs` (those of the shift, in order), without moving any of them."""
    shift, one = work.shifts[number], work.jobs[job]
    place, free_from = shift.base, shift.start
    spans = work.starts(job, number)
    for position in range(len(jobs) + 1):
        travel = work.leg(place, one.site)
        start = _first(shift.free, spans, max(free_from + travel, not_before), travel)
        if start is None:
            return None
        visit = Visit(number, start, travel)
        if _still_reached(work, plan, jobs[position:], visit, job):
            return visit
        if position < len(jobs):
            here = jobs[position]
            place = place if work.jobs[here].site is None else work.jobs[here].site
            free_from = plan[here].start + work.jobs[here].minutes
    return None


def _first(
    free: Sequence[tuple[int, int]], spans: Sequence[tuple[int, int]], earliest: int, travel: int
) -> int | None:
    """The first start at or after `earliest` whose way there lies within one free span."""
    for low, high in spans:
        for begin, end in free:
            start = max(low, earliest, begin + travel)
            if start <= high and start <= end:
                return start
    return None


def _still_reached(work: Work, plan: Plan, following: Sequence[int], visit: Visit, job: int) -> bool:
    """Whether what follows starts on time, by way of the next one's new journey if `job` has a site."""
    site, ended = work.jobs[job].site, visit.start + work.jobs[job].minutes
    for place, after in enumerate(following):
        travel = plan[after].travel
        to = work.jobs[after].site
        if site is not None and to is not None:
            travel, site = work.leg(site, to), None
        leaves = plan[after].start - travel
        free = work.shifts[visit.shift].free
        if leaves < ended or not any(low <= leaves and plan[after].start <= high for low, high in free):
            return False
        if site is None and place:
            return True
        ended = plan[after].start + work.jobs[after].minutes
    return True


def _place(work: Work, plan: dict[int, Visit], order: dict[int, list[int]], job: int, visit: Visit) -> None:
    plan[job] = visit
    jobs = sorted([*order.get(visit.shift, ()), job], key=lambda j: (plan[j].start, j))
    order[visit.shift] = jobs
    set_travel(work, plan, visit.shift, jobs)


def set_travel(work: Work, plan: dict[int, Visit], number: int, jobs: Sequence[int]) -> None:
    """Set the travel before each job to what its order asks for; starts stay."""
    place = work.shifts[number].base
    for job in jobs:
        site = work.jobs[job].site
        plan[job] = plan[job]._replace(travel=work.leg(place, site))
        place = site if site is not None else place
