"""What the agent promises."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from mesh.agents.anomaly_detection import AGENT
from mesh.agents.anomaly_detection.answer import answer
from mesh.agents.anomaly_detection.model import Answer, Question
from mesh.kit.fakes import NOON, fake_ports
from mesh.kit.ports import Ports

START = datetime(2026, 1, 5, tzinfo=UTC)
Floats = NDArray[np.float64]


def daily(n: int = 1200, seed: int = 3) -> Floats:
    """Five-minute load with a period of 96 readings and noise."""
    noise = np.random.default_rng(seed).normal(size=n)
    return np.asarray(np.round(50 + 20 * np.sin(2 * np.pi * np.arange(n) / 96) + 1.5 * noise, 3))


def asked(ports: Ports | None = None, **question: Any) -> Answer:
    ask = Question.model_validate({"metric_type": "cpu", **question})
    reply = answer(ask, ports or fake_ports()).answer
    return Answer.model_validate(reply.model_dump(mode="json"))


def timed(values: Floats, minutes: float = 5) -> list[Mapping[str, Any]]:
    return [
        {"time": (START + timedelta(minutes=minutes * i)).isoformat(), "value": float(v)}
        for i, v in enumerate(values)
    ]


def test_a_spike_is_found_where_it_is_and_named_so() -> None:
    values = daily()
    values[900] = 140.0
    found = asked(values=values.tolist())
    spike = max(found.anomalies, key=lambda a: a.score)
    assert (spike.index, spike.value, spike.kind, spike.direction) == (900, 140.0, "spike", "up")
    assert spike.band.low < spike.expected < spike.band.high < spike.value
    assert spike.alert and spike.score > found.threshold
    assert [a.index for a in found.anomalies].count(900) == 1


def test_a_spike_that_comes_again_is_found_again() -> None:
    values = daily()
    values[[700, 850, 1000, 1100]] = 120.0
    peaks = {a.index for a in asked(values=values.tolist()).anomalies}
    assert {700, 850, 1000, 1100} <= peaks


def test_a_quiet_series_raises_next_to_no_alert() -> None:
    alerts = [asked(values=daily(seed=seed).tolist()).alerts for seed in range(8)]
    assert sum(alerts) <= 12, alerts


def test_a_lasting_shift_of_level_is_one_alert_and_named_so() -> None:
    values = np.random.default_rng(1).normal(size=600) + 10
    values[400:] += 15
    found = asked(values=values.tolist())
    shift = [a for a in found.anomalies if 400 <= a.first_index <= 405]
    assert [a.kind for a in shift] == ["level_shift"]
    assert sum(a.alert for a in found.anomalies if a.first_index >= 400) == 1


def test_a_fall_to_zero_is_a_dropout() -> None:
    values = daily() + 100
    values[800:803] = 0.0
    worst = max(asked(values=values.tolist()).anomalies, key=lambda a: a.score)
    assert worst.kind == "dropout" and worst.direction == "down" and 800 <= worst.index <= 804


def test_a_sensor_that_stands_still_is_a_flat_line() -> None:
    values = daily()
    values[700:800] = values[700]
    kinds = {a.kind for a in asked(values=values.tolist()).anomalies if 700 <= a.first_index < 800}
    assert "flat_line" in kinds


def test_the_season_is_named_in_readings_and_in_time() -> None:
    season = asked(points=timed(daily(), minutes=15)).series[0].season
    assert season is not None
    assert season.steps == pytest.approx(96, abs=1)
    assert season.seconds == pytest.approx(86400, rel=0.02)


def test_noise_has_no_season() -> None:
    values = np.random.default_rng(0).normal(size=800)
    assert asked(values=values.tolist()).series[0].season is None


def test_a_flat_series_is_said_to_be_flat() -> None:
    found = asked(values=[5.0] * 300, include_scores=True)
    assert found.status == "flat" and found.anomalies == [] and "same value" in found.message
    assert found.series[0].scores is not None and set(found.series[0].scores.score) == {None}


def test_a_short_series_is_said_to_be_short_and_nothing_is_invented() -> None:
    found = asked(values=[1.0, 2.0, 90.0], include_scores=True)
    assert found.status == "too_short" and found.anomalies == [] and "too few" in found.message
    assert found.series[0].season is None


@pytest.mark.parametrize("values", [[], [None, None]])
def test_a_series_without_readings_is_said_to_have_none(values: list[None]) -> None:
    assert asked(values=values).status == "no_data"


def test_missing_readings_are_counted_and_no_anomaly() -> None:
    values: list[float | None] = [*daily().tolist()]
    values[500:520] = [None] * 20
    report = asked(values=values, include_scores=True).series[0]
    assert report.missing == 20 and report.gaps[0].readings == 20 and report.gaps[0].after_index == 499
    assert report.scores is not None and report.scores.score[510] is None
    assert len(report.scores.score) == len(values)


def test_indices_are_those_of_the_question_when_points_come_in_any_order() -> None:
    values = daily()
    values[900] = 140.0
    points = timed(values)[::-1]
    worst = max(asked(points=points).anomalies, key=lambda a: a.score)
    assert points[worst.index]["value"] == 140.0
    assert worst.time == START + timedelta(minutes=4500)


def test_times_may_be_uneven() -> None:
    rng = np.random.default_rng(5)
    minutes = np.cumsum(rng.uniform(1, 30, size=900))
    values = 50 + 20 * np.sin(2 * np.pi * minutes / 1440) + rng.normal(size=900)
    values[700] = 150.0
    points = [
        {"time": (START + timedelta(minutes=float(m))).isoformat(), "value": float(v)}
        for m, v in zip(minutes, values, strict=True)
    ]
    found = asked(points=points)
    assert 700 in {a.index for a in found.anomalies}
    assert not found.series[0].even and found.series[0].season is not None
    assert found.series[0].season.seconds == pytest.approx(86400, rel=0.05)


@pytest.mark.parametrize("cut", [200, 777, 1000])
def test_what_comes_later_changes_no_score(cut: int) -> None:
    values = daily()
    values[600:640] += 30
    whole = asked(values=values.tolist(), include_scores=True).series[0].scores
    part = asked(values=values[:cut].tolist(), include_scores=True).series[0].scores
    assert whole is not None and part is not None
    for name in ("score", "expected", "low", "high"):
        assert getattr(whole, name)[:cut] == getattr(part, name)


def test_more_sensitivity_never_finds_fewer_points() -> None:
    values = daily()
    values[900:905] += 25
    found = [asked(values=values.tolist(), sensitivity=s) for s in (0.0, 0.3, 0.5, 0.8, 1.0)]
    counts = [sum(a.points for a in f.anomalies) for f in found]
    assert counts == sorted(counts) and counts[0] < counts[-1]


def test_a_thousand_odd_points_in_a_row_are_not_a_thousand_findings() -> None:
    values = np.concatenate((daily(2000), daily(1000) + 500))
    found = asked(values=values.tolist())
    assert sum(a.alert for a in found.anomalies if a.first_index >= 1990) <= 3


def test_only_the_time_range_asked_for_is_reported() -> None:
    values = daily()
    values[[600, 1190]] = 140.0
    recent = asked(points=timed(values), time_range_hours=2)
    assert [a.index for a in recent.anomalies] == [1190]
    unbounded = asked(values=values.tolist(), time_range_hours=2)
    assert any("time_range_hours was not applied" in note for note in unbounded.notes)


def test_the_series_that_strayed_most_is_the_likely_origin() -> None:
    database, web, idle = daily(seed=1), daily(seed=2), daily(seed=4)
    database[800:830] += 90
    web[806:830] += 35
    series = {name: {"values": v.tolist()} for name, v in (("db", database), ("web", web), ("idle", idle))}
    incidents = [i for i in asked(series=series).incidents if i.first_index <= 812 and i.last_index >= 800]
    assert [i.likely_origin for i in incidents] == ["db"]
    assert [s.series for s in incidents[0].suspects][:2] == ["db", "web"]


def test_stored_metrics_are_read_one_series_a_device() -> None:
    values = daily(600)
    values[590] = 150.0
    first = NOON - timedelta(minutes=5 * 600)
    rows = [
        {"id": f"{device}-{i}", "at": (first + timedelta(minutes=5 * i)).isoformat(), "metric_type": "cpu",
         "client_id": "c1", "device": device, "value": float(v), "simulated": True}
        for device, column in (("a", daily(600, seed=9)), ("b", values))
        for i, v in enumerate(column)
    ]  # fmt: skip
    ports = fake_ports(rows={"metrics": rows})
    found = asked(ports, client_id="c1", time_range_hours=24)
    assert [report.name for report in found.series] == ["a", "b"]
    assert ("b", 150.0) in {(a.series, a.value) for a in found.anomalies}
    assert answer(Question(metric_type="cpu", client_id="c1"), ports).simulated
    assert asked(ports, client_id="c2").status == "no_data"


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"values": [1.0], "points": []},
        {"values": [float("nan")]},
        {"values": [float("inf")]},
        {"values": ["many"]},
        {"points": [{"time": "yesterday", "value": 1.0}]},
        {"series": {}},
        {"series": {"a": {}}},
        {"series": {"a": {"values": [1.0]}, "b": {"points": []}}},
        {"values": [1.0], "sensitivity": 1.5},
        {"values": [1.0], "time_range_hours": 0},
        {"values": [0.0] * 100_001},
        {"values": [1.0], "unknown": 1},
    ],
)
def test_a_question_that_makes_no_sense_is_refused(question: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Question.model_validate({"metric_type": "cpu", **question})


@pytest.mark.parametrize("scale", [1e-300, 1e-9, 1e12, 1e297])
def test_the_unit_of_the_values_does_not_matter(scale: float) -> None:
    values = daily()
    values[900] = 140.0
    found = asked(values=(values * scale).tolist())
    assert 900 in {a.index for a in found.anomalies}


def test_both_examples_find_something() -> None:
    for example in AGENT.examples:
        question = Question.model_validate(example.question)
        assert answer(question, fake_ports()).answer.alerts >= 1
