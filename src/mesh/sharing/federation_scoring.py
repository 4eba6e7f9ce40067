"""How well a model ranks records that nobody trained on, from counts that can be added up under noise.

Each site sorts its held-out records into bins by score and outcome. A record is in one bin of each model
compared, so that one sum of counts over all sites tells AUC at a small price, and no score leaves a site.
"""

import numpy as np
from numpy.typing import NDArray

from mesh.sharing.federation_learner import Floats, Integers, Learner, Rows

BINS = 14
# Bin edges on the scale of log-odds: the same for all sites, so that counts can be added.
EDGES = np.linspace(-6.0, 1.5, BINS - 1)


def binned(model: Learner, weights: Floats, rows: Rows) -> Integers:
    """Counts (2 x BINS,) of held-out records by outcome and log-odds. For many classes: by whether the
    likeliest one is right, and by its margin."""
    score = model.scores(weights, rows.x)
    if score.shape[1] == 1:
        return counted(score[:, 0], rows.y == 1, rows.record)
    ordered = np.sort(score, axis=1)
    return counted(ordered[:, -1] - ordered[:, -2] - 2, score.argmax(axis=1) == rows.y, rows.record)


def counted(score: Floats, outcome: NDArray[np.bool_], record: Integers) -> Integers:
    """Counts of records by outcome and score. Of a record's rows the last one counts."""
    counts = np.zeros((2, BINS), dtype=np.int64)
    if len(score):
        _, place = np.unique(record[::-1], return_index=True)
        last = len(record) - 1 - place
        np.add.at(counts, (outcome[last].astype(int), np.digitize(score[last], EDGES)), 1)
    return counts.ravel()


def doubt(counts: Floats, other: Floats | None, deviation: float) -> float:
    """Standard deviation that noise of this deviation in every count gives to AUC, or to the difference of
    two; from 200 draws."""
    draw = np.random.default_rng(0)
    found = []
    for _ in range(200):
        one = auc_of(counts + draw.normal(0, deviation, len(counts)))
        two = 0.0 if other is None else auc_of(other + draw.normal(0, deviation, len(counts)))
        if one is not None and two is not None:
            found.append(one - two)
    return float(np.std(found)) if len(found) > 1 else float("inf")


def auc_of(counts: NDArray[np.int64] | Floats) -> float | None:
    """AUC from counts, ties within a bin counted half; None where noise leaves too little to tell."""
    stayed, left = np.asarray(counts, dtype=np.float64).reshape(2, BINS)
    if stayed.sum() < 1 or left.sum() < 1:
        return None
    below = np.cumsum(stayed) - stayed
    auc = float((left * (below + stayed / 2)).sum() / (left.sum() * stayed.sum()))
    return auc if 0 <= auc <= 1 else None


def accuracy_of(counts: NDArray[np.int64] | Floats) -> float | None:
    """For many classes: the share of records whose likeliest class was right."""
    wrong, right = np.asarray(counts, dtype=np.float64).reshape(2, BINS).sum(axis=1)
    return float(right / (wrong + right)) if wrong + right >= 1 and right >= 0 and wrong >= 0 else None
