"""The Generator port over Amazon Bedrock's Converse: one request and reply for all of its models.

Short time-outs and two tries: what asks has another way or says that it has none. No sampling parameter is
sent, because the newer models refuse them. Blocks of a reply are told by their kind, not by their place:
some models put their thoughts first.
"""

import time
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from mesh.adapters.models.asking import asked, made
from mesh.adapters.models.breaker import Breaker
from mesh.adapters.models.local_reader import standing_in
from mesh.adapters.models.prompts import NOTHING, Prompt, to_answer, to_propose, to_write
from mesh.adapters.models.spending import Meter, NoMeter
from mesh.kit.agent import ModelUsed
from mesh.kit.ports import Provided, Row
from mesh.kit.problem import Unavailable

# Amazon's own small model of the present generation, through the profile of the United States' regions.
MODEL = "us.amazon.nova-2-lite-v1:0"
READ_S = 8.0
ANSWER_TOKENS, PLAN_TOKENS, TOKENS_A_WORD = 200, 500, 3
TOOL = "plan"
_ENDED = frozenset({"end_turn", "stop_sequence", "tool_use"})


class BedrockGenerator:
    """Asks one model for one tenant. `client` is boto3's; `breaker` is shared by all who ask that model."""

    def __init__(self, client: "BedrockClient", *, breaker: Breaker, meter: Meter | None = None):
        self._client, self._breaker = client, breaker
        self._meter = meter or NoMeter()
        self._by = ModelUsed(name=client.model, version="as served", provider="bedrock")

    def answer(self, question: str, data: str) -> Provided[str | None]:
        """What the model says counts only where it stands in the data word for word."""
        said = self._text(to_answer(question, data), ANSWER_TOKENS)
        return Provided(None if said.strip() == NOTHING else standing_in(said, data), self._by)

    def write(self, task: str, data: str, *, most_words: int = 150) -> Provided[str]:
        said = self._text(to_write(task, data, most_words), TOKENS_A_WORD * most_words)
        words = said.split()
        return Provided(said if len(words) <= most_words else " ".join(words[:most_words]) + " ...", self._by)

    def propose(self, task: str, question: str, form: Mapping[str, Any]) -> Provided[Row | None]:
        """The input of the one tool that the model may call; None where it called none."""
        tool = {"name": TOOL, "description": task[:1_000], "inputSchema": {"json": dict(form)}}
        choice = {"tools": [{"toolSpec": tool}], "toolChoice": {"tool": {"name": TOOL}}}
        blocks = self._ask(to_propose(task, question), PLAN_TOKENS, toolConfig=choice)
        used = [block["toolUse"] for block in blocks if isinstance(block.get("toolUse"), Mapping)]
        given = [each.get("input") for each in used if each.get("name") == TOOL]
        return Provided(given[0] if len(given) == 1 and isinstance(given[0], Mapping) else None, self._by)

    def _text(self, prompt: Prompt, tokens: int) -> str:
        blocks = self._ask(prompt, tokens)
        said = "".join(block["text"] for block in blocks if isinstance(block.get("text"), str)).strip()
        if not said:
            raise Unavailable("Bedrock answered without words.")
        if prompt.mark in said:
            raise Unavailable("Bedrock repeated its instructions; the reply is not shown.")
        return said

    def _ask(self, prompt: Prompt, tokens: int, **more: Any) -> list[Mapping[str, Any]]:
        self._meter.allow()
        return self._breaker.call(lambda: self._counted(prompt, tokens, more))

    def _counted(self, prompt: Prompt, tokens: int, more: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        started = time.perf_counter()
        read = written = 0
        try:
            reply = self._client.converse(
                system=[{"text": prompt.system}],
                messages=[{"role": "user", "content": [{"text": prompt.user}]}],
                inferenceConfig={"maxTokens": tokens},
                **more,
            )
            read, written = _usage(reply)
            blocks = _blocks(reply)
        except Unavailable:
            outcome = "done" if read else "failed"  # what was answered is paid for, whatever it was
            self._meter.note(self._client.model, read, written, _since(started), outcome)  # type: ignore[arg-type]
            raise
        self._meter.note(self._client.model, read, written, _since(started), "done")
        return blocks


class BedrockClient:
    """boto3's client of one model in one region, made at the first question."""

    def __init__(
        self, model: str = MODEL, *, region: str | None = None, read_s: float = READ_S, client: Any = None
    ):
        self.model = model
        self._region, self._read_s, self._given = region, read_s, client

    def converse(self, **request: Any) -> Mapping[str, Any]:
        """The service's reply. Raises Unavailable for whatever it or the way to it does wrong."""
        reply: Mapping[str, Any] = asked(
            "Bedrock",
            lambda: self._client,
            lambda client: client.converse(modelId=self.model, **request),
        )
        return reply

    @cached_property
    def _client(self) -> Any:
        return self._given or made("bedrock-runtime", self._region, self._read_s)


def _blocks(reply: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The parts of the message; raises Unavailable for a reply that is cut off, withheld or no reply."""
    try:
        stopped, content = str(reply["stopReason"]), reply["output"]["message"]["content"]
    except (KeyError, TypeError) as error:
        raise Unavailable("Bedrock's answer cannot be read.") from error
    if stopped not in _ENDED:
        raise Unavailable(f"Bedrock ended its answer early ({stopped[:40]}).")
    if not isinstance(content, list) or not all(isinstance(block, Mapping) for block in content):
        raise Unavailable("Bedrock's answer cannot be read.")
    return content


def _usage(reply: Mapping[str, Any]) -> tuple[int, int]:
    used = reply.get("usage") if isinstance(reply, Mapping) else None
    if not isinstance(used, Mapping):
        return 0, 0
    read, written = used.get("inputTokens"), used.get("outputTokens")
    return (read if isinstance(read, int) else 0), (written if isinstance(written, int) else 0)


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
