"""Quartiles of one value per MSP, and how many MSPs there are, with differential privacy.

The three quartiles are drawn together from a grid by the exponential mechanism (McSherry and Talwar 2007),
with the utility of Gillenwater, Joseph and Kulesza, "Differentially Private Quantiles" (ICML 2021): how far
the four gaps between the quartiles are from holding a quarter of the values each. The unit is one MSP: its
value is there or not. Adding a value changes one gap by 3/4 of a value and the other three by 1/4 each, so
that the utility changes by 1.5 at most. The draw is exact: weights form a chain, which is summed from its
end and drawn from its start.

Chance comes from a secret and the question, so that the same question over the same values gets the same
noise, and asking again teaches nothing.
"""

import hashlib
import hmac
import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

SENSITIVITY = 1.5
GAPS = 4
Draw = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Grid:
    """Where a measure's quartiles may lie: public, fixed before any value was seen."""

    low: float
    high: float
    steps: int = 96
    logarithmic: bool = True

    def points(self) -> tuple[float, ...]:
        """Ascending; values outside are taken for the nearest."""
        return _points(self)


@lru_cache(maxsize=64)
def _points(grid: Grid) -> tuple[float, ...]:
    parts = [place / (grid.steps - 1) for place in range(grid.steps)]
    if grid.logarithmic:
        return tuple(grid.low * (grid.high / grid.low) ** part for part in parts)
    return tuple(grid.low + (grid.high - grid.low) * part for part in parts)


def chance(secret: bytes, question: bytes) -> Draw:
    """Uniform numbers in [0, 1) with 53 bits, the same for the same secret and question."""
    state = {"count": 0}

    def draw() -> float:
        state["count"] += 1
        block = hmac.new(secret, question + state["count"].to_bytes(4, "big"), hashlib.sha256).digest()
        return (int.from_bytes(block[:8], "big") >> 11) / 2.0**53

    return draw


@dataclass(frozen=True, slots=True)
class Quartiles:
    """The mechanism over some values. `log_probability` is what tests hold against epsilon."""

    below: tuple[int, ...]  # how many values lie below each point of the grid
    count: int
    points: tuple[float, ...]
    epsilon: float

    @classmethod
    def over(cls, values: Sequence[float], grid: Grid, epsilon: float) -> "Quartiles":
        points = grid.points()
        # A value on the edge of the grid lies within it: the lowest point has none below.
        ordered = sorted(min(max(value, points[0]), points[-1]) for value in values)
        return cls(tuple(bisect_left(ordered, point) for point in points), len(ordered), points, epsilon)

    def draw(self, uniform: Draw) -> tuple[float, float, float]:
        """p25, p50 and p75, never falling."""
        after = self._after()
        places: list[int] = []
        for level in range(3):
            start = places[-1] if places else 0
            held = self.below[start] if places else 0
            weights = [
                self._weight(self.below[place] - held) * after[level][place]
                for place in range(start, len(self.points))
            ]
            sums = list(accumulate(weights))
            places.append(start + min(bisect_left(sums, uniform() * sums[-1]), len(sums) - 1))
        low, middle, high = (self.points[place] for place in places)
        return low, middle, high

    def log_probability(self, places: tuple[int, int, int]) -> float:
        """Of these points of the grid being drawn."""
        after, total, held = self._after(), 0.0, 0
        whole = sum(self._weight(below) * rest for below, rest in zip(self.below, after[0], strict=True))
        for place in places:
            total += math.log(self._weight(self.below[place] - held))
            held = self.below[place]
        return total + math.log(self._weight(self.count - held)) - math.log(whole)

    def points_off(self) -> float:
        """By how many percentile points a quartile is off on average over the draws and the three."""
        off = [abs(below / self.count - level) for level in (0.25, 0.5, 0.75) for below in self.below]
        size, after, total = len(self.points), self._after(), 0.0
        reach = [self._weight(below) for below in self.below]
        for level in range(3):
            mass = [one * rest for one, rest in zip(reach, after[level], strict=True)]
            part = off[level * size : (level + 1) * size]
            total += sum(p * m for p, m in zip(part, mass, strict=True)) / sum(mass)
            reach = self._onward(reach)
        return 100 * total / 3

    def _weight(self, held: int) -> float:
        return _weight(held, self.count, self.epsilon)

    def _after(self) -> tuple[list[float], ...]:
        return _after(self.below, self.count, self.epsilon)

    def _onward(self, reach: Sequence[float]) -> list[float]:
        return [
            sum(
                reach[first] * self._weight(self.below[place] - self.below[first])
                for first in range(place + 1)
            )
            for place in range(len(reach))
        ]


def _weight(held: int, count: int, epsilon: float) -> float:
    """Of a gap that holds so many of the values."""
    return math.exp(-epsilon * abs(held - count / GAPS) / (2 * SENSITIVITY))


@lru_cache(maxsize=8)
def _after(below: tuple[int, ...], count: int, epsilon: float) -> tuple[list[float], ...]:
    """For each of the three, by its place: the weight of all that may follow."""

    def back(after: Sequence[float]) -> list[float]:
        return [
            sum(
                _weight(below[then] - below[place], count, epsilon) * after[then]
                for then in range(place, len(after))
            )
            for place in range(len(after))
        ]

    last = [_weight(count - held, count, epsilon) for held in below]
    middle = back(last)
    return back(middle), middle, last


def about(count: int, epsilon: float, uniform: Draw, least: int) -> int:
    """A count with two-sided geometric noise (Ghosh, Roughgarden and Sundararajan 2009), in steps of `least`.

    Never below `least`: that there are so many is known from anything being released at all.
    """
    ratio = math.exp(-epsilon)
    place = uniform()
    below = ratio / (1 + ratio)  # the chance of a negative number
    if place < below:
        noise = -1 - math.floor(math.log(max(place, 2.0**-53) / below) / math.log(ratio))
    else:
        noise = math.floor(math.log(max(1 - place, 2.0**-53) / (1 - below)) / math.log(ratio))
    return max(least, (count + noise) // least * least)
