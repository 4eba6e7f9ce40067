"""What is marked as expected is told of, and calls nobody."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from mesh.agents.anomaly_detection.expected import (
    KIND,
    MOST_MARKS,
    Forget,
    Mark,
    OfSeries,
    forget,
    mark,
    marks,
)
from mesh.agents.anomaly_detection.tests import asked, daily
from mesh.kit.fakes import NOON, fake_ports
from mesh.kit.ports import Ports
from mesh.kit.problem import Conflict, NotFound

FIRST = NOON - timedelta(minutes=5 * 1_200)
PEAKS = (900, 1_100)


def stored() -> Ports:
    """Two devices of a client with the same two peaks each."""
    rows = []
    for device, seed in (("a", 3), ("b", 5)):
        values = daily(seed=seed)
        values[list(PEAKS)] = 160.0
        rows += [
            {"id": f"{device}-{i}", "at": at(i), "metric_type": "cpu", "client_id": "c1", "device": device,
             "value": float(v)}
            for i, v in enumerate(values)
        ]  # fmt: skip
    return fake_ports(rows={"metrics": rows})


def at(index: int) -> str:
    return (FIRST + timedelta(minutes=5 * index)).isoformat()


def span(first: int, last: int, **more: Any) -> Mark:
    told = {"client_id": "c1", "metric_type": "cpu", "series": "a", "start": at(first), "end": at(last)}
    return Mark.model_validate({**told, **more})


def test_the_next_answer_says_the_mark_and_does_not_alarm_for_that_span() -> None:
    ports = stored()
    before = asked(ports, client_id="c1")
    kept = mark(span(899, 901, note="Backup moved to noon"), ports)
    after = asked(ports, client_id="c1")
    told = {(a.series, a.index): a for a in after.anomalies}
    assert set(told) == {(a.series, a.index) for a in before.anomalies}
    hidden = told["a", 900]
    assert (hidden.alert, hidden.expected_by, hidden.note) == (False, kept.id, "Backup moved to noon")
    assert all(told[place].alert and told[place].expected_by is None for place in (("b", 900), ("a", 1_100)))
    assert (after.alerts, after.expected) == (
        before.alerts - 1,
        1,
    ) and "1 marked as expected" in after.message
    assert sum(one.alerts for one in after.series) == after.alerts


def test_a_mark_that_is_taken_back_alarms_again() -> None:
    ports = stored()
    before = asked(ports, client_id="c1")
    kept = mark(span(900, 900), ports)
    assert forget(Forget(id=kept.id), ports).removed == 1
    assert asked(ports, client_id="c1") == before
    with pytest.raises(NotFound):
        forget(Forget(id=kept.id), ports)


@pytest.mark.parametrize("other", [{"client_id": "c2"}, {"metric_type": "disk"}, {"series": "b2"}])
def test_a_mark_is_of_one_series_of_one_client(other: dict[str, str]) -> None:
    ports = stored()
    before = asked(ports, client_id="c1")
    mark(span(0, 1_199, **other), ports)
    assert asked(ports, client_id="c1") == before


def test_readings_that_come_with_the_question_have_no_marks() -> None:
    ports = stored()
    mark(span(0, 1_199), ports)
    values = daily()
    values[900] = 160.0
    assert asked(ports, client_id="c1", values=values.tolist()).expected == 0


def test_the_same_span_twice_is_one_mark_with_the_later_note() -> None:
    ports = stored()
    mark(span(900, 901), ports)
    mark(span(900, 901, note="known"), ports)
    (only,) = marks(OfSeries(client_id="c1"), ports).items
    assert (only.note, only.at) == ("known", NOON)
    assert marks(OfSeries(client_id="c2"), ports).items == []


def test_marks_of_a_series_come_to_an_end() -> None:
    ports = fake_ports()
    rows = [{**mark(span(n, n), fake_ports()).model_dump(mode="json")} for n in range(MOST_MARKS)]
    ports.records.put(KIND, rows)
    mark(span(0, 0, note="again"), ports)
    with pytest.raises(Conflict):
        mark(span(0, 1), ports)


@pytest.mark.parametrize(
    "wrong",
    [{"end": at(1)}, {"start": "soon"}, {"series": ""}, {"note": "x" * 501}, {"client_id": "c" * 201},
     {"more": 1}, {"start": None}],
    ids=lambda wrong: next(iter(wrong)),
)  # fmt: skip
def test_a_mark_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        span(5, 9, **wrong)
