"""What stands for a port that nobody has set up: it says so, and never guesses."""

from collections.abc import Mapping, Sequence
from typing import Any

from mesh.kit.ports import Feeling, Percentiles, Provided, Row, Withheld
from mesh.kit.problem import Unavailable


class NotJoined:
    """The mesh before sharing is set up: nobody has seen anything."""

    def seen_by(self, indicator_type: str, value: str) -> int | None:
        return None

    def percentiles(
        self,
        measure: str,
        *,
        segment: str | None = None,
        region: str | None = None,
    ) -> Percentiles | Withheld:
        return Withheld("not enough contributors")


class NoSentiment:
    def judge(self, texts: Sequence[str]) -> Provided[Sequence[Feeling]]:
        raise Unavailable("No provider of sentiment is set up.")


class NoGenerator:
    """A machine without a language model: what needs none goes on without it."""

    def answer(self, question: str, data: str) -> Provided[str | None]:
        raise Unavailable("No provider of text generation is set up.")

    def write(self, task: str, data: str, *, most_words: int = 150) -> Provided[str]:
        raise Unavailable("No provider of text generation is set up.")

    def propose(
        self,
        task: str,
        question: str,
        form: Mapping[str, Any],
    ) -> Provided[Row | None]:
        raise Unavailable("No provider of text generation is set up.")
