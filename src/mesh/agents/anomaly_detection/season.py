"""Which period a series repeats with, from its autocorrelation.

Box, Jenkins and Reinsel, "Time Series Analysis", chapter 2; the peak rule follows the usual reading of a
correlogram: the first high peak after the correlation has once fallen away.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CYCLES = 3  # a period counts only when the data hold this many of it
STRENGTH = 0.3  # the least autocorrelation at the period
AS_GOOD = 0.9  # a shorter period this close to the best one is the period, the best its multiple
SHORTEST = 4  # steps in the shortest period that is looked for
CONSTANT = 1e-9  # changes below this share of the values are rounding
TRIM = 0.02  # share of values cut at each end, so that a spike does not hide the rhythm


@dataclass(frozen=True)
class Season:
    """A period in the unit of the series' positions (seconds, or points when it has no times).

    `strength` is the autocorrelation at that lag, at most 1.
    """

    period: float
    strength: float


def find_season(values: Floats, positions: Floats) -> Season | None:
    """The period of a series, shape (n,), without missing values; None when it shows none."""
    step = typical_step(positions)
    if values.size < SHORTEST * CYCLES or step <= 0:
        return None
    steps = round((positions[-1] - positions[0]) / step) + 1
    if steps > 4 * values.size:  # mostly gaps: what lies between would be invented
        return None
    grid = np.interp(positions[0] + step * np.arange(steps), positions, values)
    correlation = autocorrelation(_trimmed(grid))
    lag = _peak(correlation[: steps // CYCLES + 1])
    return Season(lag * step, min(float(correlation[lag]), 1.0)) if lag else None


def typical_step(positions: Floats) -> float:
    """The median distance of neighbours, 0 for fewer than two points."""
    return float(np.median(np.diff(positions))) if positions.size > 1 else 0.0


def autocorrelation(values: Floats) -> Floats:
    """Correlation of a series with itself at lags 0 .. n-1, each from the pairs that exist; 0 if constant."""
    n = values.size
    index = np.arange(n)
    largest = float(np.abs(values).max())
    slope, level = np.polyfit(index, values / (largest or 1.0), 1)
    rest = values / (largest or 1.0) - (slope * index + level)
    if np.abs(rest).max() <= CONSTANT:
        return np.zeros(n)
    size = 1 << (2 * n - 1).bit_length()
    sums = np.fft.irfft(np.abs(np.fft.rfft(rest, size)) ** 2, size)[:n]
    return np.asarray(sums / (n - index) / (sums[0] / n))


def _trimmed(values: Floats) -> Floats:
    low, high = np.quantile(values, [TRIM, 1 - TRIM])
    return np.clip(values, low, high)


def _peak(correlation: Floats) -> int:
    """The lag of the first peak as good as the best, or 0."""
    fallen = np.flatnonzero(correlation < STRENGTH / 2)
    if not fallen.size:
        return 0
    inner = correlation[1:-1]
    peaks = 1 + np.flatnonzero((inner >= correlation[:-2]) & (inner > correlation[2:]) & (inner >= STRENGTH))
    peaks = peaks[(peaks > fallen[0]) & (peaks >= SHORTEST)]
    if not peaks.size:
        return 0
    return int(peaks[correlation[peaks] >= AS_GOOD * correlation[peaks].max()][0])
