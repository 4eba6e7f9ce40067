"""A score as a sum of tables: one for each feature, one for each pair of features that work together.

Any function of bins that never combines more than two features at once is such a sum: trees of depth two, and
averages of them with additive models. The tables are centred as a functional analysis of variance over
features drawn independently (Hooker 2007), which makes two things exact: leaving a feature out is averaging
over it, so that what is unknown has no effect; and its Shapley value is its own table plus half of each pair
it is in.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mesh.agents.client_health.learning.binning import MOST_BINS, Bins

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Score = Callable[[Ints], Floats]
# A pair that moves the log-odds by less than this (standard deviation) is left out.
WEAKEST_PAIR = 0.01


@dataclass(frozen=True)
class Tables:
    """`base` is the score of a client of whom nothing is known. `main` (features, MOST_BINS + 1), `pairs`
    by their two features (MOST_BINS + 1, MOST_BINS + 1); the last place of each axis is the unknown, zero."""

    base: float
    main: Floats
    pairs: Mapping[tuple[int, int], Floats]

    def score(self, codes: Ints) -> Floats:
        """Log-odds (n,) of bins (n, features)."""
        return np.asarray(self.base + self.effects(codes).sum(axis=1))

    def effects(self, codes: Ints) -> Floats:
        """Shapley values (n, features), which with `base` add up to the score."""
        found = np.take_along_axis(self.main, codes.T, axis=1).T.copy()
        for (one, other), table in self.pairs.items():
            half = table[codes[:, one], codes[:, other]] / 2
            found[:, one] += half
            found[:, other] += half
        return found

    def scaled(self, slope: float, shift: float) -> "Tables":
        """The tables of slope * score + shift."""
        pairs = {pair: slope * table for pair, table in self.pairs.items()}
        return Tables(slope * self.base + shift, slope * self.main, pairs)


def tables(score: Score, bins: Bins, *, pairwise: bool) -> Tables:
    """The tables of a function of bins, read off at every bin and pair of bins, the other features held."""
    held = np.array([int(np.argmax(share)) for share in bins.share])
    base = float(score(held[None])[0])
    main = np.zeros((bins.features, MOST_BINS + 1))
    alone = [(feature,) for feature in range(bins.features)]
    for (feature,), values in zip(alone, _at(score, held, bins, alone), strict=True):
        main[feature, : bins.used(feature)] = values - base
    pairs = {}
    both = list(combinations([f for (f,) in alone if bins.used(f) > 1], 2)) if pairwise else []
    for (one, other), values in zip(both, _at(score, held, bins, both), strict=True):
        rows, columns = bins.used(one), bins.used(other)
        table = np.zeros((MOST_BINS + 1, MOST_BINS + 1))
        lone = main[one, :rows, None] + main[other, None, :columns]
        table[:rows, :columns] = values.reshape(rows, columns) - base - lone
        pairs[one, other] = table
    return _centred(Tables(base, main, pairs), bins)


def average(of: Mapping[str, Tables], weights: Mapping[str, float]) -> Tables:
    """The tables of the weighted mean of scores, without the pairs that hardly matter."""
    total = sum(weights.values())
    pairs: dict[tuple[int, int], Floats] = {}
    for name, one in of.items():
        for pair, table in one.pairs.items():
            pairs[pair] = pairs.get(pair, 0.0) + weights[name] / total * table
    return Tables(
        sum(weights[name] / total * one.base for name, one in of.items()),
        np.asarray(sum(weights[name] / total * one.main for name, one in of.items())),
        pairs,
    )


def without_weak_pairs(of: Tables, bins: Bins) -> Tables:
    """Only the pairs that move the score."""

    def strength(pair: tuple[int, int]) -> float:
        one, other = (bins.share[feature] for feature in pair)
        return float(np.sqrt(one @ of.pairs[pair] ** 2 @ other))

    strong = {pair: table for pair, table in of.pairs.items() if strength(pair) >= WEAKEST_PAIR}
    return Tables(of.base, of.main, strong)


def _at(score: Score, held: Ints, bins: Bins, of: Sequence[tuple[int, ...]]) -> list[Floats]:
    """The score at all bins of each of several features or pairs, the others held; asked for all at once."""
    rows = [np.empty((0, bins.features), dtype=np.int64)]
    for features in of:
        places = np.array(np.meshgrid(*(np.arange(bins.used(f)) for f in features), indexing="ij"))
        probe = np.tile(held, (places[0].size, 1))
        for feature, place in zip(features, places, strict=True):
            probe[:, feature] = place.ravel()
        rows.append(probe)
    if len(rows) == 1:
        return []
    ends = np.cumsum([len(probe) for probe in rows[1:]])
    return np.split(score(np.concatenate(rows)), ends[:-1])


def _centred(of: Tables, bins: Bins) -> Tables:
    base, main = of.base, of.main.copy()
    pairs = {}
    for (one, other), table in of.pairs.items():
        rows, columns = bins.share[one], bins.share[other]
        across, down = table @ columns, rows @ table
        mean = float(rows @ across)
        pairs[one, other] = table - across[:, None] - down[None, :] + mean
        main[one] += across - mean
        main[other] += down - mean
        base += mean
    means = (main * bins.share).sum(axis=1)
    main -= means[:, None]
    main[:, MOST_BINS] = 0.0
    for table in pairs.values():
        table[MOST_BINS, :] = table[:, MOST_BINS] = 0.0
    return Tables(base + float(means.sum()), main, pairs)
