"""The members of the ensemble: two kinds of boosting and an additive regression on splines.

Boosted stumps see one feature at a time, boosted trees of depth two see pairs, and splines draw smooth lines
where trees draw steps. Their mean is better than any of them, and still a sum of one- and two-way tables.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesh.agents.client_health.learning.binning import MOST_BINS, Bins
from mesh.agents.client_health.learning.tables import Tables, average, tables, without_weak_pairs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
WEIGHTS = {"stumps": 0.4, "pairs": 0.3, "splines": 0.3}
STUMPS: dict[str, Any] = {"max_depth": 1, "num_leaves": 2, "learning_rate": 0.06, "n_estimators": 600}
PAIRS: dict[str, Any] = {
    "max_depth": 2, "num_leaves": 4, "learning_rate": 0.04, "n_estimators": 450, "colsample_bytree": 0.2,
}  # fmt: skip
# A leaf of a tree that sees pairs holds at least this share of the rows, and as many as these bounds say.
LEAF_SHARE, SMALLEST_LEAF, LARGEST_LEAF = 0.02, 10, 100
BOTH: dict[str, Any] = {
    "colsample_bytree": 0.4, "subsample": 0.7, "subsample_freq": 1, "min_child_samples": 20,
    "reg_lambda": 5.0, "verbose": -1, "n_jobs": 1, "deterministic": True, "force_row_wise": True,
}  # fmt: skip
SPLINE_KNOTS, RIDGE = 6, 0.1
# A feature with so few values has an effect for each rather than a line through them.
FEW_VALUES = 6


def fit_tables(x: Floats, left: Ints, bins: Bins, seed: int) -> Tables:
    """The ensemble fitted to bins of `x` (n, features) and `left` (n,) of 0 and 1."""
    codes = bins.codes(x)
    leaf = int(np.clip(LEAF_SHARE * len(x), SMALLEST_LEAF, LARGEST_LEAF))
    pairs = {**PAIRS, "min_child_samples": leaf}
    found = {
        "stumps": tables(boosted(codes, left, STUMPS, seed), bins, pairwise=False),
        "pairs": tables(boosted(codes, left, pairs, seed), bins, pairwise=True),
        "splines": tables(splines(codes, left, bins), bins, pairwise=False),
    }
    return without_weak_pairs(average(found, WEIGHTS), bins)


def boosted(codes: Ints, left: Ints, shape: dict[str, Any], seed: int) -> Any:
    """Log-odds by boosted trees over bins; what is unknown is its own branch, which the tables then drop."""
    from lightgbm import LGBMClassifier

    model = LGBMClassifier(**{**BOTH, **shape}, random_state=seed)
    model.fit(_gaps(codes), left)
    return lambda rows: np.asarray(model.predict(_gaps(rows), raw_score=True), dtype=np.float64)


def _gaps(codes: Ints) -> Floats:
    return np.where(codes == MOST_BINS, np.nan, codes.astype(np.float64))


def splines(codes: Ints, left: Ints, bins: Bins) -> Any:
    """Log-odds by a ridge regression on cubic splines of the bins' middle values; the unknown is the mean."""
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, SplineTransformer, StandardScaler

    places = range(bins.features)
    centre = (bins.middles * bins.share[:, :MOST_BINS]).sum(axis=1, keepdims=True)
    middles = np.concatenate([bins.middles, centre], axis=1)
    few = [place for place in places if bins.used(place) <= FEW_VALUES]
    many = [place for place in places if place not in few]
    smooth = make_pipeline(
        SplineTransformer(SPLINE_KNOTS, knots="quantile", extrapolation="constant"), StandardScaler()
    )
    columns = make_column_transformer((smooth, many), (OneHotEncoder(handle_unknown="ignore"), few))
    model = make_pipeline(columns, LogisticRegression(C=RIDGE, max_iter=3000))

    def values(rows: Ints) -> Floats:
        return np.take_along_axis(middles, rows.T, axis=1).T

    model.fit(values(codes), left)
    return lambda rows: np.asarray(model.decision_function(values(rows)), dtype=np.float64)
