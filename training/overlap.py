"""Which training texts repeat what is to be scored: equal, nearly equal, contained, or of the same report."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

SIZE = 3
ALIKE = 0.5
_CITATION = re.compile(r"\(Citation:[^)]{0,200}\)")
_WORD = re.compile(r"[a-z0-9]+")

Shingles = frozenset[tuple[str, ...]]


def plain(text: str) -> str:
    """The text without ATT&CK's citation marks."""
    return _CITATION.sub("", text)


def shingles(text: str) -> Shingles:
    """Its runs of three words in lower case; a shorter text is one run."""
    words = _WORD.findall(plain(text).lower())
    if len(words) < SIZE:
        return frozenset({tuple(words)}) if words else frozenset()
    return frozenset(tuple(words[i : i + SIZE]) for i in range(len(words) - SIZE + 1))


def repeats(texts: Sequence[Shingles], scored: Sequence[Shingles]) -> NDArray[np.bool_]:
    """For each text, whether it shares half of the shingles of the shorter side with any scored text."""
    index = {shingle: n for n, shingle in enumerate(sorted(frozenset().union(*scored)))}
    shared = (_incidence(texts, index) @ _incidence(scored, index).T).tocoo()
    shorter = np.minimum(_sizes(texts)[shared.row], _sizes(scored)[shared.col])
    found = np.zeros(len(texts), np.bool_)
    found[shared.row[shared.data >= ALIKE * shorter]] = True
    return found


def quotes(texts: Sequence[Shingles], report: Shingles) -> NDArray[np.bool_]:
    """For each text, whether half of its shingles stand in the report."""
    return np.array([bool(text) and len(text & report) >= ALIKE * len(text) for text in texts], np.bool_)


def _sizes(texts: Sequence[Shingles]) -> NDArray[np.int64]:
    return np.array([max(len(text), 1) for text in texts], np.int64)


def _incidence(texts: Sequence[Shingles], index: dict[tuple[str, ...], int]) -> Any:
    places = [(row, index[shingle]) for row, text in enumerate(texts) for shingle in text if shingle in index]
    rows, columns = zip(*places, strict=True) if places else ((), ())
    shape = (len(texts), len(index))
    return sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
