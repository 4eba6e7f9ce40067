"""Which ATT&CK techniques the sentences of a report show, with the sentence that shows each.

Every sentence gets a score for each technique, by one linear classifier each over its n-grams and its
embedding, and one for whether it shows any technique at all. Both together give the confidence, by a
curve fitted on whole reports that the classifiers never saw (Platt, 1999); most of their sentences show
nothing, and a text on other matters is given no technique. Training: training/make_techniques.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mesh.agents.threat_intelligence.ngrams import CHARACTERS, ngrams_of
from mesh.agents.threat_intelligence.sentences import Sentence, sentences
from mesh.kit.ports import Embedder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Weighed = tuple[NDArray[np.int64], Floats]

MODEL = "techniques"
FILE = "techniques.npz"
# Sentences are embedded, the promising first, until this many characters are read: some 3,000 words.
MOST_CHARACTERS = 20_000
MOST_SPANS = 3
# How sharply the share of a technique among all falls with its score.
SHARPNESS = 2.0


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
    (384, K + 2); bias (K + 2,); allowance (K,). The last but one column is "any", from n-grams and
    embedding; the last is "promising", from n-grams alone, and sentences below `promising_from` are not
    embedded. The log odds of a technique are `curve` over its `signs`, its last number added;
    `allowance` is added to its score first. Less sure than `threshold` is not shown.
    """

    labels: tuple[str, ...]
    codes: "NDArray[np.uint32]"
    idf: "Floats"
    grams: "NDArray[np.int8]"
    scale: "Floats"
    vectors: "Floats"
    bias: "Floats"
    allowance: "Floats"
    curve: "Floats"
    promising_from: float
    threshold: float

    def promising(self, weighed: "Sequence[Weighed]") -> "Floats":
        """The score of "promising" for each sentence; shape (len(weighed),)."""
        import numpy as np

        sums = [float(values @ self.grams[places, -1]) for places, values in weighed]
        score: Floats = np.array(sums, np.float32) * self.scale[-1] + self.bias[-1]
        return score

    def scores(self, weighed: "Sequence[Weighed]", vectors: "Floats") -> "Floats":
        """Scores of the K techniques, of "any" and of "promising"; shape (len(weighed), K + 2)."""
        import numpy as np

        rows = np.zeros((len(weighed), self.grams.shape[1]), np.float32)
        for row, (places, values) in enumerate(weighed):
            rows[row] = values @ self.grams[places].astype(np.float32)
        score: Floats = rows * self.scale + self.bias + vectors @ self.vectors
        return score

    def weigh(self, texts: Sequence[str]) -> "list[Weighed]":
        """The n-grams of each text, weighed."""
        return weigh(texts, self.codes, self.idf)

    def signs(self, scores: "Floats") -> "Floats":
        """What the log odds of each technique are made of; shape (len(scores), K, 5).

        A technique's score and that of "any", each also as its part below zero, so that the log odds rise
        more slowly above zero than below it: even the highest score is not certain. Last, the logarithm of
        the technique's share among all: others that are as likely make it less so.
        """
        import numpy as np

        each = scores[:, : len(self.labels)] + self.allowance
        among = np.broadcast_to(scores[:, -2:-1], each.shape)
        sharp = each * SHARPNESS
        share = sharp - np.log(np.exp(sharp).sum(axis=1, keepdims=True))
        parts: Floats = np.stack([each, np.minimum(each, 0), among, np.minimum(among, 0), share], axis=-1)
        return parts

    def confidences(self, scores: "Floats") -> "Floats":
        """Calibrated probability that a sentence shows each technique; shape (len(scores), K)."""
        import numpy as np

        odds = self.signs(scores) @ self.curve[:-1] + self.curve[-1]
        calibrated: Floats = 1 / (1 + np.exp(-odds))
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
    weighed = classifier.weigh([sentence.text for sentence in found])
    chosen, unread = _promising(found, weighed, classifier)
    if not chosen:
        return Reading((), unread)
    read = [found[place] for place in chosen]
    vectors = embedder.embed([sentence.text for sentence in read])
    confidences = classifier.confidences(classifier.scores([weighed[place] for place in chosen], vectors))
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


def _promising(
    found: list[Sentence], weighed: "list[Weighed]", classifier: Classifier
) -> tuple[list[int], int]:
    """Places of the sentences worth embedding, in order, and how many did not fit into MOST_CHARACTERS."""
    if not found:
        return [], 0
    scores = classifier.promising(weighed)
    chosen, characters, unread = [], 0, 0
    for place in (-scores).argsort(kind="stable"):
        if scores[place] < classifier.promising_from:
            break
        characters += len(found[place].text)
        if characters <= MOST_CHARACTERS:
            chosen.append(int(place))
        else:
            unread += 1
    return sorted(chosen), unread


def weigh(texts: Sequence[str], codes: "NDArray[np.uint32]", idf: "Floats") -> "list[Weighed]":
    """The known n-grams of each text, as places in `codes`, and their weights: TF-IDF, words and characters
    each of unit length."""
    import numpy as np

    if not texts:
        return []
    rows, found, counts = ngrams_of(texts)
    places = np.searchsorted(codes, found)
    known = codes[np.minimum(places, len(codes) - 1)] == found
    places, values = places[known], counts[known] * idf[places[known]]
    # Each sentence has two parts, its words and then its characters.
    parts = 2 * rows[known] + (found[known] >= CHARACTERS)
    ends = np.searchsorted(parts, np.arange(1, 2 * len(texts)))
    for part in np.split(values, ends):
        part /= max(float(np.linalg.norm(part)), 1e-9)
    return list(zip(np.split(places, ends[1::2]), np.split(values, ends[1::2]), strict=True))


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
            allowance=held["allowance"].astype(np.float32),
            curve=held["curve"].astype(np.float32),
            promising_from=float(held["promising_from"]),
            threshold=float(held["threshold"]),
        )
