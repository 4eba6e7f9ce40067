"""Lets MSPs that agreed train a model together, on rows that stay with each, at a stated price in privacy."""

from collections.abc import Mapping
from typing import Any

from mesh.agents.federated_learning.answer import answer, roll_back, status
from mesh.agents.federated_learning.examples import EXAMPLES
from mesh.agents.federated_learning.model import (
    Answer,
    Question,
    RollBack,
    RolledBack,
    Status,
    StatusQuery,
)
from mesh.agents.federated_learning.terminal import TERMINAL
from mesh.kit.agent import Act, Agent, Size, View


def digest(answer: Answer) -> Mapping[str, Any]:
    """What the event says: no MSP, no record."""
    return {
        "model_type": answer.model_type,
        "status": answer.status,
        "model_version": answer.model_version,
        "sites": answer.sites_in,
        "rounds": len(answer.rounds),
        "epsilon_spent": answer.epsilon_spent,
    }


def takes_long(ask: Question) -> bool:
    """A training over MSPs is a job; a rehearsal is answered at once."""
    return ask.rehearsal is None


AGENT = Agent(
    name="federated_learning",
    title="Federated learning",
    summary="Trains a model over the MSPs that agreed to it: rows stay where they are, sums leave under masks"
    " and with noise, and what each record paid is accounted.",
    route="/federated/train",
    ask=Question,
    reply=Answer,
    answer=answer,
    examples=EXAMPLES,
    event="federation.trained",
    digest=digest,
    terminal=TERMINAL,
    size=Size(memory_mb=768, timeout_s=60),
    as_job=takes_long,
    views=(
        View(
            path="/federated/status",
            summary="Your trainings round by round, and the versions of shared models you have",
            query=StatusQuery,
            reply=Status,
            read=status,
        ),
    ),
    acts=(
        Act(
            path="/federated/rollback",
            summary="Go back to the shared model before the one in use",
            ask=RollBack,
            reply=RolledBack,
            do=roll_back,
        ),
    ),
)
