"""Events after they were committed: passing them on, counting them, following streams."""

from infra.grants.allowing import Statements, allow, bodies, items
from infra.names import arn
from infra.plan import EVENTS_STREAM
from mesh.adapters.aws.tables import IDEMPOTENCY, NETWORK, THREATS


def pass_events_on() -> Statements:
    return [
        bodies("GetObject"),
        allow(["kinesis:PutRecords"], [arn("kinesis", f"stream/{EVENTS_STREAM}")]),
        allow(["events:PutEvents"], [arn("events", "event-bus/default")]),
    ]


def count_events() -> Statements:
    return [
        items(IDEMPOTENCY, "PutItem"),
        items(NETWORK, "UpdateItem"),
        items(THREATS, "PutItem"),
    ]


def follow_table(stream: str) -> Statements:
    """What Lambda needs to bring a table's stream; which streams there are cannot be asked for one alone."""
    read = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
    return [allow(read, [stream]), allow(["dynamodb:ListStreams"], ["*"])]


def follow_events() -> Statements:
    read = ["DescribeStream", "DescribeStreamSummary", "GetRecords", "GetShardIterator", "ListShards"]
    stream = arn("kinesis", f"stream/{EVENTS_STREAM}")
    return [allow([f"kinesis:{one}" for one in read], [stream])]
