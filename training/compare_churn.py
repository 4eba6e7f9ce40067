"""Compares ways to learn churn: gradient boosting by three libraries, and the ensemble that is served.

    python -m training.compare_churn [--snapshots FILE] [--telco FILE] [--seeds N]

Prints AUC in ten folds of Telco, and on simulated MSPs and time that were not learnt from (FILE is what
training.make_client_health --keep wrote), and how it grows with the departures that were seen. CatBoost takes
part where it is installed; nothing ships it.
"""

import argparse
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.client_health import encoded, read
from evals.data import file
from mesh.agents.client_health.learning.members import PAIRS, STUMPS, boosted, splines
from mesh.agents.client_health.learning.pipeline import fit_part

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DEPARTURES, DRAWS = (10, 20, 40, 80), 4
Method = Callable[[Floats, Ints, Floats], Floats]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--snapshots", type=Path)
    parser.add_argument("--telco", type=Path, default=file("telco_churn_dev.csv", of="churn"))
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    if options.telco:
        telco(options.telco, options.seeds)
    if options.snapshots:
        world(options.snapshots)
        curve(options.snapshots)


def telco(path: Path, seeds: int) -> None:
    """Mean of the folds' AUC."""
    from sklearn.model_selection import StratifiedKFold

    customers = read(path)
    x, left = encoded(customers, customers), customers.left
    found: dict[str, list[float]] = {name: [] for name in METHODS}
    for seed in range(seeds):
        for fit, test in StratifiedKFold(10, shuffle=True, random_state=seed).split(x, left):
            for name, method in METHODS.items():
                found[name].append(auc(method(x[fit], left[fit], x[test]), left[test]))
    for name, values in found.items():
        print(f"Telco, {10 * seeds} folds  {name:34} AUC {np.mean(values):.4f}  sd {np.std(values):.4f}")


def world(path: Path) -> None:
    """Other MSPs, and a later time, than were learnt from."""
    with np.load(path) as held:
        x, left, at, msp = held["x"], held["left"], held["at"], held["msp"]
    start = np.quantile(at, 0.65)
    fit = (msp < 0.65 * msp.max()) & (at + 90 <= start)
    test = (msp >= 0.65 * msp.max()) & (at >= start)
    for name, method in METHODS.items():
        score = method(x[fit], left[fit], x[test])
        print(f"simulated MSPs  {name:34} AUC {auc(score, left[test]):.4f}", flush=True)


def curve(path: Path) -> None:
    """How good a model is that has seen so many departures, the mean of several draws of clients."""
    with np.load(path) as held:
        x, left, msp, client = held["x"], held["left"], held["msp"], held["client"]
    rng = np.random.default_rng(0)
    known, test = msp < 0.65 * msp.max(), msp >= 0.8 * msp.max()
    leavers = np.unique(client[known & (left == 1)])
    stayers = np.setdiff1d(np.unique(client[known]), leavers)
    for departures in DEPARTURES:
        found = []
        for _ in range(DRAWS):
            share = departures / len(leavers)
            some = rng.choice(leavers, departures, replace=False)
            others = rng.choice(stayers, round(share * len(stayers)), replace=False)
            fit = np.isin(client, np.concatenate([some, others])) & known
            found.append(auc(ensemble(x[fit], left[fit], x[test]), left[test]))
        shown = f"AUC {np.mean(found):.3f}  lowest {min(found):.3f}"
        print(
            f"simulated MSPs  {departures:4} departures, {int(fit.sum()):6,} snapshots  {shown}", flush=True
        )


def auc(score: Floats, left: Ints) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(left, score))


def ensemble(x: Floats, left: Ints, test: Floats) -> Floats:
    bins, tables = fit_part(x, left, 0)
    return tables.score(bins.codes(test))


def member(of: str, x: Floats, left: Ints, test: Floats) -> Floats:
    from mesh.agents.client_health.learning.binning import fit_bins

    bins = fit_bins(x)
    codes = bins.codes(x)
    if of == "splines":
        return np.asarray(splines(codes, left, bins)(bins.codes(test)))
    return np.asarray(boosted(codes, left, {"stumps": STUMPS, "pairs": PAIRS}[of], 0)(bins.codes(test)))


def library(of: str, x: Floats, left: Ints, test: Floats) -> Floats:
    """Each library as its guide has it for tables of this size: shallow trees and a low rate."""
    return np.asarray(_model(of).fit(x, left).predict_proba(test)[:, 1], dtype=np.float64)


def _model(of: str) -> Any:
    if of == "LightGBM":
        from lightgbm import LGBMClassifier

        return LGBMClassifier(
            num_leaves=8, learning_rate=0.03, n_estimators=300, min_child_samples=30, verbose=-1, n_jobs=1
        )
    if of == "CatBoost":
        return import_module("catboost").CatBoostClassifier(
            depth=4, learning_rate=0.03, iterations=400, verbose=0, thread_count=1, allow_writing_files=False
        )
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_leaf_nodes=8, learning_rate=0.03, max_iter=300, min_samples_leaf=30, early_stopping=False
    )


LIBRARIES = ("LightGBM", "scikit-learn", *(("CatBoost",) if find_spec("catboost") else ()))
METHODS: dict[str, Method] = {
    **{f"{name}, shallow trees": partial(library, name) for name in LIBRARIES},
    **{f"member: {name}": partial(member, name) for name in ("stumps", "pairs", "splines")},
    "ensemble as tables (served)": ensemble,
}


if __name__ == "__main__":
    main()
