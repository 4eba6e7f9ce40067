"""A series' path with intervals: the ensemble's forecast, and its errors at earlier times."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mesh.agents.revenue_optimization.ensemble import forecast
from mesh.agents.revenue_optimization.interval import spread
from mesh.agents.revenue_optimization.panel import Floats, Ints
from mesh.agents.revenue_optimization.rhythm import Rhythm

SHORT = 8  # fewer values than this are not forecast by the ensemble
MOST_ORIGINS = 8


@dataclass(frozen=True)
class Outlook:
    """`expected` and `spread`, both (steps,), and what the same method did at `origins` earlier times.

    `spread` is half the width of the 80 % interval; None where the history gives none. `errors` has
    shape (origins, steps), NaN where no value came yet; `made` are the forecasts they belong to.
    """

    expected: Floats
    spread: Floats | None
    values: Floats
    origins: Ints
    made: Floats
    errors: Floats
    short: bool


def outlooks(
    series: Sequence[Floats], rhythm: Rhythm, steps: int, most_origins: int = MOST_ORIGINS
) -> list[Outlook]:
    """One outlook for each series; all series, and all their earlier times, are forecast in one go."""
    if not series:
        return []
    cuts = [origins(values.size, steps, most_origins) for values in series]
    rows = [values[:cut] for values, at in zip(series, cuts, strict=True) for cut in (values.size, *at)]
    long = [place for place, row in enumerate(rows) if row.size >= SHORT]
    paths = np.stack([np.full(steps, _level(row)) for row in rows])
    if long:
        paths[long] = forecast([rows[place] for place in long], rhythm, steps)
    paths = np.maximum(paths, 0.0)
    found, place = [], 0
    for values, at in zip(series, cuts, strict=True):
        found.append(_outlook(values, rhythm, at, paths[place], paths[place + 1 : place + 1 + at.size]))
        place += 1 + at.size
    return found


def origins(length: int, steps: int, most: int = MOST_ORIGINS) -> Ints:
    """After how many values to forecast what came later: at most `most` places, over the last steps."""
    first = max(SHORT, length - steps)
    if length - 1 < first:
        return np.zeros(0, dtype=np.int64)
    places = np.linspace(first, length - 1, min(most, length - first))
    return np.unique(np.round(places).astype(np.int64))


def _level(values: Floats) -> float:
    """What a short history goes on with: the mean of its last three values."""
    return float(values[-3:].mean()) if values.size else 0.0


def _outlook(values: Floats, rhythm: Rhythm, at: Ints, path: Floats, made: Floats) -> Outlook:
    steps = path.size
    errors = np.full((at.size, steps), np.nan)
    for row, cut in enumerate(at):
        came = values[cut : cut + steps]
        errors[row, : came.size] = came - made[row, : came.size]
    short = values.size < SHORT
    return Outlook(path, spread(values, errors, steps, rhythm), values, at, made, errors, short)
