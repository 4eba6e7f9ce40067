"""The season of each row: whether there is one, and its indices by classical decomposition."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mesh.agents.revenue_optimization.panel import Floats, Ints, Panel

CERTAINTY = 1.645  # 90 % two-sided, as in Assimakopoulos & Nikolopoulos (2000)
Flags = NDArray[np.bool_]
LEAST_CYCLES = 3
NOTICED = 0.005  # a season that moves no step by more is not spoken of
EXACT = 1e-9  # spreads below this share of the values are rounding


@dataclass(frozen=True)
class Seasons:
    """`factors` multiply and have shape (rows, period); `present` tells which rows have a season."""

    factors: Floats
    present: Flags

    def over(self, starts: Ints, steps: int) -> Floats:
        """The factors of `steps` steps from `starts`, shape (rows, steps)."""
        places = (starts[:, None] + np.arange(steps)) % self.factors.shape[1]
        return np.take_along_axis(self.factors, places, axis=1)


def is_seasonal(values: Floats, period: int) -> bool:
    """Whether the values repeat after `period` steps, by themselves or after their trend is taken out.

    A steep trend hides a season from the test of the values themselves, a season that changes hides it
    from the test without the trend. At least three whole cycles are needed.

    >>> is_seasonal(np.tile([1.0, 5.0, 3.0, 2.0], 6), 4)
    True
    >>> is_seasonal(np.array([5.0, 4.0, 6.0, 5.0, 5.0, 7.0, 4.0, 5.0, 6.0, 3.0, 5.0, 4.0]), 4)
    False
    """
    if period < 2 or values.size < LEAST_CYCLES * period:
        return False
    if values.min() <= 0:
        return _repeats(values, period)
    return _repeats(values, period) or _repeats(_ratios(values, period)[0], period)


def _repeats(values: Floats, period: int) -> bool:
    """Whether the autocorrelation at `period` is more than those before it let expect.

    The test of Assimakopoulos & Nikolopoulos, The theta model, Int. J. Forecasting 16 (2000), with Bartlett's
    variance.
    """
    centred = values - values.mean()
    total = float(centred @ centred)
    if total <= np.square(EXACT * np.abs(values).max()) * values.size:
        return False
    lags = [float(centred[lag:] @ centred[:-lag]) / total for lag in range(1, period + 1)]
    limit = CERTAINTY * np.sqrt((1 + 2 * np.square(lags[:-1]).sum()) / values.size)
    return bool(lags[-1] > limit)


def _ratios(values: Floats, period: int) -> tuple[Floats, Ints]:
    """Logarithms of values over their centred moving average, and the place in the cycle of each."""
    weights = np.ones(period) if period % 2 else np.concatenate(([0.5], np.ones(period - 1), [0.5]))
    trend = np.convolve(values, weights / weights.sum(), "valid")
    first = (weights.size - 1) // 2
    places = np.arange(first, first + trend.size) % period
    return np.log(values[first : first + trend.size] / trend), places


def indices(values: Floats, period: int) -> Floats:
    """Multiplicative seasonal indices of positive values, geometric mean 1, shape (period,).

    The means of the ratios at each place of the cycle, shrunk towards none by how much of their spread is
    noise (Miller & Williams, Shrinkage estimators of time series seasonal factors, Int. J. Forecasting
    19, 2003).
    """
    ratios, places = _ratios(values, period)
    count = np.bincount(places, minlength=period)
    mean = np.bincount(places, ratios, period) / np.maximum(count, 1)
    noise = float(np.square(ratios - mean[places]).sum()) / max(ratios.size - period, 1)
    mean -= mean.mean()
    noise_of_mean = noise / float(count.mean())
    signal = float(np.square(mean).sum()) / (period - 1) - noise_of_mean
    return np.exp(mean * signal / (signal + noise_of_mean)) if signal > 0 else np.ones(period)


def seasons(given: Panel, period: int) -> Seasons:
    """The season of every row; rows without one, or with values of zero and below, have factors of 1."""
    factors = np.ones((given.rows, period))
    present = np.zeros(given.rows, dtype=bool)
    for row in range(given.rows):
        values = given.values[row, : given.lengths[row]]
        if values.min(initial=np.inf) <= 0 or not is_seasonal(values, period):
            continue
        factors[row] = indices(values, period)
        present[row] = np.abs(np.log(factors[row])).max() > NOTICED
    return Seasons(factors, present)
