"""Figures of anomaly detection: the Numenta benchmark beside known methods, likely origins, and speed."""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evals.figure import Figure
from evals.nab import corpus
from evals.nab.corpus import Recording
from evals.nab.methods import METHODS
from evals.nab.scorer import PROFILES, STANDARD, at, best
from evals.origins import COLUMNS as MACHINE_COLUMNS
from evals.origins import origin_figures
from mesh.agents.anomaly_detection.alarm import alarms, score
from mesh.agents.anomaly_detection.detector import detect

Say = Callable[[str], None]
Floats = NDArray[np.float64]

AREA = "anomaly"
NAB_FILE = "nab_v1_1.parquet"
LABELS_FILE = "asd_smd_interpretation_labels.json"
AIM = 70.0
DEFAULT_THRESHOLD = 0.5
ANCHORS = {
    "standard": "ARTime 74.9, HTM 70.5, CAD OSE 69.9, KNN-CAD 58.0, AWS RCF 51.7",
    "reward low FP": "ARTime 65.1, HTM 62.6, CAD OSE 67.0",
    "reward low FN": "ARTime 80.4, HTM 75.2, CAD OSE 73.2",
}
LEAST_CHANCE = 1e-12
SPEED_POINTS = 10_000
SPEED_MS = 500.0


def evaluate(area: Path, data: Path | None, train: Path | None, say: Say) -> list[Figure]:
    """All figures of the area, or those of `data`: a parquet like the benchmark's or like a machine's.

    Nothing is fitted, so `train` is not used. Raises ValueError for a file of no known form.
    """
    if train is not None:
        say("anomaly detection fits nothing: --train is not used")
    if data is None:
        machines = sorted(p for p in area.glob("*.parquet") if p.name != NAB_FILE)
        found = nab_figures(corpus.load(area / NAB_FILE), say, compare=True)
        return found + origin_figures(machines, _labels(area), say) + [_speed()]
    columns = _columns(data)
    if columns >= corpus.COLUMNS:
        return nab_figures(corpus.load(data), say, compare=False)
    if columns >= MACHINE_COLUMNS:
        return origin_figures([data], _labels(area), say)
    raise ValueError(f"{data.name} has no form that anomaly detection is scored on")


def served_scores(recording: Recording) -> Floats:
    """What the agent scores: its detector's evidence where it is news, as a score of 0 to 1."""
    positions = np.arange(recording.values.size, dtype=np.float64)
    return score(alarms(detect(recording.values, positions).evidence))


def nab_figures(recordings: Sequence[Recording], say: Say, *, compare: bool) -> list[Figure]:
    """The agent's scores for each profile and with the threshold of other groups, then known methods'."""
    rulers = [r.ruler for r in recordings]
    ours = []
    for number, recording in enumerate(recordings, start=1):
        say(f"agent: {recording.name} ({number} of {len(recordings)})")
        ours.append(served_scores(recording))
    rows = sum(r.values.size for r in recordings)
    figures = []
    for profile in PROFILES:
        result = best(ours, rulers, profile)
        note = f"{result.hits} of {result.windows} windows, {result.false_alarms} false alarms, " \
               f"threshold {result.threshold:.3f}"  # fmt: skip
        aim = AIM if profile is STANDARD else None
        name, anchors = f"NAB {profile.name}", ANCHORS[profile.name]
        figures.append(Figure(name, result.score, aim, anchors=anchors, rows=rows, note=note))
    served = at(ours, rulers, DEFAULT_THRESHOLD)
    note = f"{served.hits} of {served.windows} windows, {served.false_alarms} false alarms"
    figures.append(Figure("NAB standard at default sensitivity", served.score, rows=rows, note=note))
    figures.append(_held_out(recordings, ours))
    return figures + (_compared(recordings, say) if compare else [])


def _held_out(recordings: Sequence[Recording], scores: Sequence[Floats]) -> Figure:
    """Each group scored at the threshold that is best for all the others."""
    groups = sorted({r.group for r in recordings})
    name = "NAB standard, threshold from the other groups"
    if len(groups) < 2:
        return Figure(name, None, note="there is one group only")
    total = windows = 0.0
    for group in groups:
        inside = [i for i, r in enumerate(recordings) if r.group == group]
        outside = [i for i, r in enumerate(recordings) if r.group != group]
        threshold = best([scores[i] for i in outside], [recordings[i].ruler for i in outside]).threshold
        result = at([scores[i] for i in inside], [recordings[i].ruler for i in inside], threshold)
        windows += result.windows
        total += result.total
    value = 100.0 * (total + windows) / (2 * windows) if windows else None
    return Figure(name, value, rows=sum(s.size for s in scores), note=f"{len(groups)} groups")


def _compared(recordings: Sequence[Recording], say: Say) -> list[Figure]:
    """Known methods as they are; the note says what the agent's rule for alarms makes of their scores."""
    rulers = [r.ruler for r in recordings]
    figures = []
    for name, (method, published) in METHODS.items():
        say(f"compared: {name}")
        scores = [method(r.values, r.probation) for r in recordings]
        # The rule compares sizes, so scores that crowd below 1 are given to it as odds.
        quieter = best([alarms(s / (1.0 - s + LEAST_CHANCE)) for s in scores], rulers)
        result = best(scores, rulers)
        note = f"{result.hits} of {result.windows} windows, {result.false_alarms} false alarms; " \
               f"{quieter.score:.1f} with the agent's rule for alarms"  # fmt: skip
        anchors = f"published {published}" if published else ""
        figures.append(Figure(f"NAB standard: {name}", result.score, anchors=anchors, note=note))
    return figures


def _speed() -> Figure:
    values = np.random.default_rng(1).normal(size=SPEED_POINTS)
    positions = np.arange(SPEED_POINTS, dtype=np.float64)
    took = []
    for _ in range(5):
        started = time.perf_counter()
        detect(values, positions)
        took.append(1000 * (time.perf_counter() - started))
    note = "median of 5, one series of noise"
    return Figure(f"{SPEED_POINTS:,} points, ms", float(np.median(took)), SPEED_MS, False, rows=5, note=note)


def _columns(path: Path) -> frozenset[str]:
    from pyarrow import parquet

    return frozenset(parquet.read_schema(path).names)


def _labels(area: Path) -> dict[str, str]:
    path = area / LABELS_FILE
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}
