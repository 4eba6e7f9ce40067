"""From a question to an answer: gather, plan, and say what came of it."""

import time

from mesh.agents.resource_allocation.case import Case
from mesh.agents.resource_allocation.changes import changes
from mesh.agents.resource_allocation.formulate import formulate
from mesh.agents.resource_allocation.gather import Gathered, gather
from mesh.agents.resource_allocation.model import (
    Answer,
    Assignment,
    LeftOut,
    Outcome,
    Question,
)
from mesh.agents.resource_allocation.outcome import fairness, outcome, points_of, undone, used
from mesh.agents.resource_allocation.planning import Planned, plan_work
from mesh.agents.resource_allocation.reasons import why_left_out
from mesh.agents.resource_allocation.weights import THOUSANDTHS
from mesh.agents.resource_allocation.work import Plan, Visit, by_shift
from mesh.kit.agent import Answered, ModelUsed
from mesh.kit.ports import Ports

VERSION = "2"


def answer(ask: Question, ports: Ports) -> Answered[Answer]:
    """Plan the tasks. Pure but for the clock that ends the search where a machine is too slow."""
    began = time.monotonic()
    gathered = gather(ask, ports)
    case = formulate(ask, gathered)
    planned = plan_work(case.work, ask.time_limit_s - (time.monotonic() - began))
    return Answered(_reply(ask, case, planned), _by(planned), simulated=gathered.simulated)


def _by(planned: Planned) -> ModelUsed:
    from importlib.metadata import version

    solvers = {"ortools": "cp-sat", **({"pyvrp": "pyvrp"} if "rounds" in planned.methods else {})}
    built = ", ".join(f"{package} {version(package)}" for package in solvers)
    return ModelUsed(name=" + ".join(solvers.values()), version=f"{VERSION} ({built})", provider="solver")


def _reply(ask: Question, case: Case, planned: Planned) -> Answer:
    gathered = case.gathered
    assigned = _assignments(case, planned.plan)
    proven = planned.stopped_by == "proof"
    left = _left_out(case, planned.plan, proven)
    plan, greedy = outcome(case, planned.plan), outcome(case, planned.greedy)
    use = used(case, planned.plan)
    gap = (planned.bound - planned.points) / planned.points if planned.points > 0 else None
    nothing = not gathered.tasks or not gathered.technicians
    return Answer(
        status="no_data" if nothing else "optimal" if proven else "feasible",
        message=_message(gathered, plan, greedy, gap, proven),
        priority_mode=ask.priority_mode,
        starts_at=gathered.since,
        ends_at=gathered.until,
        assignments=assigned,
        left_out=left,
        objective=planned.points / THOUSANDTHS,
        bound=planned.bound / THOUSANDTHS,
        gap=0.0 if proven else gap,
        stopped_by=planned.stopped_by,
        points=points_of(case.work, planned.plan),
        plan=plan,
        dispatcher=greedy,
        sla_breaches_avoided=greedy.sla_breaches - plan.sla_breaches,
        utilisation=use,
        fairness=fairness(use),
        changes=changes(ask, case, planned.plan),
        notes=_notes(case, planned),
    )


def _assignments(case: Case, plan: Plan) -> list[Assignment]:
    ordered = sorted(plan.items(), key=lambda item: (item[1].start, item[1].shift, item[0]))
    over = {}
    for jobs in by_shift(plan).values():
        last = jobs[-1]
        end = plan[last].start + case.work.jobs[last].minutes
        over[last] = max(0, end - case.work.shifts[plan[last].shift].end)
    return [_assignment(case, number, visit, over.get(number, 0)) for number, visit in ordered]


def _assignment(case: Case, number: int, visit: Visit, over: int) -> Assignment:
    task, job, who = case.tasks[number], case.work.jobs[number], case.technician(visit.shift)
    start, end = case.at(visit.start), case.at(visit.start + job.minutes)
    return Assignment(
        task_id=task.id,
        title=task.title,
        client_id=task.client_id,
        technician_id=who.id,
        technician=who.name or who.id,
        start_at=case.began.get(number, start),
        end_at=end,
        travel_minutes=visit.travel,
        overtime_minutes=over,
        priority=task.priority,
        on_site=task.on_site if task.on_site is not None else task.latitude is not None,
        latitude=task.latitude,
        longitude=task.longitude,
        due_at=task.due_at,
        sla="none" if task.due_at is None else "met" if end <= task.due_at else "breached",
        pinned=job.start is not None or task.technician_id is not None,
    )


def _left_out(case: Case, plan: Plan, proven: bool) -> list[LeftOut]:
    why = why_left_out(case, plan, proven)
    found = []
    for task in case.gathered.tasks:
        if task.id in why:
            constraint, reason, people = why[task.id]
            found.append(
                LeftOut(
                    task_id=task.id,
                    title=task.title,
                    priority=task.priority,
                    constraint=constraint,
                    reason=reason,
                    candidates=people,
                    due_at=task.due_at,
                    sla=undone(task, case.gathered.until),
                )
            )
    return found


def _message(gathered: Gathered, plan: Outcome, greedy: Outcome, gap: float | None, proven: bool) -> str:
    if not gathered.tasks:
        return "There is no task to plan: no open ticket is stored."
    if not gathered.technicians:
        return "There is nobody to plan for: no technician is stored."
    total = plan.done + plan.left_out
    close = "No better plan exists." if proven else f"No plan is more than {gap:.2%} better." if gap else ""
    saved = greedy.sla_breaches - plan.sla_breaches
    avoided = f" {saved} SLA breach{'es' if saved != 1 else ''} fewer than by earliest deadline first." \
        if saved > 0 else ""  # fmt: skip
    return f"{plan.done} of {total} tasks planned, {plan.sla_breaches} SLA breaches.{avoided} {close}".strip()


def _notes(case: Case, planned: Planned) -> list[str]:
    notes = [*case.gathered.notes, *case.notes]
    on_site = [task for task in case.tasks if task.on_site and task.latitude is None]
    if on_site:
        notes.append(f"{len(on_site)} on-site tasks have no location; no travel was reckoned for them.")
    placed = any(job.site is not None for job in case.work.jobs)
    if placed:
        notes.append("Travel is reckoned from coordinates; the way home is not part of the shift.")
    if placed and any(shift.base is None for shift in case.work.shifts):
        notes.append("Some technicians have no location; their first way of a day counts as none.")
    if "rounds" in planned.methods:
        notes.append("The rounds are PyVRP's, which proves no bound; the bound is the relaxation's.")
    return notes
