"""Hybrid ranking: BM25 over stems beside the cosine of sentence embeddings.

Each gives every text a score; the two are standardised over the texts and added (weights below), which
needs no scale common to both. The head of a text (a title, a card's services) counts twice in BM25 and a
fifth of the embedding. Robertson and Zaragoza (2009) for BM25; the weights were chosen on Cranfield, where
any lexical share from .3 to .5 is within .01 of the best.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesh.agents.collaboration.words import stems
from mesh.kit.ports import Embedder

Floats = NDArray[np.float64]
LEXICAL, HEAD = 0.4, 0.2
K1, B = 1.5, 0.75


@dataclass(frozen=True, slots=True)
class Index:
    """Texts made ready to be ranked; without a model there are no vectors of `bodies` and `heads`."""

    size: int
    bm25: Any
    bodies: NDArray[np.float32] | None
    heads: NDArray[np.float32] | None

    def scores(self, query: str, vector: NDArray[np.float32] | None) -> Floats:
        """How well each text fits, shape (size,): standardised, so that 0 is the average text."""
        lexical = _standard(np.asarray(self._lexical(query), np.float64))
        if vector is None or self.bodies is None or self.heads is None:
            return lexical
        meaning = (1 - HEAD) * _standard(self.bodies @ vector) + HEAD * _standard(self.heads @ vector)
        return LEXICAL * lexical + (1 - LEXICAL) * meaning

    def _lexical(self, query: str) -> Any:
        words = stems(query)
        return self.bm25.get_scores(list(words)) if words and self.bm25 is not None else np.zeros(self.size)


def index(heads: Sequence[str], bodies: Sequence[str], embedder: Embedder | None) -> Index:
    """Ready to rank texts, of which `heads` say in a few words what `bodies` say in full."""
    import logging

    import bm25s

    # It tells of every index at debug level, and sets that level itself.
    logging.getLogger("bm25s").setLevel(logging.WARNING)
    words = [stems(f"{head} {body}") for head, body in zip(heads, bodies, strict=True)]
    bm25 = None
    if any(words):
        bm25 = bm25s.BM25(k1=K1, b=B, method="lucene")
        bm25.index([list(each) or [""] for each in words], show_progress=False)
    if embedder is None:
        return Index(len(words), bm25, None, None)
    return Index(len(words), bm25, embedder.embed(bodies), embedder.embed(heads))


def _standard(scores: NDArray[Any]) -> Floats:
    """Mean 0 and deviation 1; all 0 where the scores are all the same."""
    values = scores.astype(np.float64)
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > 1e-12 else np.zeros_like(values)
