"""Forecasts by client or service that add up to the total."""

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from mesh.agents.revenue_optimization.history import History
from mesh.agents.revenue_optimization.outlook import Outlook
from mesh.agents.revenue_optimization.panel import Floats

UNNAMED = "(not named)"
OTHERS = "(all others)"
MOST_PARTS = 100
ENDED_AFTER = 2  # steps without any amount, at the end of a part that had some before


@dataclass(frozen=True)
class Part:
    """One client's or service's amounts from its first one on; `ended` where nothing came lately."""

    name: str
    values: Floats
    ended: bool


def split(history: History, by: Literal["service", "client"]) -> list[Part]:
    """The largest parts first, the smallest beyond 100 taken together."""
    sums: dict[str, Floats] = defaultdict(lambda: np.zeros(history.values.size))
    for (client, service), amounts in history.cells.items():
        sums[(client if by == "client" else service) or UNNAMED] += amounts
    ordered = sorted(sums.items(), key=lambda item: (-float(item[1].sum()), item[0]))
    named = ordered[:MOST_PARTS]
    if len(ordered) > MOST_PARTS:
        rest = np.sum([amounts for _, amounts in ordered[MOST_PARTS:]], axis=0)
        named.append((f"{OTHERS[:-1]}, {len(ordered) - MOST_PARTS})", rest))
    return [_part(name, amounts) for name, amounts in named if amounts.any()]


def _part(name: str, amounts: Floats) -> Part:
    begun = amounts[int(np.flatnonzero(amounts)[0]) :]
    ended = begun.size > ENDED_AFTER and not begun[-ENDED_AFTER:].any()
    return Part(name, begun, bool(ended))


def reconciled(total: Outlook, parts: list[Outlook]) -> list[Outlook]:
    """The parts changed so that they add up to the total at every step.

    What is missing or too much is shared by the parts' variances, as in the weighted least squares of
    Wickramasuriya, Athanasopoulos & Hyndman (J. Am. Stat. Assoc. 114, 2019) with the total held: a part that
    is well known moves little. None goes below zero.
    """
    if not parts:
        return []
    expected = np.stack([part.expected for part in parts])
    spreads = np.stack(
        [np.zeros_like(part.expected) if part.spread is None else part.spread for part in parts]
    )
    variance = np.square(spreads)
    whole = variance.sum(axis=0)
    missing = total.expected - expected.sum(axis=0)
    share = np.divide(variance, whole, out=np.zeros_like(variance), where=whole > 0)
    moved = np.maximum(expected + missing * share, 0.0)
    sums = moved.sum(axis=0)
    moved *= np.divide(total.expected, sums, out=np.ones_like(sums), where=sums > 0)
    return [replace(part, expected=row) for part, row in zip(parts, moved, strict=True)]
