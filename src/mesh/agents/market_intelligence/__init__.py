"""Reads texts on the market: how they sound, what they name, and how own prices stand among peers'."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from mesh.agents.market_intelligence.examples import EXAMPLES
from mesh.agents.market_intelligence.model import Answer, Question
from mesh.agents.market_intelligence.terminal import TERMINAL
from mesh.kit.agent import Agent, Answered, Size
from mesh.kit.ports import Ports


def analyze(ask: Question, ports: Ports) -> Answered[Answer]:
    """Answers a question; its rules are loaded by the first one, not by whoever lists the agents."""
    from mesh.agents.market_intelligence.answer import answer

    return answer(ask, ports)


def digest(answer: BaseModel) -> Mapping[str, Any]:
    """What the event says: tone, topics and counts; no words of the texts, no names."""
    assert isinstance(answer, Answer)
    return {
        "tone": answer.sentiment.tone if answer.sentiment else None,
        "texts": len(answer.texts),
        "topics": answer.topics,
        "direction": answer.trend.direction if answer.trend else None,
        "price_position": answer.price.position,
    }


AGENT = Agent(
    name="market_intelligence",
    title="Market intelligence",
    summary="Says how texts on the market sound and which sentence decides, what they name and are about, "
    "how that moves by month, and how own prices stand among peers'.",
    route="/market-intelligence/analyze",
    ask=Question,
    reply=Answer,
    answer=analyze,
    examples=EXAMPLES,
    event="market.analyzed",
    digest=digest,
    terminal=TERMINAL,
    size=Size(memory_mb=1024, timeout_s=45),
    models=("all-MiniLM-L6-v2", "all-MiniLM-L6-v2-sentiment", "sentiment"),
    services=("comprehend",),
)
