"""The WebSocket: who may listen, what is pushed to whom, and that nothing is lost or told twice."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from mesh.kit.agent import Agent
from mesh.kit.event import Draft
from mesh.kit.platform import Platform
from tests.contract.conftest import Msp, NewMsp
from tests.server import Server

PATIENCE_S = 15.0
# What one transaction takes on either platform.
AT_ONCE = 90


@contextmanager
def line(server: Server, key: str = "", **more: Any) -> Iterator[ClientConnection]:
    headers = {"x-api-key": key} if key else {}
    with connect(server.socket_url, additional_headers=headers, **more) as socket:
        yield socket


def hear(socket: ClientConnection) -> dict[str, Any]:
    heard: dict[str, Any] = json.loads(socket.recv(PATIENCE_S))
    return heard


def say(socket: ClientConnection, **message: Any) -> dict[str, Any]:
    """Send, and hear the reply; events that come before it are an error of the test."""
    socket.send(json.dumps(message))
    return hear(socket)


def announce(store: Platform, msp: Msp, *numbers: int, topic: str = "mesh") -> None:
    drafts = [Draft(type="thing.happened", topic=topic, subject=str(n), data={"n": n}) for n in numbers]
    for start in range(0, len(drafts), AT_ONCE):
        store.outbox.add(msp.msp_id, drafts[start : start + AT_ONCE])


def quiet(socket: ClientConnection) -> None:
    """Nothing came before this ping's pong."""
    assert say(socket, action="ping") == {"type": "pong"}


@pytest.mark.parametrize("key", ["", "nonsense", "mesh_0_0", "x" * 5_000])
def test_without_a_live_key_there_is_no_line(server: Server, key: str) -> None:
    with pytest.raises(InvalidStatus) as refused, line(server, key):
        pass
    assert refused.value.response.status_code == 403


def test_a_browser_names_its_key_as_a_subprotocol(server: Server, msp: Msp) -> None:
    with line(server, subprotocols=["mesh.v1", f"key.{msp.key}"]) as socket:
        assert socket.subprotocol == "mesh.v1"
        assert say(socket, action="ping") == {"type": "pong"}
    with pytest.raises(InvalidStatus), line(server, subprotocols=["mesh.v1", "key.nonsense"]):
        pass


def test_an_answer_is_pushed_to_whoever_subscribed_to_its_agent(
    server: Server, msp: Msp, agent: Agent
) -> None:
    with line(server, msp.key) as socket:
        assert say(socket, action="subscribe", topics=[agent.slug]) == {
            "type": "subscribed", "topics": [agent.slug],
        }  # fmt: skip
        result = msp.http.post(agent.route, json=dict(agent.examples[0].question)).json()
        event = hear(socket)
    assert (event["specversion"], event["type"], event["subject"]) == (
        "1.0",
        agent.event,
        result["result_id"],
    )
    assert (event["mspid"], event["topic"]) == (msp.msp_id, agent.slug)
    assert {"id", "source", "time", "data", "datacontenttype"} <= set(event)


def test_the_end_of_a_job_is_pushed(server: Server, msp: Msp, agent: Agent) -> None:
    with line(server, msp.key) as socket:
        say(socket, action="subscribe", topics=["jobs"])
        question = dict(agent.examples[0].question)
        job = msp.http.post(agent.route, json=question, headers={"prefer": "respond-async"}).json()
        event = hear(socket)
    assert (event["type"], event["subject"]) == ("job.finished", job["job_id"])


def test_only_what_was_subscribed_to_comes_and_only_while_it_is(
    server: Server, msp: Msp, store: Platform
) -> None:
    with line(server, msp.key) as socket:
        announce(store, msp, 0)
        quiet(socket)
        say(socket, action="subscribe", topics=["jobs"])
        announce(store, msp, 1)
        announce(store, msp, 2, topic="jobs")
        assert hear(socket)["data"] == {"n": 2}
        assert say(socket, action="unsubscribe", topics=["jobs"]) == {"type": "subscribed", "topics": []}
        announce(store, msp, 3, topic="jobs")
        say(socket, action="subscribe", topics=["*"])
        announce(store, msp, 4)
        heard = hear(socket)
        # The third may have been on its way when everything was subscribed to; nothing else may come first.
        assert (hear(socket) if heard["data"] == {"n": 3} else heard)["data"] == {"n": 4}


def test_no_tenant_hears_another(server: Server, new_msp: NewMsp, store: Platform) -> None:
    mine, theirs = new_msp(), new_msp()
    with line(server, mine.key) as ours, line(server, theirs.key) as others:
        for socket in (ours, others):
            say(socket, action="subscribe", last_event_id="0")
        announce(store, mine, 1)
        announce(store, theirs, 2)
        assert hear(others)["data"] == {"n": 2}
        assert hear(ours)["data"] == {"n": 1}
        quiet(others)
        quiet(ours)


def test_who_resumes_gets_what_was_missed_once_and_in_order(
    server: Server, msp: Msp, store: Platform
) -> None:
    with line(server, msp.key) as socket:
        say(socket, action="subscribe")
        announce(store, msp, 0)
        last = hear(socket)["id"]
    announce(store, msp, *range(1, 1_200))
    with line(server, msp.key) as socket:
        assert say(socket, action="subscribe", last_event_id=last)["type"] == "subscribed"
        announce(store, msp, *range(1_200, 1_300))
        events = [hear(socket) for _ in range(1_299)]
        quiet(socket)
    assert [event["data"]["n"] for event in events] == list(range(1, 1_300))
    assert len({event["id"] for event in events}) == 1_299


def test_events_that_come_during_a_resume_come_after_it(server: Server, msp: Msp, store: Platform) -> None:
    announce(store, msp, *range(300))
    for _ in range(5):
        with line(server, msp.key) as socket:
            socket.send(json.dumps({"action": "subscribe", "last_event_id": "0"}))
            before = len(store.outbox.after(msp.msp_id, None, limit=10_000))
            announce(store, msp, before, before + 1)
            assert hear(socket)["type"] == "subscribed"
            assert [hear(socket)["data"]["n"] for _ in range(before + 2)] == list(range(before + 2))
            quiet(socket)


HOSTILE: list[str | bytes] = [
    "", " ", "hello", "[]", "7", "null", "{}", "\x00", b"\xff\xfe\xfa", b"", "[" * 10_000,
    '{"action": "dance"}',
    '{"action": NaN}',
    '{"action": "ping", "more": 1}',
    '{"action": "ping"}' + " " * 40_000,
    '{"action": "subscribe", "topics": "mesh"}',
    '{"action": "subscribe", "topics": [1]}',
    '{"action": "subscribe", "topics": ["no-such-topic"]}',
    '{"action": "subscribe", "topics": ["' + "x" * 31_000 + '"]}',
    '{"action": "subscribe", "topics": ' + json.dumps(["mesh"] * 51) + "}",
    '{"action": "subscribe", "last_event_id": 7}',
]  # fmt: skip


def test_hostile_messages_get_a_problem_and_the_line_stays_open(server: Server, msp: Msp) -> None:
    with line(server, msp.key) as socket:
        for message in HOSTILE:
            socket.send(message)
            heard = hear(socket)
            assert heard["type"] == "problem", (message[:50], heard)
            assert heard["problem"]["status"] in (400, 422) and heard["problem"]["errors"][0]["field"]
        quiet(socket)


@pytest.mark.parametrize("last_id", ["x", "-1", "1.5", "9" * 40, "999999999999", ""])
def test_resuming_from_an_id_that_was_never_given_is_a_problem_and_silences_nothing(
    server: Server, msp: Msp, store: Platform, last_id: str
) -> None:
    with line(server, msp.key) as socket:
        assert say(socket, action="subscribe", last_event_id=last_id)["type"] == "subscribed"
        assert hear(socket)["problem"]["errors"][0]["field"] == "last_event_id"
        announce(store, msp, 1)
        assert hear(socket)["data"] == {"n": 1}


def test_a_message_beyond_all_measure_ends_that_line_alone(server: Server, msp: Msp) -> None:
    with line(server, msp.key) as socket:
        socket.send("x" * 200_000)
        with pytest.raises(ConnectionClosed):
            hear(socket)
    with line(server, msp.key) as socket:
        quiet(socket)


def test_a_client_that_vanishes_harms_nobody(server: Server, msp: Msp, store: Platform) -> None:
    with line(server, msp.key) as staying:
        say(staying, action="subscribe")
        for number in range(5):
            with line(server, msp.key) as leaving:
                say(leaving, action="subscribe")
                leaving.socket.close()
            announce(store, msp, number)
        assert [hear(staying)["data"]["n"] for _ in range(5)] == list(range(5))


def test_a_line_is_cut_soon_after_its_key_is_revoked(server: Server, msp: Msp, store: Platform) -> None:
    with line(server, msp.key) as socket:
        say(socket, action="subscribe")
        store.keys.revoke(msp.key.split("_")[1])
        with pytest.raises(ConnectionClosed) as closed:
            hear(socket)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1008
