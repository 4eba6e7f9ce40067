"""How the agent is asked from a terminal, and how its answer is shown there."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mesh.agents.resource_allocation.gantt import gantt
from mesh.agents.resource_allocation.model import Answer, Assignment, Question
from mesh.agents.resource_allocation.picture import picture
from mesh.kit.agent import CommandLine, Envelope, Flag
from mesh.kit.columns import aligned
from mesh.kit.problem import FieldError, Invalid

MOST_ROWS = 40
MOST_PEOPLE = 60


def read(given: Mapping[str, str]) -> Mapping[str, Any]:
    """The question from a JSON file, or how many stored tickets and technicians to take."""
    question = _from_json(given) if "input" in given or "question" in given else {}
    for flag in ("tasks", "technicians"):
        if flag in given:
            question[flag] = int(_number(flag, given[flag]))
    if "hours" in given:
        question["time_window_hours"] = _number("hours", given["hours"])
    if "limit" in given:
        question["time_limit_s"] = _number("limit", given["limit"])
    if "mode" in given:
        question["priority_mode"] = given["mode"]
    if "start" in given:
        question["starts_at"] = given["start"]
    if "previous" in given:
        question["previous_plan"] = _earlier(given["previous"])
    if "tasks" not in question:
        raise Invalid(
            "Give a JSON file with tasks and technicians, or --tasks N for stored tickets.",
            errors=[FieldError("--tasks", "is missing, and so is a file")],
        )
    return question


def _from_json(given: Mapping[str, str]) -> dict[str, Any]:
    name = "question" if "question" in given else "input"
    value = _parsed(given[name], f"--{name}" if name == "question" else "input")
    if not isinstance(value, dict):
        reason = "must hold one object with tasks and technicians"
        raise Invalid(f"The file {reason}.", errors=[FieldError(name, reason)])
    return value


def _earlier(text: str) -> Any:
    """The lines of an earlier plan: the `assignments` of an answer, of its envelope, or a list of them."""
    value = _parsed(text, "--previous")
    if isinstance(value, dict):
        value = value.get("answer", value)
    if isinstance(value, dict):
        value = value.get("assignments", value)
    if not isinstance(value, list):
        reason = "holds no assignments"
        raise Invalid(f"--previous: {reason}.", errors=[FieldError("--previous", reason)])
    return value


def _parsed(text: str, field: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        reason = "is not JSON"
        raise Invalid(f"{field}: {reason}.", errors=[FieldError(field, reason)]) from None


def _number(flag: str, text: str) -> float:
    try:
        number = float(text)
        int(number)
    except (ValueError, OverflowError):
        reason = f"{text[:40]!r} is not a number"
        raise Invalid(f"--{flag}: {reason}.", errors=[FieldError(f"--{flag}", reason)]) from None
    return number


def show(ask: Question, envelope: Envelope, width: int) -> str:  # noqa: ARG001
    """The answer as text of at most `width` columns: the plan, what is left out, the gain."""
    answer = Answer.model_validate(envelope.answer)
    blocks = [
        answer.message + (" Simulated records were used." if envelope.simulated else ""),
        gantt(_rows(answer), width),
        _table(("start", "end", "who", "task", "prio", "way", "SLA", "title"), _planned(answer.assignments)),
        _table(("left out", "prio", "constraint", "why"), _left(answer)),
        _table(("who", "tasks", "work", "way", "over", "used"), _used(answer)),
        _table(("", "plan", "dispatcher"), _compared(answer)),
        _table(("changed", "how", "from", "to"), _changed(answer)),
        *answer.notes,
    ]
    return "\n\n".join("\n".join(_clean(line)[:width] for line in b.splitlines()) for b in blocks if b)


def _clean(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)


def _rows(answer: Answer) -> list[tuple[str, list[Assignment]]]:
    """Those with the most work first, where there are too many to show."""
    people = sorted(answer.utilisation, key=lambda one: -one.working_minutes)[:MOST_PEOPLE]
    kept = {one.technician_id for one in people}
    return [
        (one.technician, [a for a in answer.assignments if a.technician_id == one.technician_id])
        for one in answer.utilisation
        if one.technician_id in kept
    ]


def _planned(assignments: Sequence[Assignment]) -> Iterator[tuple[str, ...]]:
    for one in assignments[:MOST_ROWS]:
        yield (
            f"{one.start_at:%m-%d %H:%M}", f"{one.end_at:%H:%M}", one.technician[:16], one.task_id[:16],
            one.priority, f"{one.travel_minutes}" if one.travel_minutes else "", one.sla, one.title[:60],
        )  # fmt: skip
    if len(assignments) > MOST_ROWS:
        yield (f"and {len(assignments) - MOST_ROWS} more", *[""] * 7)


def _left(answer: Answer) -> Iterator[tuple[str, ...]]:
    for one in answer.left_out[:MOST_ROWS]:
        yield one.task_id[:16], one.priority, one.constraint.replace("_", " "), one.reason
    if len(answer.left_out) > MOST_ROWS:
        yield f"and {len(answer.left_out) - MOST_ROWS} more", "", "", ""


def _used(answer: Answer) -> Iterator[tuple[str, ...]]:
    for one in answer.utilisation[:MOST_PEOPLE]:
        used = "no shift" if one.utilisation is None else f"{one.utilisation:.0%}"
        yield (
            one.technician[:24], str(one.tasks), _hours(one.working_minutes), _hours(one.travel_minutes),
            _hours(one.overtime_minutes), used,
        )  # fmt: skip


def _hours(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"


def _compared(answer: Answer) -> Iterator[tuple[str, ...]]:
    plan, greedy = answer.plan, answer.dispatcher
    yield "points", f"{plan.objective:.1f}", f"{greedy.objective:.1f}"
    yield "done", str(plan.done), str(greedy.done)
    yield "SLA breaches", str(plan.sla_breaches), str(greedy.sla_breaches)
    yield "travel", _hours(plan.travel_minutes), _hours(greedy.travel_minutes)
    yield "overtime", _hours(plan.overtime_minutes), _hours(greedy.overtime_minutes)
    gap = "none" if answer.gap is None else f"{answer.gap:.2%}"
    yield "bound, gap", f"{answer.bound:.1f}", gap
    jain = answer.fairness.jain_index
    yield "fairness (Jain)", "" if jain is None else f"{jain:.2f}", ""


def _changed(answer: Answer) -> Iterator[tuple[str, ...]]:
    for one in answer.changes[:MOST_ROWS]:
        before = f"{one.from_technician_id} {one.from_start_at:%H:%M}" if one.from_start_at else ""
        after = f"{one.to_technician_id} {one.to_start_at:%H:%M}" if one.to_start_at else ""
        yield one.task_id[:16], one.kind, before, after


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    listed = list(rows)
    return "\n".join(aligned([head, *listed])) if listed else ""


def why_not(answer: Answer) -> str | None:
    """Why there is no plan, or None."""
    return answer.message if answer.status == "no_data" else None


TERMINAL = CommandLine(
    read=read,
    show=show,
    why_not=why_not,
    picture=picture,
    flags=(
        Flag("question", "a JSON file with tasks, technicians and the rest", file=True),
        Flag("tasks", "how many stored open tickets to take, the most pressing first"),
        Flag("technicians", "how many stored technicians to take; all by default"),
        Flag("hours", "length of the window, by default 24"),
        Flag("start", "where the window begins (ISO 8601), by default now"),
        Flag("mode", "balanced, speed, quality or sla"),
        Flag("previous", "an earlier answer (JSON), to change as little of as it takes", file=True),
        Flag("limit", "seconds after which the best plan found is given, by default 10"),
    ),
)
