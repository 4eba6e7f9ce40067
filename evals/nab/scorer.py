"""The scoring of the Numenta Anomaly Benchmark, from its description.

Lavin and Ahmad, "Evaluating real-time anomaly detection algorithms: the Numenta anomaly benchmark",
ICMLA 2015. A detection inside a labelled window earns more the earlier it comes, and once per window; one
outside costs more the further it lies behind the last window; a window without a detection costs a whole
point. One threshold, the best for the profile, holds for the whole corpus. The sum is put on a scale where
a detector that never alarms has 0 and a perfect one has 100.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PROBATION_SHARE = 0.15
PROBATION_LIMIT = 750
FAR_BEHIND = 3.0
NEVER = 1.1  # a threshold that no score reaches


@dataclass(frozen=True)
class Profile:
    """What a hit, a false alarm and a miss weigh for one kind of user."""

    name: str
    hit: float
    false_alarm: float
    miss: float


STANDARD = Profile("standard", 1.0, 0.11, 1.0)
FEW_FALSE_ALARMS = Profile("reward low FP", 1.0, 0.22, 1.0)
FEW_MISSES = Profile("reward low FN", 1.0, 0.11, 2.0)
PROFILES = (STANDARD, FEW_FALSE_ALARMS, FEW_MISSES)


@dataclass(frozen=True)
class Ruler:
    """What each point of one file is worth if it is called anomalous, before the profile's weights.

    `worth` is in [-1, 1], shape (n,); `window` is the number of the labelled window, or -1, shape (n,);
    `probation` is how many leading points are not scored; `windows` counts those that can be scored.
    """

    worth: Floats
    window: NDArray[np.int64]
    probation: int
    windows: int


@dataclass(frozen=True)
class Result:
    """A normalised score, the raw total behind it, the threshold that gave it and what it caught."""

    score: float
    total: float
    threshold: float
    hits: int
    windows: int
    false_alarms: int


def probation(length: int) -> int:
    """How many leading points of a file are for learning alone."""
    return min(int(PROBATION_SHARE * length), PROBATION_LIMIT)


def ruler(in_window: Sequence[int] | NDArray[np.int64]) -> Ruler:
    """Turn a file's labels (1 inside a window, 0 outside) into what each point is worth."""
    marks = np.asarray(in_window, dtype=np.int64)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], marks, [0]))))
    starts, ends = edges[::2], edges[1::2] - 1
    n = marks.size
    worth = np.full(n, -1.0)
    window = np.full(n, -1, dtype=np.int64)
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        width = end - start + 1
        inside = np.arange(start, end + 1)
        worth[inside] = _sigmoid(-(end - inside + 1) / width) / _sigmoid(np.array(-1.0))
        window[inside] = number
        behind = np.arange(end + 1, starts[number + 1] if number + 1 < starts.size else n)
        away = (behind - end) / max(width - 1, 1)
        worth[behind] = np.where(away >= FAR_BEHIND, -1.0, _sigmoid(away))
    quiet = probation(n)
    return Ruler(worth, window, quiet, len(set(window[quiet:].tolist()) - {-1}))


def best(scores: Sequence[Floats], rulers: Sequence[Ruler], profile: Profile = STANDARD) -> Result:
    """Score a corpus at the threshold that suits the profile best, as the benchmark does."""
    levels, totals = _totals(scores, rulers, profile)
    return at(scores, rulers, float(levels[int(np.argmax(totals))]), profile)


def at(
    scores: Sequence[Floats], rulers: Sequence[Ruler], threshold: float, profile: Profile = STANDARD
) -> Result:
    """Score a corpus (one array of scores a file, higher is more anomalous) at a given threshold."""
    total = 0.0
    hits = windows = false_alarms = 0
    for score, rule in zip(scores, rulers, strict=True):
        called = np.asarray(score) >= threshold
        called[: rule.probation] = False
        outside = called & (rule.window < 0)
        false_alarms += int(outside.sum())
        total += profile.false_alarm * float(rule.worth[outside].sum())
        seen = [
            float(rule.worth[called & (rule.window == w)].max(initial=-2.0))
            for w in set(rule.window[rule.probation :].tolist()) - {-1}
        ]
        hits += sum(value > -2.0 for value in seen)
        windows += len(seen)
        total += sum(profile.hit * value if value > -2.0 else -profile.miss for value in seen)
    null, perfect = -profile.miss * windows, profile.hit * windows
    score_100 = 100.0 * (total - null) / (perfect - null) if windows else float("nan")
    return Result(score_100, total, threshold, hits, windows, false_alarms)


def _sigmoid(position: Floats) -> Floats:
    """The benchmark's reward: 0.987 at -1 (a window's left edge), 0 at its right edge, -0.987 at 1."""
    return np.asarray(2.0 / (1.0 + np.exp(5.0 * position)) - 1.0)


def _totals(scores: Sequence[Floats], rulers: Sequence[Ruler], profile: Profile) -> tuple[Floats, Floats]:
    """Each distinct threshold and the raw total it gives, less the constant cost of missing everything."""
    levels: list[Floats] = [np.array([NEVER])]
    changes: list[Floats] = [np.zeros(1)]
    for score, rule in zip(scores, rulers, strict=True):
        live = np.arange(score.size) >= rule.probation
        outside = live & (rule.window < 0)
        levels.append(np.asarray(score)[outside])
        changes.append(profile.false_alarm * rule.worth[outside])
        for w in set(rule.window[live].tolist()) - {-1}:
            inside = np.flatnonzero(live & (rule.window == w))
            order = inside[np.argsort(-score[inside], kind="stable")]
            reached = np.maximum.accumulate(profile.hit * rule.worth[order])
            levels.append(np.asarray(score)[order])
            changes.append(np.diff(reached, prepend=-profile.miss))
    level, change = np.concatenate(levels), np.concatenate(changes)
    order = np.argsort(-level, kind="stable")
    level, total = level[order], np.cumsum(change[order])
    last_of_tie = np.append(level[1:] != level[:-1], True)
    return level[last_of_tie], total[last_of_tie]
