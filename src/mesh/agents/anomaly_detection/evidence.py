"""Three kinds of evidence that a point is anomalous, each 1 where it is just enough at default sensitivity.

Novelty: the last 5 or 20 points (a bucket), seen as their highest and lowest value, lie far from every
earlier bucket, and so do their errors. The distance to the nearest earlier neighbour is the discord of Yeh
et al. ("Matrix Profile I", ICDM 2016), here looking to the past only and without normalising each window,
so that a moved level counts. Strength: the error is larger than the tail of earlier errors lets expect once
in `1 / RARE` points, so that an outlier that has happened before is still one; the tail is taken to fall
off exponentially (peaks over threshold, as in Siffer et al., "Anomaly detection in streams with extreme
value theory", KDD 2017, with a median for robustness). Stillness: the value has been exactly the same for
much longer than ever before.

All of it is causal: a point's evidence depends on that point and those before it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mesh.agents.anomaly_detection.trailing import range_before, refreshed

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scale:
    """How novelty is judged in buckets of one length.

    `novel` is the distance of values and errors together, in ranges seen so far, that is just enough;
    but it must also be `restless` times what earlier distances often were.
    """

    bucket: int
    novel: float
    restless: float


SCALES = (Scale(5, 0.134, 3.0), Scale(20, 0.2, 2.0))
MEMORY = 5000  # earlier buckets that are remembered
ROWS = 256  # buckets compared at once, to bound the memory taken
OFTEN = 0.8  # the quantile of earlier distances that is meant by often
OFTEN_BUCKETS = 200
OFTEN_RENEWED = 20  # points after which it is measured again

RARE = 1e-5  # the chance of an error just strong enough
TAIL = 0.95  # errors above this quantile make up the tail
TAIL_POINTS = 1000  # of so many last errors
TAIL_RENEWED = 10
FLOOR = 0.03  # what an error must exceed the tail by, in ranges seen so far

STILL_POINTS = 12  # a run of equal values shorter than this is never odd
STILL_LONGER = 3.0  # nor one that is not so many times longer than any before


def distance(values: Floats, bucket: int, start: int = 0) -> Floats:
    """How far each point from `start` on takes its bucket from all earlier ones, shape (n - start,).

    A bucket is weighed at its last point. Before that only a value beyond all seen counts, for by as much
    the bucket must differ in the end.
    """
    highest, lowest = np.maximum.accumulate(values), np.minimum.accumulate(values)
    beyond = np.zeros(values.size)
    beyond[1:] = np.maximum(values[1:] - highest[:-1], lowest[:-1] - values[1:])
    away = np.maximum(beyond, 0.0)
    whole, first = values.size // bucket, (start + 1) // bucket
    buckets = (values[: whole * bucket] - values[0]).reshape(whole, bucket)
    ends = np.arange(first, whole) * bucket + bucket - 1
    away[ends] = np.maximum(away[ends], _nearest(buckets.max(axis=1), buckets.min(axis=1), first))
    return away[start:]


def _nearest(tops: Floats, bottoms: Floats, first: int) -> Floats:
    """City-block distance of each (top, bottom) from `first` on to the nearest one before it."""
    high, low = tops.astype(np.float32), bottoms.astype(np.float32)  # half the time of doubles
    nearest = np.zeros(max(tops.size - first, 0))
    for start in range(first, tops.size, ROWS):
        rows = slice(start, min(start + ROWS, tops.size))
        columns = slice(max(0, start - MEMORY), rows.stop)
        apart = np.abs(high[rows, None] - high[None, columns])
        apart += np.abs(low[rows, None] - low[None, columns])
        later = np.arange(rows.start, rows.stop)[:, None] <= np.arange(columns.start, columns.stop)[None, :]
        apart[later] = np.inf
        nearest[start - first : rows.stop - first] = apart.min(axis=1)
    return np.where(np.isfinite(nearest), nearest, 0.0)


def novelty(values: Floats, distances: Floats, scale: Scale) -> Floats:
    """Distances of values and errors, summed, in distances that would be just enough; shape (n,)."""
    whole = values.size // scale.bucket
    weighed = distances[scale.bucket - 1 :: scale.bucket]
    renewed = max(OFTEN_RENEWED // scale.bucket, 1)
    often = refreshed(weighed, OFTEN_BUCKETS, renewed, lambda d: _quantile(np.sort(d), OFTEN))
    restless = np.full(values.size, np.nan)
    restless[: whole * scale.bucket] = np.repeat(often, scale.bucket)
    restless[whole * scale.bucket :] = often[-1] if whole else np.nan
    enough = np.fmax(scale.novel * range_before(values), scale.restless * restless)
    return np.divide(distances, enough, out=np.zeros(values.size), where=enough > 0)


def strength(values: Floats, errors: Floats, start: int) -> Floats:
    """Sizes of errors from `start` on in sizes that would be just rare enough, shape (n - start,)."""
    sizes = np.abs(errors)
    enough = refreshed(sizes, TAIL_POINTS, TAIL_RENEWED, _rare_size, start) + FLOOR * range_before(values)
    return np.divide(sizes, enough, out=np.zeros(values.size), where=enough > 0)[start:]


def _rare_size(sizes: Floats) -> float:
    """The size that is exceeded with the chance `RARE`, from the tail of the sizes given."""
    ordered = np.sort(sizes)
    threshold = _quantile(ordered, TAIL)
    excess = ordered[np.searchsorted(ordered, threshold, side="right") :] - threshold
    mean = _quantile(excess, 0.5) / np.log(2) if excess.size else 0.0  # of an exponential distribution
    return threshold + mean * float(np.log((1 - TAIL) / RARE))


def _quantile(ordered: Floats, share: float) -> float:
    """A quantile of sorted values, interpolated."""
    place = share * (ordered.size - 1)
    low = int(place)
    high = min(low + 1, ordered.size - 1)
    return float(ordered[low] + (place - low) * (ordered[high] - ordered[low]))


def stillness(values: Floats) -> Floats:
    """How long the value has stood still, in runs that would be just odd enough."""
    index = np.arange(values.size)
    starts = np.concatenate(([True], np.diff(values) != 0))
    run = index - np.maximum.accumulate(np.where(starts, index, 0)) + 1
    finished = np.maximum.accumulate(np.where(starts, np.concatenate(([0], run[:-1])), 0))
    odd = np.maximum(STILL_POINTS, STILL_LONGER * finished)
    return np.where(finished > 0, run / odd, 0.0)  # a series that never moved is flat, not anomalous
