"""From numbers per step to a path with dates, bands and its sum."""

from collections.abc import Sequence

import numpy as np

from mesh.agents.revenue_optimization.history import History
from mesh.agents.revenue_optimization.interval import OUTER, of_sum
from mesh.agents.revenue_optimization.model import Band, Past, Path, Step
from mesh.agents.revenue_optimization.outlook import Outlook
from mesh.agents.revenue_optimization.panel import Floats


def past(history: History) -> list[Past]:
    return [
        Past(start=history.begins(place), amount=float(value), filled=place in history.filled)
        for place, value in enumerate(history.values)
    ]


def path(name: str, outlook: Outlook, history: History, shares: Sequence[float], reason: str = "") -> Path:
    """The steps from the one under way on, and their sum over the days asked for.

    Of a stored history that ends earlier, what lies between its end and now is forecast and left out.
    """
    skipped = history.behind
    expected = outlook.expected[skipped:]
    width = None if outlook.spread is None else outlook.spread[skipped:]
    weights = np.array(shares)
    whole = None if width is None else of_sum(width, weights)
    total = float(weights @ expected)
    first = history.values.size + skipped
    return Path(
        name=name,
        status="short_history" if outlook.short else "ok",
        reason=reason,
        steps=[_step(history, first + place, expected, width, place) for place in range(expected.size)],
        expected=total,
        interval_80=_band(total, whole, 80),
        interval_95=_band(total, whole, 95),
        last=float(outlook.values[-1]),
    )


def _step(history: History, place: int, expected: Floats, width: Floats | None, step: int) -> Step:
    value = float(expected[step])
    spread = None if width is None else float(width[step])
    return Step(
        start=history.begins(place),
        end=history.begins(place + 1),
        expected=value,
        interval_80=_band(value, spread, 80),
        interval_95=_band(value, spread, 95),
    )


def _band(expected: float, spread: float | None, level: int) -> Band | None:
    """Never below zero: there is no negative revenue to come, only credit."""
    if spread is None:
        return None
    half = spread if level == 80 else OUTER * spread
    return Band(low=max(expected - half, 0.0), high=expected + half)
