"""Says how likely a client is to leave within 90 days, what drives it, and what can be done about it."""

from collections.abc import Callable, Mapping
from typing import Any

from mesh.agents.client_health.churn import NETWORK
from mesh.agents.client_health.examples import EXAMPLES
from mesh.agents.client_health.model import Answer, Question
from mesh.agents.client_health.ranking import Ranking, RankingQuery, ranking
from mesh.agents.client_health.terminal import TERMINAL
from mesh.kit.agent import Agent, Answered, Size, Trained, Training, View
from mesh.kit.ports import Ports


def judge(ask: Question, ports: Ports) -> Answered[Answer]:
    """Answers a question; ONNX Runtime is loaded by the first one, not by whoever lists the agents."""
    from mesh.agents.client_health.answer import answer

    return answer(ask, ports)


def train(ports: Ports, say: Callable[[str], None]) -> Trained:
    """Trains the tenant's own model; what that takes is loaded here."""
    from mesh.agents.client_health.learning.own import train_own

    return train_own(ports, say)


def digest(answer: Answer) -> Mapping[str, Any]:
    """What the event says: no client, no values of features."""
    judged = [one for one in (answer.clients or [answer]) if one.churn_probability is not None]
    return {
        "status": answer.status,
        "clients": len(judged),
        "churn_probability": max((one.churn_probability or 0.0 for one in judged), default=None),
        "health_score": min((one.health_score or 0.0 for one in judged), default=None),
        "like_those_that_leave": sum("leaves" in one.outlook.resembles for one in judged if one.outlook),
        "horizon_days": answer.horizon_days,
        "model": answer.learnt.scope,
    }


AGENT = Agent(
    name="client_health",
    title="Client health",
    summary="Says how likely a client is to leave within 90 days, with a calibrated probability, what drives "
    "it and what can be done about it.",
    route="/client-health/predict",
    ask=Question,
    reply=Answer,
    answer=judge,
    examples=EXAMPLES,
    event="health.predicted",
    digest=digest,
    terminal=TERMINAL,
    size=Size(memory_mb=512, timeout_s=30),
    views=(
        View(
            path="/client-health/ranking",
            summary="Who needs attention first, with the change since last month",
            query=RankingQuery,
            reply=Ranking,
            read=ranking,
        ),
    ),
    models=(NETWORK,),
    training=Training(
        summary="Learns from this MSP's own departures; its model is kept only where it does better.",
        run=train,
    ),
)
