"""How a table becomes a question, and an answer text and picture."""

from typing import Any

import pytest

from mesh.agents.revenue_optimization import from_csv
from mesh.agents.revenue_optimization.answer import answer
from mesh.agents.revenue_optimization.model import Question
from mesh.agents.revenue_optimization.terminal import TERMINAL
from mesh.agents.revenue_optimization.tests import NOW, rising
from mesh.kit.agent import Envelope
from mesh.kit.fakes import fake_ports
from mesh.kit.problem import Invalid

TABLE = "month;client;service;net\n2025-01;c1;voice;10\n\n2025-02;c1;voice;\n2025-03;c1;voice;12.5\n"


def envelope(question: Any, *, simulated: bool = False) -> tuple[Question, Envelope]:
    ask = Question.model_validate(question)
    done = answer(ask, fake_ports(now=NOW))
    return ask, Envelope(
        result_id="r1",
        agent="revenue-optimization",
        msp_id="msp",
        answered_at=NOW,
        took_ms=1.0,
        model=done.by,
        simulated=simulated,
        answer=done.answer.model_dump(mode="json"),
    )


def test_a_table_with_semicolons_and_usual_names_needs_one_flag() -> None:
    question = TERMINAL.read({"csv": TABLE, "value": "net", "days": "60", "by": "service"})
    assert question["period_days"] == 60 and question["by"] == "service"
    assert question["history"][2] == {
        "date": "2025-03",
        "client_id": "c1",
        "service": "voice",
        "amount": 12.5,
    }
    assert question["history"][1]["amount"] is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("month,amount\n2026-01,many\n", "row 2, column amount: 'many' is not a number"),
        ("month,amount\n2026-01,inf\n", "row 2, column amount"),
        ("month,amount\n", "no rows"),
        ("month,net\n2026-01,1\n", "--value.*month, net"),
        ("", "--value"),
    ],
)
def test_what_is_wrong_with_a_table_is_named(text: str, named: str) -> None:
    with pytest.raises(Invalid, match=named):
        from_csv.history(text, {})


@pytest.mark.parametrize(
    "given", [{"days": "soon"}, {"current": "much"}, {"price": "voice"}, {"churn": "c1"}, {"price": "a:b:c"}]
)
def test_flags_that_cannot_be_read_are_named(given: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refused:
        TERMINAL.read(given)
    assert refused.value.errors[0].field == f"--{next(iter(given))}"


def test_scenarios_can_be_asked_for_by_flag() -> None:
    question = TERMINAL.read({"price": "voice:5:2026-04-01,:2:2026-05-01", "churn": "a:b:2026-06-01"})
    changes = Question.model_validate(question).scenarios[0].changes
    assert [change.kind for change in changes] == ["price_change", "price_change", "churn"]
    assert changes[2].client_ids == ["a:b"]  # type: ignore[union-attr]


@pytest.mark.parametrize("width", [40, 100])
def test_an_answer_fits_the_width_with_plot_steps_and_errors(width: int) -> None:
    ask, reply = envelope({"period_days": 180, "history": rising(), "start": "2023-01"}, simulated=True)
    text = TERMINAL.show(ask, reply, width)
    assert max(len(line) for line in text.splitlines()) <= width
    assert "2026-01-01" in text and "●" in text and "SIMULATED" in text
    assert width < 60 or "sMAPE" in text


@pytest.mark.parametrize(
    "question",
    [
        {"period_days": 90, "history": []},
        {"period_days": 90, "history": [5.0]},
        {"period_days": 90, "history": rising()},
        {"period_days": 90, "history": rising(), "start": "2023-01"},
    ],
)
def test_every_answer_can_be_drawn(question: dict[str, Any]) -> None:
    assert TERMINAL.picture is not None
    assert TERMINAL.picture(*envelope(question)).startswith(b"\x89PNG")


def test_a_scenario_named_like_a_formula_is_drawn_as_text() -> None:
    change = {"kind": "price_change", "percent": 5, "starts": "2026-04-01"}
    scenario = {"name": "$\\frac{$ and _", "changes": [change]}
    assert TERMINAL.picture is not None
    drawn = TERMINAL.picture(
        *envelope({"period_days": 90, "history": rising(), "start": "2023-01", "scenarios": [scenario]})
    )
    assert drawn.startswith(b"\x89PNG")
