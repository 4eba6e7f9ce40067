"""Batches of events that were given up on, brought to their function once more.

What Lambda leaves in `msp-events-dlq` is a note: which function, which stream, from which number to which.
The records themselves are still in the stream, for a day after they were written
(https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html). They are read from there
and the function is called with them as Lambda would call it. Every receiver knows an event again by its id.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mesh.adapters.aws.deployment.account import Account, plainly

KINESIS, DYNAMODB = "KinesisBatchInfo", "DDBStreamBatchInfo"
# A call may carry 6 MB; a function is brought as many records at once as its mapping would bring.
RECORDS_AT_ONCE, BYTES_AT_ONCE = 100, 4_000_000
GONE = ("TrimmedDataAccessException", "ExpiredIteratorException", "ResourceNotFoundException")
# What a clock or a rule could not hand on.
SCHEDULED = "Scheduled Event"


class StillFails(Exception):
    """The function failed on the records again; the text says how."""


class NotThere(Exception):
    """The stream does not hold the records any more."""


@dataclass(frozen=True)
class Batch:
    """What a note says."""

    function: str
    stream: str
    shard: str
    first: str
    last: str
    size: int
    kinesis: bool

    @property
    def told(self) -> str:
        return f"{self.size} records for {self.function.rsplit(':', 1)[-1]}"


def batch(body: str) -> Batch | None:
    """The batch of a note; None for a message that is none."""
    try:
        note = json.loads(body)
        kind = next(kind for kind in (KINESIS, DYNAMODB) if kind in note)
        info = note[kind]
        return Batch(
            function=note["requestContext"]["functionArn"], stream=info["streamArn"], shard=info["shardId"],
            first=info["startSequenceNumber"], last=info["endSequenceNumber"], size=int(info["batchSize"]),
            kinesis=kind == KINESIS,
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, StopIteration):
        return None


def replayed(url: str, account: Account, hidden_s: int) -> Iterator[str]:
    """Replays note after note; what became of each, a line each. One that fails again stays."""
    sqs, kept = account.client("sqs"), list[str]()
    with plainly("replaying the batches of events that were given up on"):
        # What stays is hidden meanwhile, so that it does not come twice.
        while got := sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=hidden_s
        ).get("Messages"):
            for letter in got:
                settled, line = _settled(letter, account)
                if settled:
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=letter["ReceiptHandle"])
                else:
                    kept.append(letter["ReceiptHandle"])
                yield line
        for handle in kept:
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)


def _settled(letter: Mapping[str, Any], account: Account) -> tuple[bool, str]:
    found = batch(letter["Body"])
    if found is None:
        return _other(letter)
    try:
        count = sum(_brought(records, found, account) for records in parts(records_of(found, account)))
    except NotThere:
        return False, f"{found.told}: no longer in the stream, which keeps them for a day; the note stays"
    except StillFails as failed:
        return False, f"{found.told}: failed again ({failed}); the note stays"
    return True, f"{found.told}: {count} brought again"


def _other(letter: Mapping[str, Any]) -> tuple[bool, str]:
    try:
        scheduled = json.loads(letter["Body"]).get("detail-type") == SCHEDULED
    except (ValueError, AttributeError):
        scheduled = False
    if scheduled:
        return True, f"{letter['MessageId']} is a clock's call; the clock has called again since: taken away"
    return False, f"{letter['MessageId']} is no batch of events: it stays"


def _brought(records: Sequence[Mapping[str, Any]], found: Batch, account: Account) -> int:
    """Calls the function with records. Raises StillFails."""
    reply = account.client("lambda").invoke(
        FunctionName=found.function, Payload=json.dumps({"Records": records}).encode()
    )
    said = reply["Payload"].read().decode(errors="replace")
    if reply.get("FunctionError"):
        raise StillFails(said[:200])
    answer = json.loads(said or "null")
    if isinstance(answer, Mapping) and (again := answer.get("batchItemFailures")):
        raise StillFails(f"from record {again[0].get('itemIdentifier')}")
    return len(records)


def parts(records: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Records in calls that are small enough.

    >>> [len(part) for part in parts({"n": n} for n in range(250))]
    [100, 100, 50]
    """
    part, size = list[dict[str, Any]](), 0
    for record in records:
        length = len(json.dumps(record))
        if part and (len(part) == RECORDS_AT_ONCE or size + length > BYTES_AT_ONCE):
            yield part
            part, size = [], 0
        part.append(record)
        size += length
    if part:
        yield part


def records_of(found: Batch, account: Account) -> Iterator[dict[str, Any]]:
    """The batch's records, as Lambda passes them on. Raises NotThere."""
    from botocore.exceptions import ClientError

    client = account.client("kinesis" if found.kinesis else "dynamodbstreams")
    where = {"StreamARN": found.stream} if found.kinesis else {"StreamArn": found.stream}
    from_first = ("StartingSequenceNumber" if found.kinesis else "SequenceNumber", found.first)
    written: Callable[[Mapping[str, Any], Batch, str], dict[str, Any]] = (
        _of_kinesis if found.kinesis else _of_table
    )
    try:
        iterator = client.get_shard_iterator(
            **where, ShardId=found.shard, ShardIteratorType="AT_SEQUENCE_NUMBER", **dict([from_first])
        )["ShardIterator"]
        left = found.size
        while iterator and left > 0:
            page = client.get_records(ShardIterator=iterator, Limit=min(1_000, left))
            for record in page["Records"]:
                if int(_number(record)) > int(found.last):
                    return
                left -= 1
                yield written(record, found, account.region)
            iterator = page.get("NextShardIterator") if page["Records"] else None
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            raise NotThere from error
        raise
    if left == found.size:
        raise NotThere


def _number(record: Mapping[str, Any]) -> str:
    return str(record.get("SequenceNumber") or record["dynamodb"]["SequenceNumber"])


def _of_kinesis(record: Mapping[str, Any], found: Batch, region: str) -> dict[str, Any]:
    number = record["SequenceNumber"]
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0", "partitionKey": record["PartitionKey"], "sequenceNumber": number,
            "data": base64.b64encode(record["Data"]).decode(),
            "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"].timestamp(),
        },
        "eventSource": "aws:kinesis", "eventVersion": "1.0", "eventName": "aws:kinesis:record",
        "eventID": f"{found.shard}:{number}", "eventSourceARN": found.stream, "awsRegion": region,
    }  # fmt: skip


def _of_table(record: Mapping[str, Any], found: Batch, region: str) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(dict(record), default=_plain))
    return {**plain, "eventSourceARN": found.stream, "eventSource": "aws:dynamodb", "awsRegion": region}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{type(value).__name__} is no value of a record")
