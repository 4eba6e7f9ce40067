"""What a plan is worth, as terms of the constraint model: the same points as `work.price` gives."""

from typing import TYPE_CHECKING, Any

from mesh.agents.resource_allocation.work import SAME_TIME

if TYPE_CHECKING:
    from mesh.agents.resource_allocation.exact import Model


def priced(model: "Model") -> None:
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


def _stay(model: "Model", job: int, kept: tuple[int, int], cost: int) -> None:
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


def _overtime(model: "Model") -> None:
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


def _fairness(model: "Model") -> None:
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


def _load(model: "Model", technician: int) -> tuple[list[Any], int]:
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
