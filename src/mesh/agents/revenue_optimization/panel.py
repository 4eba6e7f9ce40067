"""Several series, or one cut off at several times, as one padded array that the models run over at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Panel:
    """`values` has shape (rows, longest), each row's values then zeros; `lengths` shape (rows,)."""

    values: Floats
    lengths: Ints

    @property
    def rows(self) -> int:
        return int(self.values.shape[0])

    @property
    def known(self) -> NDArray[np.bool_]:
        """Where a value stands, shape (rows, longest)."""
        return np.arange(self.values.shape[1]) < self.lengths[:, None]


def panel(rows: Sequence[Floats]) -> Panel:
    """The rows side by side.

    >>> panel([np.array([1.0, 2.0]), np.array([5.0])]).values.tolist()
    [[1.0, 2.0], [5.0, 0.0]]
    """
    lengths = np.array([row.size for row in rows], dtype=np.int64)
    values = np.zeros((len(rows), int(lengths.max(initial=0))))
    for place, row in enumerate(rows):
        values[place, : row.size] = row
    return Panel(values, lengths)


def standardised(given: Panel) -> tuple[Panel, Floats, Floats]:
    """Each row less its first value, in mean absolute steps; and both, shape (rows, 1), to undo it."""
    values, lengths, known = given.values, given.lengths, given.known
    steps = np.abs(np.diff(values, axis=1)) * known[:, 1:]
    scale = steps.sum(axis=1, keepdims=True) / np.maximum(lengths - 1, 1)[:, None]
    scale = np.where(scale > 0, scale, 1.0)
    first = values[:, :1].copy()
    return Panel(np.where(known, (values - first) / scale, 0.0), lengths), first, scale
