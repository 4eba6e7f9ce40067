"""How the scales of novelty were chosen, and what the choice is worth on files it did not see.

`python -m evals.nab.choose`: every combination in the grid is scored; then, for each group of files, the
combination and the threshold that are best for all the other groups are scored on it.
"""

import sys
from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from evals.data import area
from evals.nab import corpus
from evals.nab.corpus import Recording
from evals.nab.scorer import at, best
from mesh.agents.anomaly_detection.alarm import alarms
from mesh.agents.anomaly_detection.detector import detect
from mesh.agents.anomaly_detection.evidence import SCALES, Scale

Floats = NDArray[np.float64]
Scales = tuple[Scale, ...]

NARROW = (SCALES[0],)
WIDE = [Scale(*made) for made in product((15, 20, 25), (0.15, 0.2), (1.5, 2.0))]
GRID: Sequence[Scales] = [NARROW, *((*NARROW, wide) for wide in WIDE)]


def held_out(recordings: Sequence[Recording], scores: Sequence[Sequence[Floats]]) -> float:
    """The standard score where scales and threshold come from the other groups; `scores` by choice."""
    total = windows = 0.0
    for group in sorted({r.group for r in recordings}):
        inside = [i for i, r in enumerate(recordings) if r.group == group]
        outside = [i for i, r in enumerate(recordings) if r.group != group]
        found = [best([s[i] for i in outside], [recordings[i].ruler for i in outside]) for s in scores]
        choice = int(np.argmax([one.score for one in found]))
        chosen = [scores[choice][i] for i in inside]
        result = at(chosen, [recordings[i].ruler for i in inside], found[choice].threshold)
        total, windows = total + result.total, windows + result.windows
    return 100.0 * (total + windows) / (2.0 * windows)


def main() -> int:
    folder = area("anomaly")
    if folder is None:
        sys.stderr.write("the public data is not here; set MESH_DATA to its folder\n")
        return 1
    recordings = corpus.load(folder / "nab_v1_1.parquet")
    every = []
    for scales in GRID:
        scores = [
            alarms(detect(r.values, np.arange(r.values.size, dtype=np.float64), scales).evidence)
            for r in recordings
        ]
        every.append(scores)
        result = best(scores, [r.ruler for r in recordings])
        shown = ", ".join(f"{s.bucket}: {s.novel:g}, {s.restless:g}" for s in scales)
        sys.stdout.write(f"{result.score:6.2f}  {shown}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{held_out(recordings, every):6.2f}  chosen on the other groups\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
