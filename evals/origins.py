"""How often the likely origin is one of the series that people named: on the ASD and SMD server metrics.

Each parquet has the columns entity, split (train before test), label, m0, m1 ... The interpretation labels
give, for segments of the test part, the numbers (from 1) of the series that explain each anomaly. HitRate@P%
is that of Su et al., "Robust anomaly detection for multivariate time series", KDD 2019.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evals.figure import Figure
from mesh.agents.anomaly_detection.alarm import alarms
from mesh.agents.anomaly_detection.detector import detect
from mesh.agents.anomaly_detection.origin import rank

Say = Callable[[str], None]
Floats = NDArray[np.float64]

COLUMNS = frozenset({"entity", "split", "label", "m0", "m1"})
ENOUGH = 1.0  # evidence that is just enough at default sensitivity


@dataclass
class Tally:
    """What was counted over segments: `first` and `hits` per explained one, `met` per labelled one."""

    first: list[bool]
    chance: list[float]
    hits: list[float]
    met: list[bool]
    points: int = 0


def origin_figures(paths: Sequence[Path], labels: Mapping[str, str], say: Say) -> list[Figure]:
    """Figures over all entities of the files; `labels` maps `ENTITY.txt` to lines `start-end:series,...`."""
    import pandas as pd

    tally = Tally([], [], [], [])
    for path in paths:
        table = pd.read_parquet(path)
        names = [c for c in table.columns if c[:1] == "m" and c[1:].isdigit()]
        for entity, rows in table.groupby("entity", sort=True):
            say(f"{entity}: {len(names)} series of {len(rows)} readings")
            known = [n for n in names if rows[n].notna().all()]
            before = int((rows["split"] == "train").sum())
            evidence = np.stack([_evidence(rows[n].to_numpy(dtype=np.float64)) for n in known])[:, before:]
            numbers = [int(n[1:]) for n in known]
            _explain(evidence, numbers, labels.get(f"{entity}.txt", ""), tally)
            _meet(evidence, rows["label"].to_numpy(dtype=np.int64)[before:], tally)
    return _figures(tally)


def _evidence(values: Floats) -> Floats:
    return detect(values, np.arange(values.size, dtype=np.float64)).evidence


def _explain(evidence: Floats, numbers: Sequence[int], lines: str, tally: Tally) -> None:
    """Rank the series in each explained segment as the agent does, and compare with those people named."""
    for line in lines.split():
        span, _, named = line.partition(":")
        start, end = (int(part) for part in span.split("-"))
        causes = {int(number) - 1 for number in named.split(",")}
        window = evidence[:, start : end + 1]
        worst = {str(n): float(row.max()) for n, row in zip(numbers, window, strict=True)}
        starts = {str(n): float(np.argmax(row >= ENOUGH)) for n, row in zip(numbers, window, strict=True)}
        order = [int(name) for name in rank(worst, starts)]
        tally.first.append(order[0] in causes)
        tally.chance.append(len(causes) / len(numbers))
        tally.hits.append(len(causes & set(order[: len(causes)])) / len(causes))


def _meet(evidence: Floats, label: NDArray[np.int64], tally: Tally) -> None:
    """Whether each labelled segment has an alert in at least one series."""
    alert = np.any([alarms(row) >= ENOUGH for row in evidence], axis=0)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], label, [0]))))
    tally.met += [bool(alert[a:b].any()) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    tally.points += label.size


def _figures(tally: Tally) -> list[Figure]:
    segments = len(tally.first)
    none = "" if segments else "no interpretation labels for these entities"
    by_chance = f"by chance {np.mean(tally.chance):.2f}" if segments else ""
    return [
        Figure(
            "likely origin is a named cause (ASD, SMD)",
            float(np.mean(tally.first)) if segments else None,
            anchors=by_chance,
            rows=segments,
            note=none,
        ),
        Figure(
            "named causes ranked first, HitRate@100% (ASD, SMD)",
            float(np.mean(tally.hits)) if segments else None,
            anchors=by_chance,
            rows=segments,
            note=none,
        ),
        Figure(
            "labelled segments with an alert (ASD, SMD)",
            float(np.mean(tally.met)) if tally.met else None,
            rows=len(tally.met),
            note=f"over {tally.points:,} points; no point adjustment" if tally.met else "no labelled segment",
        ),
    ]
