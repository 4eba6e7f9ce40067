"""`python -m evals.forecast_selection FILE`: what choosing the ensemble by test scores flatters.

The members of the ensemble were compared on the M3 competition's own test parts. Here every mixture that can
be made of them is a candidate; for each period the best on one half of the series is chosen and scored on the
other half, and the other way round. The figure that comes out was not chosen on what it is scored on. FILE
holds series as the eval of revenue optimisation takes them.
"""

import argparse
import sys
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.forecast_scores import smape
from evals.revenue_optimization import BATCH, OF_PERIOD, series
from mesh.agents.revenue_optimization.coarse import coarse
from mesh.agents.revenue_optimization.ensemble import ALPHAS, SMALLEST, _back, _damped, averaged, forecast
from mesh.agents.revenue_optimization.panel import Panel, panel
from mesh.agents.revenue_optimization.rhythm import Rhythm
from mesh.agents.revenue_optimization.season import seasons
from mesh.agents.revenue_optimization.theta import theta

Floats = NDArray[np.float64]
SPLITS = 20
SHARES = (0.25, 0.5, 0.75)


def members(rows: Sequence[Floats], rhythm: Rhythm, steps: int) -> dict[str, Floats]:
    """What each member says of each row alone, in the amounts themselves (rows, steps)."""
    given = panel(rows)
    found = seasons(given, rhythm.shortest)
    plain = Panel(
        given.values / found.over(np.zeros_like(given.lengths), given.values.shape[1]), given.lengths
    )
    ahead = found.over(given.lengths, steps)
    alphas = ALPHAS[rhythm.least_alpha <= ALPHAS]
    positive = np.where(plain.known, plain.values, 1.0).min(axis=1, keepdims=True) > 0
    logs = Panel(np.log(np.where(plain.known & positive, plain.values, 1.0)), plain.lengths)
    damped = _damped(plain, steps, rhythm.least_alpha)
    dynamic = averaged(theta(plain, alphas, steps), plain)
    made = {
        "damped": damped,
        "dynamic": dynamic,
        "damped logs": _back(_damped(logs, steps, rhythm.least_alpha)),
        "dynamic logs": _back(averaged(theta(logs, alphas, steps), logs)),
        "theta logs": _back(averaged(theta(logs, alphas, steps, share=0.5), logs)),
    }
    if rhythm.blocks:
        in_logs = (made["damped logs"] + made["dynamic logs"] + made["theta logs"]) / 3
        whole = coarse(logs, rhythm.blocks, steps, _damped, np.log(np.maximum(in_logs, SMALLEST)))
        made["blocks"] = _back(whole)
    sane = (damped + dynamic) / 2
    return {name: np.maximum(np.where(positive, path, sane) * ahead, 0.0) for name, path in made.items()}


def candidates(made: dict[str, Floats]) -> dict[str, Floats]:
    """Every mean of one or more members, and with blocks every such mean at three shares."""
    single = [name for name in made if name != "blocks"]
    found = {}
    for size in range(1, len(single) + 1):
        for names in combinations(single, size):
            mean = np.mean([made[name] for name in names], axis=0)
            found[" + ".join(names)] = mean
            if "blocks" in made:
                for share in SHARES:
                    found[f"{share} blocks, {' + '.join(names)}"] = (
                        share * made["blocks"] + (1 - share) * mean
                    )
    return found


def chosen_elsewhere(errors: dict[str, Floats], seed: int) -> tuple[float, list[str]]:
    """Total error where each half is forecast by what was best on the other; `errors` are by series."""
    count = next(iter(errors.values())).size
    first = np.random.default_rng(seed).permutation(count) < count // 2
    total, names = 0.0, []
    for known, unseen in ((first, ~first), (~first, first)):
        name = min(errors, key=lambda one: float(errors[one][known].sum()))
        total += float(errors[name][unseen].sum())
        names.append(name)
    return total, names


def by_series(rows: Sequence[dict[str, Any]], rhythm: Rhythm) -> tuple[dict[str, Floats], Floats]:
    """The summed error of each series by candidate, and of what is served."""
    parts: dict[str, list[Floats]] = {}
    served: list[Floats] = []
    for steps in sorted({row["test"].size for row in rows}):
        same = [row for row in rows if row["test"].size == steps]
        for start in range(0, len(same), BATCH):
            batch = same[start : start + BATCH]
            past, came = [row["train"] for row in batch], np.stack([row["test"] for row in batch])
            for name, path in candidates(members(past, rhythm, steps)).items():
                parts.setdefault(name, []).append(smape(path, came).sum(axis=1))
            served.append(smape(np.maximum(forecast(past, rhythm, steps), 0.0), came).sum(axis=1))
    return {name: np.concatenate(found) for name, found in parts.items()}, np.concatenate(served)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="evals.forecast_selection", description=__doc__)
    parser.add_argument("file", type=Path)
    given = series(parser.parse_args(arguments).file)
    values = sum(row["test"].size for row in given)
    chosen, served, best = np.zeros(SPLITS), 0.0, 0.0
    for period in dict.fromkeys(row["period"] for row in given):
        rows = [row for row in given if row["period"] == period]
        errors, ours = by_series(rows, OF_PERIOD[period][0])
        halves = [chosen_elsewhere(errors, seed) for seed in range(SPLITS)]
        chosen += [total for total, _ in halves]
        served, best = served + ours.sum(), best + min(one.sum() for one in errors.values())
        count = sum(row["test"].size for row in rows)
        sys.stdout.write(
            f"{period.lower():<10} served {ours.sum() / count:.3f}  chosen on the other half "
            f"{np.mean([total for total, _ in halves]) / count:.3f}  of {len(errors)} candidates\n"
        )
        sys.stdout.flush()
    sys.stdout.write(
        f"all        served {served / values:.3f}  chosen on the other half {chosen.mean() / values:.3f} "
        f"(sd of {SPLITS} splits {chosen.std() / values:.3f})  best in hindsight {best / values:.3f}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
