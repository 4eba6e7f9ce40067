"""What happens to a request when its agent misbehaves, and around it: throttle, idempotency, telemetry."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mesh.adapters.embedded.states import TokenBucket
from mesh.kit.agent import Answered
from mesh.kit.platform import State
from mesh.kit.ports import Ports
from mesh.kit.problem import FieldError, Invalid, Unavailable
from tests.acting import BY, Said, acting, failing, say_again
from tests.application.conftest import House

ASK = "/echo/ask"
HELLO = {"text": "hello"}


def problem(reply: Any, status: int) -> dict[str, Any]:
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = reply.json()
    assert document["status"] == status
    return document


def states(house: House) -> list[State]:
    house.platform.outbox.add("msp-a", [])  # waits until what was noted is written
    return list(house.platform.states.recent("echo"))


def test_a_defect_is_a_500_that_names_an_incident_and_leaks_nothing(house: House) -> None:
    reply = house.serve(failing(RuntimeError("password=hunter2"))).post(ASK, json=HELLO)
    assert "incident" in problem(reply, 500)["detail"]
    assert "hunter2" not in reply.text and "RuntimeError" not in reply.text
    assert states(house)[0].outcome == "failed"


def test_what_is_missing_is_a_503_and_kept_apart_from_bad_questions(house: House) -> None:
    refusing = failing(Invalid("Not that.", errors=[FieldError("text", "is odd")]), times=1, name="echo")
    assert problem(house.serve(refusing).post(ASK, json=HELLO), 422)["errors"][0]["field"] == "text"
    missing = house.serve(failing(Unavailable("The model is not here.", retry_after_s=7.4)))
    reply = missing.post(ASK, json=HELLO)
    assert problem(reply, 503)["detail"] == "The model is not here."
    assert reply.headers["retry-after"] == "7"
    assert [state.outcome for state in states(house)] == ["failed", "refused"]
    assert house.platform.ports("msp-a").results.page().items == []
    assert not house.platform.outbox.after("msp-a", None)


def test_an_answer_that_cannot_be_written_as_json_is_a_defect_and_is_not_stored(house: House) -> None:
    def infinite(ask: Any, ports: Ports) -> Answered[Said]:
        return Answered(Said(said=ask.text, total=float("inf")), BY)

    reply = house.serve(acting(infinite)).post(ASK, json=HELLO)
    assert "Infinity" not in reply.text and "NaN" not in reply.text


def test_an_answer_in_another_format_and_an_unknown_format(house: House) -> None:
    client = house.serve(acting())
    plain = client.post(f"{ASK}?format=plain", json=HELLO)
    assert plain.text == "hello" and plain.headers["content-type"] == "text/plain; charset=utf-8"
    unknown = problem(client.post(f"{ASK}?format=stix", json=HELLO), 422)
    assert "plain" in unknown["errors"][0]["reason"]
    assert len(house.platform.ports("msp-a").results.page().items) == 1


def test_a_failed_first_try_leaves_its_idempotency_key_free(house: House) -> None:
    client = house.serve(failing(RuntimeError("once"), times=1))
    headers = {"idempotency-key": "k"}
    problem(client.post(ASK, json=HELLO, headers=headers), 500)
    assert client.post(ASK, json=HELLO, headers=headers).json()["answer"]["said"] == "hello"
    again = client.post(ASK, json=HELLO, headers=headers)
    assert again.headers["idempotency-replayed"] == "true"


def test_a_second_request_waits_while_the_first_is_under_way(house: House) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(ask: Any, ports: Ports) -> Answered[Said]:
        begun.set()
        assert go_on.wait(20)
        return say_again(ask, ports)

    client = house.serve(acting(slow))
    headers = {"idempotency-key": "k"}
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.post, ASK, json=HELLO, headers=headers)
        assert begun.wait(20)
        second = client.post(ASK, json=HELLO, headers=headers)
        problem(second, 409)
        assert second.headers["retry-after"] == "1"
        go_on.set()
        assert first.result().status_code == 200
    assert client.post(ASK, json=HELLO, headers=headers).content == first.result().content


def test_the_throttle_says_when_to_come_back_and_keeps_no_reply(house: House) -> None:
    seconds = [0.0]
    client = house.serve(acting(), throttle=TokenBucket(rate=0.5, burst=2, seconds=lambda: seconds[0]))
    headers = {"idempotency-key": "k"}
    assert [client.post(ASK, json=HELLO).status_code for _ in range(2)] == [200, 200]
    refused = client.post(ASK, json=HELLO, headers=headers)
    problem(refused, 429)
    assert refused.headers["retry-after"] == "2"
    assert client.get("/health").status_code == 200, "what is open to all is not the tenant's to use up"
    seconds[0] += 2
    assert client.post(ASK, json=HELLO, headers=headers).status_code == 200


def test_an_alias_is_the_same_route(house: House) -> None:
    client = house.serve(acting())
    first = client.post(ASK, json=HELLO).json()
    assert client.post("/echo/again", json=HELLO).json()["answer"] == first["answer"]


def test_a_tenant_with_simulated_rows_says_so_in_answer_and_event(house: House) -> None:
    def simulated(ask: Any, ports: Ports) -> Answered[Said]:
        return Answered(say_again(ask, ports).answer, BY, simulated=True)

    assert house.serve(acting(simulated)).post(ASK, json=HELLO).json()["simulated"] is True
    assert house.platform.outbox.after("msp-a", None)[0].data == {"letters": 5, "simulated": True}


@pytest.mark.parametrize("field", ["text", "values"])
def test_input_is_not_echoed_in_problems(house: House, field: str) -> None:
    secret = {"text": 7, "values": ["hunter2"] * 900, "hunter2": 1}
    reply = house.serve(acting()).post(ASK, json=secret)
    document = problem(reply, 422)
    assert any(error["field"].startswith(field) for error in document["errors"])
    assert "hunter2" not in reply.text and len(document["errors"]) <= 100
