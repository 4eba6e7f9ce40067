"""The Sentiment port over Amazon Comprehend (BatchDetectSentiment).

A call takes at most 25 texts of at most 5,000 bytes of UTF-8; of a longer text the start is judged. Short
time-outs and two tries: a caller with another provider would rather have its answer than wait.
"""

import time
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import Any

from mesh.adapters.models.asking import asked, made
from mesh.adapters.models.breaker import Breaker
from mesh.adapters.models.sentiment import TONES, toned
from mesh.adapters.models.spending import Meter, NoMeter
from mesh.kit.agent import ModelUsed
from mesh.kit.ports import Feeling, Provided, Tone
from mesh.kit.problem import Unavailable

MOST_TEXTS, MOST_BYTES = 25, 5_000
BILLED_BY, LEAST_BILLED = 100, 300
READ_S = 3.0
BY = ModelUsed(name="amazon-comprehend", version="2017-11-27", provider="comprehend")
_NAMES: Mapping[Tone, str] = {
    "POSITIVE": "Positive",
    "NEGATIVE": "Negative",
    "NEUTRAL": "Neutral",
    "MIXED": "Mixed",
}


class ComprehendSentiment:
    """Judges texts in English for one tenant; `breaker` is shared by all tenants that ask."""

    def __init__(
        self, client: "ComprehendClient", *, breaker: Breaker | None = None, meter: Meter | None = None
    ):
        self.client = client
        self._breaker, self._meter = breaker or Breaker("Comprehend"), meter or NoMeter()

    def judge(self, texts: Sequence[str]) -> Provided[Sequence[Feeling]]:
        """One feeling a text. Raises Unavailable when the service fails on any: half an answer is none."""
        known: dict[str, Feeling] = {}
        apart = list(dict.fromkeys(texts))
        for start in range(0, len(apart), MOST_TEXTS):
            part = apart[start : start + MOST_TEXTS]
            sent = [shortened(text) for text in part]
            self._meter.allow()
            known |= zip(part, self._breaker.call(partial(self._counted, sent)), strict=True)
        return Provided([known[text] for text in texts], BY)

    def _counted(self, texts: Sequence[str]) -> list[Feeling]:
        started = time.perf_counter()
        try:
            reply = self.client.detect(texts)
        except Unavailable:
            self._meter.note(BY.name, 0, 0, _since(started), "failed")
            raise
        # What was answered is paid for, whatever it was.
        self._meter.note(BY.name, sum(map(billed, texts)), 0, _since(started), "done")
        return _read(reply, len(texts))


class ComprehendClient:
    """boto3's client in one region, made at the first text."""

    def __init__(self, *, region: str | None = None, client: Any = None):
        self._region, self._given = region, client

    def detect(self, texts: Sequence[str]) -> Mapping[str, Any]:
        """The service's reply. Raises Unavailable for whatever it or the way to it does wrong."""
        reply: Mapping[str, Any] = asked(
            "Comprehend",
            lambda: self._client,
            lambda client: client.batch_detect_sentiment(TextList=list(texts), LanguageCode="en"),
        )
        return reply

    @cached_property
    def _client(self) -> Any:
        return self._given or made("comprehend", self._region, READ_S)


def billed(text: str) -> int:
    """Characters that are paid for: whole hundreds, three at least.

    >>> billed("Fine."), billed("x" * 301)
    (300, 400)
    """
    return max(LEAST_BILLED, -(-len(text) // BILLED_BY) * BILLED_BY)


def shortened(text: str) -> str:
    """The start of a text that Comprehend takes: no letter is cut in two, and it is never empty.

    >>> len(shortened("é" * 4_000).encode())
    5000
    """
    return text.encode("utf-8", "replace")[:MOST_BYTES].decode("utf-8", "ignore") or " "


def _read(reply: Mapping[str, Any], count: int) -> list[Feeling]:
    """The feelings in the order of the texts; raises Unavailable where one is missing or no number."""
    try:
        by_place = {
            int(each["Index"]): {tone: float(each["SentimentScore"][_NAMES[tone]]) for tone in TONES}
            for each in reply["ResultList"]
        }
        scores = [by_place[place] for place in range(count)]
    except (KeyError, TypeError, ValueError) as error:
        raise Unavailable(f"Comprehend judged {_judged(reply)} of {count} texts.") from error
    if any(not sum(each.values()) > 0 or min(each.values()) < 0 for each in scores):
        raise Unavailable("Comprehend gave scores that are none.")
    return [toned(each) for each in scores]


def _judged(reply: Mapping[str, Any]) -> int:
    found = reply.get("ResultList") if isinstance(reply, Mapping) else None
    return len(found) if isinstance(found, list) else 0


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
