"""Plans who does which task when, proves how good the plan is, and says why a task is left out."""

from collections.abc import Mapping
from typing import Any

from mesh.agents.resource_allocation.examples import EXAMPLES
from mesh.agents.resource_allocation.ical import render
from mesh.agents.resource_allocation.model import Answer, Question
from mesh.agents.resource_allocation.terminal import TERMINAL
from mesh.kit.agent import Agent, Answered, Format, Size
from mesh.kit.ports import Ports


def plan(ask: Question, ports: Ports) -> Answered[Answer]:
    """Answers a question; the solver is loaded by the first one, not by whoever lists the agents."""
    from mesh.agents.resource_allocation.answer import answer

    return answer(ask, ports)


def digest(answer: Answer) -> Mapping[str, Any]:
    """What the event says: counts, no task, client or technician."""
    return {
        "status": answer.status,
        "priority_mode": answer.priority_mode,
        "done": answer.plan.done,
        "left_out": answer.plan.left_out,
        "constraints": sorted({one.constraint for one in answer.left_out}),
        "sla_breaches": answer.plan.sla_breaches,
        "sla_breaches_avoided": answer.sla_breaches_avoided,
        "gap": answer.gap,
        "changes": len(answer.changes),
    }


AGENT = Agent(
    name="resource_allocation",
    title="Resource allocation",
    summary="Plans which technician does which task when, with skills, shifts, SLAs and travel; says what "
    "cannot be done and why, and proves how far the plan is from the best one.",
    route="/resource/optimize",
    aliases=("/resource/allocate",),
    ask=Question,
    reply=Answer,
    answer=plan,
    examples=EXAMPLES,
    event="schedule.planned",
    digest=digest,
    terminal=TERMINAL,
    # The solver takes what processor it gets, and 1,769 MB is where Lambda gives a whole one.
    size=Size(memory_mb=1769, timeout_s=30),
    formats={"ics": Format("text/calendar", render)},
)
