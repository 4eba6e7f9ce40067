"""The measures of the M competitions, and the coverage of intervals."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mesh.agents.revenue_optimization.interval import half_width

Floats = NDArray[np.float64]


@dataclass
class Scored:
    """For each series: the forecast, half-widths of both intervals, what came, the past and the season."""

    expected: list[Floats]
    half: dict[int, list[Floats | None]]
    came: list[Floats]
    past: list[Floats]
    season: list[int]

    @classmethod
    def empty(cls) -> Self:
        return cls([], {80: [], 95: []}, [], [], [])

    @classmethod
    def joined(cls, parts: "list[Scored]") -> Self:
        found = cls.empty()
        for part in parts:
            for name in ("expected", "came", "past", "season"):
                getattr(found, name).extend(getattr(part, name))
            for level in found.half:
                found.half[level].extend(part.half[level])
        return found

    def add(self, expected: Floats, spread: Floats | None, past: Floats, came: Floats, season: int) -> None:
        """Add one series; without a spread its intervals are not scored."""
        self.expected.append(expected)
        for level, rows in self.half.items():
            rows.append(None if spread is None else half_width(spread, level))
        self.came.append(came)
        self.past.append(past)
        self.season.append(season)


def smape(made: Floats, came: Floats) -> Floats:
    """200 |f - y| / (|f| + |y|) of each value (Makridakis & Hibon, Int. J. Forecasting 16, 2000)."""
    size = np.abs(made) + np.abs(came)
    return np.asarray(np.divide(200 * np.abs(made - came), size, out=np.zeros_like(size), where=size > 0))


def mase(of: Scored) -> float:
    """Mean over series of the error, in errors of a seasonal naive forecast of the past (Hyndman 2006)."""
    scaled = []
    for made, came, past, season in zip(of.expected, of.came, of.past, of.season, strict=True):
        scale = float(np.mean(np.abs(past[season:] - past[:-season])))
        if scale > 0:
            scaled.append(float(np.mean(np.abs(made - came))) / scale)
    return float(np.mean(scaled))


def within(of: Scored, level: int) -> tuple[float, float]:
    """The share of values inside the interval, and its mean width against the mean value."""
    inside, wide = [], []
    for came, made, half in zip(of.came, of.expected, of.half[level], strict=True):
        if half is not None:
            inside.append(np.abs(came - made) <= half)
            # The lower end stops at zero.
            whole = (np.minimum(half, made) + half).mean()
            wide.append(float(whole / max(np.abs(came).mean(), np.finfo(float).tiny)))
    return float(np.mean(np.concatenate(inside))), float(np.mean(wide))


def seasonal_naive(past: Floats, season: int, steps: int) -> Floats:
    """The last season again."""
    return np.asarray(past[past.size - season + np.arange(steps) % season])
