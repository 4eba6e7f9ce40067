"""Tasks and technicians from the question or from stored rows, checked against each other."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from pydantic import ValidationError

from mesh.agents.resource_allocation.model import Question
from mesh.agents.resource_allocation.shifts import known_zone
from mesh.agents.resource_allocation.task import Task, named_priority
from mesh.agents.resource_allocation.technician import Technician
from mesh.kit.ports import Ports, Row
from mesh.kit.problem import FieldError, Invalid

CLOSED = frozenset({"closed", "resolved", "done", "cancelled", "canceled"})
RANK = {"critical": 0, "high": 1, "medium": 2, "low": 3}
USUAL_HOURS = 1.0
LONGEST_HOURS = 24.0
MOST_SAMPLES = 2_000


@dataclass(slots=True)
class Gathered:
    """What is to be planned. `notes` say what was taken for granted."""

    since: datetime
    until: datetime
    tasks: list[Task]
    technicians: list[Technician]
    simulated: bool = False
    notes: list[str] = field(default_factory=list)


def gather(ask: Question, ports: Ports) -> Gathered:
    """Raises Invalid that names the field where tasks and technicians contradict each other."""
    since = (ask.starts_at or ports.clock.now()).replace(second=0, microsecond=0)
    found = Gathered(since, since + timedelta(hours=ask.time_window_hours), [], [])
    found.tasks = ask.tasks if isinstance(ask.tasks, list) else _open_tickets(ask.tasks, ports, found)
    if isinstance(ask.technicians, list):
        found.technicians = ask.technicians
    else:
        found.technicians = _stored_technicians(ask.technicians, ports, found)
    if isinstance(ask.tasks, list):
        found.tasks = [_located(task, ports, found) for task in found.tasks]
    errors = [*_contradictions(ask, found)]
    if errors:
        raise Invalid(f"{errors[0].field}: {errors[0].reason}.", errors=errors)
    return found


def _contradictions(ask: Question, found: Gathered) -> Iterator[FieldError]:
    yield from _twice("tasks", [task.id for task in found.tasks])
    yield from _twice("technicians", [technician.id for technician in found.technicians])
    if isinstance(ask.technicians, list):
        for place, technician in enumerate(ask.technicians):
            if not known_zone(technician.timezone):
                yield FieldError(f"technicians.{place}.timezone", "is not an IANA time zone")
    if not isinstance(ask.tasks, list):
        return
    known, people = {task.id for task in found.tasks}, {one.id for one in found.technicians}
    for place, task in enumerate(found.tasks):
        if task.technician_id is not None and task.technician_id not in people:
            yield FieldError(f"tasks.{place}.technician_id", "is no technician of this question")
        for number, before in enumerate(task.depends_on):
            if before not in known:
                yield FieldError(f"tasks.{place}.depends_on.{number}", "is no task of this question")
    place_of = {task.id: place for place, task in enumerate(found.tasks)}
    if cycle := _cycle(found.tasks):
        where = f"tasks.{place_of[cycle[0]]}.depends_on"
        yield FieldError(where, f"tasks wait for each other: {' -> '.join(one[:60] for one in cycle[:8])}")
    yield from _twice("previous_plan", [line.task_id for line in ask.previous_plan])


def _twice(name: str, ids: Sequence[str]) -> Iterator[FieldError]:
    first: dict[str, int] = {}
    for place, one in enumerate(ids):
        if one in first:
            yield FieldError(f"{name}.{place}", f"has the same id as {name}.{first[one]}")
        first.setdefault(one, place)


def _cycle(tasks: Sequence[Task]) -> list[str]:
    """Tasks that wait for each other in a ring, or none (topological order, Kahn 1962)."""
    known = {task.id for task in tasks}
    waits = {task.id: known.intersection(task.depends_on) for task in tasks}
    followers: dict[str, list[str]] = {}
    for one, befores in waits.items():
        for before in befores:
            followers.setdefault(before, []).append(one)
    ready = [one for one, befores in waits.items() if not befores]
    while ready:
        done = ready.pop()
        del waits[done]
        for follower in followers.get(done, ()):
            waits[follower].discard(done)
            if not waits[follower]:
                ready.append(follower)
    if not waits:
        return []
    here, ring = next(iter(waits)), []
    while here not in ring:
        ring.append(here)
        here = next(before for before in sorted(waits[here]) if before in waits)
    return [*ring[ring.index(here) :], here]


def _open_tickets(count: int, ports: Ports, found: Gathered) -> list[Task]:
    """Stored tickets that are still open, the most pressing first: by priority, then by due time."""
    rows = [row for row in ports.records.scan("tickets") if _is_open(row)]
    usual = _usual_hours(ports, {str(row.get("skill") or "") for row in rows})
    clients = {row["id"]: row for row in ports.records.scan("clients")}
    tasks = [(task, row) for row in rows if (task := _task(row, clients.get(row["client_id"]), usual, found))]
    tasks.sort(key=lambda pair: _pressing(pair[0]))
    if len(tasks) < count:
        found.notes.append(f"{count} tasks were asked for; {len(tasks)} open tickets are stored.")
    found.simulated = found.simulated or any(row.get("simulated", False) for _, row in tasks[:count])
    return [task for task, _ in tasks[:count]]


def _is_open(row: Row) -> bool:
    return not row.get("resolved_at") and str(row.get("status") or "").strip().casefold() not in CLOSED


def _pressing(task: Task) -> tuple[int, str, str]:
    return RANK[task.priority], task.due_at.isoformat() if task.due_at else "9999", task.id


def _usual_hours(ports: Ports, skills: Iterable[str]) -> dict[str, float]:
    """Median hours of tickets that were worked on, by skill; by "" over all of them."""
    spent: dict[str, list[float]] = {skill: [] for skill in {*skills, ""}}
    for row in ports.records.scan("tickets"):
        hours = row.get("hours")
        if not hours or _is_open(row):
            continue
        for name in {str(row.get("skill") or ""), ""}:
            if name in spent and len(spent[name]) < MOST_SAMPLES:
                spent[name].append(float(hours))
    return {name: median(hours) for name, hours in spent.items() if hours}


def _task(row: Row, client: Row | None, usual: dict[str, float], found: Gathered) -> Task | None:
    """A stored ticket as a task; None, with a note, where it cannot be one."""
    skill = str(row.get("skill") or "")
    hours = float(row.get("hours") or 0.0)
    if not 0 < hours <= LONGEST_HOURS:
        hours = min(usual.get(skill, usual.get("", USUAL_HOURS)), LONGEST_HOURS)
        note = "Where a ticket has no hours, the median of like tickets was taken, or one hour."
        found.notes += [note] if note not in found.notes else []
    priority = named_priority(row.get("priority") or "medium")
    where = client or {}
    made: dict[str, Any] = {
        "id": row["id"], "title": str(row.get("title") or "")[:200], "client_id": row["client_id"],
        "skills": skill, "hours": hours, "priority": priority if priority in RANK else "medium",
        "due_at": row.get("due_at"),
        "on_site": bool(row.get("on_site")),
    }  # fmt: skip
    if made["on_site"] and where.get("latitude") is not None and where.get("longitude") is not None:
        made |= {"latitude": where["latitude"], "longitude": where["longitude"]}
    try:
        return Task.model_validate(made)
    except ValidationError as error:
        found.notes.append(f"Ticket {str(row['id'])[:60]} was passed over: {error.errors()[0]['msg']}.")
        return None


def _stored_technicians(count: int | None, ports: Ports, found: Gathered) -> list[Technician]:
    made = []
    rows = sorted(ports.records.scan("technicians"), key=lambda row: str(row["id"]))
    names = set(Technician.model_fields) - {"breaks", "away", "shifts"}
    for row in rows[:count]:
        given = {name: value for name, value in row.items() if name in names and value not in (None, [], "")}
        days = given.get("workdays")
        if isinstance(days, str):
            given["workdays"] = [day.strip()[:3].casefold() for day in days.replace(";", ",").split(",")]
        try:
            technician = Technician.model_validate(given)
        except ValidationError as error:
            found.notes.append(f"Technician {row['id'][:60]} was passed over: {error.errors()[0]['msg']}.")
            continue
        if not known_zone(technician.timezone):
            found.notes.append(f"The time zone of technician {technician.id[:60]} is unknown; UTC was taken.")
            technician = technician.model_copy(update={"timezone": "UTC"})
        made.append(technician)
        found.simulated = found.simulated or bool(row.get("simulated", False))
    if count and len(rows) < count:
        found.notes.append(f"{count} technicians were asked for; {len(rows)} are stored.")
    return made


def _located(task: Task, ports: Ports, found: Gathered) -> Task:
    """With the stored client's location, where the task is on site and has none of its own."""
    if not task.on_site or task.latitude is not None or task.client_id is None:
        return task
    client = ports.records.find("clients", task.client_id)
    if not client or client.get("latitude") is None or client.get("longitude") is None:
        return task
    found.simulated = found.simulated or bool(client.get("simulated", False))
    return task.model_copy(update={"latitude": client["latitude"], "longitude": client["longitude"]})
