"""How far from the forecast the value may lie: from the errors the same method made at earlier times.

A split-conformal idea (Vovk, Gammerman & Shafer, Algorithmic learning in a random world, 2005): errors at
earlier times, in the size they have at their step, are the measure of those to come. A single history has too
few for its own quantiles, so these are taken over many histories, with the size from the history itself.
"""

import numpy as np

from mesh.agents.revenue_optimization.panel import Floats
from mesh.agents.revenue_optimization.rhythm import Rhythm

LEAST_WITH_BAND = 3  # fewer values than this say nothing about how much comes and goes
PRIOR_ORIGINS = 1.0  # how many earlier times the naive forecast's error counts for
# Measured over the training parts of M3, the last values held out: the fewer earlier times, the wider.
QUANTILE, FEW, FADING = 1.2, 1.25, 4.0
OUTER = 1.82  # the 95 % quantile against the 80 % one


def spread(values: Floats, errors: Floats, steps: int, rhythm: Rhythm) -> Floats | None:
    """Half the width of the 80 % interval at each of `steps` steps, shape (steps,); None for too few values.

    `errors` has shape (origins, steps), NaN where the value has not come yet.
    """
    if values.size < LEAST_WITH_BAND:
        return None
    growth = np.arange(1, steps + 1) ** rhythm.growth
    scaled = np.square(errors / growth)
    known = ~np.isnan(scaled)
    count = int(known.any(axis=1).sum())
    own = float(np.mean(scaled[known])) if count else 0.0
    size = np.sqrt((count * own + PRIOR_ORIGINS * _naive(values, rhythm)) / (count + PRIOR_ORIGINS))
    return np.asarray(size * growth * rhythm.width * (QUANTILE + FEW * np.exp(-count / FADING)))


def _naive(values: Floats, rhythm: Rhythm) -> float:
    """The mean squared error of the last value, or of the last cycle where that is better."""
    lags = [1, *(period for period in rhythm.periods if values.size > 2 * period)]
    return min(float(np.mean(np.square(values[lag:] - values[:-lag]))) for lag in lags)


def half_width(spread: Floats, level: int) -> Floats:
    """Half the width of the interval of a level, 80 or 95."""
    return np.asarray(spread if level == 80 else OUTER * spread)


def of_sum(widths: Floats, weights: Floats) -> float:
    """The width for a weighted sum of steps: their errors add up as those of a random walk do.

    The covariance of two steps is then the variance of the earlier one.
    """
    covariance = np.square(np.minimum(widths[:, None], widths))
    return float(np.sqrt(weights @ covariance @ weights))
