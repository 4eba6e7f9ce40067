"""When evidence becomes an alarm, and which anomalous points are told of as one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

QUIET_POINTS = 120  # after a signal only a clearly stronger one is a new alarm
STRONGER = 1.5
SAME_EVENT = 20  # anomalous points no further apart than this are one event; as long as a long bucket


@dataclass(frozen=True)
class Event:
    """Anomalous points that belong together; `alarm` is false where it repeats what was just alarmed.

    `strongest` is the point with the most evidence.
    """

    first: int
    last: int
    strongest: int
    points: int
    alarm: bool


def alarms(evidence: Floats) -> Floats:
    """The evidence, shape (n,), where it is news, and 0 elsewhere.

    It is news where it is `STRONGER` times as strong as anything in the last `QUIET_POINTS` points. Whatever
    threshold is put on the result, an event raises few alarms.
    """
    from scipy.ndimage import maximum_filter1d

    earlier = np.concatenate(([0.0], evidence[:-1]))
    before = maximum_filter1d(earlier, QUIET_POINTS, origin=(QUIET_POINTS - 1) // 2, mode="constant")
    return np.where(evidence > STRONGER * before, evidence, 0.0)


def score(evidence: Floats) -> Floats:
    """Evidence of 0 to infinity as a score of 0 to 1; 0.5 is just enough at default sensitivity."""
    return evidence / (1.0 + evidence)


def events(evidence: Floats, threshold: float) -> list[Event]:
    """The points whose score reaches the threshold, in groups."""
    scores = score(evidence)
    found = np.flatnonzero(scores >= threshold)
    if not found.size:
        return []
    loud = score(alarms(evidence)) >= threshold
    groups = np.split(found, np.flatnonzero(np.diff(found) > SAME_EVENT) + 1)
    return [
        Event(
            first=int(group[0]),
            last=int(group[-1]),
            strongest=int(group[np.argmax(scores[group])]),
            points=int(group.size),
            alarm=bool(loud[group].any()),
        )
        for group in groups
    ]
