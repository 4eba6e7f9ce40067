"""Agents made for tests: each misbehaves in one way, and otherwise says again what it was told."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, Field, FiniteFloat

from mesh.kit.agent import Agent, Answered, CommandLine, Example, Format, ModelUsed, Size
from mesh.kit.ports import Ports

BY = ModelUsed(name="echo", version="1", provider="rules")


class Question(BaseModel):
    text: str = Field(min_length=1, max_length=100_000)
    values: list[FiniteFloat] = Field(default=[], max_length=1_000)


class Said(BaseModel):
    said: str
    total: float


def say_again(ask: Question, ports: Ports) -> Answered[Said]:
    return Answered(Said(said=ask.text, total=sum(ask.values)), BY)


def acting(answer: Callable[[Any, Ports], Answered[Any]] = say_again, name: str = "echo") -> Agent:
    """An agent that answers so, at /NAME/ask."""
    return Agent(
        name=name,
        title=name,
        summary="Says again what it was told.",
        route=f"/{name}/ask",
        aliases=(f"/{name}/again",),
        ask=Question,
        reply=Said,
        answer=answer,
        examples=(Example("One", {"text": "one", "values": [1.5]}), Example("Two", {"text": "two"})),
        event="echo.said",
        digest=lambda said: {"letters": len(said.said)},
        terminal=CommandLine(
            read=lambda inputs: {"text": inputs.get("input", "")},
            show=lambda ask, envelope, width: str(envelope.answer["said"]),
            why_not=lambda answer: None,
        ),
        size=Size(512, 30),
        formats={"plain": Format("text/plain; charset=utf-8", lambda envelope: str(envelope.answer["said"]))},
    )


def failing(error: Exception, times: int = 1_000_000, name: str = "echo") -> Agent:
    """An agent whose first answers are this error."""
    left = [times]

    def answer(ask: Question, ports: Ports) -> Answered[Said]:
        if left[0]:
            left[0] -= 1
            raise error
        return say_again(ask, ports)

    return acting(answer, name)
