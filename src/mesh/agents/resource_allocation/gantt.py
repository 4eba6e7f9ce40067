"""A plan as text: a row for each technician, time from left to right."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from mesh.agents.resource_allocation.model import Assignment

LABEL = 14
BEFORE = timedelta(minutes=1)


def gantt(rows: Sequence[tuple[str, Sequence[Assignment]]], width: int) -> str:
    """At most `width` columns. A task is its id over its span, ``-`` the way there, ``!`` ends a breach.

    Empty where nothing is planned.
    """
    every = [one for _, tasks in rows for one in tasks]
    if not every:
        return ""
    first = min(one.start_at - timedelta(minutes=one.travel_minutes) for one in every)
    first = first.replace(minute=0, second=0)
    last = max(one.end_at for one in every)
    columns = max(10, width - LABEL - 1)
    span = (last - first) / columns
    lines = [" " * (LABEL + 1) + _scale(first, last, columns)]
    lines += [
        f"{label[:LABEL]:<{LABEL}} {_row(tasks, first, span, columns)}".rstrip() for label, tasks in rows
    ]
    return "\n".join(lines)


def _row(tasks: Sequence[Assignment], first: datetime, span: timedelta, columns: int) -> str:
    row = [" "] * columns
    for one in tasks:
        start = min(columns - 1, int((one.start_at - first) / span))
        end = max(start + 1, min(columns, int((one.end_at - first) / span)))
        leave = max(0, int((one.start_at - timedelta(minutes=one.travel_minutes) - first) / span))
        for place in range(leave, start):
            row[place] = "-"
        label = "".join(c if c.isprintable() and c.isascii() else "?" for c in one.task_id)
        inside = f"[{label}" if end - start > 1 else "#"
        text = inside[: end - start].ljust(end - start, "=")
        row[start:end] = text[:-1] + ("!" if one.sla == "breached" else "]" if end - start > 1 else text[-1])
    return "".join(row)


def _scale(first: datetime, last: datetime, columns: int) -> str:
    """Whole hours, or days, as many as there is room for."""
    hours = (last - first).total_seconds() / 3600
    step = next((s for s in (1, 2, 3, 4, 6, 12, 24, 48, 96, 168) if columns * s / max(hours, 1e-9) >= 7), 336)
    row = [" "] * columns
    at = 0
    while at < hours:
        place = int(at / hours * columns)
        moment = first + timedelta(hours=at)
        mark = f"{moment:%H:%M}" if step < 24 else f"{moment:%m-%d}"
        if place + len(mark) <= columns:
            row[place : place + len(mark)] = mark
        at += step
    return "".join(row)
