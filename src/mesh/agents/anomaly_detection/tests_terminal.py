"""How a table becomes a question, and an answer text."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from mesh.agents.anomaly_detection import from_csv
from mesh.agents.anomaly_detection.answer import answer
from mesh.agents.anomaly_detection.model import Question
from mesh.agents.anomaly_detection.plot import plot
from mesh.agents.anomaly_detection.terminal import TERMINAL
from mesh.kit.agent import Envelope
from mesh.kit.fakes import NOON, fake_ports
from mesh.kit.problem import Invalid

TABLE = "at;cpu;memory\n2026-03-01 00:00;1.5;7\n\n2026-03-01 00:05;;8\n1772323800;2e3;9\n"


def shown(question: Any, width: int = 80) -> str:
    ask = Question.model_validate(question)
    done = answer(ask, fake_ports())
    envelope = Envelope(
        result_id="r1",
        agent="anomaly-detection",
        msp_id="msp",
        answered_at=NOON,
        took_ms=1.0,
        model=done.by,
        answer=done.answer.model_dump(mode="json"),
    )
    return TERMINAL.show(ask, envelope, width)


def test_a_table_with_semicolons_blank_rows_and_two_kinds_of_time_is_read() -> None:
    question = Question.model_validate(TERMINAL.read({"input": TABLE, "value": "cpu", "time": "at"}))
    assert question.points is not None
    assert [p.value for p in question.points] == [1.5, None, 2000.0]
    assert question.points[2].time == datetime(2026, 3, 1, 0, 10, tzinfo=UTC)


def test_several_columns_make_related_series() -> None:
    question = Question.model_validate(TERMINAL.read({"csv": TABLE, "value": "cpu, memory"}))
    assert question.series is not None and question.series["memory"].values == [7.0, 8.0, 9.0]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("at,cpu\n2026-03-01,many\n", "row 2, column cpu: 'many' is not a number"),
        ("at,cpu\n2026-03-01,inf\n", "row 2, column cpu"),
        ("at,cpu\n2026-03-01,1\nsoon,2\n", "row 3, column at: 'soon' is not a time"),
        ("at,cpu\n2026-03-01,1\n2026-03-02\n,3\n", "row 4, column at"),
        ("at,cpu\n", "no rows"),
        ("", "no column"),
        ("at,load\n1,2\n", "The columns are: at, load"),
    ],
)
def test_what_is_wrong_with_a_table_is_named_by_row_and_column(text: str, named: str) -> None:
    with pytest.raises(Invalid, match=named):
        from_csv.question(text, ["cpu"], "at")


@pytest.mark.parametrize("given", [{}, {"csv": TABLE}, {"csv": TABLE, "value": "cpu", "hours": "few"}])
def test_flags_that_do_not_suffice_are_named(given: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refused:
        TERMINAL.read(given)
    assert refused.value.errors[0].field.startswith("--")


@pytest.mark.parametrize("width", [30, 80, 200])
def test_an_answer_fits_the_width_and_marks_the_anomaly(width: int) -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(size=500).round(3)
    values[400] = 30.0
    text = shown({"metric_type": "load", "values": values.tolist()}, width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert "^" in text and "#400" in text


def test_a_series_too_short_to_judge_has_no_answer_and_says_why() -> None:
    done = answer(Question(metric_type="cpu", values=[1.0]), fake_ports()).answer
    why = TERMINAL.why_not(done)
    assert why is not None and "too few" in why


def test_an_empty_plot_says_so_and_a_spike_among_many_points_is_not_lost() -> None:
    assert plot([None]) == "no readings"
    values = [0.0] * 5000
    values[2500] = 1.0
    top = plot(values, {2500}, width=60).splitlines()[0]
    assert any(0x2800 < ord(c) <= 0x28FF for c in top)
