"""Which of many texts a text is nearest to: by its words and by its meaning.

TF-IDF over stems and pairs of them, and the cosine of sentence embeddings, each standardised over the texts
and added, so that no scale common to both is needed.
"""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from mesh.agents.security_compliance.words import stems

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mesh.kit.ports import Embedder

LEXICAL = 0.4


class Near:
    """Texts made ready to be ranked; without an embedder words alone decide."""

    def __init__(self, texts: Sequence[str], embedder: "Embedder | None" = None) -> None:
        import numpy as np

        self._embedder = embedder
        counts = [_counts(text) for text in texts]
        often = Counter(stem for each in counts for stem in each)
        self._weights = {stem: math.log((1 + len(texts)) / (1 + n)) + 1 for stem, n in often.items()}
        self._columns = {stem: place for place, stem in enumerate(often)}
        self._words = np.stack([self._row(each) for each in counts])
        self._meanings = None if embedder is None else embedder.embed(texts)

    def scores(self, asked: Sequence[str]) -> "NDArray[np.float64]":
        """Shape (len(asked), len(texts)): the higher the nearer, 0 on average."""
        words = self.words(asked)
        if self._embedder is None or self._meanings is None:
            return _standard(words)
        return LEXICAL * _standard(words) + (1 - LEXICAL) * _standard(self.meanings(asked))

    def words(self, asked: Sequence[str]) -> "NDArray[np.float64]":
        """Cosines of the counted words, shape (len(asked), len(texts))."""
        import numpy as np

        cosines: NDArray[np.float64] = np.stack([self._row(_counts(text)) for text in asked]) @ self._words.T
        return cosines

    def meanings(self, asked: Sequence[str]) -> "NDArray[np.float64]":
        """Cosines of the embeddings, shape (len(asked), len(texts)). There must be an embedder."""
        import numpy as np

        assert self._embedder is not None and self._meanings is not None
        cosines: NDArray[np.float64] = self._embedder.embed(asked).astype(np.float64) @ self._meanings.T
        return cosines

    def _row(self, counts: "Counter[str]") -> "NDArray[np.float64]":
        import numpy as np

        row = np.zeros(len(self._columns))
        for stem, count in counts.items():
            if stem in self._columns:
                row[self._columns[stem]] = (1 + math.log(count)) * self._weights[stem]
        length = float(np.linalg.norm(row))
        return row / length if length else row


def _counts(text: str) -> "Counter[str]":
    """Stems, and pairs of neighbours."""
    words = stems(text)
    return Counter([*words, *(f"{a} {b}" for a, b in pairwise(words))])


def _standard(scores: "NDArray[np.float64]") -> "NDArray[np.float64]":
    import numpy as np

    spread = scores.std(axis=1, keepdims=True)
    standard: NDArray[np.float64] = (scores - scores.mean(axis=1, keepdims=True)) / np.maximum(spread, 1e-9)
    return standard
