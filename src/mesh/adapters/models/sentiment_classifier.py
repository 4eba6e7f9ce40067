"""The local classifier of sentiment: a softmax over an embedding, signs, n-grams, and likeness to embeddings.

The shipped one (training/tune_sentiment.py) hears with an embedding that was tuned for it, and has no use for
n-grams and landmarks; one that is fitted to embeddings as they are (training/sentiment.py) has. Shapes:
`linear` (384, 3); `codes` and `idf` (V,); `grams` int8 (V, 3) with one `scale` a column; `landmarks` (M, 384)
and `kernel` (M, 3): weights of exp(-gamma |x - landmark|^2), a Nystroem approximation of a kernel machine
(Williams and Seeger, 2001); `signs` (14, 3); `bias` (3,). The columns are negative, neutral and positive.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mesh.adapters.models.sentiment_signs import codes, signs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

MODEL, FILE = "sentiment", "sentiment.npz"


@dataclass(frozen=True)
class Classifier:
    codes: "NDArray[np.uint32]"
    idf: "Floats"
    grams: "NDArray[np.int8]"
    scale: "Floats"
    landmarks: "Floats"
    kernel: "Floats"
    gamma: float
    signs: "Floats"
    bias: "Floats"
    linear: "Floats"
    words: "NDArray[np.uint32]"
    valences: "Floats"

    @cached_property
    def valence(self) -> dict[int, float]:
        """The lexicon: valence, -4 to 4, by the CRC-32 of a word."""
        return dict(zip(self.words.tolist(), self.valences.tolist(), strict=True))

    @cached_property
    def places(self) -> dict[int, int]:
        return {code: place for place, code in enumerate(self.codes.tolist())}

    def probabilities(self, sentences: Sequence[str], vectors: "Floats") -> "Floats":
        """Of negative, neutral and positive for each sentence; shape (len(sentences), 3), rows sum to 1."""
        import numpy as np

        likeness = np.exp(-self.gamma * (2 - 2 * vectors @ self.landmarks.T))
        seen = np.array([signs(each, self.valence) for each in sentences], np.float32)
        scores = (
            vectors @ self.linear
            + likeness @ self.kernel
            + seen.reshape(-1, len(self.signs)) @ self.signs
            + self.bias
        )
        for row, sentence in enumerate(sentences):
            places, weights = weigh(codes(sentence), self.places, self.idf)
            scores[row] += (weights @ self.grams[places].astype(np.float32)) * self.scale
        scores -= scores.max(axis=1, keepdims=True, initial=-np.inf)
        odds = np.exp(scores)
        shares: Floats = (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)
        return shares


def weigh(
    counts: dict[int, int], places: dict[int, int], idf: "Floats"
) -> "tuple[NDArray[np.int64], Floats]":
    """Places of the known n-grams and their weights: TF-IDF of unit length."""
    import numpy as np

    known = [(places[code], count) for code, count in counts.items() if code in places]
    found = np.array([place for place, _ in known], np.int64)
    weights = (1 + np.log(np.array([count for _, count in known], np.float32))) * idf[found]
    return found, (weights / max(float(np.linalg.norm(weights)), 1e-9)).astype(np.float32)


def load(folder: Path) -> Classifier:
    """The classifier in a model's folder, whose file the model store has checked."""
    import numpy as np

    with np.load(folder / FILE, allow_pickle=False) as held:
        floats = {
            name: held[name].astype(np.float32)
            for name in ("idf", "scale", "landmarks", "kernel", "signs", "bias", "linear", "valences")
        }
        return Classifier(
            codes=held["codes"],
            grams=held["grams"],
            words=held["words"],
            gamma=float(held["gamma"]),
            **floats,
        )
