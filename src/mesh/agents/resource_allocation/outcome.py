"""What a plan comes to: how much is done, late and travelled, how evenly, and what its points are made of."""

from collections import Counter
from datetime import datetime
from typing import Literal

from mesh.agents.resource_allocation.case import Case, available
from mesh.agents.resource_allocation.model import Fairness, Outcome, Use
from mesh.agents.resource_allocation.task import Task
from mesh.agents.resource_allocation.weights import THOUSANDTHS
from mesh.agents.resource_allocation.work import Plan, Work, price


def undone(task: Task, until: datetime) -> Literal["breached", "open", "none"]:
    """A task left out has breached its SLA if that ends within the window; else it may still be met."""
    if task.due_at is None:
        return "none"
    return "breached" if task.due_at <= until else "open"


def outcome(case: Case, plan: Plan) -> Outcome:
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
        sla_breaches=late + sum(undone(task, case.gathered.until) == "breached" for task in left),
        travel_minutes=paid.travel,
        overtime_minutes=sum(paid.overtime.values()),
        mean_wait_minutes=round(sum(waits) / len(waits), 1) if waits else None,
    )


def _has_ended(case: Case, task: Task) -> bool:
    return task.id in case.ended


def used(case: Case, plan: Plan) -> list[Use]:
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


def fairness(use: list[Use]) -> Fairness:
    """Jain, Chiu, Hawe: A quantitative measure of fairness (DEC-TR-301, 1984), over utilisations."""
    shares = [one.utilisation for one in use if one.utilisation is not None]
    squares = sum(share * share for share in shares)
    jain = sum(shares) ** 2 / (len(shares) * squares) if squares else None
    return Fairness(
        jain_index=round(jain, 4) if jain is not None else None,
        lowest_utilisation=min(shares, default=None),
        highest_utilisation=max(shares, default=None),
    )


def points_of(work: Work, plan: Plan) -> dict[str, float]:
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
