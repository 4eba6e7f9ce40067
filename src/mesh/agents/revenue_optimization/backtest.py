"""What the method would have said at earlier times, against what came."""

import numpy as np

from mesh.agents.revenue_optimization.interval import half_width, spread
from mesh.agents.revenue_optimization.model import Backtest
from mesh.agents.revenue_optimization.outlook import Outlook
from mesh.agents.revenue_optimization.panel import Floats
from mesh.agents.revenue_optimization.rhythm import Rhythm


def backtest(outlook: Outlook, rhythm: Rhythm) -> Backtest | None:
    """Scores over all origins and steps that have come; None where the history is too short for any."""
    if not outlook.origins.size:
        return None
    came = outlook.errors + outlook.made
    naive = _naive(outlook, _lag(outlook, rhythm))
    first = outlook.values[: int(outlook.origins[0])]
    lag = min(_lag(outlook, rhythm), first.size - 1)
    scale = float(np.mean(np.abs(first[lag:] - first[:-lag])))
    return Backtest(
        origins=int(outlook.origins.size),
        steps=int((~np.isnan(outlook.errors)).any(axis=0).sum()),
        values=int((~np.isnan(outlook.errors)).sum()),
        smape=_smape(outlook.made, came),
        mase=float(np.nanmean(np.abs(outlook.errors))) / scale if scale > 0 else None,
        naive_smape=_smape(naive, came),
        coverage_80=_coverage(outlook, rhythm, 80),
        coverage_95=_coverage(outlook, rhythm, 95),
    )


def _lag(outlook: Outlook, rhythm: Rhythm) -> int:
    """A seasonal naive forecast where two whole cycles are known at the first origin, else a naive one."""
    known = [period for period in rhythm.periods if 2 * period <= outlook.origins[0]]
    return known[-1] if known else 1


def _naive(outlook: Outlook, lag: int) -> Floats:
    """The last cycle again, shape (origins, steps)."""
    steps = outlook.expected.size
    places = np.arange(steps) % lag
    return np.stack([outlook.values[cut - lag + places] for cut in outlook.origins])


def _smape(made: Floats, came: Floats) -> float | None:
    """Symmetric error in percent over what has come; two zeros are no error."""
    size = np.abs(made) + np.abs(came)
    ratio = np.divide(200 * np.abs(made - came), size, out=np.zeros_like(size), where=size > 0)
    known = ~np.isnan(came)
    return float(ratio[known].mean()) if known.any() else None


def _coverage(outlook: Outlook, rhythm: Rhythm, level: int) -> float | None:
    """The share inside intervals whose width comes from the other origins alone."""
    if outlook.origins.size < 2:
        return None
    inside = []
    for place, errors in enumerate(outlook.errors):
        others = np.delete(outlook.errors, place, axis=0)
        width = spread(outlook.values[: outlook.origins[place]], others, errors.size, rhythm)
        if width is not None:
            known = ~np.isnan(errors)
            inside += list(np.abs(errors[known]) <= half_width(width, level)[known])
    return float(np.mean(inside)) if inside else None
