"""What happens after an answer, from function to function: nothing here is called by hand."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from mesh import registry
from mesh.adapters.aws.dynamo import Dynamo
from mesh.adapters.aws.tables import EVENTS, NETWORK
from mesh.kit.event import Draft
from mesh.kit.platform import Job, Platform
from tests.deployed.conftest import Msp
from tests.deployed.served import Deployed

pytestmark = pytest.mark.timeout(900)
PATIENCE_S, POLL_S = 90.0, 0.2
pytest.importorskip("mesh.agents.anomaly_detection", reason="the agent that is asked here is not there")
AGENT = registry.find("anomaly-detection")
QUESTION = dict(AGENT.examples[0].question)


def until(happened: Callable[[], Any]) -> Any:
    """What `happened` gives once it gives something."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := happened()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(POLL_S)
    return found


def counted(copy: Deployed, msp: Msp) -> dict[str, int]:
    rows = Dynamo(copy.clients(), copy.found.settings()).query(NETWORK, "#msp_id = :m", {"m": msp.msp_id})
    return {row["metric_type"]: int(row["count"]) for row in rows}


def letters(copy: Deployed, output: str = "DeadLettersUrl") -> list[str]:
    got = copy.account.client("sqs").receive_message(
        QueueUrl=copy.found.output(output), MaxNumberOfMessages=10, VisibilityTimeout=0
    )
    return [message["Body"] for message in got.get("Messages", [])]


def test_an_answer_reaches_the_socket_and_the_counts(copy: Deployed, msp: Msp) -> None:
    """Results and Events tables, stream, broadcaster, socket; stream, relay, Kinesis, event processor."""
    with connect(copy.socket_url, additional_headers={"x-api-key": msp.key}) as line:
        line.send(json.dumps({"action": "subscribe", "topics": [AGENT.slug]}))
        assert json.loads(line.recv(PATIENCE_S))["type"] == "subscribed"
        result = msp.http.post(AGENT.route, json=QUESTION).raise_for_status().json()
        event = json.loads(line.recv(PATIENCE_S))
    assert (event["mspid"], event["subject"]) == (msp.msp_id, result["result_id"])
    assert until(lambda: counted(copy, msp)) == {f"events:{AGENT.event}": 1}


def test_a_grave_threat_reaches_whoever_subscribed_to_the_alerts(
    copy: Deployed, msp: Msp, store: Platform
) -> None:
    """EventBridge's rule, SNS, a queue; what is not grave stays out of it."""
    sqs, sns = copy.account.client("sqs"), copy.account.client("sns")
    url = sqs.create_queue(QueueName=f"{msp.msp_id}-alerts")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=copy.found.output("AlertsTopic"), Protocol="sqs", Endpoint=arn)
    for number, severity in enumerate(("LOW", "HIGH")):
        data = {"severity": severity, "threat_type": "ransomware"}
        draft = Draft(type="threat.detected", topic="threat-intelligence", subject=f"r{number}", data=data)
        store.outbox.add(msp.msp_id, [draft])
    got = until(lambda: sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"))
    assert len(got) == 1 and "r1" in got[0]["Body"] and "r0" not in got[0]["Body"]


def test_a_question_put_off_is_answered_by_the_agents_own_function(msp: Msp) -> None:
    """SQS, async processor, agent."""
    taken = msp.http.post(AGENT.route, json=QUESTION, headers={"prefer": "respond-async"})
    assert taken.status_code == 202
    href = taken.json()["href"]
    job = until(lambda: (j := msp.http.get(href).json())["state"] in ("done", "dead") and j)
    assert job["state"] == "done", job
    assert msp.http.get(f"/results/{job['result_id']}").json()["agent"] == AGENT.slug


def test_a_poisoned_job_ends_in_the_dead_letters_once_and_comes_back_when_told(
    copy: Deployed, msp: Msp, store: Platform
) -> None:
    now = store.clock.now()
    job = Job(
        job_id=f"poison-{msp.msp_id}", msp_id=msp.msp_id, agent="no-such-agent", question={},
        created_at=now, not_before=now,
    )  # fmt: skip
    store.jobs.add(job)
    until(lambda: msp.http.get(f"/jobs/{job.job_id}").json()["state"] == "dead")
    behind = msp.http.post(AGENT.route, json=QUESTION, headers={"prefer": "respond-async"}).json()["href"]
    until(lambda: msp.http.get(behind).json()["state"] == "done")
    assert sum(job.job_id in body for body in letters(copy)) == 1
    driven = copy.command("redrive", "--job", job.job_id)
    assert driven.returncode == 0 and f"{job.job_id} of {msp.msp_id} is back in line" in driven.stderr
    again = until(lambda: (j := msp.http.get(f"/jobs/{job.job_id}").json())["state"] == "dead" and j)
    assert again["attempts"] == 1
    assert until(lambda: sum(job.job_id in body for body in letters(copy))) == 1


def test_nonsense_in_the_job_queue_ends_in_the_dead_letters_and_blocks_nothing(
    copy: Deployed, msp: Msp
) -> None:
    sqs = copy.account.client("sqs")
    url = copy.found.output("JobsQueueUrl")
    sqs.send_message(QueueUrl=url, MessageBody=f"nonsense of {msp.msp_id}")
    taken = msp.http.post(AGENT.route, json=QUESTION, headers={"prefer": "respond-async"}).json()
    until(lambda: msp.http.get(taken["href"]).json()["state"] == "done")


def test_a_stream_record_that_is_no_event_stops_nothing_behind_it(copy: Deployed, msp: Msp) -> None:
    kinesis, stream = copy.account.client("kinesis"), copy.found.output("EventsStream")
    kinesis.put_record(StreamName=stream, Data=b"nonsense", PartitionKey=msp.msp_id)
    msp.http.post(AGENT.route, json=QUESTION).raise_for_status()
    assert until(lambda: counted(copy, msp)) == {f"events:{AGENT.event}": 1}


def test_a_socket_that_never_reads_holds_up_no_other(copy: Deployed, msp: Msp, store: Platform) -> None:
    headers = {"x-api-key": msp.key}
    with (
        connect(copy.socket_url, additional_headers=headers, max_queue=1) as deaf,
        connect(copy.socket_url, additional_headers=headers) as line,
    ):
        for socket in (deaf, line):
            socket.send(json.dumps({"action": "subscribe", "topics": ["mesh"]}))
        assert json.loads(line.recv(PATIENCE_S))["type"] == "subscribed"
        until(lambda: len(list(_listening(copy, msp))) == 2)
        data = {"filler": "x" * 20_000}
        drafts = [Draft(type="thing.happened", topic="mesh", subject=str(n), data=data) for n in range(40)]
        store.outbox.add(msp.msp_id, drafts)
        heard = [json.loads(line.recv(PATIENCE_S))["subject"] for _ in drafts]
    assert heard == [str(n) for n in range(40)]


def _listening(copy: Deployed, msp: Msp) -> Any:
    from mesh.adapters.aws.connections import Connections

    clients = copy.clients()
    connections = Connections(Dynamo(clients, copy.found.settings()), copy.open().clock)
    return [one for one in connections.of(msp.msp_id) if one.topics]


def test_a_socket_whose_tenant_is_erased_is_told_nothing_more(
    copy: Deployed, msp: Msp, store: Platform
) -> None:
    with connect(copy.socket_url, additional_headers={"x-api-key": msp.key}) as line:
        line.send(json.dumps({"action": "subscribe", "topics": ["mesh"]}))
        assert json.loads(line.recv(PATIENCE_S))["type"] == "subscribed"
        until(lambda: list(_listening(copy, msp)))
        store.keys.revoke(msp.key.split("_")[1])
        store.outbox.add(msp.msp_id, [Draft(type="thing.happened", topic="mesh", subject="1", data={})])
        with pytest.raises(ConnectionClosed):
            line.recv(PATIENCE_S)


def test_an_idle_socket_is_ended_when_its_key_is_revoked_and_another_keys_is_not(
    copy: Deployed, msp: Msp, store: Platform
) -> None:
    """Keys table, its stream, key watcher: nothing is sent meanwhile."""
    other = store.keys.create(msp.msp_id)
    with (
        connect(copy.socket_url, additional_headers={"x-api-key": msp.key}) as idle,
        connect(copy.socket_url, additional_headers={"x-api-key": other}) as line,
    ):
        for socket in (idle, line):
            socket.send(json.dumps({"action": "subscribe", "topics": ["mesh"]}))
            assert json.loads(socket.recv(PATIENCE_S))["type"] == "subscribed"
        store.keys.revoke(msp.key.split("_")[1])
        with pytest.raises(ConnectionClosed):
            idle.recv(PATIENCE_S)
        line.send(json.dumps({"action": "ping"}))
        assert json.loads(line.recv(PATIENCE_S)) == {"type": "pong"}


def test_every_event_is_stored_before_it_is_told(copy: Deployed, msp: Msp) -> None:
    msp.http.post(AGENT.route, json=QUESTION).raise_for_status()
    dynamo = Dynamo(copy.clients(), copy.found.settings())
    rows = list(dynamo.query(EVENTS, "#msp_id = :m", {"m": msp.msp_id}))
    assert [row["type"] for row in rows if "type" in row] == [AGENT.event]
