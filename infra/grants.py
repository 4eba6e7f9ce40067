"""What each kind of function may do, written from what its code calls. No action has a wildcard.

Resources are named in full, but for two kinds: objects of a bucket (`bodies/*`), whose names are made when
they are stored, and the services that know no resources (X-Ray; Comprehend; `dynamodb:ListStreams`).
"""

import re
from collections.abc import Iterable

from aws_cdk import Aws
from aws_cdk.aws_iam import PolicyStatement

from infra.names import arn, bucket_arn, queue_arn, table_arn
from infra.plan import EVENTS_STREAM, JOBS_DLQ, JOBS_QUEUE
from mesh.adapters.aws.blobs import FOLDER as BLOBS
from mesh.adapters.aws.bodies import FOLDER as BODIES
from mesh.adapters.aws.directory import LISTINGS
from mesh.adapters.aws.fence import OBJECTS, ROWS
from mesh.adapters.aws.knowledge import KEY as KNOWLEDGE
from mesh.adapters.aws.models import FOLDER as MODELS
from mesh.adapters.aws.tables import (
    API_KEYS,
    COMMONS,
    CONNECTIONS,
    EVENTS,
    IDEMPOTENCY,
    JOBS,
    NETWORK,
    RECORDS,
    RESULTS,
    STATES,
    TABLES,
    TENANTS,
    THREATS,
    Table,
)  # fmt: skip

Statements = list[PolicyStatement]
# Converse is allowed by the same action as InvokeModel.
INVOKE = "bedrock:InvokeModel"
PROFILE = re.compile(r"^(?:us|us-gov|eu|apac|jp|au|ca|global)\.")


def items(table: Table, *operations: str, index: str = "") -> PolicyStatement:
    """Operations on a table's items, or on those that an index lists."""
    return _allow([f"dynamodb:{operation}" for operation in operations], [table_arn(table.name, index)])


def every_tenants_rows() -> Statements:
    """The tenant role's: what a session policy then narrows to one tenant (`mesh.adapters.aws.fence`)."""
    tables = [t for t in TABLES if t.tenant_rows]
    indexes = [table_arn(t.name, i.name) for t in tables for i in t.indexes]
    objects = [bucket_arn("data", f"{folder}/*") for folder in (BLOBS, BODIES)]
    listed = _allow(["s3:ListBucket"], [bucket_arn("data")])
    listed.add_conditions({"StringLike": {"s3:prefix": [f"{BLOBS}/*"]}})
    return [
        _allow(ROWS, [table_arn(t.name) for t in tables]),
        _allow(["dynamodb:Query"], indexes),
        _allow(OBJECTS, objects),
        listed,
    ]


def look_up_keys() -> Statements:
    return [items(API_KEYS, "GetItem"), items(TENANTS, "GetItem")]


def bodies(*operations: str) -> PolicyStatement:
    return _allow([f"s3:{operation}" for operation in operations], [bucket_arn("data", f"{BODIES}/*")])


def answer(models: Iterable[str], tenant_role: str) -> Statements:
    """Whatever answers requests: who asks, the first reply, what was noted, and a session for the tenant."""
    return [
        *look_up_keys(),
        items(IDEMPOTENCY, "PutItem", "UpdateItem", "DeleteItem"),
        items(STATES, "BatchWriteItem"),
        bodies("GetObject", "PutObject"),
        _allow(["sts:AssumeRole"], [tenant_role]),
        see_partners(),
        *share(),
        *read_models(models),
        *queue_jobs(),
    ]


def read_secret(secret: str, key: str) -> Statements:
    """The mesh's own keys: what signs receipts, hashes indicators and seeds noise."""
    opened = _allow(["kms:Decrypt"], [key])
    opened.add_conditions({"StringEquals": {"kms:ViaService": f"secretsmanager.{Aws.REGION}.amazonaws.com"}})
    return [_allow(["secretsmanager:GetSecretValue"], [secret]), opened]


def see_partners() -> PolicyStatement:
    """What other MSPs chose to show: that partition of the table, and no tenant's."""
    shown = items(NETWORK, "Query")
    shown.add_conditions({"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [LISTINGS]}})
    return shown


def share() -> Statements:
    """Publishing to the mesh and asking it, through `mesh.sharing` alone: rows there belong to no one
    tenant's partition, so that no session policy could part them.
    """
    return [items(COMMONS, "GetItem", "Query", "UpdateItem"), items(COMMONS, "Query", index="by_owner")]


def meet_partners() -> Statements:
    """An introduction stands with both sides, so it is written into the partition of each."""
    return [items(NETWORK, "Query", "PutItem")]


def read_models(models: Iterable[str]) -> Statements:
    """Some models and the knowledge. Listing makes S3 say "absent" where it would say "denied"."""
    objects = [
        bucket_arn("models", KNOWLEDGE),
        *(bucket_arn("models", f"{MODELS}/{name}/*") for name in models),
    ]
    return [_allow(["s3:GetObject"], objects), _allow(["s3:ListBucket"], [bucket_arn("models")])]


def ask_services(services: Iterable[str], model: str) -> Statements:
    """Paid services, for the agents that name them. Comprehend's detection knows no resources."""
    asked = {"bedrock": ask_model(model), "comprehend": [_allow(["comprehend:BatchDetectSentiment"], ["*"])]}
    return [statement for service in services for statement in asked[service]]


def ask_model(model: str) -> Statements:
    """One model; through an inference profile, in whichever region that leads to, and no other way.
    https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
    """
    bare = PROFILE.sub("", model)
    if bare == model:
        return [_allow([INVOKE], [f"arn:{Aws.PARTITION}:bedrock:{Aws.REGION}::foundation-model/{model}"])]
    profile = arn("bedrock", f"inference-profile/{model}")
    behind = _allow([INVOKE], [f"arn:{Aws.PARTITION}:bedrock:*::foundation-model/{bare}"])
    behind.add_conditions({"StringEquals": {"bedrock:InferenceProfileArn": profile}})
    return [_allow([INVOKE], [profile]), behind]


def queue_jobs() -> Statements:
    """Taking a question in, to be answered later."""
    return [
        items(JOBS, "GetItem", "PutItem", "DeleteItem"),
        _allow(["sqs:SendMessage"], [queue_arn(JOBS_QUEUE)]),
    ]


def work_off_jobs() -> Statements:
    """Taking a job up and ending it, with the event that says so."""
    return [
        items(JOBS, "UpdateItem"),
        items(EVENTS, "PutItem", "UpdateItem"),
        _allow(["sqs:SendMessage"], [queue_arn(JOBS_DLQ)]),
    ]


def hand_on_jobs(functions: Iterable[str]) -> Statements:
    """The async processor holds no agent: it has the function of the job's own agent answer it. `functions`
    are ARNs, with the alias where one is called.
    """
    return [
        items(JOBS, "GetItem"),
        # A job whose agent is not there any more is ended by the processor itself.
        *work_off_jobs(),
        items(RESULTS, "GetItem"),
        bodies("GetObject"),
        _allow(["sqs:SendMessage"], [queue_arn(JOBS_QUEUE)]),
        _allow(["lambda:InvokeFunction"], functions),
    ]


def start_runs(machines: Iterable[str]) -> Statements:
    """Beginning a run of a playbook: its own rows say what it is over, the machine only that it begins."""
    return [_allow(["states:StartExecution"], machines)]


def run_steps(functions: Iterable[str], *, traced: bool) -> Statements:
    """A state machine's: calling the functions of its steps, and writing its log. Deliveries of logs know no
    resources: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
    """
    deliveries = ("Create", "Get", "Update", "Delete")
    logs = [f"logs:{one}LogDelivery" for one in deliveries]
    logs += ["logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies"]
    traces = ["xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules",
              "xray:GetSamplingTargets"]  # fmt: skip
    return [
        _allow(["lambda:InvokeFunction"], functions),
        _allow([*logs, "logs:DescribeLogGroups"], ["*"]),
        *([_allow(traces, ["*"])] if traced else []),
    ]


def remind_of_jobs() -> Statements:
    return [
        items(JOBS, "Query", index="due"),
        items(JOBS, "GetItem"),
        bodies("GetObject"),
        _allow(["sqs:SendMessage"], [queue_arn(JOBS_QUEUE)]),
    ]


def serve_platform() -> Statements:
    """Beside what every answering function does: how agents and jobs are doing, showing a profile, and
    erasing a tenant.
    """
    tenants = (RECORDS, RESULTS, EVENTS, JOBS, IDEMPOTENCY, NETWORK)
    return [
        items(STATES, "Query"),
        items(JOBS, "Query", "UpdateItem"),
        items(JOBS, "Query", index="by_time"),
        items(API_KEYS, "Query", index="by_tenant"),
        items(RESULTS, "Query", index="by_tenant"),
        *(items(table, "Query", "BatchWriteItem") for table in tenants),
        items(API_KEYS, "BatchWriteItem"),
        items(TENANTS, "DeleteItem"),
        # A profile's listing as it changes; and what an erased tenant left with those it met.
        items(NETWORK, "PutItem", "DeleteItem"),
        items(COMMONS, "DeleteItem", "BatchWriteItem"),
        _allow(["s3:DeleteObject"], [bucket_arn("data", f"{folder}/*") for folder in (BLOBS, BODIES)]),
        _allow(["s3:ListBucket"], [bucket_arn("data")]),
    ]


def pass_events_on() -> Statements:
    return [
        bodies("GetObject"),
        _allow(["kinesis:PutRecords"], [arn("kinesis", f"stream/{EVENTS_STREAM}")]),
        _allow(["events:PutEvents"], [arn("events", "event-bus/default")]),
    ]


def count_events() -> Statements:
    return [
        items(IDEMPOTENCY, "PutItem"),
        items(NETWORK, "UpdateItem"),
        items(THREATS, "PutItem"),
    ]


def refresh_feeds() -> Statements:
    return [
        _allow(["s3:GetObject", "s3:PutObject"], [bucket_arn("models", KNOWLEDGE)]),
        _allow(["s3:ListBucket"], [bucket_arn("models")]),
    ]


def open_socket() -> Statements:
    return [items(CONNECTIONS, "PutItem")]


def close_socket() -> Statements:
    return [items(CONNECTIONS, "DeleteItem")]


def hear_socket(connections: str) -> Statements:
    """`connections` is the ARN of the API's connections."""
    return [
        items(CONNECTIONS, "GetItem", "UpdateItem", "DeleteItem"),
        items(API_KEYS, "GetItem"),
        items(EVENTS, "GetItem", "Query"),
        bodies("GetObject"),
        _allow(["execute-api:ManageConnections"], [connections]),
    ]


def broadcast(connections: str) -> Statements:
    return [
        items(CONNECTIONS, "BatchGetItem", "DeleteItem", "GetItem", "UpdateItem"),
        items(CONNECTIONS, "Query", index="by_tenant"),
        items(API_KEYS, "GetItem"),
        items(EVENTS, "GetItem", "Query"),
        bodies("GetObject"),
        _allow(["execute-api:ManageConnections"], [connections]),
    ]


def end_sockets(connections: str) -> Statements:
    return [
        items(CONNECTIONS, "BatchGetItem", "DeleteItem"),
        items(CONNECTIONS, "Query", index="by_key"),
        items(API_KEYS, "GetItem"),
        _allow(["execute-api:ManageConnections"], [connections]),
    ]


def follow_table(stream: str) -> Statements:
    """What Lambda needs to bring a table's stream; which streams there are cannot be asked for one alone."""
    read = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
    return [_allow(read, [stream]), _allow(["dynamodb:ListStreams"], ["*"])]


def follow_events() -> Statements:
    read = ["DescribeStream", "DescribeStreamSummary", "GetRecords", "GetShardIterator", "ListShards"]
    stream = arn("kinesis", f"stream/{EVENTS_STREAM}")
    return [_allow([f"kinesis:{one}" for one in read], [stream])]


def receive(queue: str) -> Statements:
    """What Lambda needs to bring a queue's messages."""
    read = ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes", "ChangeMessageVisibility"]
    return [_allow([f"sqs:{one}" for one in read], [queue_arn(queue)])]


def have_network_interfaces() -> PolicyStatement:
    """Inside a network, Lambda makes and removes the function's interfaces in the function's own name."""
    of_interfaces = ("CreateNetworkInterface", "DeleteNetworkInterface", "DescribeNetworkInterfaces")
    of_addresses = ("AssignPrivateIpAddresses", "UnassignPrivateIpAddresses", "DescribeSubnets")
    return _allow([f"ec2:{one}" for one in (*of_interfaces, *of_addresses)], ["*"])


def write_logs(group: str) -> Statements:
    """Into the function's own group, whose streams it names itself."""
    group_arn = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:{group}:*"
    return [_allow(["logs:CreateLogStream", "logs:PutLogEvents"], [group_arn])]


def _allow(actions: Iterable[str], resources: Iterable[str]) -> PolicyStatement:
    return PolicyStatement(actions=list(actions), resources=list(resources))
