"""Bins: every later step sees which bin a value falls into, so that an effect is a short table."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MOST_BINS = 32


@dataclass(frozen=True)
class Bins:
    """`edges` (features, MOST_BINS - 1), ascending, padded with infinity; bin b holds values from edge b - 1
    to below edge b. `middles` (features, MOST_BINS) is the median of the training values of each bin. `share`
    (features, MOST_BINS + 1) is the share of each bin among known values; the last bin is for the unknown and
    has none."""

    edges: NDArray[np.float32]
    middles: Floats
    share: Floats

    @property
    def features(self) -> int:
        return len(self.edges)

    def used(self, feature: int) -> int:
        """How many bins a feature has."""
        return int(np.isfinite(self.edges[feature]).sum()) + 1

    def codes(self, x: Floats) -> Ints:
        """The bin of each value, shape as x (n, features); MOST_BINS where it is NaN. Compared in single
        precision, as the graph does."""
        single = x.astype(np.float32)
        codes = np.empty(x.shape, dtype=np.int64)
        for feature, edges in enumerate(self.edges):
            codes[:, feature] = np.searchsorted(edges[np.isfinite(edges)], single[:, feature], side="right")
        codes[np.isnan(x)] = MOST_BINS
        return codes


def fit_bins(x: Floats) -> Bins:
    """Bins with about the same number of training values each, a bin for each value where these are few."""
    features = x.shape[1]
    edges = np.full((features, MOST_BINS - 1), np.inf, dtype=np.float32)
    for feature in range(features):
        known = x[:, feature].astype(np.float32)
        cuts = _cuts(known[~np.isnan(known)])
        edges[feature, : len(cuts)] = cuts
    bins = Bins(edges, np.zeros((features, MOST_BINS)), np.zeros((features, MOST_BINS + 1)))
    codes = bins.codes(x)
    for feature in range(features):
        for code in range(bins.used(feature)):
            inside = x[codes[:, feature] == code, feature]
            bins.middles[feature, code] = np.median(inside) if inside.size else 0.0
        counts = np.bincount(codes[:, feature], minlength=MOST_BINS + 1).astype(np.float64)
        counts[MOST_BINS] = 0.0
        # A feature known of nobody has one bin that nothing falls into.
        bins.share[feature] = counts / counts.sum() if counts.sum() else np.eye(1, MOST_BINS + 1)[0]
    return bins


def _cuts(known: NDArray[np.float32]) -> NDArray[np.float32]:
    values = np.unique(known)
    if values.size > MOST_BINS:
        values = np.unique(np.quantile(known, np.linspace(0, 1, MOST_BINS + 1)[1:-1]).astype(np.float32))
        return np.asarray(values[values > known.min()], dtype=np.float32)
    return np.asarray((values[1:] + values[:-1]) / 2, dtype=np.float32)
