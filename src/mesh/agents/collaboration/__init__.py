"""Finds other MSPs that can help with a piece of work, and introduces the two when both want it."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from mesh.agents.collaboration.examples import EXAMPLES
from mesh.agents.collaboration.introduction import ASK, LIST
from mesh.agents.collaboration.model import Answer, Question
from mesh.agents.collaboration.terminal import TERMINAL
from mesh.kit.agent import Agent, Answered, Size
from mesh.kit.ports import Ports


def match(ask: Question, ports: Ports) -> Answered[Answer]:
    """Answers a question; numpy is loaded by the first one, not by whoever lists the agents."""
    from mesh.agents.collaboration.answer import answer

    return answer(ask, ports)


def digest(answer: BaseModel) -> Mapping[str, Any]:
    """What the event says: how many there were and how well the best fits; no handle, no words."""
    assert isinstance(answer, Answer)
    return {
        "considered": answer.considered,
        "fitting": answer.fitting,
        "best_score": answer.partners[0].score if answer.partners else None,
        "needs": len(answer.needs),
    }


AGENT = Agent(
    name="collaboration",
    title="Partner matching",
    summary="Ranks other MSPs for a piece of work told in plain words, says what each covers and lacks, and "
    "shows of each only what it agreed to show.",
    route="/collaboration/match",
    aliases=("/collaboration/find-partners",),
    ask=Question,
    reply=Answer,
    answer=match,
    examples=EXAMPLES,
    event="partners.matched",
    digest=digest,
    terminal=TERMINAL,
    size=Size(memory_mb=1024, timeout_s=30),
    introduces=True,
    acts=(ASK,),
    views=(LIST,),
    models=("all-MiniLM-L6-v2",),
)
