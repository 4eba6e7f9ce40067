"""Forecasts what invoices will bring, how sure that is, and what clients lack that their likes buy."""

from collections.abc import Mapping
from typing import Any

from mesh.agents.revenue_optimization.examples import EXAMPLES
from mesh.agents.revenue_optimization.model import Answer, Question
from mesh.agents.revenue_optimization.terminal import TERMINAL
from mesh.kit.agent import Agent, Answered, Size
from mesh.kit.ports import Ports


def foresee(ask: Question, ports: Ports) -> Answered[Answer]:
    """Answers a question; numpy is loaded by the first one, not by whoever lists the agents."""
    from mesh.agents.revenue_optimization.answer import answer

    return answer(ask, ports)


def digest(answer: Answer) -> Mapping[str, Any]:
    """What the event says: no names of clients or services, and no amounts."""
    return {
        "status": answer.status,
        "frequency": answer.frequency,
        "period_days": answer.period_days,
        "steps": len(answer.total.steps) if answer.total else 0,
        "backtest_smape": answer.backtest.smape if answer.backtest else None,
        "scenarios": len(answer.scenarios),
        "opportunities": len(answer.opportunities),
        "issues": sorted({issue.kind for issue in answer.issues}),
    }


AGENT = Agent(
    name="revenue_optimization",
    title="Revenue optimisation",
    summary="Forecasts revenue in total, by service or by client, with intervals from the method's own past "
    "errors, scenarios for prices, churn and renewals, and what similar clients buy that others lack.",
    route="/revenue/forecast",
    ask=Question,
    reply=Answer,
    answer=foresee,
    examples=EXAMPLES,
    event="revenue.forecasted",
    digest=digest,
    terminal=TERMINAL,
    size=Size(memory_mb=1024, timeout_s=45),
)
