"""One series judged: what was found in it, or why nothing could be."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mesh.agents.anomaly_detection.alarm import Event, events
from mesh.agents.anomaly_detection.detector import LEARNING, Detection, Floats, detect
from mesh.agents.anomaly_detection.model import Status
from mesh.agents.anomaly_detection.series import Series

BAND_SPREADS = 3.0  # half of the band's width at default sensitivity
SHORTEST = LEARNING + 10  # a series needs some readings after those that are only learnt from


@dataclass(frozen=True)
class Judged:
    """A series with what was found in it; `detection` is None where there was nothing to judge."""

    series: Series
    status: Status
    detection: Detection | None
    half_band: Floats
    found: Sequence[Event]

    @property
    def detail(self) -> str:
        """The status in words."""
        known = self.series.values.size
        return {
            "ok": f"{counted(known, 'reading', 'readings')} judged.",
            "no_data": "No readings.",
            "too_short": f"{known} known readings are too few to judge; it takes {SHORTEST}.",
            "flat": f"All {known} readings have the same value, so nothing stands out.",
        }[self.status]

    def evidence(self, event: Event) -> float:
        """The most evidence of an event that was found here; 1 is just enough at default sensitivity."""
        assert self.detection is not None
        return float(self.detection.evidence[event.strongest])


def judge(series: Series, threshold: float, since: float) -> Judged:
    """Find the events of a series whose score reaches the threshold and that end at `since` or later."""
    values = series.values
    if values.size < SHORTEST:
        status: Status = "too_short" if values.size else "no_data"
        return Judged(series, status, None, np.zeros(0), [])
    if values.min() == values.max():
        return Judged(series, "flat", None, np.zeros(0), [])
    detection = detect(values, series.positions)
    half_band = BAND_SPREADS * threshold / (1.0 - threshold) * detection.spread
    found = events(detection.evidence, threshold)
    return Judged(series, "ok", detection, half_band, [e for e in found if series.positions[e.last] >= since])


def counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def short(number: float) -> float:
    """Six significant digits: more would be noise in an answer."""
    return float(f"{number:.6g}")
