"""From a question to an answer: gather, plan, and say what came of it."""

import time
from collections import Counter
from datetime import datetime
from typing import Literal

from mesh.agents.resource_allocation.formulate import Case, available, formulate
from mesh.agents.resource_allocation.gather import Gathered, gather
from mesh.agents.resource_allocation.model import (
    Answer,
    Assignment,
    Change,
    Fairness,
    LeftOut,
    Outcome,
    Question,
    Task,
    Use,
)
from mesh.agents.resource_allocation.planning import Planned, plan_work
from mesh.agents.resource_allocation.reasons import why_left_out
from mesh.agents.resource_allocation.weights import THOUSANDTHS
from mesh.agents.resource_allocation.work import Plan, Visit, Work, by_shift, price
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
    plan, greedy = _outcome(case, planned.plan), _outcome(case, planned.greedy)
    use = _use(case, planned.plan)
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
        points=_points(case.work, planned.plan),
        plan=plan,
        dispatcher=greedy,
        sla_breaches_avoided=greedy.sla_breaches - plan.sla_breaches,
        utilisation=use,
        fairness=_fairness(use),
        changes=_changes(ask, case, planned.plan),
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
                    sla=_undone(task, case.gathered.until),
                )
            )
    return found


def _undone(task: Task, until: datetime) -> Literal["breached", "open", "none"]:
    """A task left out has breached its SLA if that ends within the window; else it may still be met."""
    if task.due_at is None:
        return "none"
    return "breached" if task.due_at <= until else "open"


def _outcome(case: Case, plan: Plan) -> Outcome:
    paid = price(case.work, plan)
    jobs = case.work.jobs
    late = sum(
        j.due is not None and plan[n].start + j.minutes > j.due for n, j in enumerate(jobs) if n in plan
    )
    planned = {case.tasks[n].id for n in plan}
    left = [t for t in case.gathered.tasks if t.id not in planned and not _has_ended(case, t)]
    waits = [visit.start - jobs[number].ready for number, visit in plan.items()]
    return Outcome(
        objective=paid.points / THOUSANDTHS,
        done=len(plan),
        left_out=len(left),
        sla_breaches=late + sum(_undone(task, case.gathered.until) == "breached" for task in left),
        travel_minutes=paid.travel,
        overtime_minutes=sum(paid.overtime.values()),
        mean_wait_minutes=round(sum(waits) / len(waits), 1) if waits else None,
    )


def _has_ended(case: Case, task: Task) -> bool:
    return task.id in case.ended


def _use(case: Case, plan: Plan) -> list[Use]:
    work, found = case.work, []
    over = price(work, plan).overtime
    for number, one in enumerate(case.gathered.technicians):
        mine = [(j, v) for j, v in plan.items() if work.shifts[v.shift].technician == number]
        minutes, travel = sum(work.jobs[j].minutes for j, _ in mine), sum(v.travel for _, v in mine)
        free = available(list(work.shifts), number)
        extra = sum(late for shift, late in over.items() if work.shifts[shift].technician == number)
        found.append(
            Use(
                technician_id=one.id,
                technician=one.name or one.id,
                tasks=len(mine),
                available_minutes=free,
                working_minutes=minutes,
                travel_minutes=travel,
                overtime_minutes=extra,
                utilisation=round((minutes + travel) / free, 4) if free else None,
            )
        )
    return found


def _fairness(use: list[Use]) -> Fairness:
    """Jain, Chiu, Hawe: A quantitative measure of fairness (DEC-TR-301, 1984), over utilisations."""
    shares = [one.utilisation for one in use if one.utilisation is not None]
    squares = sum(share * share for share in shares)
    jain = sum(shares) ** 2 / (len(shares) * squares) if squares else None
    return Fairness(
        jain_index=round(jain, 4) if jain is not None else None,
        lowest_utilisation=min(shares, default=None),
        highest_utilisation=max(shares, default=None),
    )


def _points(work: Work, plan: Plan) -> dict[str, float]:
    """What the objective is made of; the parts add up to it."""
    paid = price(work, plan)
    parts: Counter[str] = Counter()
    for number, visit in plan.items():
        job = work.jobs[number]
        late = job.due is not None and visit.start + job.minutes > job.due
        parts["work done"] += job.options[visit.shift]
        parts["waiting"] -= job.delay * (visit.start - job.ready)
        parts["breaches"] -= job.breach if late else 0
        parts["changes"] += (
            job.gain(visit.shift, visit.start) - job.options[visit.shift]
            + job.delay * (visit.start - job.ready) + (job.breach if late else 0)
        )  # fmt: skip
    parts["travel"] = -work.travel_cost * paid.travel
    parts["overtime"] = -sum(work.shifts[s].overtime * minutes for s, minutes in paid.overtime.items())
    parts["uneven load"] = paid.points - sum(parts.values())
    return {name: value / THOUSANDTHS for name, value in parts.items()}


def _changes(ask: Question, case: Case, plan: Plan) -> list[Change]:
    """Against the earlier plan, if there was one."""
    if not ask.previous_plan:
        return []
    earlier = {line.task_id: line for line in ask.previous_plan}
    now = {case.tasks[n].id: (n, visit) for n, visit in plan.items()}
    found = []
    for task in case.gathered.tasks:
        line, placed = earlier.get(task.id), now.get(task.id)
        if (line is None and placed is None) or task.id in case.ended:
            continue
        who = case.technician(placed[1].shift).id if placed else None
        at = case.began.get(placed[0], case.at(placed[1].start)) if placed else None
        if line and placed and (line.technician_id, line.start_at) == (who, at):
            continue
        kind: Literal["added", "dropped", "moved", "reassigned"]
        if line is None:
            kind = "added"
        elif placed is None:
            kind = "dropped"
        else:
            kind = "moved" if who == line.technician_id else "reassigned"
        found.append(
            Change(
                task_id=task.id,
                kind=kind,
                from_technician_id=line.technician_id if line else None,
                to_technician_id=who,
                from_start_at=line.start_at if line else None,
                to_start_at=at,
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
