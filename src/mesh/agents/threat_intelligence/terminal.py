"""How the agent is asked from a terminal: a text, a file, or what is piped in."""

import json
from collections.abc import Mapping
from typing import Any

from mesh.agents.threat_intelligence.model import Answer
from mesh.agents.threat_intelligence.show import show
from mesh.kit.agent import CommandLine, Flag
from mesh.kit.problem import FieldError, Invalid


def read(given: Mapping[str, str]) -> Mapping[str, Any]:
    """The question from the flags. A file without a flag is events where it is JSON, else a text."""
    question: dict[str, Any] = {}
    if "text" in given:
        question["text"] = given["text"]
    if "events" in given:
        question["events"] = _events(given["events"], "--events")
    if "input" in given:
        events = _json_events(given["input"])
        question.update({"text": given["input"]} if events is None else {"events": events})
    if "client" in given:
        question["client_id"] = given["client"]
    if "tlp" in given:
        question["tlp"] = given["tlp"].upper().removeprefix("TLP:")
    return question


def _events(text: str, flag: str) -> list[Any]:
    """JSON, JSON lines, or the lines of a log."""
    events = _json_events(text)
    if events is None:
        events = [line for line in text.splitlines() if line.strip()]
    if not events:
        raise Invalid("There is no event in the file.", errors=[FieldError(flag, "holds no event")])
    return events


def _json_events(text: str) -> list[Any] | None:
    """Events of a text that is JSON or JSON lines from beginning to end; None for any other text."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        value = json.loads(text)
    except RecursionError:
        return None
    except ValueError:
        return _json_lines(text)
    return value if isinstance(value, list) else [value]


def _json_lines(text: str) -> list[Any] | None:
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        return None


def why_not(_answer: Answer) -> str | None:
    """There is always an answer: that nothing was found is one."""
    return None


TERMINAL = CommandLine(
    read=read,
    show=show,
    why_not=why_not,
    flags=(
        Flag("text", "the text to analyse"),
        Flag("events", "a file of events: JSON, JSON lines or log lines", file=True),
        Flag("client", "the id of the client it happened at"),
        Flag("tlp", "CLEAR, GREEN, AMBER, AMBER+STRICT or RED"),
    ),
)
