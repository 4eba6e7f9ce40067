"""The detector itself: from values to expectation and evidence. The agent and its evaluation both call it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mesh.agents.anomaly_detection import evidence
from mesh.agents.anomaly_detection.evidence import SCALES, Scale
from mesh.agents.anomaly_detection.expectation import epochs
from mesh.agents.anomaly_detection.trailing import range_before, refreshed

Floats = NDArray[np.float64]

NAME = "causal-novelty"
VERSION = "1"

ENOUGH = 1.056  # scales the evidence so that 1, the default, is the best threshold on the benchmark
LEARNING = 40  # points before anything is called anomalous
SPREAD_POINTS = 240  # the last errors that say how far values usually stray
SPREAD_RENEWED = 10  # points after which that is measured again
MAD_TO_SIGMA = 1.4826  # of a normal distribution
FINEST = 0.005  # the spread is never taken for less than this share of the range seen


@dataclass(frozen=True)
class Detection:
    """What was known of each point when it came, all of shape (n,).

    `expected` is NaN and `spread` (a robust standard deviation of errors) 0 or NaN while nothing is known.
    The three kinds of evidence are 1 where just enough at default sensitivity, and 0 while learning.
    """

    expected: Floats
    spread: Floats
    novelty: Floats
    strength: Floats
    stillness: Floats

    @property
    def evidence(self) -> Floats:
        """The strongest of the three at each point."""
        return np.maximum(np.maximum(self.novelty, self.strength), self.stillness)


def detect(values: Floats, positions: Floats, scales: Sequence[Scale] = SCALES) -> Detection:
    """Judge each point of a series, shape (n,), by the points before it.

    `positions` are times in seconds or plain indices, ascending; values must be finite.
    """
    n = values.size
    # A power of two in place of the unit keeps extreme numbers in range and changes no other result.
    unit = int(np.frexp(np.abs(values).max(initial=0.0))[1])
    values = np.ldexp(values, -unit)
    expected, spread, strong = np.full(n, np.nan), np.full(n, np.nan), np.zeros(n)
    distances = [evidence.distance(values, scale.bucket) for scale in scales]
    for epoch in epochs(values, positions):
        now = slice(epoch.start, epoch.end)
        errors = np.nan_to_num(values[: epoch.end] - epoch.expected)
        expected[now] = epoch.expected[now]
        spread[now] = _usual(np.abs(errors), epoch.start)[now]
        strong[now] = evidence.strength(values[: epoch.end], errors, epoch.start)
        for scale, distance in zip(scales, distances, strict=True):
            distance[now] += evidence.distance(errors, scale.bucket, epoch.start)
    judged = [evidence.novelty(values, d, scale) for d, scale in zip(distances, scales, strict=True)]
    novel, still = np.maximum.reduce(judged), evidence.stillness(values)
    for kind in (novel, strong, still):
        kind /= ENOUGH
        kind[:LEARNING] = 0.0
    spread = np.fmax(spread, FINEST * range_before(values))
    return Detection(np.ldexp(expected, unit), np.ldexp(spread, unit), novel, strong, still)


def _usual(sizes: Floats, start: int) -> Floats:
    """A robust standard deviation of the errors before each point from `start` on."""
    return MAD_TO_SIGMA * refreshed(
        sizes, SPREAD_POINTS, SPREAD_RENEWED, lambda past: float(np.median(past)), start
    )
