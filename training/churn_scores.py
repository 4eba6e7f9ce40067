"""How good churn probabilities are: discrimination, calibration, coverage."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mesh.agents.client_health.churn import Churn, Reading
from mesh.agents.client_health.learning.snapshots import Snapshots

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ECE_BINS = 10


def judged(churn: Churn, on: Snapshots) -> dict[str, float]:
    """A model's figures on snapshots."""
    return figures(churn.read_table(on.x), on.left)


def figures(readings: Sequence[Reading], left: Ints) -> dict[str, float]:
    """AUC, Brier score, expected calibration error and conformal coverage of readings."""
    from sklearn.metrics import roc_auc_score

    chance = np.array([reading.probability for reading in readings])
    held = covered(readings, left)
    return {
        "AUC": float(roc_auc_score(left, chance)),
        "Brier score": float(np.mean((chance - left) ** 2)),
        "expected calibration error": calibration_error(chance, left),
        "coverage of the 90 % outlook": float(held.mean()),
        "coverage among those that stayed": float(held[left == 0].mean()),
        "coverage among those that left": float(held[left == 1].mean()),
        "outlook names one outcome, share": float(np.mean([r.may_stay != r.may_leave for r in readings])),
    }


def covered(readings: Sequence[Reading], left: Ints) -> NDArray[np.bool_]:
    """Whether each outcome (n,) was among the possible ones."""
    pairs = zip(readings, left.tolist(), strict=True)
    return np.array([reading.may_leave if gone else reading.may_stay for reading, gone in pairs])


def calibration_error(chance: Floats, left: Ints, bins: int = ECE_BINS) -> float:
    """Expected calibration error over bins of equal width (Naeini et al. 2015): how far the rate in a bin is
    from the mean probability there, weighted by the bin's size."""
    place = np.minimum((chance * bins).astype(np.int64), bins - 1)
    total = 0.0
    for one in range(bins):
        inside = place == one
        if inside.any():
            total += inside.mean() * abs(float(chance[inside].mean() - left[inside].mean()))
    return float(total)
