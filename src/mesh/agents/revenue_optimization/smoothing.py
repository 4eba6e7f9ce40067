"""Exponential smoothing with a damped trend: all parameters of a grid at once, initial states exact.

For fixed parameters the one-step errors are linear in the initial level and trend (Hyndman et al.,
Forecasting with exponential smoothing, 2008, chapter 5), so these come from two normal equations instead of a
search. What is left, the smoothing parameters, is a small grid, and all rows and all its points run through
the series together.
"""

from dataclasses import dataclass

import numpy as np

from mesh.agents.revenue_optimization.panel import Floats, Panel, standardised

RIDGE = 1e-6
LEAST = 1e-9


@dataclass(frozen=True)
class Grid:
    """Points of smoothing: level `alpha`, trend `beta` and damping `phi`, each of shape (points,).

    A `phi` of 0 stands for no trend at all.
    """

    alpha: Floats
    beta: Floats
    phi: Floats


@dataclass(frozen=True)
class Candidates:
    """What each point says: `paths` (rows, points, steps), and `errors` squared and summed (rows, points)."""

    paths: Floats
    errors: Floats


def grid(alphas: Floats, shares: Floats, phis: Floats) -> Grid:
    """Every combination, `beta` being a share of `alpha`; without a trend the shares make no difference."""
    points = [
        (alpha, alpha * share, phi)
        for alpha in alphas
        for phi in phis
        for share in (shares if phi else shares[:1])
    ]
    alpha, beta, phi = np.array(points, dtype=np.float64).T
    return Grid(alpha, np.where(phi > 0, beta, 0.0), phi)


def smooth(given: Panel, points: Grid, steps: int) -> Candidates:
    """Forecasts of `steps` steps for each row at each point, with exact least-squares initial states."""
    scaled, first, scale = standardised(given)
    run = _Run(scaled, points)
    level, trend, errors = run.solved()
    damped = np.cumsum(points.phi[:, None] ** np.arange(1, steps + 1), axis=1)
    paths = level[:, :, None] + trend[:, :, None] * damped
    paths = paths * scale[:, :, None] + first[:, :, None]
    return Candidates(paths, np.maximum(errors, LEAST) * scale**2)


class _Run:
    """One pass over the series from states of zero, with each error's response to the initial states."""

    def __init__(self, given: Panel, points: Grid):
        shape = (given.rows, points.alpha.size)
        self.phi = points.phi
        self.products = np.zeros((6, *shape))  # ee, ce, de, cc, cd, dd summed over each row's steps
        self.ends = np.zeros((2, *shape))  # level and trend after each row's last value
        self.responses = np.zeros((4, *shape))  # of both to the initial level and to the initial trend
        self._pass(given, points)

    def _pass(self, given: Panel, points: Grid) -> None:
        alpha, beta, phi = points.alpha, points.beta, points.phi
        level = np.zeros(self.ends.shape[1:])
        trend = np.zeros_like(level)
        of_level = np.stack([np.ones_like(alpha), np.zeros_like(alpha)])  # level, trend per unit of level
        of_trend = np.stack([np.zeros_like(alpha), (phi > 0).astype(np.float64)])
        sums = np.zeros((3, alpha.size))
        known = given.known
        for t in range(given.values.shape[1]):
            expected = level + phi * trend
            error = np.where(known[:, t, None], given.values[:, t, None] - expected, 0.0)
            c, d = of_level[0] + phi * of_level[1], of_trend[0] + phi * of_trend[1]
            self.products[0] += error * error
            self.products[1] += c * error
            self.products[2] += d * error
            sums += np.stack([c * c, c * d, d * d])
            level, trend = expected + alpha * error, phi * trend + beta * error
            of_level = np.stack([c - alpha * c, phi * of_level[1] - beta * c])
            of_trend = np.stack([d - alpha * d, phi * of_trend[1] - beta * d])
            last = np.flatnonzero(given.lengths == t + 1)
            if last.size:
                self.ends[:, last] = level[last], trend[last]
                self.responses[:, last] = np.concatenate([of_level, of_trend])[:, None]
                self.products[3:, last] = sums[:, None]

    def solved(self) -> tuple[Floats, Floats, Floats]:
        """Last level and trend, and the sum of squared errors, with the best initial states."""
        ee, ce, de, cc, cd, dd = self.products
        determinant = (cc + RIDGE) * (dd + RIDGE) - cd**2
        flat = self.phi == 0
        level = np.where(flat, ce / (cc + RIDGE), ((dd + RIDGE) * ce - cd * de) / determinant)
        trend = np.where(flat, 0.0, ((cc + RIDGE) * de - cd * ce) / determinant)
        errors = ee - 2 * (level * ce + trend * de) + level**2 * cc + 2 * level * trend * cd + trend**2 * dd
        end = self.ends[0] + self.responses[0] * level + self.responses[2] * trend
        slope = self.ends[1] + self.responses[1] * level + self.responses[3] * trend
        return end, slope, errors
