"""What several models say together about the next steps of each row."""

from collections.abc import Sequence

import numpy as np

from mesh.agents.revenue_optimization.autoregression import long_enough, regressed
from mesh.agents.revenue_optimization.coarse import coarse
from mesh.agents.revenue_optimization.panel import Floats, Panel, panel
from mesh.agents.revenue_optimization.rhythm import Rhythm
from mesh.agents.revenue_optimization.season import seasons
from mesh.agents.revenue_optimization.smoothing import Candidates, grid, smooth
from mesh.agents.revenue_optimization.theta import theta

NAME = "revenue ensemble"
VERSION = "1"
COMBINATION = "mean of the members, each a likelihood-weighted mean over its parameters"
INTERVALS = "from the ensemble's own errors at earlier times, scaled so that they hold"
PLAIN = ("exponential smoothing, damped trend", "dynamic optimised theta")
IN_LOGS = (
    "exponential smoothing of logarithms, damped trend",
    "dynamic optimised theta of logarithms",
    "theta of logarithms",
)
ALPHAS = np.array([0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99])
SHARES = np.array([0.0, 0.05, 0.1, 0.2, 0.4, 0.7])
PHIS = np.array([0.7, 0.8, 0.85, 0.9, 0.95, 0.98])
DAMPED = grid(ALPHAS, SHARES, PHIS)
LARGEST_LOG = 80.0
SMALLEST = 1e-30
# A likelihood takes errors for independent and the model for true. Short rows cannot bear either.
TRUSTED_LENGTH = 100
LEAST_TRUST = 0.5


def members(rhythm: Rhythm, length: int) -> tuple[str, ...]:
    """Whom the forecast is the mean of; with blocks, these count as much as all the others together."""
    if long_enough(length, rhythm.periods):
        return ("ridge autoregression over the same place of earlier cycles",)
    if not rhythm.blocks:
        return PLAIN + IN_LOGS
    sizes = ", ".join(map(str, rhythm.blocks))
    return (*IN_LOGS, f"exponential smoothing of logarithms over {sizes} steps, damped trend")


def forecast(rows: Sequence[Floats], rhythm: Rhythm, steps: int) -> Floats:
    """The expected values of `steps` steps after each row, shape (rows, steps)."""
    paths = np.zeros((len(rows), steps))
    short = [place for place, row in enumerate(rows) if not long_enough(row.size, rhythm.periods)]
    for place in set(range(len(rows))) - set(short):
        paths[place] = regressed(rows[place], rhythm.periods, steps)
    if short:
        paths[short] = _ensemble(panel([rows[place] for place in short]), rhythm, steps)
    return paths


def _ensemble(given: Panel, rhythm: Rhythm, steps: int) -> Floats:
    found = seasons(given, rhythm.shortest)
    behind = found.over(np.zeros_like(given.lengths), given.values.shape[1])
    plain = Panel(given.values / behind, given.lengths)
    return np.asarray(_together(plain, rhythm, steps) * found.over(given.lengths, steps))


def _together(plain: Panel, rhythm: Rhythm, steps: int) -> Floats:
    """The members' mean for rows without season; half of it from coarser steps where these help."""
    alphas = ALPHAS[rhythm.least_alpha <= ALPHAS]
    damped = _damped(plain, steps, rhythm.least_alpha)
    dynamic = averaged(theta(plain, alphas, steps), plain)
    positive = np.where(plain.known, plain.values, 1.0).min(axis=1, keepdims=True) > 0
    logs = Panel(np.log(np.where(plain.known & positive, plain.values, 1.0)), plain.lengths)
    in_logs = (
        _back(_damped(logs, steps, rhythm.least_alpha))
        + _back(averaged(theta(logs, alphas, steps), logs))
        + _back(averaged(theta(logs, alphas, steps, share=0.5), logs))
    )
    fine = (damped + dynamic + in_logs) / 5
    if rhythm.blocks:
        fine = in_logs / 3
        whole = coarse(logs, rhythm.blocks, steps, _damped, np.log(np.maximum(fine, SMALLEST)))
        fine = (fine + _back(whole)) / 2
    return np.where(positive, fine, (damped + dynamic) / 2)


def _damped(given: Panel, steps: int, least_alpha: float = 0.0) -> Floats:
    points = DAMPED if not least_alpha else grid(ALPHAS[least_alpha <= ALPHAS], SHARES, PHIS)
    return averaged(smooth(given, points, steps), given)


def _back(logs: Floats) -> Floats:
    return np.asarray(np.exp(np.minimum(logs, LARGEST_LOG)))


def averaged(found: Candidates, given: Panel) -> Floats:
    """The mean over a grid's points, each weighted by its Gaussian likelihood, shape (rows, steps).

    Points that explain the past nearly as well as the best do count, which a search for the best would not
    let them; for short rows this is the larger part of the gain.
    """
    lengths = given.lengths[:, None]
    trust = np.clip(lengths / TRUSTED_LENGTH, LEAST_TRUST, 1.0)
    likelihood = -0.5 * trust * lengths * np.log(found.errors)
    weights = np.exp(likelihood - likelihood.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    return np.asarray(np.einsum("rp,rps->rs", weights, found.paths))
