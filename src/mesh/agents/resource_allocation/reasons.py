"""Why a task is left out: the constraint that stands in its way, told with the numbers that show it."""

from mesh.agents.resource_allocation.case import Case
from mesh.agents.resource_allocation.dispatcher import fit
from mesh.agents.resource_allocation.model import Constraint
from mesh.agents.resource_allocation.work import Plan, by_shift

NAMED = 5


def why_left_out(case: Case, plan: Plan, proven: bool) -> dict[str, tuple[Constraint, str, list[str]]]:
    """By task: the constraint, a sentence, and the technicians who could have done it but for that."""
    found: dict[str, tuple[Constraint, str, list[str]]] = {
        task: (constraint, reason, []) for task, (constraint, reason) in case.hopeless.items()
    }
    order = by_shift(plan)
    for number, job in enumerate(case.work.jobs):
        if number in plan or job.id in found:
            continue
        people = list(dict.fromkeys(case.technician(shift).id for shift in job.options))
        found[job.id] = (*_obstacle(case, plan, order, number, proven), people)
    return found


def _obstacle(
    case: Case, plan: Plan, order: dict[int, list[int]], number: int, proven: bool
) -> tuple[Constraint, str]:
    work = case.work
    job = work.jobs[number]
    for before in job.after:
        if before not in plan:
            return "dependency_left_out", f"It waits for {work.jobs[before].id}, which is left out."
    alone = _alone(case, number)
    if alone is None:
        return (
            "no_shift_long_enough",
            "The way there and the work do not fit into any one stretch of a shift.",
        )
    ended = max((plan[b].start + work.jobs[b].minutes for b in job.after), default=0)
    latest = max(high for shift in job.options for _, high in [*work.starts(number, shift), (0, -1)])
    if ended > latest:
        return "dependency_too_late", "What it waits for ends too late for it to be done in time."
    if job.start is not None:
        busy = _busy_at(case, plan, order, number)
        return "pinned_start", f"At the time it is pinned to, other work is pinned already: {busy}."
    for shift in job.options:
        visit = fit(work, plan, order.get(shift, ()), shift, number, ended)
        if visit is not None:
            over = visit.start + job.minutes - work.shifts[shift].end
            if over > 0:
                price = over * work.shifts[shift].overtime / 1000
                return "not_worth_overtime", (
                    f"There is room only in overtime: {over} minutes of it cost {price:.0f} points "
                    f"against {job.gain(shift, visit.start) / 1000:.0f} that it is worth."
                )
    return "capacity", _full(case, number, proven)


def _alone(case: Case, number: int) -> int | None:
    """A shift that could hold it were nothing else in it, or None."""
    return next((s for s in case.work.jobs[number].options if fit(case.work, {}, (), s, number)), None)


def _busy_at(case: Case, plan: Plan, order: dict[int, list[int]], number: int) -> str:
    job = case.work.jobs[number]
    start = job.start or 0
    busy = [
        case.work.jobs[other].id
        for shift in job.options
        for other in order.get(shift, ())
        if plan[other].start < start + job.minutes
        and plan[other].start + case.work.jobs[other].minutes > start
    ]
    return ", ".join(busy[:NAMED]) or "the way between them takes too long"


def _full(case: Case, number: int, proven: bool) -> str:
    people = list(dict.fromkeys(case.technician(shift).id for shift in case.work.jobs[number].options))
    who = "The one technician who could do it" if len(people) == 1 else f"All {len(people)} who could do it"
    claim = "is proven to be worth more" if proven else "is worth more in the best plan found"
    named = ", ".join(people[:NAMED]) + (" ..." if len(people) > NAMED else "")
    verb = "has" if len(people) == 1 else "have"
    return f"{who} ({named}) {verb} no room left in time: what is planned instead {claim}."
