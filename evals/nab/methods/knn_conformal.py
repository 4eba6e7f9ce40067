"""Conformal k-nearest-neighbour detection.

Burnaev and Ishimtsev, "Conformalized density- and distance-based anomaly detection in time-series data",
arXiv 1608.04585: the last points as a vector; its strangeness is the sum of Mahalanobis-like distances to
its nearest neighbours among older vectors; the score is the share of recent vectors that were less strange.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NEIGHBOURS = 27
DIMENSION = 19
CERTAIN = 0.9965  # an alarm from here on silences the next fifth of a learning span
SILENCED = 0.5


def knn_conformal(values: Floats, learning: int) -> Floats:
    """Score every point after the learning span."""
    n, size = values.size, learning - DIMENSION
    vectors = np.lib.stride_tricks.sliding_window_view(values, DIMENSION)
    metric, silent = np.eye(DIMENSION), 0
    score, strange = np.zeros(n), np.zeros(n)  # `strange` starts with the learning span's own vectors
    for seen in range(learning, n + 1):
        # Reference and recent strangeness are windows that move on with the series.
        reference = vectors[max(seen - 2 * learning, 0) :][:size]
        if seen % learning in (0, learning // 2):
            metric = _inverse(reference, metric)
        if seen == learning:
            strange[:size] = [_strangeness(reference, vector, metric, 1) for vector in reference]
        now = _strangeness(reference, vectors[seen - DIMENSION], metric, 0)
        place = seen - learning
        result = float(np.mean(strange[place : place + size] < now))
        strange[place + size] = now
        if silent > 0:
            silent, result = silent - 1, SILENCED
        elif result >= CERTAIN:
            silent = learning // 5
        score[seen - 1] = result
    return score


def _strangeness(reference: Floats, vector: Floats, metric: Floats, extra: int) -> float:
    apart = reference - vector
    distances = ((apart @ metric) * apart).sum(axis=1)
    return float(np.partition(distances, NEIGHBOURS + extra)[: NEIGHBOURS + extra].sum())


def _inverse(reference: Floats, otherwise: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.inv(reference.T @ reference), dtype=np.float64)
    except np.linalg.LinAlgError:
        return otherwise
