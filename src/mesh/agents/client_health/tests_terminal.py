"""How files and flags become a question, and an answer text and a picture."""

from typing import Any

import pytest

from mesh.agents.client_health import from_table
from mesh.agents.client_health.answer import answer
from mesh.agents.client_health.examples import CONTENT, UNHAPPY
from mesh.agents.client_health.model import Question
from mesh.agents.client_health.terminal import TERMINAL
from mesh.agents.client_health.tests import ports_of
from mesh.kit.agent import Envelope
from mesh.kit.fakes import NOON
from mesh.kit.problem import Invalid


def asked(question: Any) -> tuple[Question, Envelope]:
    ask = Question.model_validate(question)
    done = answer(ask, ports_of())
    envelope = Envelope(
        result_id="r1",
        agent="client-health",
        msp_id="msp",
        answered_at=NOON,
        took_ms=1.0,
        model=done.by,
        simulated=done.simulated,
        answer=done.answer.model_dump(mode="json"),
    )
    return ask, envelope


def test_features_are_read_from_a_flag_a_table_and_json() -> None:
    wanted = {"ticket_volume": 12.0, "satisfaction_score": 3.5}
    assert TERMINAL.read({"features": "ticket_volume=12, satisfaction_score=3.5"}) == wanted
    assert TERMINAL.read({"input": "ticket_volume;satisfaction_score\n12;3.5\n"}) == wanted
    assert TERMINAL.read({"input": '{"ticket_volume": 12, "satisfaction_score": 3.5}'}) == wanted
    assert TERMINAL.read({"client": "c1", "features": "seats=4"}) == {"client_id": "c1", "seats": 4.0}


def test_several_rows_are_several_clients_and_an_empty_cell_is_unknown() -> None:
    read = TERMINAL.read({"input": "\ufeffclient_id,seats,services\na,5,\n\nb,n/a,3\n,1,1\n"})
    clients = [{"client_id": "a", "seats": 5.0}, {"client_id": "b", "services": 3.0}]
    assert read == {"clients": [*clients, {"client_id": "row 3", "seats": 1.0, "services": 1.0}]}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"features": "tickets=3"}, "tickets=3"),
        ({"features": "seats=many"}, "'many' is not a number"),
        ({"features": "seats=1,seats=2"}, "twice"),
        ({"features": " , "}, "nothing"),
        ({"input": "seats,size\n1,2\n"}, "'size'"),
        ({"input": "client_id,seats\na,x\n"}, "row 2, column seats"),
        ({"input": "seats\n"}, "no row"),
        ({"input": "{"}, "JSON"),
        ({"input": "[" * 5000}, "nested"),
        ({}, "--client"),
    ],
)
def test_what_cannot_be_read_is_named(given: dict[str, str], named: str) -> None:
    with pytest.raises(Invalid, match=named):
        TERMINAL.read(given)


def test_two_rows_with_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match="two have the id"):
        Question.model_validate(from_table.question("client_id,seats\na,1\na,2\n"))


@pytest.mark.parametrize("width", [60, 110])
def test_an_answer_shows_chance_drivers_actions_and_what_is_missing(width: int) -> None:
    text = TERMINAL.show(*asked(UNHAPPY), width)
    assert max(len(line) for line in text.splitlines()) <= width
    for words in ("probability", "health", "satisfaction", "Not known", "If typical", "simulated"):
        assert words in text, words


def test_several_clients_are_a_table_with_the_likeliest_to_leave_first() -> None:
    clients = [{"client_id": "calm", **CONTENT}, {"client_id": "cross", **UNHAPPY}]
    text = TERMINAL.show(*asked({"clients": clients}), 100)
    assert text.index("cross") < text.index("calm")


def test_the_picture_is_a_png_and_there_is_none_of_several_clients() -> None:
    pytest.importorskip("matplotlib")
    assert TERMINAL.picture is not None
    assert TERMINAL.picture(*asked(UNHAPPY)).startswith(b"\x89PNG")
    with pytest.raises(Invalid, match="drawn"):
        TERMINAL.picture(*asked({"clients": [{"client_id": "a", "seats": 1}]}))


def test_a_table_made_for_one_client_needs_no_id() -> None:
    assert from_table.question("seats\n7\n") == {"seats": 7.0}
