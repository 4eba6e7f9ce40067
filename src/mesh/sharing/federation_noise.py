"""Noise of a federated sum, and what it costs in privacy.

Sites add integer noise whose sum has a known distribution: differences of two Poisson draws (Skellam), which
stay Skellam when they are added up, so that many small shares make the one noise that is accounted. Source of
the bound: Agarwal, Kairouz, Liu, "The Skellam mechanism for differentially private federated learning",
NeurIPS 2021, theorem 3.5.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
ORDERS = (*range(2, 64), *range(64, 256, 4), *range(256, 2049, 32))
# A noise multiplier of this size costs next to nothing; more would not change the third digit of epsilon.
LARGEST = 4096.0


@dataclass(frozen=True, slots=True)
class Release:
    """One noisy sum that leaves the sites, `times` over: how far one record can move it (in the L2 and L1
    norm, in units of the integer grid), and the variance of all noise in it that a record can count on.
    """

    l2: float
    l1: float
    variance: float
    times: int = 1

    def rdp(self, order: int) -> float:
        """Renyi divergence of this order, all repetitions together; infinite without noise."""
        if self.variance <= 0:
            return math.inf if self.times and self.l2 else 0.0
        main = order * self.l2**2 / (2 * self.variance)
        more = min(
            (2 * order * self.l2**2 + 6 * self.l1) / (4 * self.variance**2), 3 * self.l1 / (2 * self.variance)
        )
        return self.times * (main + more)


def epsilon_of(releases: Sequence[Release], delta: float) -> float:
    """Epsilon of all releases together, for one record; infinite where one has no noise.

    The best over orders of Canonne, Kamath, Steinke 2020 (proposition 12), as dp-accounting converts; a test
    holds the two together. (dp-accounting itself loads scipy's signal processing, which takes seconds.)
    """
    found = math.inf
    for order in ORDERS:
        divergence = sum(release.rdp(order) for release in releases)
        if not divergence:
            return 0.0
        told = divergence + math.log1p(-1 / order) - math.log(delta * order) / (order - 1)
        found = min(found, told)
    return max(0.0, found)


def least_multiplier(epsilon: float, delta: float, releases: Callable[[float], Sequence[Release]]) -> float:
    """The least noise multiplier with which `releases(multiplier)` keep to epsilon, to four digits.

    Raises ValueError when none does.
    """
    low, high = 0.0, LARGEST
    if epsilon_of(releases(high), delta) > epsilon:
        raise ValueError("no amount of noise keeps to this epsilon")
    while high - low > 1e-4 * high:
        middle = (low + high) / 2
        if epsilon_of(releases(middle), delta) <= epsilon:
            high = middle
        else:
            low = middle
    return high


def skellam(generator: np.random.Generator, variance: float, size: int) -> Integers:
    """Integer noise (size,) of mean 0 and this variance."""
    if variance <= 0:
        return np.zeros(size, dtype=np.int64)
    half = variance / 2
    return generator.poisson(half, size).astype(np.int64) - generator.poisson(half, size).astype(np.int64)
