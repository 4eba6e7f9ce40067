"""From a question to an answer: gather the series, judge each, and see what they have in common."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from mesh.agents.anomaly_detection import detector, kind
from mesh.agents.anomaly_detection.alarm import Event, score
from mesh.agents.anomaly_detection.detector import LEARNING
from mesh.agents.anomaly_detection.expected import OfSeries, expecting, marks
from mesh.agents.anomaly_detection.incident import incidents
from mesh.agents.anomaly_detection.judged import Judged, counted, judge, short
from mesh.agents.anomaly_detection.model import (
    Anomaly,
    Answer,
    Band,
    Kind,
    Question,
    Scores,
    Season,
    SeriesReport,
    Status,
)
from mesh.agents.anomaly_detection.season import find_season
from mesh.agents.anomaly_detection.series import Series, gather
from mesh.kit.agent import Answered, ModelUsed
from mesh.kit.ports import Ports

BY = ModelUsed(name=detector.NAME, version=detector.VERSION, provider="statistics")
MOST_ANOMALIES = 500
SEVEREST, MILDEST = 0.02, 0.98  # thresholds never reach 0 or 1


def answer(ask: Question, ports: Ports) -> Answered[Answer]:
    """Find the anomalies of one or several series. Pure: reads stored metrics and the clock through ports."""
    threshold = min(max(1.0 - ask.sensitivity, SEVEREST), MILDEST)
    series = gather(ask, ports)
    since = _since(ask, series, ports)
    judged = [judge(one, threshold, since) for one in series]
    found = [_anomaly(one, event, threshold) for one in judged for event in one.found]
    anomalies = _marked(found, ask, ports)
    kept = sorted(sorted(anomalies, key=lambda a: -a.score)[:MOST_ANOMALIES], key=_by_time)
    status = _overall(judged)
    reply = Answer(
        metric_type=ask.metric_type,
        status=status,
        message=_message(status, judged, anomalies),
        sensitivity=ask.sensitivity,
        threshold=threshold,
        anomalies=kept,
        anomalies_left_out=len(anomalies) - len(kept),
        alerts=sum(a.alert for a in anomalies),
        expected=sum(a.expected_by is not None for a in anomalies),
        incidents=incidents(judged),
        series=[_report(one, anomalies, ask.include_scores) for one in judged],
        notes=_notes(ask, series),
    )
    return Answered(reply, BY, simulated=any(one.simulated for one in series))


def _since(ask: Question, series: Sequence[Series], ports: Ports) -> float:
    """The position before which nothing is reported."""
    timed = [float(one.positions[-1]) for one in series if one.timed and one.positions.size]
    if ask.time_range_hours is None or not timed:
        return -np.inf
    stored = ask.points is None and ask.series is None
    last = ports.clock.now().timestamp() if stored else max(timed)
    return last - 3600 * ask.time_range_hours


def _anomaly(judged: Judged, event: Event, threshold: float) -> Anomaly:
    series, detection = judged.series, judged.detection
    assert detection is not None
    place = kind.worst_point(series.values, detection, event)
    first = min(event.first, place)
    value, expected = float(series.values[place]), float(detection.expected[place])
    half = float(judged.half_band[place])
    named = kind.name_kind(series.values, detection, event, place, half)
    return Anomaly(
        series=series.name,
        index=int(series.source[place]),
        time=series.time(place),
        value=value,
        expected=short(expected),
        band=Band(low=short(expected - half), high=short(expected + half)),
        score=short(float(score(detection.evidence)[event.strongest])),
        direction=_direction(named, value - expected),
        kind=named,
        why=kind.reasons(detection, event.strongest, threshold / (1.0 - threshold)),
        first_index=int(series.source[first]),
        last_index=int(series.source[event.last]),
        start=series.time(first),
        end=series.time(event.last),
        points=event.points,
        alert=event.alarm,
    )


def _marked(found: list[Anomaly], ask: Question, ports: Ports) -> list[Anomaly]:
    """What was marked as expected says so and calls nobody; only stored series have marks."""
    stored = ask.values is None and ask.points is None and ask.series is None
    if not found or not stored:
        return found
    known = marks(OfSeries(client_id=ask.client_id, metric_type=ask.metric_type), ports).items
    told = []
    for anomaly in found:
        by = expecting(anomaly, known)
        change = {"alert": False, "expected_by": by.id, "note": by.note} if by else {}
        told.append(anomaly.model_copy(update=change))
    return told


def _direction(named: Kind, error: float) -> Literal["up", "down", "none"]:
    if named == "flat_line" or error == 0:
        return "none"
    return "up" if error > 0 else "down"


def _by_time(anomaly: Anomaly) -> tuple[float, int, str]:
    return (anomaly.time.timestamp() if anomaly.time else 0.0), anomaly.index, anomaly.series


def _overall(judged: Sequence[Judged]) -> Status:
    statuses = [one.status for one in judged]
    return next((s for s in ("ok", "flat", "too_short") if s in statuses), "no_data")


def _message(status: Status, judged: Sequence[Judged], anomalies: Sequence[Anomaly]) -> str:
    if status != "ok":
        return f"{judged[0].series.name}: {judged[0].detail}" if judged else "Nothing of this is stored."
    alerts = sum(a.alert for a in anomalies)
    if not anomalies:
        return "Nothing unusual."
    several = f" in {len({a.series for a in anomalies})} of {len(judged)} series" if len(judged) > 1 else ""
    found = counted(len(anomalies), "anomaly", "anomalies")
    expected = sum(a.expected_by is not None for a in anomalies)
    marked = f", {expected} marked as expected" if expected else ""
    return f"{found}{several}, {counted(alerts, 'alert', 'alerts')}{marked}."


def _report(judged: Judged, anomalies: Sequence[Anomaly], include_scores: bool) -> SeriesReport:
    series = judged.series
    season = find_season(series.values, series.positions) if judged.status == "ok" else None
    return SeriesReport(
        name=series.name,
        status=judged.status,
        detail=judged.detail,
        readings=series.given,
        missing=series.given - series.values.size,
        even=series.even,
        step_seconds=series.step if series.timed and series.values.size > 1 else None,
        gaps=list(series.gaps),
        season=None
        if season is None
        else Season(
            steps=short(season.period / series.step),
            seconds=season.period if series.timed else None,
            strength=short(season.strength),
        ),
        learning_readings=LEARNING if judged.status == "ok" else 0,
        anomalies=len(judged.found),
        alerts=sum(a.alert for a in anomalies if a.series == series.name),
        scores=_scores(judged) if include_scores else None,
    )


def _scores(judged: Judged) -> Scores:
    """Every reading's score and band, in the order the readings were given in."""
    blank: list[float | None] = [None] * judged.series.given
    if judged.detection is None:
        return Scores(score=blank, expected=blank, low=blank, high=blank)
    expected = judged.detection.expected
    columns = (score(judged.detection.evidence), expected, expected - judged.half_band,
               expected + judged.half_band)  # fmt: skip
    written = [blank.copy() for _ in columns]
    for column, row in zip(columns, written, strict=True):
        for place, number in zip(judged.series.source.tolist(), column.tolist(), strict=True):
            row[place] = short(number) if np.isfinite(number) else None
    return Scores(score=written[0], expected=written[1], low=written[2], high=written[3])


def _notes(ask: Question, series: Sequence[Series]) -> list[str]:
    notes = []
    if ask.time_range_hours is not None and not all(one.timed for one in series):
        notes.append("The readings carry no times, so time_range_hours was not applied.")
    if any(not one.even for one in series):
        notes.append("Readings come at uneven steps; they are compared in the order of their times.")
    return notes
