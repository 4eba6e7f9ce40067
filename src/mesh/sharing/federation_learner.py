"""What is learnt together: small linear models whose gradients are taken record by record.

A record is one client of an MSP, however many rows it has: its rows' gradients are averaged, and the average
is clipped, so that no client moves a sum by more than the clip.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
# Steps of the integer grid in one clip: rounding is far below any noise that is added.
GRID = 2**16
MOST_NUMBERS = 4_000_000


@dataclass(frozen=True, slots=True)
class Rows:
    """A site's own rows. `x` (n, inputs) is scaled by public constants; `y` (n,) is a class; `record` (n,)
    numbers the client that a row is of."""

    x: Floats
    y: Integers
    record: Integers

    def __len__(self) -> int:
        return len(self.y)

    @property
    def records(self) -> int:
        return len(np.unique(self.record))

    def part(self, chosen: NDArray[np.bool_]) -> "Rows":
        return Rows(self.x[chosen], self.y[chosen], self.record[chosen])


class Learner(Protocol):
    """A model as a flat vector of `size` weights."""

    @property
    def size(self) -> int: ...

    def gradients(self, weights: Floats, rows: Rows) -> Floats:
        """Gradient of the log loss of each row (n, size)."""

    def scores(self, weights: Floats, x: Floats) -> Floats:
        """Log-odds by class (n, classes); for two classes those of class 1 (n, 1)."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """Logistic regression: two classes, `inputs` weights and a constant."""

    inputs: int

    @property
    def size(self) -> int:
        return self.inputs + 1

    def gradients(self, weights: Floats, rows: Rows) -> Floats:
        x = _with_constant(rows.x)
        wrong = _logistic(x @ weights) - rows.y
        return np.asarray(x * wrong[:, None])

    def scores(self, weights: Floats, x: Floats) -> Floats:
        return np.asarray(_with_constant(x) @ weights)[:, None]


@dataclass(frozen=True, slots=True)
class Softmax:
    """Multinomial regression: a linear head over sentence embeddings."""

    inputs: int
    classes: int

    @property
    def size(self) -> int:
        return (self.inputs + 1) * self.classes

    def gradients(self, weights: Floats, rows: Rows) -> Floats:
        x = _with_constant(rows.x)
        wrong = _softmax(x @ weights.reshape(-1, self.classes))
        wrong[np.arange(len(rows)), rows.y] -= 1
        return np.asarray((x[:, :, None] * wrong[:, None, :]).reshape(len(rows), -1))

    def scores(self, weights: Floats, x: Floats) -> Floats:
        return np.asarray(_with_constant(x) @ weights.reshape(-1, self.classes))


def learner(inputs: int, classes: int) -> Learner:
    """The model for so many classes."""
    return Logistic(inputs) if classes == 2 else Softmax(inputs, classes)


def clipped_sum(model: Learner, weights: Floats, rows: Rows, clip: float) -> Integers:
    """The sum over records of clipped gradients (size,), on the integer grid of `GRID` steps a clip.

    Each is cut off towards zero on the grid, so that its norm is at most GRID exactly: no rounding adds to
    the sensitivity that is accounted.
    """
    if not len(rows):
        return np.zeros(model.size, dtype=np.int64)
    total = np.zeros(model.size, dtype=np.int64)
    records = np.unique(rows.record)
    # A wide model's gradients of all records at once would not fit in memory.
    at_once = max(1, MOST_NUMBERS // model.size)
    for start in range(0, len(records), at_once):
        some = rows.part(np.isin(rows.record, records[start : start + at_once]))
        each = by_record(model.gradients(weights, some), some.record)
        norms = np.linalg.norm(each, axis=1, keepdims=True)
        # A hair below one, for a norm that floating point gave a hair too small.
        each = each * (1 - 1e-12) / np.maximum(norms, clip)
        total += np.trunc(each * GRID).astype(np.int64).sum(axis=0)
    return total


def by_record(each: Floats, record: Integers) -> Floats:
    """Means over the rows of each record (records, size)."""
    _, place, count = np.unique(record, return_inverse=True, return_counts=True)
    if len(count) == len(record):
        return each
    sums = np.zeros((len(count), each.shape[1]))
    np.add.at(sums, place, each)
    return np.asarray(sums / count[:, None])


def descent(model: Learner, weights: Floats, rows: Rows, rate: float, shrink: float, steps: int) -> Floats:
    """Plain gradient descent on a site's own rows: what the site could learn alone."""
    speed = np.zeros_like(weights)
    for _ in range(steps):
        slope = by_record(model.gradients(weights, rows), rows.record).mean(axis=0) + shrink * weights
        speed = 0.9 * speed - rate * slope
        weights = weights + speed
    return weights


def _with_constant(x: Floats) -> Floats:
    return np.hstack([np.ones((len(x), 1)), x])


def _logistic(z: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(z / 2)))


def _softmax(z: Floats) -> Floats:
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
