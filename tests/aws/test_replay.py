"""Batches of events that were given up on, brought to their function again: Lambda scripted, streams real."""

import base64
import json
from typing import Any

import pytest

from mesh.adapters.aws.items import tenant_key
from mesh.adapters.aws.tables import EVENTS
from mesh.entrypoints.commands.aws import replay
from mesh.entrypoints.lambdas.stream import committed
from mesh.kit.event import Event
from tests.aws.conftest import Deployment
from tests.ports.test_outbox import draft

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:msp-intelligence-event-processor"


class Payload:
    def __init__(self, said: Any) -> None:
        self.said = said

    def read(self) -> bytes:
        return json.dumps(self.said).encode()


class Account:
    """The account of a deployment, where one function keeps what it was called with and gives `answers`."""

    region = "us-east-1"

    def __init__(self, there: Deployment, *answers: Any) -> None:
        self.there, self.answers = there, list(answers)
        self.called: list[dict[str, Any]] = []

    def client(self, service: str) -> Any:
        if service == "lambda":
            return self
        return getattr(self.there.clients, {"dynamodbstreams": "streams"}.get(service, service))

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert FunctionName == FUNCTION
        self.called.append(json.loads(Payload))
        return self.answers.pop(0) if self.answers else says(None)


def says(answer: Any, **more: Any) -> dict[str, Any]:
    return {"Payload": Payload(answer), **more}


def note(kind: str, **info: Any) -> str:
    """What Lambda leaves at an on-failure destination; the fields are those of its documentation."""
    context = {"requestId": "r", "functionArn": FUNCTION, "condition": "RetryAttemptsExhausted"}
    return json.dumps({"requestContext": context, "version": "1.0", kind: info})


@pytest.fixture
def queue(deployment: Deployment) -> str:
    url: str = deployment.settings.dead_letters_url
    return url


def kinesis_note(there: Deployment, first: int, last: int) -> tuple[str, list[Event]]:
    """Five events in a stream, and the note on some of them."""
    name = there.settings.events_stream
    there.clients.kinesis.create_stream(StreamName=name, ShardCount=1)
    there.platform.outbox.add("msp-a", [draft(n) for n in range(5)])
    events = list(there.platform.outbox.after("msp-a", None))
    places = [
        there.clients.kinesis.put_record(
            StreamName=name, Data=event.model_dump_json().encode(), PartitionKey="msp-a"
        )
        for event in events
    ]
    arn = there.clients.kinesis.describe_stream(StreamName=name)["StreamDescription"]["StreamARN"]
    numbers = [place["SequenceNumber"] for place in places]
    body = note(
        "KinesisBatchInfo", streamArn=arn, shardId=places[0]["ShardId"], batchSize=last - first + 1,
        startSequenceNumber=numbers[first], endSequenceNumber=numbers[last],
    )  # fmt: skip
    return body, events


def test_a_batch_of_kinesis_is_brought_again_with_its_records_and_no_others(
    deployment: Deployment, queue: str
) -> None:
    body, events = kinesis_note(deployment, 1, 3)
    deployment.clients.sqs.send_message(QueueUrl=queue, MessageBody=body)
    account: Any = Account(deployment)
    assert list(replay.replayed(queue, account, 30)) == [
        "3 records for msp-intelligence-event-processor: 3 brought again"
    ]
    ((records,),) = (call.values() for call in account.called)
    brought = [Event.model_validate_json(base64.b64decode(r["kinesis"]["data"])) for r in records]
    assert brought == events[1:4]
    assert deployment.messages(queue) == []


@pytest.mark.parametrize(
    "answer",
    [says({"errorMessage": "boom"}, FunctionError="Unhandled"),
     says({"batchItemFailures": [{"itemIdentifier": "s1"}]})],
)  # fmt: skip
def test_a_batch_that_fails_again_stays_and_says_why(
    deployment: Deployment, queue: str, answer: dict[str, Any]
) -> None:
    body, _ = kinesis_note(deployment, 0, 1)
    deployment.clients.sqs.send_message(QueueUrl=queue, MessageBody=body)
    account: Any = Account(deployment, answer)
    (line,) = replay.replayed(queue, account, 30)
    assert "failed again" in line and ("boom" in line or "s1" in line)
    assert deployment.messages(queue) == [body]


def test_a_batch_of_a_table_comes_as_lambda_brings_it(deployment: Deployment, queue: str) -> None:
    deployment.platform.outbox.add("msp-a", [draft(1), draft(2)])
    streams = deployment.clients.streams
    table = deployment.clients.dynamodb.describe_table(TableName=deployment.settings.table(EVENTS.name))
    arn = table["Table"]["LatestStreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    place = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records = streams.get_records(ShardIterator=place["ShardIterator"])["Records"]
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    body = note(
        "DDBStreamBatchInfo", streamArn=arn, shardId=shard, batchSize=len(records),
        startSequenceNumber=numbers[0], endSequenceNumber=numbers[-1],
    )  # fmt: skip
    deployment.clients.sqs.send_message(QueueUrl=queue, MessageBody=body)
    account: Any = Account(deployment)
    list(replay.replayed(queue, account, 30))
    (call,) = account.called
    assert [item["msp_id"] for item in committed(call)] == [tenant_key("msp-a")] * 2


def test_what_the_stream_has_forgotten_stays_and_is_said(deployment: Deployment, queue: str) -> None:
    body, _ = kinesis_note(deployment, 0, 1)
    gone = body.replace("stream/", "stream/not-")
    deployment.clients.sqs.send_message(QueueUrl=queue, MessageBody=gone)
    account: Any = Account(deployment)
    (line,) = replay.replayed(queue, account, 30)
    assert "no longer in the stream" in line and account.called == []
    assert deployment.messages(queue) == [gone]


def test_what_is_no_batch_stays_and_a_clocks_call_is_taken_away(deployment: Deployment, queue: str) -> None:
    clock = json.dumps({"detail-type": "Scheduled Event", "detail": {}})
    for body in ("nonsense", "[]", clock, note("OtherInfo", streamArn="x")):
        deployment.clients.sqs.send_message(QueueUrl=queue, MessageBody=body)
    account: Any = Account(deployment)
    lines = list(replay.replayed(queue, account, 30))
    assert len(lines) == 4 and sum("taken away" in line for line in lines) == 1
    assert clock not in deployment.messages(queue)
