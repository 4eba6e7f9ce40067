"""What stands for a port that nobody has set up: it says so, and never guesses."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mesh.kit.federation import ModelVersion, Outcome, RoundTold, SharedModel, TrainingPlan
from mesh.kit.ports import Feeling, Percentiles, Provided, Row, Sighted, Sighting, Withheld
from mesh.kit.problem import Unavailable


class NotJoined:
    """The mesh before sharing is set up: nobody has seen anything."""

    def seen_by(self, indicator_type: str, value: str) -> int | None:
        return None

    def seen(self, things: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], Sighting]:
        return {}

    def imported(self, things: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], Sequence[str]]:
        return {}

    def tell(self, things: Sequence[Sighted], result_id: str, *, simulated: bool = False) -> int:
        return 0

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


class NoFederation:
    """A mesh on which nobody trains together."""

    def kinds(self) -> Sequence[str]:
        return ()

    def train(self, plan: TrainingPlan, tell: Callable[[RoundTold], None]) -> Outcome:
        raise Unavailable("Federated learning is not set up.")

    def versions(self, kind: str) -> Sequence[ModelVersion]:
        return ()

    def serving(self, kind: str) -> SharedModel | None:
        return None

    def roll_back(self, kind: str) -> ModelVersion | None:
        raise Unavailable("Federated learning is not set up.")
