"""The Sentiment port: a classifier on this machine, and what goes from one provider to another."""

import re
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING

from mesh.adapters.models.sentiment_classifier import MODEL, Classifier, load
from mesh.kit.agent import ModelUsed
from mesh.kit.ports import Embedder, Feeling, Models, Provided, Sentiment, Tone
from mesh.kit.problem import Unavailable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TONES: tuple[Tone, ...] = ("POSITIVE", "NEGATIVE", "NEUTRAL", "MIXED")
# Sentences of a text beyond these are not read; texts of headlines, reviews and mails have fewer.
MOST_SENTENCES = 60
LONGEST = 600
_END = re.compile(r"(?<=[.!?])[\"'”’)\]]{0,2}\s+(?=[\"'“‘(]?[A-Z0-9])|[\r\n]+")
# Between clauses that may disagree: "the people are kind, but the prices are absurd".
_TURN = re.compile(r",?\s+(?:but|however|although|though|whereas|yet)\s+|;\s+", re.IGNORECASE)
FEWEST_WORDS = 3


class LocalSentiment:
    """Judges sentence by sentence: sentences that lean to both sides make a text MIXED.

    The same text has the same feeling, whatever is judged beside it. Raises Unavailable when one of its two
    models, the embedding and the classifier, is missing.
    """

    def __init__(self, models: Models, embedder: Embedder):
        self._models, self._embedder = models, embedder
        self._lock = Lock()
        self._loaded: tuple[Classifier, ModelUsed] | None = None

    def judge(self, texts: Sequence[str]) -> Provided[Sequence[Feeling]]:
        """One feeling a text; each distinct sentence is embedded once."""
        classifier, by = self._load()
        cut = {text: sentences(text) for text in dict.fromkeys(texts)}
        read = sorted({sentence for parts in cut.values() for sentence in parts})
        shares = classifier.probabilities(read, self._embedder.embed(read))
        known = dict(zip(read, shares, strict=True))
        felt = {text: feeling([known[part] for part in parts]) for text, parts in cut.items()}
        return Provided([felt[text] for text in texts], by)

    def _load(self) -> tuple[Classifier, ModelUsed]:
        with self._lock:
            if self._loaded is None:
                card = self._models.card(MODEL)
                by = ModelUsed(name=MODEL, version=str(card["version"]), provider="onnx")
                self._loaded = load(self._models.path(MODEL)), by
            return self._loaded


class FirstOf:
    """Asks `first`; where it cannot answer, `then`, and says why in `instead_of`."""

    def __init__(self, name: str, first: Sentiment, then: Sentiment):
        self._name, self._first, self._then = name, first, then

    def judge(self, texts: Sequence[str]) -> Provided[Sequence[Feeling]]:
        try:
            return self._first.judge(texts)
        except Unavailable as problem:
            told = self._then.judge(texts)
            return Provided(told.value, told.by, f"{self._name}: {problem.detail}")


def sentences(text: str) -> list[str]:
    """What is judged by itself: sentences, and the clauses on either side of a "but".

    >>> sentences("It works. The people are kind, but the prices are absurd.")
    ['It works.', 'The people are kind', 'the prices are absurd.']
    """
    found: list[str] = []
    for sentence in _END.split(text):
        clauses = [part.strip() for part in _TURN.split(sentence)]
        whole = min(len(clause.split()) for clause in clauses) < FEWEST_WORDS
        found += [sentence.strip()] if whole else clauses
    return [part[:LONGEST] for part in found if any(letter.isalnum() for letter in part)][
        :MOST_SENTENCES
    ] or [text.strip()[:LONGEST]]


def feeling(parts: "Sequence[NDArray[np.float32]]") -> Feeling:
    """One text from the (negative, neutral, positive) of its parts.

    Parts with an opinion weigh more than parts without. What parts judged positive and parts judged
    negative hold against each other is taken from both and given to MIXED.
    """
    import numpy as np

    rows = np.array(parts, np.float64)
    weights = 1.25 - rows[:, 1]
    weights /= weights.sum()
    negative, neutral, positive = (weights @ rows).tolist()
    leaning = rows.argmax(axis=1)
    praised = float(weights[leaning == 2] @ rows[leaning == 2, 2])
    blamed = float(weights[leaning == 0] @ rows[leaning == 0, 0])
    against = min(praised, blamed)
    return toned({"POSITIVE": positive - against, "NEGATIVE": negative - against, "NEUTRAL": neutral,
                  "MIXED": 2 * against})  # fmt: skip


def toned(scores: Mapping[Tone, float]) -> Feeling:
    """The feeling of scores, brought to a sum of exactly 1; the highest gives the tone."""
    total = sum(scores.values())
    shares = {tone: scores[tone] / total for tone in TONES}
    return Feeling(max(TONES, key=lambda tone: shares[tone]), shares)
