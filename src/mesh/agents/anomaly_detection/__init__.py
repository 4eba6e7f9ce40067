"""Finds what is unusual in a metric as it comes in, says why, and where related metrics point to."""

from collections.abc import Mapping
from typing import Any

from mesh.agents.anomaly_detection.examples import EXAMPLES
from mesh.agents.anomaly_detection.expected import (
    Forget,
    Forgotten,
    Mark,
    Marked,
    Marks,
    OfSeries,
    forget,
    mark,
    marks,
)
from mesh.agents.anomaly_detection.model import Answer, Question
from mesh.agents.anomaly_detection.terminal import TERMINAL
from mesh.kit.agent import Act, Agent, Answered, Size, View
from mesh.kit.ports import Ports


def judge(ask: Question, ports: Ports) -> Answered[Answer]:
    """Answers a question; numpy is loaded by the first one, not by whoever lists the agents."""
    from mesh.agents.anomaly_detection.answer import answer

    return answer(ask, ports)


def digest(answer: Answer) -> Mapping[str, Any]:
    """What the event says: no names of clients, devices or metrics, and no readings."""
    return {
        "status": answer.status,
        "alerts": answer.alerts,
        "anomalies": len(answer.anomalies) + answer.anomalies_left_out,
        "kinds": sorted({anomaly.kind for anomaly in answer.anomalies}),
        "highest_score": max((anomaly.score for anomaly in answer.anomalies), default=None),
        "series": len(answer.series),
    }


AGENT = Agent(
    name="anomaly_detection",
    title="Anomaly detection",
    summary="Finds what is unusual in one metric or several related ones, with the band that was expected, "
    "the likely kind, and the series an incident likely came from.",
    route="/anomaly/detect",
    ask=Question,
    reply=Answer,
    answer=judge,
    examples=EXAMPLES,
    event="anomaly.detected",
    digest=digest,
    terminal=TERMINAL,
    size=Size(memory_mb=768, timeout_s=45),
    views=(
        View(
            path="/anomaly/expected",
            summary="What you marked as expected",
            query=OfSeries,
            reply=Marks,
            read=marks,
        ),
    ),
    acts=(
        Act(
            path="/anomaly/expect",
            summary="Mark a span of a stored series as expected: it is told of and calls nobody",
            ask=Mark,
            reply=Marked,
            do=mark,
        ),
        Act(
            path="/anomaly/unexpect",
            summary="Take a mark back",
            ask=Forget,
            reply=Forgotten,
            do=forget,
        ),
    ),
)
