"""A ridge autoregression over the last day and the same hours of earlier days and weeks.

For long histories with more than one season: what comes is a weighted sum of chosen earlier values, the
weights by penalised least squares (Hoerl & Kennard, Ridge regression, Technometrics 12, 1970), and the path
is built step by step from its own values.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mesh.agents.revenue_optimization.panel import Floats

LEAST_CYCLES = 3  # of the longest period
AROUND = 2  # steps to each side of a cycle's place that are looked at as well
PENALTY = 1e-4
FLOOR = 1e-3  # of the mean value; logarithms need values above zero
WIDEST = 2.0  # a path may leave the range of the logarithms by so many spreads


def long_enough(length: int, periods: Sequence[int]) -> bool:
    return len(periods) > 1 and length >= LEAST_CYCLES * periods[-1]


def regressed(values: Floats, periods: Sequence[int], steps: int) -> Floats:
    """The next `steps` values of one long row, shape (steps,)."""
    floor = max(FLOOR * float(np.abs(values).mean()), np.finfo(np.float64).tiny)
    logs = np.log(np.maximum(values, floor))
    middle, spread = float(logs.mean()), float(logs.std())
    centred = logs - middle
    lags = _lags(periods, values.size)
    weights = _weights(centred, lags)
    path = np.concatenate([centred, np.zeros(steps)])
    low, high = centred.min() - WIDEST * spread, centred.max() + WIDEST * spread
    for place in range(values.size, path.size):
        path[place] = np.clip(path[place - lags] @ weights, low, high)
    return np.asarray(np.exp(path[values.size :] + middle))


def _lags(periods: Sequence[int], length: int) -> NDArray[np.int64]:
    """The whole shortest period, and around each of its multiples up to the longest period."""
    short, long = periods[0], periods[-1]
    lags = set(range(1, short + AROUND))
    for multiple in range(2 * short, long + 1, short):
        lags |= set(range(multiple - 1, multiple + 2))
    lags |= set(range(long - AROUND, long + AROUND + 1))
    return np.array(sorted(lag for lag in lags if lag < length // 2), dtype=np.int64)


def _weights(centred: Floats, lags: NDArray[np.int64]) -> Floats:
    first = int(lags[-1])
    seen = np.stack([centred[first - lag : centred.size - lag] for lag in lags], axis=1)
    products = seen.T @ seen
    penalty = PENALTY * float(np.trace(products)) / lags.size + np.finfo(np.float64).tiny
    return np.asarray(np.linalg.solve(products + penalty * np.eye(lags.size), seen.T @ centred[first:]))
