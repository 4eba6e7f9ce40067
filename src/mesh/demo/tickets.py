"""How each ticket of a simulated MSP went: when it was due and done, how well, by whom."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesh.demo.arrivals import NO_OUTAGE, Arrivals
from mesh.demo.calendar import Floats
from mesh.demo.company import Company
from mesh.demo.course import Course
from mesh.demo.desk import CATEGORIES, PRIORITIES, SLA_HOURS
from mesh.demo.people import People

# The logarithm of the time taken as a share of the SLA's: where nothing is wrong one in 25 is late.
PACE, PACE_SPREAD, BY_TROUBLE = -1.4, 0.75, 0.5
# What may wait is taken up later: P1 to P4.
PUT_OFF = (1.0, 1.0, 1.2, 1.3)
WAITS = 0.04  # the share that waits for a part or an answer
REOPENED, REOPENED_BY_TROUBLE = 0.042, 0.85
ANSWERED = 0.32  # the share of resolved tickets that get a score
UNASSIGNED = 0.45  # the share of open tickets that nobody has taken yet
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Handling:
    """Arrays over tickets; times in hours since the start of the span. `score` is 0 where none was given."""

    due: Floats
    resolved: Floats
    reopened: NDArray[np.int64]
    score: Floats
    escalated: Flags
    ignored: Flags
    hours: Floats
    on_site: Flags


def rows(of: Company, course: Course, people: People, arrivals: Arrivals) -> list[dict[str, Any]]:
    """Rows of kind `tickets`; those not resolved before the end of the span are open."""
    chance = of.chance("handling")
    went = _handled(of, course, arrivals, chance)
    is_open = went.resolved >= of.span.edges[-1]
    status = np.where(chance.random(arrivals.count) < 0.25, "waiting", "in progress")
    status = np.where(chance.random(arrivals.count) < UNASSIGNED, "new", status)
    status = np.where(is_open, status, "closed")
    prefix = of.tenant.msp_id
    client_ids = [of.id("c", number + 1) for number in range(len(course.left))]
    made = []
    for number, (
        at,
        due,
        resolved,
        client,
        category,
        priority,
        title,
        state,
        hours,
        visit,
        again,
    ) in enumerate(
        zip(
            of.span.texts(arrivals.at),
            of.span.texts(went.due),
            of.span.texts(np.minimum(went.resolved, of.span.edges[-1])),
            arrivals.client.tolist(),
            arrivals.category.tolist(),
            arrivals.priority.tolist(),
            arrivals.titles,
            status.tolist(),
            went.hours.tolist(),
            went.on_site.tolist(),
            went.reopened.tolist(),
            strict=True,
        ),
        start=1,
    ):
        kind = CATEGORIES[category]
        row: dict[str, Any] = {
            "id": f"{prefix}-t{number:05d}",
            "simulated": True,
            "at": at,
            "client_id": client_ids[client],
            "title": title,
            "priority": PRIORITIES[priority],
            "category": kind.name,
            "status": state,
            "due_at": due,
            "skill": kind.skill,
            "hours": hours,
            "on_site": visit,
            "reopened": again,
        }
        if state == "closed":
            row["resolved_at"] = resolved
        made.append(row)
    _assign(made, people, chance)
    _add_rare(made, of, arrivals, went)
    return made


def _handled(of: Company, course: Course, arrivals: Arrivals, chance: np.random.Generator) -> Handling:
    count = arrivals.count
    month = np.searchsorted(of.span.edges, arrivals.at, side="right") - 1
    trouble = course.trouble[arrivals.client, month]
    reopened = chance.poisson(REOPENED * np.exp(REOPENED_BY_TROUBLE * trouble))
    share = np.exp(chance.normal(PACE, PACE_SPREAD, count) + BY_TROUBLE * trouble) * of.pace
    share *= np.where(chance.random(count) < WAITS, chance.uniform(3, 10, count), 1.0)
    share *= np.where(arrivals.outage == NO_OUTAGE, 1.0, 1.25) * (1 + 0.8 * reopened)
    share *= np.array(PUT_OFF)[arrivals.priority]
    sla = np.array(SLA_HOURS)[arrivals.priority]
    due, resolved = _passed(of, arrivals, sla), _passed(of, arrivals, sla * share)
    late = resolved > due
    score = 4.6 - 0.82 * trouble - 0.55 * late - 0.45 * (reopened > 0) + chance.normal(0, 0.7, count)
    given = (chance.random(count) < ANSWERED) & (resolved < of.span.edges[-1])
    work = np.array([category.hours for category in CATEGORIES])[arrivals.category]
    work = work * np.exp(chance.normal(0, 0.6, count)) * (1 + reopened)
    visits = np.array([category.on_site for category in CATEGORIES])[arrivals.category]
    return Handling(
        due,
        resolved,
        reopened,
        np.where(given, np.clip(np.round(score), 1, 5), 0.0),
        chance.random(count) < 0.012 + 0.05 * late + 0.03 * np.maximum(trouble - 0.5, 0),
        chance.random(count) < 0.12 + 0.28 * np.minimum(trouble, 2),
        np.maximum(np.round(work * 4) / 4, 0.25),
        chance.random(count) < visits,
    )


def _passed(of: Company, arrivals: Arrivals, hours: Floats) -> Floats:
    """When so many hours have gone by: every hour counts for P1, working hours for the others."""
    return np.where(arrivals.priority == 0, arrivals.at + hours, of.week.after(arrivals.at, hours))


def _assign(made: list[dict[str, Any]], people: People, chance: np.random.Generator) -> None:
    for row, share in zip(made, chance.random(len(made)).tolist(), strict=True):
        if row["status"] != "new":
            able = people.by_skill[row["skill"]]
            row["technician_id"] = people.ids[able[int(share * len(able))]]


def _add_rare(made: list[dict[str, Any]], of: Company, arrivals: Arrivals, went: Handling) -> None:
    """What only some tickets have."""
    for place in np.nonzero(went.score)[0].tolist():
        made[place]["satisfaction_score"] = float(went.score[place])
    for place in np.nonzero(went.escalated)[0].tolist():
        made[place]["escalated"] = True
        made[place]["escalation_answered"] = not went.ignored[place]
    for place in np.nonzero(arrivals.outage != NO_OUTAGE)[0].tolist():
        made[place]["outage"] = of.id("o", int(arrivals.outage[place]) + 1)
    for place, device in enumerate(arrivals.devices):
        if device:
            made[place]["device"] = device
