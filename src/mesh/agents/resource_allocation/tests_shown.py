"""How a question is read at a terminal, and how a plan is shown and written."""

import json
from typing import Any

import pytest

from mesh.agents.resource_allocation import AGENT
from mesh.agents.resource_allocation.answer import answer
from mesh.agents.resource_allocation.examples import EXAMPLES
from mesh.agents.resource_allocation.model import Question
from mesh.agents.resource_allocation.terminal import TERMINAL
from mesh.kit.agent import Envelope
from mesh.kit.fakes import NOON, fake_ports
from mesh.kit.problem import Invalid


def envelope(question: Any) -> Envelope:
    done = answer(Question.model_validate(question), fake_ports())
    return Envelope(
        result_id="r1",
        agent=AGENT.slug,
        msp_id="msp",
        answered_at=NOON,
        took_ms=1.0,
        model=done.by,
        simulated=done.simulated,
        answer=done.answer.model_dump(mode="json"),
    )


def test_a_plan_is_drawn_listed_and_compared() -> None:
    question = EXAMPLES[0].question
    shown = TERMINAL.show(Question.model_validate(question), envelope(question), 110)
    assert "Ann Lindqvist" in shown and "[T1=" in shown and "No technician has the skill voice." in shown
    assert "dispatcher" in shown and "0.00%" in shown


def test_a_question_is_read_from_a_file_or_as_counts() -> None:
    text = json.dumps(EXAMPLES[0].question)
    assert TERMINAL.read({"input": text, "mode": "speed"})["priority_mode"] == "speed"
    assert TERMINAL.read({"tasks": "40", "technicians": "6", "hours": "8"}) == {
        "tasks": 40, "technicians": 6, "time_window_hours": 8.0}  # fmt: skip


def test_an_earlier_answer_is_what_is_planned_anew_from() -> None:
    earlier = envelope(EXAMPLES[0].question).model_dump_json()
    lines = TERMINAL.read({"tasks": "3", "previous": earlier})["previous_plan"]
    assert {line["task_id"] for line in lines} == {"T1", "T2", "T3", "T4", "T5", "T6"}


@pytest.mark.parametrize(
    "given",
    [{}, {"input": "not json"}, {"input": "[1]"}, {"tasks": "many"}, {"tasks": "1", "previous": "{}"}],
)
def test_what_cannot_be_read_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        TERMINAL.read(given)


def test_the_calendar_reads_back_as_it_was_planned() -> None:
    icalendar = pytest.importorskip("icalendar")
    whole = envelope(EXAMPLES[0].question)
    calendar = icalendar.Calendar.from_ical(AGENT.formats["ics"].render(whole))
    events = {str(e["uid"]): e for e in calendar.walk("VEVENT")}
    assert len(events) == len(whole.answer["assignments"]) == 6
    first = events["T1.msp@msp-intelligence-mesh"]
    planned = next(a for a in whole.answer["assignments"] if a["task_id"] == "T1")
    assert first.decoded("dtstart").isoformat() == planned["start_at"].replace("Z", "+00:00")
    assert str(first["summary"]) == "Ann Lindqvist: Switch down at the clinic"
    assert calendar["version"] == "2.0" and "prodid" in calendar and calendar.errors == []


def test_the_calendar_folds_long_lines_and_takes_any_text() -> None:
    icalendar = pytest.importorskip("icalendar")
    nasty = "a;b,c\\d\nEND:VEVENT\r\n\x00\x07é" * 20
    question = {"tasks": [{"id": "x;y,z\n1", "title": nasty, "hours": 1}], "starts_at": "2026-03-02T08:00Z",
                "technicians": [{"id": "p", "name": "Q; R"}]}  # fmt: skip
    text = AGENT.formats["ics"].render(envelope(question))
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    (event,) = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert "END:VEVENT" in str(event["summary"]) and "\x00" not in str(event["summary"])


def test_a_plan_is_drawn_as_a_picture() -> None:
    pytest.importorskip("matplotlib")
    question = {**EXAMPLES[0].question, "tasks": [{**EXAMPLES[0].question["tasks"][0], "id": "$x^$ \x00"}]}
    drawn = TERMINAL.picture(Question.model_validate(question), envelope(question))  # type: ignore[misc]
    assert drawn.startswith(b"\x89PNG") and len(drawn) > 5_000


def test_the_event_names_no_task_client_or_technician() -> None:
    done = answer(Question.model_validate(EXAMPLES[0].question), fake_ports()).answer
    told = json.dumps(AGENT.digest(done))
    assert not any(name in told for name in ("T1", "c1", "ann", "Ann"))
