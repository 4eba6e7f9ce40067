"""How the tone of the stored articles moved, by month, and whether the change is more than chance."""

import math
import statistics
from collections.abc import Sequence

from mesh.agents.market_intelligence.model import Month, Trend
from mesh.kit.ports import Feeling

# Fewer articles in a half have no standard error worth the name.
FEWEST = 4
SIGNIFICANT = 1.96


def net(feeling: Feeling) -> float:
    """-1 (all negative) to 1 (all positive)."""
    return feeling.scores["POSITIVE"] - feeling.scores["NEGATIVE"]


def trend(felt: Sequence[tuple[str, Feeling]]) -> Trend:
    """Months of articles given as (ISO time, feeling) in order of time.

    `change` is the mean of the later half less that of the earlier, its error Welch's; a change within
    1.96 errors is none.
    """
    by_month: dict[str, list[float]] = {}
    for at, feeling in felt:
        by_month.setdefault(at[:7], []).append(net(feeling))
    months = [
        Month(month=month, texts=len(nets), net=round(statistics.fmean(nets), 4))
        for month, nets in sorted(by_month.items())
    ]
    half = len(felt) // 2
    if half < FEWEST:
        return Trend(months=months, direction="too few articles", change=None, error=None)
    early, late = ([net(feeling) for _, feeling in part] for part in (felt[:half], felt[-half:]))
    change = statistics.fmean(late) - statistics.fmean(early)
    error = math.sqrt((statistics.variance(early) + statistics.variance(late)) / half)
    clear = abs(change) > SIGNIFICANT * error
    return Trend(
        months=months,
        direction="no clear change" if not clear else "rising" if change > 0 else "falling",
        change=round(change, 4),
        error=round(error, 4),
    )
