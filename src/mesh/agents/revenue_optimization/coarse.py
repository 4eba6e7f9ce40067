"""Forecasts from coarser steps: a monthly row also seen by quarter, half-year and year.

What moves slowly shows better in long steps, what moves quickly in short ones, and their mean beats either
(Kourentzes, Petropoulos & Trapero, Improving forecasting by estimating time series structural components
across multiple frequencies, Int. J. Forecasting 30, 2014; Athanasopoulos et al., Forecasting with temporal
hierarchies, Eur. J. Oper. Res. 262, 2017).
"""

from collections.abc import Callable, Sequence

import numpy as np

from mesh.agents.revenue_optimization.panel import Floats, Panel, panel

LEAST_BLOCKS = 4
Ahead = Callable[[Panel, int], Floats]


def coarse(given: Panel, sizes: Sequence[int], steps: int, ahead: Ahead, otherwise: Floats) -> Floats:
    """The mean path over all block sizes, shape (rows, steps); rows too short for any keep `otherwise`.

    `ahead` forecasts a panel of blocks. Rows have no season any more.
    """
    total, count = np.zeros((given.rows, steps)), np.zeros((given.rows, 1))
    for size in sizes:
        enough = np.flatnonzero(given.lengths >= LEAST_BLOCKS * size)
        if enough.size:
            total[enough] += _by(size, given, enough.tolist(), steps, ahead)
            count[enough] += 1
    return np.where(count > 0, total / np.maximum(count, 1), otherwise)


def _by(size: int, given: Panel, rows: Sequence[int], steps: int, ahead: Ahead) -> Floats:
    """Block means up to the last value, their forecast, and the line through the middles of the blocks."""
    means = []
    for row in rows:
        length = int(given.lengths[row])
        kept = given.values[row, length % size : length]
        means.append(kept.reshape(-1, size).mean(axis=1))
    paths = ahead(panel(means), -(-steps // size) + 1)
    middles = np.arange(paths.shape[1] + 1) * size - (size - 1) / 2
    at = np.arange(1, steps + 1)
    joined = [np.interp(at, middles, [mean[-1], *path]) for mean, path in zip(means, paths, strict=True)]
    return np.array(joined)
