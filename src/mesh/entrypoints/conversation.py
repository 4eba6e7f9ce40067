"""What is said over a WebSocket, without the socket: the server and the Lambda speak the same protocol.

A client sends `{"action": "subscribe", "topics": [...], "last_event_id": "..."}`, `unsubscribe` with topics,
or `ping`. It gets CloudEvents, and for each message of its own one of `subscribed`, `pong` or `problem`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from mesh import registry
from mesh.entrypoints.endpoint import parse_json
from mesh.kit.event import Event
from mesh.kit.problem import FieldError, Invalid, Problem, validated

# Topics that are not an agent's: jobs and runs of the tenant, what the mesh released to it, and everything.
ALWAYS = ("jobs", "workflows", "mesh", "*")
# A browser cannot set headers on a socket, so it names the protocol and its key as subprotocols.
SUBPROTOCOL = "mesh.v1"
KEY_SUBPROTOCOL = "key."
MESSAGE_LIMIT = 32_000


class Message(BaseModel):
    model_config = ConfigDict(extra="forbid")

    action: Literal["subscribe", "unsubscribe", "ping"]
    topics: list[str] = Field(default=["*"], max_length=50)
    last_event_id: str | None = None


@dataclass(slots=True)
class Conversation:
    """One connection: what it listens to, and the last event it was sent."""

    topics: set[str] = field(default_factory=set)
    last_id: str | None = None

    def wants(self, event: Event) -> bool:
        return "*" in self.topics or event.topic in self.topics

    def hear(self, text: str | bytes) -> tuple[dict[str, Any], str | None]:
        """The reply to a message, and the event id to replay from when the client resumes."""
        try:
            message = _read(text)
        except Problem as problem:
            return {"type": "problem", "problem": problem.document()}, None
        if message.action == "ping":
            return {"type": "pong"}, None
        if message.action == "subscribe":
            self.topics |= set(message.topics)
        else:
            self.topics -= set(message.topics)
        resume = message.last_event_id if message.action == "subscribe" else None
        return {"type": "subscribed", "topics": sorted(self.topics)}, resume


def topics() -> list[str]:
    """Every topic there is."""
    return [*(name.replace("_", "-") for name in registry.names()), *ALWAYS]


def _read(text: str | bytes) -> Message:
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
    if len(raw) > MESSAGE_LIMIT:
        raise Invalid("Send less.", errors=[FieldError("message", f"has more than {MESSAGE_LIMIT:,} bytes")])
    message = validated(Message, parse_json(raw))
    known = topics()
    wrong = [topic for topic in message.topics if topic not in known]
    if wrong:
        reason = f"{wrong[0][:50]!r} is not one of: {', '.join(known)}"
        raise Invalid("There is no such topic.", errors=[FieldError("topics", reason)])
    return message


def offered_key(headers: Mapping[str, str]) -> str:
    """The API key from `x-api-key`, or from a `key.…` subprotocol; empty when there is none."""
    return headers.get("x-api-key") or offered(headers, KEY_SUBPROTOCOL)


def offered(headers: Mapping[str, str], prefix: str) -> str:
    """What follows the prefix in the first subprotocol that has it; empty when none does."""
    names = [name.strip() for name in headers.get("sec-websocket-protocol", "").split(",")]
    return next((name.removeprefix(prefix) for name in names if name.startswith(prefix)), "")
