"""The dynamic optimised theta model, its level smoothed at every point of a grid at once.

Fiorucci, Pellegrini, Louzada, Petropoulos, Koehler: Models for optimising the theta method and their
relationship to state space models, Int. J. Forecasting 32 (2016), equations 19 to 24 (DOTM). For a fixed
smoothing parameter the errors are linear in the initial level and in 1 - 1/theta, so both come from two
normal equations, the second held between 0 (theta = 1, plain smoothing) and 1.
"""

import numpy as np

from mesh.agents.revenue_optimization.panel import Floats, Panel, standardised
from mesh.agents.revenue_optimization.smoothing import LEAST, Candidates

LARGEST_SHARE = 0.9999  # theta of 10,000
SINGULAR = 1e-9


def theta(given: Panel, alphas: Floats, steps: int, share: float | None = None) -> Candidates:
    """Forecasts of `steps` steps for each row and each smoothing parameter.

    `share` fixes 1 - 1/theta: 0.5 is the model of Assimakopoulos & Nikolopoulos (theta = 2).
    """
    scaled, first, scale = standardised(given)
    run = _Run(scaled, alphas)
    level, weight, errors = run.solved(share)
    paths = run.continued(level, weight, steps)
    paths = paths * scale[:, :, None] + first[:, :, None]
    return Candidates(paths, np.maximum(errors, LEAST) * scale**2)


class _Run:
    """One pass from a level of zero, with the line through the values so far at every step."""

    def __init__(self, given: Panel, alphas: Floats):
        shape = (given.rows, alphas.size)
        self.alphas = alphas
        self.lengths = given.lengths
        self.products = np.zeros((6, *shape))  # ee, ce, ge, cc, cg, gg
        self.level = np.zeros(shape)
        self.response = np.zeros(shape)  # of the last level to the initial one
        self.mean = np.zeros(given.rows)
        self.slope = np.zeros(given.rows)
        self._pass(given)

    def _pass(self, given: Panel) -> None:
        alphas, kept = self.alphas, 1 - self.alphas
        level, response = np.zeros(self.level.shape), np.ones(alphas.size)
        mean, slope = np.zeros(given.rows), np.zeros(given.rows)
        known = given.known
        for t in range(1, given.values.shape[1] + 1):
            value = given.values[:, t - 1]
            live = known[:, t - 1, None]
            drift = _drift(mean[:, None], slope[:, None], alphas, t) if t > 1 else 0.0 * level
            error = np.where(live, value[:, None] - level, 0.0)
            c, g = np.where(live, response, 0.0), np.where(live, drift, 0.0)
            self.products += np.stack([error * error, c * error, g * error, c * c, c * g, g * g])
            level, response = kept * level + alphas * value[:, None], response * kept
            slope = ((t - 2) * slope + 6 * (value - mean) / t) / (t + 1) if t > 1 else slope
            mean = ((t - 1) * mean + value) / t
            last = np.flatnonzero(given.lengths == t)
            self.level[last], self.response[last] = level[last], response
            self.mean[last], self.slope[last] = mean[last], slope[last]

    def solved(self, share: float | None) -> tuple[Floats, Floats, Floats]:
        """The last level, the weight 1 - 1/theta and the sum of squared errors."""
        ee, ce, ge, cc, cg, gg = self.products
        determinant = cc * gg - cg**2
        regular = determinant > SINGULAR
        weight = np.where(regular, (cc * ge - cg * ce) / np.where(regular, determinant, 1.0), 0.0)
        weight = np.clip(weight, 0.0, LARGEST_SHARE) if share is None else np.full_like(weight, share)
        initial = (ce - weight * cg) / np.maximum(cc, SINGULAR)
        errors = ee - 2 * (initial * ce + weight * ge)
        errors = errors + initial**2 * cc + 2 * initial * weight * cg + weight**2 * gg
        return self.level + self.response * initial, weight, errors

    def continued(self, level: Floats, weight: Floats, steps: int) -> Floats:
        """The path on, each expected value taken as if it had come, shape (rows, points, steps)."""
        mean, slope = (
            np.repeat(state[:, None], self.alphas.size, axis=1) for state in (self.mean, self.slope)
        )
        paths = np.zeros((*level.shape, steps))
        for step in range(steps):
            t = self.lengths[:, None].astype(np.float64) + step + 1
            expected = level + weight * _drift(mean, slope, self.alphas, t)
            paths[:, :, step] = expected
            level = (1 - self.alphas) * level + self.alphas * expected
            slope = ((t - 2) * slope + 6 * (expected - mean) / t) / (t + 1)
            mean = ((t - 1) * mean + expected) / t
        return paths


def _drift(mean: Floats, slope: Floats, alphas: Floats, t: "int | Floats") -> Floats:
    """What the line through the first t - 1 values adds to the smoothed level at step t."""
    kept = 1 - alphas
    # The line's value at 0 (mean and slope are over t - 1 values).
    intercept = mean - slope * t / 2
    return np.asarray(kept ** (t - 1) * intercept + (1 - kept**t) / alphas * slope)
