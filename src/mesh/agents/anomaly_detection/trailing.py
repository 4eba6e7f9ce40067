"""Statistics of the points before each point, never of those after it."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RENEWED = 20  # a statistic is renewed after one in so many of the points known
MOST_HELD = 10  # but held for no more than so many times the first while


def trailing_median(values: Floats, width: int) -> Floats:
    """The median of up to `width` known values before each point, shape (n,); NaN where none is known.

    >>> trailing_median(np.array([1.0, 5.0, 3.0, 9.0]), 2)
    array([nan,  1.,  3.,  4.])
    """
    padded = np.concatenate((np.full(width, np.nan), values))
    ordered = np.sort(np.lib.stride_tricks.sliding_window_view(padded, width)[:-1], axis=1)  # NaN last
    known = width - np.isnan(ordered).sum(axis=1)
    rows = np.arange(values.size)
    low = ordered[rows, np.maximum(known - 1, 0) // 2]
    high = ordered[rows, np.minimum(known // 2, width - 1)]
    return np.asarray(np.where(known > 0, (low + high) / 2, np.nan))


def refreshed(
    values: Floats, width: int, every: int, statistic: Callable[[Floats], float], since: int = 0
) -> Floats:
    """A statistic of up to `width` values before a point, held until it is renewed.

    It is renewed after `every` points at first, and less often the more is known (`RENEWED`). Shape (n,);
    NaN before the first renewal, and before the last one up to `since`, where nobody asks for it.
    """
    held = np.full(values.size, np.nan)
    starts = [every]
    while starts[-1] < values.size:
        starts.append(starts[-1] + min(max(every, starts[-1] // RENEWED), MOST_HELD * every))
    for start, end in pairwise(starts):
        if end > since:
            held[start:end] = statistic(values[max(0, start - width) : start])
    return held


def range_before(values: Floats) -> Floats:
    """Highest less lowest value before each point, shape (n,); 0 for the first two."""
    spans = np.maximum.accumulate(values) - np.minimum.accumulate(values)
    return np.concatenate(([0.0], spans[:-1]))
