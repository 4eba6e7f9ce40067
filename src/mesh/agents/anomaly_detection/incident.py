"""What several series showed at the same time, told as one incident with its suspects."""

from collections.abc import Sequence

from mesh.agents.anomaly_detection import origin
from mesh.agents.anomaly_detection.judged import Judged, short
from mesh.agents.anomaly_detection.model import Incident, Suspect
from mesh.agents.anomaly_detection.series import moment


def incidents(judged: Sequence[Judged]) -> list[Incident]:
    """What at least two series showed together."""
    by_name = {one.series.name: one for one in judged}
    parts = [
        origin.Part(
            name, event, float(one.series.positions[event.first]), float(one.series.positions[event.last])
        )
        for name, one in by_name.items()
        for event in one.found
    ]
    step = max((one.series.step for one in judged), default=0.0)
    groups = [group for group in origin.join(parts, step) if len({part.series for part in group}) > 1]
    return [_incident(group, by_name) for group in groups]


def _incident(group: Sequence[origin.Part], by_name: dict[str, Judged]) -> Incident:
    start, end = min(p.start for p in group), max(p.end for p in group)
    first = {p.series: p for p in reversed(group)}  # the group is in order of time: the earliest stays
    most = {name: max(by_name[name].evidence(p.event) for p in group if p.series == name) for name in first}
    names = origin.rank(most, {name: part.start for name, part in first.items()})
    suspects = [_suspect(by_name[name], first[name], most[name], start, end) for name in names]
    timed = by_name[names[0]].series.timed
    last = max(group, key=lambda p: p.end)
    return Incident(
        first_index=suspects[names.index(group[0].series)].first_index,
        last_index=int(by_name[last.series].series.source[last.event.last]),
        start=moment(start) if timed else None,
        end=moment(end) if timed else None,
        likely_origin=names[0],
        reason=f"{names[0]} has the most evidence, {most[names[0]]:.1f} times what is enough.",
        suspects=suspects,
    )


def _suspect(judged: Judged, first: origin.Part, most: float, start: float, end: float) -> Suspect:
    assert judged.detection is not None
    return Suspect(
        series=judged.series.name,
        score=short(most / (1.0 + most)),
        deviation=short(origin.deviation(judged.series, judged.detection, start, end)),
        first_index=int(judged.series.source[first.event.first]),
        start=judged.series.time(first.event.first),
    )
