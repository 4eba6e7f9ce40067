"""Windows whose distribution of values fits none seen before.

Wang et al., "Statistical techniques for online anomaly detection in data centers", IM 2011: values are put
into bins; a window's histogram is tested against every earlier kind of window by twice the window length
times the relative entropy, which is chi-squared distributed when the window is of that kind.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BINS = 5
WINDOW = 52
ALPHA = 0.01


def relative_entropy(values: Floats, learning: int) -> Floats:  # noqa: ARG001
    """1 where a window is of a new kind, else 0. Uses the range of the whole series."""
    from scipy.stats import chi2

    low, step = values.min(), (values.max() - values.min()) / BINS
    score = np.zeros(values.size)
    if step == 0:
        return score
    limit = float(chi2.isf(ALPHA, BINS - 1))
    # Bins are closed above; the lowest value has a bin edge of its own and counts to the first bin.
    place = np.clip(np.ceil((values - low) / step).astype(int), 0, BINS)
    place = np.where(place == BINS, BINS - 1, place)
    counts = np.cumsum(np.eye(BINS)[place], axis=0)
    windows = counts[WINDOW - 1 :] - np.concatenate((np.zeros((1, BINS)), counts[:-WINDOW]))
    kinds, seen = windows[:1] / WINDOW, [1]
    for offset, share in enumerate(windows[1:] / WINDOW, start=1):
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = np.where(share > 0, share * np.log(share / kinds), 0.0)
        statistic = 2 * WINDOW * terms.sum(axis=1)
        nearest = int(statistic.argmin())
        if statistic[nearest] < limit:
            seen[nearest] += 1
        else:
            kinds, nearest = np.vstack((kinds, share)), len(seen)
            seen.append(1)
            score[WINDOW - 1 + offset] = 1.0
    return score
