"""The tail probability of each value under a normal distribution fitted to a window of the past."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WINDOW = 6400
STEP = 100  # the full window moves on in steps of so many points
LEAST = 1e-6


def windowed_gaussian(values: Floats, learning: int) -> Floats:  # noqa: ARG001
    """Score each point by both tails of the normal distribution of the points before it."""
    from scipy.special import erfc

    index = np.arange(values.size)
    end = np.where(index >= WINDOW, WINDOW + (index - WINDOW) // STEP * STEP, index)
    start = np.maximum(end - WINDOW, 0)
    shifted = values - values[0]
    sums = np.concatenate(([0.0], np.cumsum(shifted)))
    squares = np.concatenate(([0.0], np.cumsum(shifted**2)))
    count = np.maximum(end - start, 1)
    mean = (sums[end] - sums[start]) / count
    spread = np.sqrt(np.maximum((squares[end] - squares[start]) / count - mean**2, 0.0))
    score = 1.0 - 0.5 * erfc(np.abs(shifted - mean) / np.maximum(spread, LEAST) / np.sqrt(2))
    score[0] = 0.0
    return np.asarray(score)
