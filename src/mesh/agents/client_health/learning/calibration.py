"""From scores of clients the fit has not seen to probabilities, intervals and sets that hold.

All of it is learnt from out-of-fold scores: every client's score comes from a fit on other clients.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mesh.agents.client_health.churn import COVERAGE

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
INTERVAL_POINTS = 100


@dataclass(frozen=True)
class Calibration:
    """`slope` and `shift` make calibrated log-odds of a score (Platt 1999). The rest is in calibrated
    log-odds: `stays_to` and `leaves_from` bound the two conformal sets, and `at`, `low`, `high` (points,)
    give the Venn-Abers interval of the probability."""

    slope: float
    shift: float
    stays_to: float
    leaves_from: float
    at: Floats
    low: Floats
    high: Floats


def calibrate(scores: Floats, left: Ints) -> Calibration:
    """Learn from out-of-fold scores (n,) and outcomes (n,)."""
    slope, shift = platt(scores, left)
    log_odds = slope * scores + shift
    return Calibration(slope, shift, *conformal(log_odds, left), *venn_abers(log_odds, left))


def platt(scores: Floats, left: Ints) -> tuple[float, float]:
    """Slope and shift of the logistic regression of outcomes on scores. A score that is upside down is not
    turned round: its slope is 0, and the answer is the rate."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1e6).fit(scores[:, None], left)
    slope = float(model.coef_[0, 0])
    if slope <= 0:
        return 0.0, float(np.log(left.mean() / (1 - left.mean())))
    return slope, float(model.intercept_[0])


def conformal(log_odds: Floats, left: Ints) -> tuple[float, float]:
    """Up to where `stays`, and from where `leaves`, belongs to the set of outcomes that are possible.

    Split conformal, for each outcome by itself (Mondrian; Vovk, Gammerman, Shafer 2005), so that the coverage
    holds among those that leave as well, however few they are.
    """
    stay, leave = np.sort(log_odds[left == 0]), np.sort(log_odds[left == 1])
    rank_stay = int(np.ceil((len(stay) + 1) * COVERAGE)) - 1
    rank_leave = int(np.floor((len(leave) + 1) * (1 - COVERAGE))) - 1
    stays_to = stay[rank_stay] if rank_stay < len(stay) else np.inf
    leaves_from = leave[rank_leave] if rank_leave >= 0 else -np.inf
    # Where neither would be possible the two meet, and one always is.
    middle = (stays_to + leaves_from) / 2
    return (middle, middle) if stays_to < leaves_from else (float(stays_to), float(leaves_from))


def venn_abers(log_odds: Floats, left: Ints) -> tuple[Floats, Floats, Floats]:
    """The isotonic probability at a score if the client there stayed, and if it left (Vovk, Petej 2014)."""
    from scipy.optimize import isotonic_regression

    order = np.argsort(log_odds, kind="stable")
    scores, outcomes = log_odds[order], left[order].astype(np.float64)
    at = np.unique(np.quantile(scores, np.linspace(0, 1, INTERVAL_POINTS)))
    found = np.empty((2, len(at)))
    for place, score in enumerate(at):
        for outcome in (0, 1):
            # Beside equal scores it is put where it moves the bound outward.
            where = int(np.searchsorted(scores, score, side="left" if outcome == 0 else "right"))
            with_it = np.insert(outcomes, where, float(outcome))
            found[outcome, place] = isotonic_regression(with_it).x[where]
    return at, found[0], found[1]
