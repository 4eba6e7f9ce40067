"""What value was to be expected at each point, from the points before it.

The expected value is the median of the same place in up to four earlier cycles (nothing, without a season)
plus the median of what that left over at the last points, so that a moved level is followed. This is a
robust form of the seasonal naive forecast (Hyndman and Athanasopoulos, "Forecasting: principles and
practice"). The season is looked for again and again as the past grows; each look begins an epoch.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mesh.agents.anomaly_detection.season import Season, find_season
from mesh.agents.anomaly_detection.trailing import trailing_median

Floats = NDArray[np.float64]

EARLIER_CYCLES = 4
LEVEL_POINTS = 12  # the last points that say at which level the series runs now
FIRST_LOOK = 32  # points before the first search for a season
GROWTH = 1.5  # how much longer the past must be for each further search


@dataclass(frozen=True)
class Epoch:
    """The points `start` to `end`, and what the season known before `start` led one to expect up to `end`.

    `expected` has shape (end,): the points before `start` are judged again by what is known now, so that
    earlier errors can be compared with new ones. NaN where nothing can be said.
    """

    start: int
    end: int
    season: Season | None
    expected: Floats


def epochs(values: Floats, positions: Floats) -> Iterator[Epoch]:
    """Forecast a series, shape (n,), epoch by epoch; values may not be missing."""
    start, end = 0, min(FIRST_LOOK, values.size)
    while start < values.size:
        season = find_season(values[:start], positions[:start])
        yield Epoch(start, end, season, _forecast(values[:end], positions[:end], season))
        start, end = end, min(int(end * GROWTH), values.size)


def _forecast(values: Floats, positions: Floats, season: Season | None) -> Floats:
    usual = _same_place(values, positions, season)
    forecast = usual + trailing_median(values - usual, LEVEL_POINTS)
    return np.where(np.isnan(forecast), trailing_median(values, LEVEL_POINTS), forecast)


def _same_place(values: Floats, positions: Floats, season: Season | None) -> Floats:
    """The median value one, two ... periods earlier; 0 without a season, NaN where none is earlier."""
    if season is None:
        return np.zeros(values.size)
    index = np.arange(values.size)
    earlier = np.full((EARLIER_CYCLES, values.size), np.nan)
    for cycle in range(EARLIER_CYCLES):
        moment = positions - (cycle + 1) * season.period
        # Interpolation needs a later neighbour; one that is not yet past would be a look ahead.
        known = (moment >= positions[0]) & (np.searchsorted(positions, moment) < index)
        earlier[cycle, known] = np.interp(moment[known], positions, values)
    ordered = np.sort(earlier, axis=0)  # NaN last
    count = EARLIER_CYCLES - np.isnan(earlier).sum(axis=0)
    middle = np.stack([np.maximum(count - 1, 0) // 2, np.minimum(count // 2, EARLIER_CYCLES - 1)])
    both = np.take_along_axis(ordered, middle, axis=0)
    return np.asarray(np.where(count > 0, both.mean(axis=0), np.nan))
