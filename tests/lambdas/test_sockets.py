"""Sockets behind API Gateway: who is let on, what is said, and events in order to whoever still listens."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mesh.adapters.aws.connections import RESUMING_S
from mesh.entrypoints.lambdas.revocation import hang_up
from mesh.entrypoints.lambdas.socket import handled
from mesh.entrypoints.lambdas.stream import Broadcaster, NotSettled
from mesh.kit.event import Draft
from tests.aws.stubs import Slept
from tests.lambdas.conftest import Ends, TestedProcess
from tests.lambdas.events import socket
from tests.ports.test_outbox import draft


def connect(at: TestedProcess, connection_id: str, msp_id: str = "msp-a", *topics: str) -> str:
    """A connection that listens; its key's id."""
    key_id = at.key(msp_id).split("_")[1]
    event = socket("$connect", connection_id, authorizer={"msp_id": msp_id, "key_id": key_id}, headers={})
    assert handled(event, at) == {"statusCode": 200}
    if topics:
        say(at, connection_id, {"action": "subscribe", "topics": list(topics)})
        at.ends.said.clear()
    return key_id


def say(at: TestedProcess, connection_id: str, message: Any) -> list[Any]:
    """Send a message; all that was said to the connection so far."""
    text = message if isinstance(message, str) else json.dumps(message)
    handled(socket("$default", connection_id, body=text), at)
    return heard(at, connection_id)


def heard(at: TestedProcess, connection_id: str) -> list[Any]:
    return [json.loads(line) for line in at.ends.said.get(connection_id, [])]


def numbers(at: TestedProcess, connection_id: str) -> list[int]:
    return [event["data"]["n"] for event in heard(at, connection_id)]


def broadcaster(at: TestedProcess) -> Broadcaster:
    return Broadcaster(at, Slept())


def test_a_connection_is_kept_from_connect_to_disconnect(at: TestedProcess) -> None:
    connect(at, "c1")
    found = at.connections.find("c1")
    assert found is not None and (found.msp_id, found.topics) == ("msp-a", frozenset())
    handled(socket("$disconnect"), at)
    assert at.connections.find("c1") is None


def test_without_an_authorizers_word_nobody_is_let_on(at: TestedProcess) -> None:
    assert handled(socket("$connect", headers={}), at) == {"statusCode": 401}
    assert at.connections.find("c1") is None


def test_the_protocol_a_browser_offered_is_taken_up(at: TestedProcess) -> None:
    headers = {"Sec-WebSocket-Protocol": "mesh.v1, key.abc"}
    event = socket("$connect", authorizer={"msp_id": "msp-a", "key_id": "k"}, headers=headers)
    assert handled(event, at)["headers"] == {"Sec-WebSocket-Protocol": "mesh.v1"}


def test_what_is_subscribed_to_is_remembered_between_messages(at: TestedProcess) -> None:
    connect(at, "c1")
    assert say(at, "c1", {"action": "subscribe", "topics": ["jobs"]})[-1]["topics"] == ["jobs"]
    assert say(at, "c1", {"action": "subscribe", "topics": ["mesh"]})[-1]["topics"] == ["jobs", "mesh"]
    assert say(at, "c1", {"action": "unsubscribe", "topics": ["jobs"]})[-1]["topics"] == ["mesh"]
    assert say(at, "c1", {"action": "ping"})[-1] == {"type": "pong"}


@pytest.mark.parametrize("text", ["", "nonsense", "[]", '{"action": "shout"}', "x" * 40_000])
def test_nonsense_is_answered_with_a_problem(at: TestedProcess, text: str) -> None:
    connect(at, "c1")
    assert say(at, "c1", text)[-1]["type"] == "problem"


def test_a_client_resumes_behind_the_event_it_saw_last(at: TestedProcess) -> None:
    connect(at, "c1")
    at.platform.outbox.add("msp-a", [draft(n) for n in range(3)])
    first = at.platform.outbox.after("msp-a", None)[0].id
    told = say(at, "c1", {"action": "subscribe", "topics": ["*"], "last_event_id": first})
    assert told[0]["type"] == "subscribed" and [event["data"]["n"] for event in told[1:]] == [1, 2]
    assert (
        say(at, "c1", {"action": "subscribe", "topics": ["*"], "last_event_id": "x"})[-1]["type"] == "problem"
    )


class CommittedMeanwhile(Ends):
    """Ends at which, between two things that are told, something else is committed and broadcast."""

    def __init__(self, at: TestedProcess, sender: Broadcaster) -> None:
        super().__init__()
        self.at, self.sender, self.coming = at, sender, [3, 4]

    def post(self, connection_id: str, text: str) -> bool:
        if self.coming:
            self.at.platform.outbox.add("msp-a", [draft(self.coming.pop(0))])
            self.sender.broadcast(self.at.stream())
        return super().post(connection_id, text)


def test_what_is_committed_during_a_resume_comes_once_and_behind_what_was_missed(at: TestedProcess) -> None:
    connect(at, "c1")
    at.platform.outbox.add("msp-a", [draft(n) for n in range(3)])
    sender = broadcaster(at)
    ends = CommittedMeanwhile(at, sender)
    during = replace(at, ends=ends)
    handled(socket("$default", "c1", body='{"action": "subscribe", "last_event_id": "0"}'), during)
    sender.broadcast(at.stream())
    at.platform.outbox.add("msp-a", [draft(5)])
    sender.broadcast(at.stream())
    # A function that starts anew knows nothing of what was told before.
    broadcaster(at).broadcast(at.stream())
    told = [json.loads(line) for line in ends.said["c1"]]
    assert told[0]["type"] == "subscribed"
    assert [event["data"]["n"] for event in told[1:]] == [0, 1, 2, 3, 4]
    assert numbers(at, "c1") == [5, 5]


def test_a_socket_that_was_left_while_it_resumed_is_ended_and_not_silent(at: TestedProcess) -> None:
    connect(at, "c1", "msp-a", "*")
    at.connections.resume("c1", frozenset({"*"}))
    at.platform.outbox.add("msp-a", [draft(1)])
    broadcaster(at).broadcast(at.stream())
    assert at.ends.said == {} and at.ends.ended == []
    at.clock.moment += timedelta(seconds=RESUMING_S + 1)
    at.platform.outbox.add("msp-a", [draft(2)])
    broadcaster(at).broadcast(at.stream())
    assert at.ends.said == {} and at.ends.ended == ["c1"]


def test_a_tenant_that_is_erased_during_a_resume_ends_it(at: TestedProcess) -> None:
    connect(at, "c1")
    at.connections.resume("c1", frozenset({"*"}))
    at.connections.put_off("c1", 99)
    said = say(at, "c1", {"action": "subscribe", "last_event_id": "0"})
    at.connections.put_off("c1", 99)
    assert [line["type"] for line in said] == ["subscribed"]
    found = at.connections.find("c1")
    assert found is not None and not found.resumes_until


def test_a_revoked_key_ends_the_sockets_it_opened_at_once_and_no_others(at: TestedProcess) -> None:
    revoked, other = connect(at, "revoked", "msp-a", "*"), connect(at, "other", "msp-a", "*")
    at.platform.keys.revoke(revoked)
    changes = [keys_changed("INSERT", other), keys_changed("MODIFY", revoked), keys_changed("MODIFY", other)]
    hang_up({"Records": changes}, at)
    assert at.ends.ended == ["revoked"]
    assert [c.connection_id for c in at.connections.of("msp-a")] == ["other"]


def test_the_sockets_of_an_erased_tenant_are_ended(at: TestedProcess) -> None:
    key_id = connect(at, "c1", "msp-b", "*")
    at.platform.tenants.erase("msp-b")
    hang_up({"Records": [keys_changed("REMOVE", key_id)]}, at)
    assert at.ends.ended == ["c1"]


def keys_changed(how: str, key_id: str) -> dict[str, Any]:
    """A record of the keys table's stream."""
    return {"eventName": how, "dynamodb": {"Keys": {"key_id": {"S": key_id}}, "StreamViewType": "KEYS_ONLY"}}


def test_events_go_to_the_tenants_own_connections_that_listen(at: TestedProcess) -> None:
    connect(at, "all", "msp-a", "*")
    connect(at, "jobs", "msp-a", "jobs")
    connect(at, "silent")
    connect(at, "other", "msp-b", "*")
    at.platform.outbox.add("msp-a", [Draft(type="a.b", topic="jobs", subject="s", data={"n": 1})])
    at.platform.outbox.add("msp-a", [Draft(type="a.b", topic="mesh", subject="s", data={"n": 2})])
    broadcaster(at).broadcast(at.stream())
    assert (numbers(at, "all"), numbers(at, "jobs")) == ([1, 2], [1])
    assert set(at.ends.said) == {"all", "jobs"}


def test_a_batch_that_comes_again_is_not_sent_again(at: TestedProcess) -> None:
    connect(at, "c1", "msp-a", "*")
    sender = broadcaster(at)
    at.platform.outbox.add("msp-a", [draft(1), draft(2)])
    for _ in range(3):
        sender.broadcast(at.stream())
    at.platform.outbox.add("msp-a", [draft(3)])
    sender.broadcast(at.stream())
    assert numbers(at, "c1") == [1, 2, 3]


def test_an_event_that_was_committed_late_is_sent_before_its_successor(at: TestedProcess) -> None:
    connect(at, "c1", "msp-a", "*")
    sender, outbox = broadcaster(at), at.outbox
    outbox.add("msp-a", [draft(1)])
    sender.broadcast(at.stream())
    (slow,) = outbox._places("msp-a", 1)
    outbox.add("msp-a", [draft(3)])
    with pytest.raises(NotSettled):
        sender.broadcast(at.stream())
    assert numbers(at, "c1") == [1]
    at.dynamo.transact([outbox._putting(slow, outbox._attributes("msp-a", draft(2), at.clock.now()))])
    sender.broadcast(at.stream())
    sender.broadcast(at.stream())
    assert numbers(at, "c1") == [1, 2, 3]


def test_an_event_a_new_function_began_behind_is_sent_all_the_same(at: TestedProcess) -> None:
    connect(at, "c1", "msp-a", "*")
    outbox = at.outbox
    (slow,) = outbox._places("msp-a", 1)
    outbox.add("msp-a", [draft(2)])
    sender = broadcaster(at)
    sender.broadcast(at.stream())
    at.dynamo.transact([outbox._putting(slow, outbox._attributes("msp-a", draft(1), at.clock.now()))])
    sender.broadcast(at.stream())
    outbox.add("msp-a", [draft(3)])
    sender.broadcast(at.stream())
    assert sorted(numbers(at, "c1")) == [1, 2, 3]


def test_who_has_gone_is_forgotten_and_who_does_not_read_is_ended_and_the_rest_hear(
    at: TestedProcess,
) -> None:
    for name in ("here", "gone", "stuck"):
        connect(at, name, "msp-a", "*")
    at.ends.gone.add("gone")
    at.ends.stuck.add("stuck")
    at.platform.outbox.add("msp-a", [draft(1)])
    broadcaster(at).broadcast(at.stream())
    assert numbers(at, "here") == [1]
    assert [c.connection_id for c in at.connections.of("msp-a")] == ["here"]
    assert at.ends.ended == ["stuck"]


def test_a_revoked_key_ends_its_connections_with_the_next_event_or_message(at: TestedProcess) -> None:
    for name in ("listens", "speaks"):
        at.platform.keys.revoke(connect(at, name, "msp-a", "*"))
    say(at, "speaks", {"action": "ping"})
    at.platform.outbox.add("msp-a", [draft(1)])
    broadcaster(at).broadcast(at.stream())
    assert at.ends.said == {} and sorted(at.ends.ended) == ["listens", "speaks"]
    assert list(at.connections.of("msp-a")) == []


def test_events_of_a_tenant_that_was_erased_since_hold_nothing_up(at: TestedProcess) -> None:
    connect(at, "c1", "msp-b", "*")
    at.platform.outbox.add("msp-a", [draft(1)])
    at.platform.outbox.add("msp-b", [draft(2)])
    batch = at.stream()
    at.platform.tenants.erase("msp-a")
    broadcaster(at).broadcast(batch)
    assert numbers(at, "c1") == [2]


def test_many_connections_all_hear(at: TestedProcess) -> None:
    key_id = connect(at, "c0", "msp-a", "*")
    for number in range(1, 40):
        event = socket("$connect", f"c{number}", authorizer={"msp_id": "msp-a", "key_id": key_id})
        handled(event, at)
        at.connections.listen(f"c{number}", frozenset({"*"}))
    at.platform.outbox.add("msp-a", [draft(1), draft(2)])
    broadcaster(at).broadcast(at.stream())
    assert all(numbers(at, f"c{number}") == [1, 2] for number in range(40))
