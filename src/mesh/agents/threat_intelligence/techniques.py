"""Which ATT&CK techniques the sentences of a report show, with the sentence that shows each.

Every sentence gets a score for each technique (one linear classifier each over its n-grams and its
embedding, Crammer and Singer's argmax on top) and a probability that it shows any technique at all. Both
are calibrated on reports that the classifiers never saw, sentences without a technique among them, so
that a text about other things gives none. Training and scores: training/techniques.py and README.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mesh.agents.threat_intelligence.ngrams import CHARACTERS, ngrams
from mesh.agents.threat_intelligence.sentences import Sentence, sentences
from mesh.kit.ports import Embedder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

MODEL = "techniques"
FILE = "techniques.npz"
# Sentences are embedded, the promising first, until this many characters are read: some 3,000 words.
MOST_CHARACTERS = 20_000
MOST_SPANS = 3


@dataclass(frozen=True, slots=True)
class Shown:
    """A technique, how sure it is, and where the text shows it: the surest sentence first."""

    technique: str
    confidence: float
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Classifier:
    """Weights of K techniques and of two questions: shows it any, and is it worth embedding.

    Shapes: labels (K,); codes and idf (V,); grams int8 (V, K + 2) with one scale a column; vectors
    (384, K + 2); bias (K + 2,). The last but one column is "any", from n-grams and embedding; the last is
    "promising", from n-grams alone. `curve` holds the calibration, `threshold` the least confidence.
    """

    labels: tuple[str, ...]
    codes: "NDArray[np.uint32]"
    idf: "Floats"
    grams: "NDArray[np.int8]"
    scale: "Floats"
    vectors: "Floats"
    bias: "Floats"
    curve: "Floats"
    promising_from: float
    threshold: float

    def grams_of(self, texts: Sequence[str]) -> "Floats":
        """What the n-grams alone add to each score; shape (len(texts), K + 2)."""
        import numpy as np

        rows = np.zeros((len(texts), self.grams.shape[1]), np.float32)
        for row, text in enumerate(texts):
            places, values = weigh(text, self.codes, self.idf)
            rows[row] = values @ self.grams[places].astype(np.float32)
        return rows * self.scale + self.bias

    def scores(self, texts: Sequence[str], vectors: "Floats") -> "Floats":
        """Scores of the K techniques, of "any" and of "promising"; shape (len(texts), K + 2)."""
        return self.grams_of(texts) + vectors @ self.vectors

    def confidences(self, scores: "Floats") -> "Floats":
        """Calibrated probability that a sentence shows each technique; shape (len(scores), K)."""
        import numpy as np

        sharpness, slope, offset = self.curve
        each = scores[:, : len(self.labels)] * sharpness
        each = np.exp(each - each.max(axis=1, keepdims=True))
        each /= each.sum(axis=1, keepdims=True)
        anything = 1 / (1 + np.exp(-scores[:, -2:-1]))
        raw = np.clip(each * anything, 1e-6, 1 - 1e-6)
        calibrated: Floats = 1 / (1 + np.exp(-(slope * np.log(raw / (1 - raw)) + offset)))
        return calibrated


@dataclass(frozen=True, slots=True)
class Reading:
    """What was recognised, and how many promising sentences were left unread for their number."""

    shown: tuple[Shown, ...]
    unread: int


def recognise(text: str, classifier: Classifier, embedder: Embedder) -> Reading:
    """The techniques that sentences of the text show, the surest first; none when nothing is shown.

    Ids that the text states itself (T1059.001) are no matter of this classifier. A sub-technique and its
    parent are two classes: what is recognised is given as it is and implies no other. Raises Unavailable
    when the embedding model is missing.
    """
    found = sentences(text)
    grams = classifier.grams_of([sentence.text for sentence in found])
    chosen, unread = _promising(found, grams[:, -1], classifier.promising_from)
    if not chosen:
        return Reading((), unread)
    read = [found[row] for row in chosen]
    vectors = embedder.embed([sentence.text for sentence in read])
    confidences = classifier.confidences(grams[chosen] + vectors @ classifier.vectors)
    shown = []
    for column, technique in enumerate(classifier.labels):
        sure = confidences[:, column]
        rows = [
            row for row in (-sure).argsort(kind="stable")[:MOST_SPANS] if sure[row] >= classifier.threshold
        ]
        if rows:
            spans = tuple((read[row].start, read[row].end) for row in rows)
            shown.append(Shown(technique, round(float(sure[rows[0]]), 4), spans))
    return Reading(tuple(sorted(shown, key=lambda each: (-each.confidence, each.technique))), unread)


def _promising(found: list[Sentence], scores: "Floats", least: float) -> tuple[list[int], int]:
    """Which sentences are worth embedding, in their order, and how many did not fit into MOST_CHARACTERS."""
    chosen, characters, unread = [], 0, 0
    for row in (-scores).argsort(kind="stable"):
        if scores[row] < least:
            break
        characters += len(found[row].text)
        if characters <= MOST_CHARACTERS:
            chosen.append(int(row))
        else:
            unread += 1
    return sorted(chosen), unread


def weigh(text: str, codes: "NDArray[np.uint32]", idf: "Floats") -> "tuple[NDArray[np.int64], Floats]":
    """The known n-grams of a text, as places in `codes`, and their weights: TF-IDF, words and characters
    each of unit length."""
    import numpy as np

    found, counts = ngrams(text)
    places = np.searchsorted(codes, found)
    known = codes[np.minimum(places, len(codes) - 1)] == found
    places = places[known]
    values = counts[known] * idf[places]
    words = np.searchsorted(found[known], CHARACTERS)
    for part in (values[:words], values[words:]):
        part /= max(float(np.linalg.norm(part)), 1e-9)
    return places, values


def load(folder: Path) -> Classifier:
    """The classifier in a model's folder, whose file the model store has checked."""
    import numpy as np

    with np.load(folder / FILE, allow_pickle=False) as held:
        return Classifier(
            labels=tuple(str(label) for label in held["labels"]),
            codes=held["codes"],
            idf=held["idf"].astype(np.float32),
            grams=held["grams"],
            scale=held["scale"].astype(np.float32),
            vectors=held["vectors"].astype(np.float32),
            bias=held["bias"].astype(np.float32),
            curve=held["curve"].astype(np.float32),
            promising_from=float(held["promising_from"]),
            threshold=float(held["threshold"]),
        )
