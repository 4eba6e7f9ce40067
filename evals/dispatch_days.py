"""Simulated days of a dispatcher: 50 technicians, 300 tickets; how close plans are proven to come in 10 s.

Skills, hours, priorities and due times are drawn with a fixed seed; nothing in them comes from a real client.
Seconds are of the processor, of one thread, so that a busy machine measures the same.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import mean
from time import process_time
from typing import Any

import numpy as np

from evals.figure import Figure
from mesh.agents.resource_allocation.formulate import formulate
from mesh.agents.resource_allocation.gather import gather
from mesh.agents.resource_allocation.model import Question
from mesh.agents.resource_allocation.planning import Planned, plan_work
from mesh.agents.resource_allocation.work import Work, faults, price
from mesh.kit.fakes import fake_ports

Say = Callable[[str], None]

SECONDS = 10.0
AIM = 0.01
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
SKILLS = tuple(f"skill {number}" for number in range(8))
HOURS = {"slack": (0.25, 0.5, 0.5, 1.0, 1.0, 1.5), "full": (0.25, 0.5, 0.5, 1.0, 1.0, 1.5, 2.0, 3.0),
         "crowded": (0.5, 1.0, 2.0, 3.0, 4.0)}  # fmt: skip
SEEDS = (1, 2, 3)


def planned(question: dict[str, Any], seconds: float) -> tuple[Work, Planned]:
    """The plan that the agent makes, ended by processor time in place of the clock's."""
    ask = Question.model_validate(question)
    case = formulate(ask, gather(ask, fake_ports()))
    return case.work, plan_work(case.work, seconds, process_time)


def day(seed: int, hours: tuple[float, ...], on_site: float = 0.0) -> dict[str, Any]:
    """A question of 300 tasks and 50 technicians for ten hours."""
    rng = np.random.default_rng(seed)

    def at(later: float) -> str:
        return (MONDAY + timedelta(hours=later)).isoformat()

    def place() -> dict[str, float]:
        return {"latitude": 52.3 + 0.4 * rng.random(), "longitude": 13.1 + 0.6 * rng.random()}

    technicians = []
    for number in range(50):
        start = int(rng.choice((0, 0, 0, 1, 2)))
        able = rng.choice(SKILLS, size=int(rng.integers(2, 5)), replace=False)
        technicians.append(
            {"id": f"p{number}", "skills": {str(s): int(rng.integers(3, 10)) for s in able},
             "shifts": [{"start": at(start), "end": at(start + 8)}], "hourly_cost": int(rng.integers(30, 61)),
             "breaks": [{"start": "12:00", "end": "12:30"}], **(place() if on_site else {})}
        )  # fmt: skip
    tasks = []
    for number in range(300):
        long = float(rng.choice(hours))
        release = float(rng.choice((0, 0, 0, rng.integers(0, 20) / 4)))
        task: dict[str, Any] = {
            "id": f"t{number}", "skills": [str(rng.choice(SKILLS))], "hours": long, "release_at": at(release),
            "priority": str(rng.choice(("critical", "high", "medium", "low"), p=(0.08, 0.25, 0.42, 0.25))),
        }  # fmt: skip
        if rng.random() < 0.7:
            task["due_at"] = at(release + long + rng.integers(0, 28) / 4)
        if rng.random() < on_site:
            task |= place()
        tasks.append(task)
    return {"tasks": tasks, "technicians": technicians, "starts_at": at(0), "time_window_hours": 10}


def figures(say: Say) -> list[Figure]:
    """The proven gap of each kind of day, and what was gained over the dispatcher."""
    found = []
    for name, hours in HOURS.items():
        found += _kind(f"{name} days, remote", [day(seed, hours) for seed in SEEDS], AIM, say)
    return found + _kind("full days, half on site", [day(SEEDS[0], HOURS["full"], 0.5)], None, say)


def _kind(name: str, days: list[dict[str, Any]], aim: float | None, say: Say) -> list[Figure]:
    gaps, gains, broken = [], [], 0
    for number, question in enumerate(days, start=1):
        began = process_time()
        work, one = planned(question, SECONDS)
        broken += sum(1 for _ in faults(work, one.plan))
        gaps.append(one.bound / one.points - 1)
        gains.append(one.points / price(work, one.greedy).points - 1)
        say(f"{name} {number}: gap {gaps[-1]:.2%}, {gains[-1]:+.2%} over the dispatcher, "
            f"{process_time() - began:.1f} s")  # fmt: skip
    note = f"simulated, {SECONDS:.0f} s of one processor; worst {max(gaps):.4f}; faults: {broken}; " \
           f"points over the dispatcher's {mean(gains):+.1%}"  # fmt: skip
    measure = f"50 technicians x 300 tickets, proven gap: {name}"
    return [Figure(measure, mean(gaps), aim, False, rows=len(days), note=note)]
