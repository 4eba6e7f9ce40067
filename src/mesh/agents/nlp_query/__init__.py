"""Answers questions in plain words about an MSP's own records, with the plan and the rows behind them."""

from collections.abc import Mapping
from typing import Any

from mesh.agents.nlp_query.examples import EXAMPLES
from mesh.agents.nlp_query.model import Answer, Question
from mesh.agents.nlp_query.terminal import TERMINAL
from mesh.kit.agent import Agent, Answered, Size
from mesh.kit.ports import Ports


def ask(question: Question, ports: Ports) -> Answered[Answer]:
    """Answers a question; the reader is loaded by the first one, not by whoever lists the agents."""
    from mesh.agents.nlp_query.answer import answer

    return answer(question, ports)


def digest(answer: Answer) -> Mapping[str, Any]:
    """What the event says: what was asked for, in the layer's words; no name, no number, no text."""
    return {
        "metric": answer.plan.metric if answer.plan else None,
        "form": answer.plan.form if answer.plan else None,
        "rows": len(answer.rows),
        "abstained": answer.abstained.reason if answer.abstained else None,
    }


AGENT = Agent(
    name="nlp_query",
    title="Questions in plain words",
    summary="Answers questions about your own records in words, with the plan, the rows and the records "
    "behind every number, or says why it cannot.",
    route="/nlp-query/ask",
    ask=Question,
    reply=Answer,
    answer=ask,
    examples=EXAMPLES,
    event="question.answered",
    digest=digest,
    terminal=TERMINAL,
    size=Size(memory_mb=1536, timeout_s=60),
    models=("all-MiniLM-L6-v2", "flan-t5-small"),
    services=("bedrock",),
)
