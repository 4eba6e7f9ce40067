"""Finds the agents, and asks them. There is no list to keep: a folder in `mesh/agents` is an agent."""

import pkgutil
import time
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any

from pydantic import BaseModel

import mesh.agents
from mesh.kit.agent import Agent, Envelope
from mesh.kit.event import Draft
from mesh.kit.platform import Platform, State
from mesh.kit.ports import Ports, Sighted
from mesh.kit.problem import NotFound, Problem, validated
from mesh.kit.trace import Outcome, Work


@cache
def names() -> tuple[str, ...]:
    """Folder names of all agents, sorted; imports none of them."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(mesh.agents.__path__) if m.ispkg))


@cache
def find(name: str) -> Agent:
    """The agent by folder name or slug. Raises NotFound with the names there are."""
    folder = name.replace("-", "_")
    if folder not in names():
        known = ", ".join(n.replace("_", "-") for n in names())
        raise NotFound(f"There is no agent {name!r}. The agents are: {known}.")
    agent = import_module(f"mesh.agents.{folder}").AGENT
    assert isinstance(agent, Agent) and agent.name == folder, (
        f"mesh.agents.{folder} must declare its own AGENT"
    )
    return agent


def agents() -> tuple[Agent, ...]:
    """All agents, by name."""
    return tuple(find(name) for name in names())


def checked(agent: Agent, question: Mapping[str, Any]) -> BaseModel:
    """The question as the agent takes it. Raises Invalid that names each field."""
    return validated(agent.ask, question)


def ask(
    agent: Agent, question: BaseModel, platform: Platform, msp_id: str, *, result_id: str = ""
) -> Envelope:
    """Ask, time, store the answer together with its event, and hand it back; a new id unless one is given.

    Raises what the agent raises (a Problem, when it says why it cannot answer); the failure is noted.
    """
    ports = platform.ports(msp_id)
    started = time.perf_counter()
    outcome, detail = "failed", ""
    try:
        answered = agent.answer(question, ports)
        outcome = "answered"
    except Problem as problem:
        outcome, detail = ("refused" if problem.status < 500 else "failed"), problem.detail
        raise
    finally:
        took_ms = round((time.perf_counter() - started) * 1000, 3)
        platform.states.note(
            State.model_validate(
                {"agent": agent.slug, "at": ports.clock.now(), "took_ms": took_ms, "outcome": outcome,
                 "detail": detail}
            )
        )  # fmt: skip
    envelope = Envelope(
        result_id=result_id or platform.ids(),
        agent=agent.slug,
        msp_id=msp_id,
        answered_at=ports.clock.now(),
        took_ms=took_ms,
        model=answered.by,
        simulated=answered.simulated,
        answer=answered.answer.model_dump(mode="json"),
    )
    digest = {**agent.digest(answered.answer), "simulated": answered.simulated}
    draft = Draft(type=agent.event, topic=agent.slug, subject=envelope.result_id, data=digest)
    ports.results.keep(envelope, [draft])
    if agent.seen is not None:
        _tell(agent, agent.seen(question, answered.answer), envelope, platform, ports)
    return envelope


def _tell(
    agent: Agent, seen: Sequence[Sighted], answered: Envelope, platform: Platform, ports: Ports
) -> None:
    """What others should know of; the answer stands whether they can be told or not."""
    if not seen:
        return
    started, told = time.perf_counter(), 0
    outcome: Outcome = "failed"
    try:
        told = ports.sightings.tell(seen, answered.result_id, simulated=answered.simulated)
        outcome = "done"
    except Problem as problem:
        outcome = "refused" if problem.status < 500 else "failed"
    took_ms = (time.perf_counter() - started) * 1000
    counts = {"seen": float(len(seen)), "told": float(told)}
    platform.observer.worked(Work("release", agent.slug, outcome, took_ms, counts))
