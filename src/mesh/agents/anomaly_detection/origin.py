"""Which of several related series an incident likely came from.

Series whose anomalies overlap in time form an incident. Within it the likely origin is the series with the
most evidence; between equals the one that was anomalous first. Of several rules (the first to be anomalous,
the largest error in usual errors or in ranges, the largest change) this one was best where people had named
the causes; the model card has the figures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mesh.agents.anomaly_detection.alarm import Event
from mesh.agents.anomaly_detection.detector import Detection
from mesh.agents.anomaly_detection.series import Series

TOGETHER = 10  # steps within which anomalies of two series belong together


@dataclass(frozen=True)
class Part:
    """One event of one series, with its place in time."""

    series: str
    event: Event
    start: float
    end: float


def join(parts: Sequence[Part], step: float) -> list[list[Part]]:
    """Group events that overlap in time, or nearly so; each group is in order of time."""
    groups: list[list[Part]] = []
    reach = -np.inf
    for part in sorted(parts, key=lambda p: (p.start, p.end, p.series)):
        if part.start > reach:
            groups.append([])
        groups[-1].append(part)
        reach = max(reach, part.end + TOGETHER * step)
    return groups


def deviation(series: Series, detection: Detection, start: float, end: float) -> float:
    """The worst error of a series between two positions, in its own usual errors; 0 if none is known."""
    inside = (series.positions >= start) & (series.positions <= end)
    error = np.abs(series.values - detection.expected)[inside]
    spread = detection.spread[inside]
    known = np.isfinite(error) & (spread > 0)
    return float((error[known] / spread[known]).max(initial=0.0))


def rank(evidence: Mapping[str, float], starts: Mapping[str, float]) -> list[str]:
    """Names of series, the likeliest origin first, by their most evidence and when they first had any."""
    return sorted(evidence, key=lambda name: (-evidence[name], starts[name], name))
