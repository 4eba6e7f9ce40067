"""From a question to series of numbers: sorted by time, missing readings set aside, gaps counted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesh.agents.anomaly_detection.model import Gap, Point, Question, Readings
from mesh.agents.anomaly_detection.season import typical_step
from mesh.kit.ports import Ports
from mesh.kit.records import when

Floats = NDArray[np.float64]

LEARNT_FROM = timedelta(days=35)  # how much older than the range asked for stored readings may be
EVEN = 0.1  # steps may stray by this share and still be even
EVEN_SHARE = 0.95  # and so many of them must
GAP_STEPS = 1.5
MOST_GAPS = 20


@dataclass(frozen=True)
class Series:
    """One series. `values` and `positions` hold the known readings, oldest first, shape (k,).

    `positions` are seconds since 1970 where the series is `timed`, else places in the list. `source` tells
    for each known reading where it stood in the question; `given` is how many readings stood there.
    """

    name: str
    values: Floats
    positions: Floats
    source: NDArray[np.int64]
    given: int
    timed: bool
    gaps: Sequence[Gap]
    simulated: bool = False

    @property
    def step(self) -> float:
        return typical_step(self.positions)

    @property
    def even(self) -> bool:
        steps = np.diff(self.positions)
        return bool(steps.size == 0 or np.mean(np.abs(steps - self.step) <= EVEN * self.step) >= EVEN_SHARE)

    def time(self, place: int) -> datetime | None:
        """When the known reading at this place was taken."""
        return moment(self.positions[place]) if self.timed else None


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)


def gather(ask: Question, ports: Ports) -> list[Series]:
    """The series a question means, by name. A stored one is read from the tenant's metrics."""
    if ask.values is not None or ask.points is not None:
        return [_series(ask.metric_type, Readings(values=ask.values, points=ask.points))]
    if ask.series is not None:
        return [_series(name, ask.series[name]) for name in sorted(ask.series)]
    return list(_stored(ask, ports))


def _stored(ask: Question, ports: Ports) -> Iterator[Series]:
    since = None
    if ask.time_range_hours is not None:
        since = ports.clock.now() - timedelta(hours=ask.time_range_hours) - LEARNT_FROM
    where = {"metric_type": ask.metric_type, "client_id": str(ask.client_id)}
    devices: dict[str, list[Mapping[str, Any]]] = {}
    for row in ports.records.scan("metrics", where=where, since=since):
        devices.setdefault(str(row.get("device") or ask.metric_type), []).append(row)
    for device in sorted(devices):
        rows = devices[device]
        points = [Point(time=datetime.fromisoformat(when(r)), value=r.get("value")) for r in rows]
        yield _series(device, Readings(points=points), simulated=any(r.get("simulated") for r in rows))


def _series(name: str, readings: Readings, simulated: bool = False) -> Series:
    if readings.points is not None:
        every = np.array([p.time.timestamp() for p in readings.points], dtype=np.float64)
        raw = [p.value for p in readings.points]
    else:
        raw = list(readings.values or [])
        every = np.arange(len(raw), dtype=np.float64)
    order = np.argsort(every, kind="stable")
    values = np.array([np.nan if v is None else v for v in raw], dtype=np.float64)[order]
    known = np.flatnonzero(~np.isnan(values))
    timed = readings.points is not None
    positions, source = every[order][known], order[known].astype(np.int64)
    return Series(
        name=name,
        values=values[known],
        positions=positions,
        source=source,
        given=len(raw),
        timed=timed,
        gaps=_gaps(positions, source, timed),
        simulated=simulated,
    )


def _gaps(positions: Floats, source: NDArray[np.int64], timed: bool) -> list[Gap]:
    """The longest stretches without a reading, in order of time."""
    steps = np.diff(positions)
    usual = typical_step(positions)
    if usual <= 0:
        return []
    wide = np.flatnonzero(steps > GAP_STEPS * usual)
    wide = np.sort(wide[np.argsort(-steps[wide], kind="stable")][:MOST_GAPS])
    return [
        Gap(
            after_index=int(source[i]),
            readings=max(round(float(steps[i] / usual)) - 1, 1),
            start=moment(positions[i]) if timed else None,
            end=moment(positions[i + 1]) if timed else None,
        )
        for i in wide
    ]
