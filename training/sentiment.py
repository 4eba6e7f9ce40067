"""Fits the local classifier of sentiment to texts with shares of tones."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize

from mesh.adapters.models.sentiment_classifier import Classifier, weigh
from mesh.adapters.models.sentiment_signs import codes, signs

Floats = NDArray[np.float32]
LANDMARKS, GAMMA, SEED = 600, 2.0, 20251122
MOST_GRAMS, RAREST = 120_000, 2
# How strongly each kind of feature may speak at the same cost; chosen on folds of the training texts.
GRAMS, LIKENESS, SIGNS = 4.0, 4.0, 2.0
STEPS = 120


def fit(
    texts: Sequence[str],
    vectors: Floats,
    shares: NDArray[np.float64],
    valence: Mapping[int, float],
    weights: NDArray[np.float64] | None = None,
) -> Classifier:
    """The classifier whose (negative, neutral, positive) come closest to `shares`, shape (len(texts), 3).

    Softmax regression with a ridge, by L-BFGS. Deterministic: the same input gives the same classifier.
    """
    counted = [codes(text) for text in texts]
    seen = Counter(code for counts in counted for code in counts)
    kept = sorted(code for code, count in seen.most_common(MOST_GRAMS) if count >= RAREST)
    places = {code: place for place, code in enumerate(kept)}
    idf = np.array([np.log((1 + len(texts)) / (1 + seen[code])) + 1 for code in kept], np.float32)
    grams = _matrix(counted, places, idf)
    chance = np.random.default_rng(SEED)
    landmarks = (
        vectors[np.sort(chance.permutation(len(texts))[:LANDMARKS])].astype(np.float16).astype(np.float32)
    )
    half = _whitened(landmarks)
    noted = np.array([signs(text, valence) for text in texts], np.float32)
    blocks = [grams * GRAMS, _likeness(vectors, landmarks) @ half * LIKENESS, noted * SIGNS]
    found, bias = _softmax(blocks, shares, np.ones(len(texts)) if weights is None else weights)
    grammar = found[0] * GRAMS
    scale = np.maximum(np.abs(grammar).max(axis=0), 1e-9) / 127
    return Classifier(
        codes=np.array(kept, np.uint32),
        idf=idf,
        grams=np.round(grammar / scale).astype(np.int8),
        scale=scale.astype(np.float32),
        landmarks=landmarks,
        kernel=(half @ found[1] * LIKENESS).astype(np.float32),
        gamma=GAMMA,
        signs=(found[2] * SIGNS).astype(np.float32),
        bias=bias.astype(np.float32),
        linear=np.zeros((vectors.shape[1], shares.shape[1]), np.float32),
        words=np.array(sorted(valence), np.uint32),
        valences=np.array([valence[word] for word in sorted(valence)], np.float32),
    )


def _matrix(counted: Sequence[dict[int, int]], places: dict[int, int], idf: Floats) -> Any:
    weighed = [weigh(counts, places, idf) for counts in counted]
    ends = np.cumsum([0, *(len(found) for found, _ in weighed)])
    columns = np.concatenate([found for found, _ in weighed])
    values = np.concatenate([weights for _, weights in weighed])
    return sparse.csr_matrix((values, columns, ends), shape=(len(counted), len(places)))


def _likeness(vectors: Floats, landmarks: Floats) -> Floats:
    near: Floats = np.exp(-GAMMA * (2 - 2 * vectors @ landmarks.T)).astype(np.float32)
    return near


def _whitened(landmarks: Floats) -> Floats:
    basis, sizes, _ = np.linalg.svd(_likeness(landmarks, landmarks))
    half: Floats = (basis / np.sqrt(sizes + 1e-3)).astype(np.float32)
    return half


def _softmax(
    blocks: Sequence[Any], shares: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[list[NDArray[np.float64]], NDArray[np.float64]]:
    """Weights of each block of features, and the bias, which the ridge leaves alone."""
    columns = shares.shape[1]
    ends = np.cumsum([block.shape[1] for block in blocks])

    def parts(flat: NDArray[np.float64]) -> tuple[list[NDArray[np.float64]], NDArray[np.float64]]:
        table = flat.reshape(-1, columns)
        return np.split(table[: ends[-1]], ends[:-1]), table[-1]

    def cost(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        held, bias = parts(flat)
        scores = sum(block @ each for block, each in zip(blocks, held, strict=True)) + bias
        scores -= scores.max(axis=1, keepdims=True)
        logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        gap = weights[:, None] * (np.exp(logs) - shares)
        loss = -float((weights[:, None] * shares * logs).sum()) + sum(float((w**2).sum()) for w in held) / 2
        slopes = [block.T @ gap + each for block, each in zip(blocks, held, strict=True)]
        return loss, np.concatenate([*slopes, gap.sum(axis=0)[None]]).ravel().astype(np.float64)

    start = np.zeros((ends[-1] + 1) * columns)
    solved = minimize(cost, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS, "maxcor": 8})
    return parts(solved.x)
