"""iMOPSE projects (Myszkowski et al., Soft Computing 19, 2015): tasks with a skill at a level, in an order.

The benchmark asks for short and cheap projects; the agent asks who does what when. So the figures say that
every task went to someone able, in order, and how much sooner work starts than under the dispatcher.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import mean
from typing import Any

from evals.dispatch_days import planned
from evals.figure import Figure
from mesh.agents.resource_allocation.work import Plan, Work, faults

Say = Callable[[str], None]

RESOURCE = re.compile(r"^(\d+)\s+([\d.]+)\s+(.*Q\d+.*)$")
TASK = re.compile(r"^(\d+)\s+(\d+)\s+Q(\d+):\s*(\d+)\s*([\d\s]*)$")
LEVEL = re.compile(r"Q(\d+):\s*(\d+)")
HOURS = 0.05  # an hour of the benchmark is three minutes here, so that a project fits into one shift
WINDOW = 72.0
SECONDS = 2.0
START = datetime(2026, 3, 2, tzinfo=UTC)


def is_definition(text: Any) -> bool:
    """Whether it reads like a definition of the benchmark."""
    return isinstance(text, str) and "ResourceID" in text and "TaskID" in text


def question(text: str) -> dict[str, Any]:
    """A definition as a question: levels from 0 become levels from 1."""
    shift = {"start": START.isoformat(), "end": (START + timedelta(hours=WINDOW)).isoformat()}
    technicians, tasks = [], []
    for line in map(str.strip, text.splitlines()):
        if found := TASK.match(line):
            number, hours, skill, level, after = found.groups()
            tasks.append(
                {"id": number, "hours": int(hours) * HOURS, "skills": {f"q{skill}": int(level) + 1},
                 "depends_on": after.split()}
            )  # fmt: skip
        elif found := RESOURCE.match(line):
            levels = {f"q{skill}": int(level) + 1 for skill, level in LEVEL.findall(found[3])}
            technicians.append({"id": found[1], "skills": levels, "shifts": [shift]})
    return {"tasks": tasks, "technicians": technicians, "starts_at": START.isoformat(),
            "time_window_hours": WINDOW, "priority_mode": "speed"}  # fmt: skip


def figures(definitions: dict[str, str], say: Say) -> list[Figure]:
    """How many tasks were planned without a fault, and when projects end compared with the dispatcher."""
    tasks = done = broken = 0
    ends, gaps = [], []
    for name, text in definitions.items():
        asked = question(text)
        work, one = planned(asked, SECONDS)
        tasks, done = tasks + len(asked["tasks"]), done + len(one.plan)
        broken += sum(1 for _ in faults(work, one.plan))
        ends.append(_end(work, one.plan) / _end(work, one.greedy))
        gaps.append(one.bound / one.points - 1)
        say(f"{name}: {len(one.plan)} of {len(asked['tasks'])} tasks, gap {gaps[-1]:.2%}, "
            f"ends at {ends[-1]:.2f} of the dispatcher's")  # fmt: skip
    note = f"{len(definitions)} projects; faults in plans: {broken}; mean proven gap {mean(gaps):.4f}"
    return [
        Figure("iMOPSE tasks planned with skill, level and order kept", done / tasks if tasks else None, 1.0,
               rows=tasks, note=note),
        Figure("iMOPSE end of project, share of the dispatcher's", mean(ends), None, False,
               rows=len(definitions), note="the agent minimises waiting, not the end"),
    ]  # fmt: skip


def _end(work: Work, plan: Plan) -> int:
    return max((visit.start + work.jobs[job].minutes for job, visit in plan.items()), default=1)
