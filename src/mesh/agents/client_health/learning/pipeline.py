"""The whole method: bins, ensemble, tables; calibrated out of fold; written as ONNX."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesh.agents.client_health.churn import About
from mesh.agents.client_health.features import HORIZON_DAYS
from mesh.agents.client_health.learning.binning import Bins, fit_bins
from mesh.agents.client_health.learning.calibration import calibrate
from mesh.agents.client_health.learning.graph import graph
from mesh.agents.client_health.learning.members import fit_tables
from mesh.agents.client_health.learning.tables import Tables

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Say = Callable[[str], object]
FOLDS = 5


@dataclass(frozen=True)
class Table:
    """What is learnt from. `x` (n, features), NaN for the unknown; `left` (n,) 0 or 1; `group` (n,) is whose
    rows belong together: a group is in one fold only."""

    names: tuple[str, ...]
    x: Floats
    left: Ints
    group: Ints


def learn(table: Table, *, seed: int = 0, say: Say, **about: Any) -> bytes:
    """The ONNX model learnt from a table; `about` are the fields of About that only the caller knows."""
    scores = out_of_fold(table, seed, say)
    say("calibrating, and fitting on all")
    found = calibrate(scores, table.left)
    bins = fit_bins(table.x)
    tables = fit_tables(table.x, table.left, bins, seed).scaled(found.slope, found.shift)
    said = About(
        features=table.names,
        snapshots=len(table.left),
        horizon_days=HORIZON_DAYS,
        base=float(np.float32(tables.base)),
        typical=_typical(table),
        stays_to=found.stays_to,
        leaves_from=found.leaves_from,
        interval_at=_short(found.at),
        interval_low=_short(found.low),
        interval_high=_short(found.high),
        **about,
    )
    return graph(bins, tables, said)


def out_of_fold(table: Table, seed: int, say: Say) -> Floats:
    """Every row's score from a fit on the other folds (n,)."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    scores = np.empty(len(table.left))
    # Groups of one need no grouping, which takes long where there are thousands of them.
    single = len(np.unique(table.group)) == len(table.group)
    group = None if single else table.group
    folds = (StratifiedKFold if single else StratifiedGroupKFold)(FOLDS, shuffle=True, random_state=seed)
    for number, (train, test) in enumerate(folds.split(table.x, table.left, group), start=1):
        say(f"fold {number} of {FOLDS}: fitting on {len(train):,} snapshots")
        bins, tables = fit_part(table.x[train], table.left[train], seed)
        scores[test] = tables.score(bins.codes(table.x[test]))
    return scores


def fit_part(x: Floats, left: Ints, seed: int) -> tuple[Bins, Tables]:
    """Bins and uncalibrated tables."""
    bins = fit_bins(x)
    return bins, fit_tables(x, left, bins, seed)


def _typical(table: Table) -> dict[str, float]:
    """The median of what is known of each feature."""
    columns = ((name, table.x[:, place]) for place, name in enumerate(table.names))
    return {
        name: float(np.median(known)) for name, column in columns if (known := column[~np.isnan(column)]).size
    }


def _short(values: Sequence[float] | Floats) -> tuple[float, ...]:
    return tuple(round(float(value), 5) for value in values)
