"""What a text is about: topics of the trade by their words, else by likeness to a description of them."""

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from mesh.agents.market_intelligence.model import Topic
from mesh.kit.ports import Embedder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_TOPICS, MOST_EVIDENCE = 3, 4
# Below this cosine a text is about nothing we have a name for.
LIKE = 0.35


def by_words(text: str) -> list[Topic]:
    """At most three topics whose words stand in the text, those with the most distinct words first."""
    found: dict[str, dict[str, None]] = {}
    for match in _pattern().finditer(text):
        for topic in _of_word()[re.sub(r"\s+", " ", match[0].lower())]:
            found.setdefault(topic, {})[match[0].lower()] = None
    ranked = sorted(found, key=lambda topic: -len(found[topic]))[:MOST_TOPICS]
    return [
        Topic(topic=topic, found_by="words", evidence=list(found[topic])[:MOST_EVIDENCE]) for topic in ranked
    ]


def by_likeness(texts: Sequence[str], embedder: Embedder) -> list[list[Topic]]:
    """For each text the one topic it is most like, or none. Raises Unavailable without the model."""
    if not texts:
        return []
    likeness = embedder.embed(texts) @ _described(embedder).T
    names = [name for name, _, _ in _topics()]
    return [
        [Topic(topic=names[int(row.argmax())], found_by="likeness", evidence=[])] if row.max() >= LIKE else []
        for row in likeness
    ]


@cache
def _topics() -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Name, description and words of each topic, from topics.tsv."""
    lines = files(__package__).joinpath("topics.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return tuple((name, told, tuple(words.split(", "))) for name, told, words in rows)


@cache
def _of_word() -> dict[str, list[str]]:
    known: dict[str, list[str]] = {}
    for name, _, words in _topics():
        for word in words:
            known.setdefault(word, []).append(name)
    return known


@cache
def _pattern() -> re.Pattern[str]:
    words = sorted(_of_word(), key=len, reverse=True)
    joined = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in words)
    return re.compile(rf"(?<![\w-])(?:{joined})(?![\w-])", re.IGNORECASE)


_KEPT: dict[int, "tuple[Embedder, NDArray[np.float32]]"] = {}


def _described(embedder: Embedder) -> "NDArray[np.float32]":
    """The vectors of the descriptions, embedded once for the embedder in use."""
    if id(embedder) not in _KEPT:
        _KEPT.clear()
        _KEPT[id(embedder)] = (embedder, embedder.embed([f"{name}: {told}" for name, told, _ in _topics()]))
    return _KEPT[id(embedder)][1]
