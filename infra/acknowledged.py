"""What cdk-nag finds and is left as it is, with the reason; whatever is not listed here fails the check.

A row names a rule, where (a pattern over construct paths; `*` within one finding's resource), and why.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aws_cdk import Acknowledgment, App, Stack, Validations
from aws_cdk import aws_iam as iam

ANYWHERE = ""
SOLUTIONS, SERVERLESS, NIST = "AwsSolutions", "Serverless", "NIST.800.53.R5"


@dataclass(frozen=True)
class Row:
    pack: str
    rule: str
    where: str
    why: str

    @property
    def id(self) -> str:
        return f"{self.pack}::{self.pack}-{self.rule}"


_RUNTIME = (
    "Python 3.13 is supported until 2029 and starts faster than 3.14 does; the libraries the agents need "
    "have wheels for it on arm64."
)
DLQ = (
    "Called by API Gateway or by an event source mapping, which wait for the answer: a dead letter target is "
    "used for calls that nobody waits for, and the functions called so have one."
)
OPEN = (
    "Open to all by design: health, documentation, preflights and paths that do not exist hold nothing of a "
    "tenant. The stage throttles them."
)
_AUTHORIZER = "A Lambda authorizer takes API keys and, where there is a user pool, its tokens."
_ROTATION = (
    "Entries are the mesh's own keys. What they signed or hashed stays where it is: a key renewed by a clock "
    "would part old sightings and receipts from new ones. Whoever must renew one does it by hand."
)
_OWN_POLICY = (
    "The policy is this role's and no other's: one role for each function, with what its code calls and "
    "nothing to share."
)
VPC = (
    "Reaches AWS over TLS with its own role and has no address that others could reach. With the switch "
    "`vpc` those that answer for tenants run in a private network; the others hold no tenant's session."
)
WAF = (
    "A firewall costs 9 USD a month and is part of the full size. In the others the authorizer, the usage "
    "plan and the stage's throttle stand before every function."
)
_SSE = (
    "Encrypted with S3's own keys. A key of ours would make each read a call to KMS, and not change who may "
    "read: the bucket's policy and the roles do that."
)
_AWS_POLICY = "The policy AWS asks for in this role, which only the service itself can assume."
LOGS_OF_LOGS = "The access logs' own bucket: logging into itself would never end."
_RECOVERED = (
    "Each table can be restored to any second of the last 35 days; a copy in another account is for whoever "
    "runs the mesh to decide."
)
_ONE_REGION = "Versions are kept for a month. A second region doubles the price of storage."
CONCURRENCY = (
    "A reservation is taken from all other functions, and new accounts have ten in all. The stage's "
    "throttle and the queue's mapping bound how many run."
)
CACHED = (
    "Rows, answers and jobs must be read as they are now, so only views and documentation are cached, in "
    "the full size, encrypted and kept apart by who asks."
)
TLS = (
    "The minimum is TLS 1.2, which CloudFront applies only under a domain of one's own; under "
    "cloudfront.net it decides itself."
)
_OUTWARD = (
    "The training task fetches its image and calls AWS over HTTPS. A private subnet would need a NAT gateway "
    "or endpoints, paid by the hour though a task runs for minutes; the security group lets nothing in."
)

ROWS = (
    Row(SOLUTIONS, "L1", ANYWHERE, _RUNTIME),
    Row(SERVERLESS, "LambdaLatestVersion", ANYWHERE, _RUNTIME),
    Row(SERVERLESS, "LambdaDLQ", ANYWHERE, DLQ),
    Row(NIST, "LambdaDLQ", ANYWHERE, DLQ),
    Row(NIST, "LambdaConcurrency", ANYWHERE, CONCURRENCY),
    Row(NIST, "LambdaInsideVPC", ANYWHERE, VPC),
    Row(NIST, "IAMNoInlinePolicy", ANYWHERE, _OWN_POLICY),
    Row(NIST, "DynamoDBInBackupPlan", ANYWHERE, _RECOVERED),
    Row(NIST, "S3BucketReplicationEnabled", ANYWHERE, _ONE_REGION),
    Row(NIST, "S3DefaultEncryptionKMS", ANYWHERE, _SSE),
    Row(SOLUTIONS, "COG4", "/Rest/", _AUTHORIZER),
    Row(SOLUTIONS, "APIG4", r"/Rest/Default/.*OPTIONS", OPEN),
    Row(SOLUTIONS, "APIG4", r"/Rest/Default/(health|docs|openapi\.json)", OPEN),
    Row(SOLUTIONS, "APIG4", r"/Rest/Default/(\{proxy\+\}/)?ANY", OPEN),
    Row(SOLUTIONS, "APIG3", "/Rest/", WAF),
    Row(NIST, "APIGWAssociatedWithWAF", "/Rest/", WAF),
    Row(SOLUTIONS, "CFR2", "/Distribution", WAF),
    Row(NIST, "APIGWCacheEnabledAndEncrypted", "/Rest/", CACHED),
    Row(NIST, "APIGWSSLEnabled", "/Rest/",
        "A client certificate shows a server of one's own that API Gateway calls; this calls Lambda."),
    Row(SOLUTIONS, "APIG4", r"-(websocket|realtime)/socket-(disconnect|message)-route",
        "A socket is let in at $connect; API Gateway takes no authorizer on later messages."),
    Row(SOLUTIONS, "SMG4", "/Credentials", _ROTATION),
    Row(NIST, "SecretsManagerRotationEnabled", "/Credentials", _ROTATION),
    Row(SOLUTIONS, "S1", "/AccessLogs", LOGS_OF_LOGS),
    Row(NIST, "S3BucketLoggingEnabled", "/AccessLogs", LOGS_OF_LOGS),
    Row(SOLUTIONS, "SQS3", "/FailedEvents",
        "It is a dead letter queue: of rules, schedules and streams, which cdk-nag does not follow."),
    Row(SERVERLESS, "SQSRedrivePolicy", "/(FailedEvents|DeadLetters)", "It is a dead letter queue itself."),
    Row(SERVERLESS, "LambdaEventSourceMappingDestination", "/JobMessages",
        "Lambda has no such destination for SQS; the queue's own redrive policy leads to msp-async-dlq."),
    Row(SOLUTIONS, "COG8", "/Users",
        "Threat protection needs the Plus plan, priced for each user. Users cannot sign up and must have a "
        "second factor."),
    Row(NIST, "VPCDefaultSecurityGroupClosed", "/Vpc",
        "Nothing is in the default group. CloudFormation cannot close it; CDK's way is a function that may "
        "change every security group of the account."),
    Row(SOLUTIONS, "CFR1", "/Distribution", "MSPs work from anywhere; price class 100 limits the edges."),
    Row(SOLUTIONS, "CFR4", "/Distribution", TLS),
    Row(SOLUTIONS, "ECS2", "-federation/Task/",
        "Names of tables, buckets and queues, and the code's hash. Keys are in Secrets Manager, which the "
        "task asks itself."),
    Row(NIST, "VPCNoUnrestrictedRouteToIGW", "-federation/Vpc", _OUTWARD),
    Row(SOLUTIONS,
        "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]",
        "/CloudWatchRole", _AWS_POLICY),
    Row(SOLUTIONS, "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWS_ConfigRole]",
        "/RecorderRole", _AWS_POLICY),
)  # fmt: skip

# Why a resource of a policy may hold a `*`; the first pattern that fits.
WILDCARDS: Mapping[str, str] = {
    r"^\*$": "X-Ray, Comprehend's detection, network interfaces, deliveries of logs and "
    "dynamodb:ListStreams know no resources: "
    "AWS takes only `*`.",
    r":bedrock:\*::foundation-model/[\w.:-]+$": "One model, in the regions that its inference profile leads "
    "to; a condition allows it through that profile alone.",
    r":log-group:/aws/lambda/[\w-]+:\*$": "The function's own log group, whose streams Lambda names.",
    r":log-group:/ecs/[\w-]+:\*$": "The task's own log group, whose streams ECS names.",
    r"-data-.*/(blobs|bodies)/\*$": "Objects are named when they are stored. Whoever answers for a tenant "
    "does it in a session that is fenced to the tenant's folder.",
    r"-models-.*/models/[\w.-]+/\*$": "One model's files, each named by its SHA-256.",
    r":apigateway:.*::/usageplans/\*/(keys|usage)$": "What a usage plan counted, read alone: the "
    "plan's id is made with it, by a stack that comes after the functions.",
    r"/@connections/\*$": "Connections of this one API and stage, named when a client connects.",
    r"/AWSLogs/<AWS::AccountId>/\*$": "AWS Config names the files of its history, in this account's folder.",
}


def acknowledge(app: App) -> None:
    """Write the reasons where the findings are."""
    for construct in app.node.find_all():
        path = construct.node.path
        for row in ROWS:
            if (row.where == ANYWHERE and construct is app) or (row.where and _is_at(row.where, path)):
                Validations.of(construct).acknowledge(Acknowledgment(id=row.id, reason=row.why))
        if isinstance(construct, iam.CfnPolicy):
            _explain(construct)


def _is_at(where: str, path: str) -> bool:
    return re.search(where, path) is not None


def _explain(policy: iam.CfnPolicy) -> None:
    for resource in wildcards(policy):
        why = next((why for pattern, why in WILDCARDS.items() if re.search(pattern, resource)), None)
        if why:
            finding = f"{SOLUTIONS}::{SOLUTIONS}-IAM5[Resource::{resource}]"
            Validations.of(policy).acknowledge(Acknowledgment(id=finding, reason=why))


def wildcards(policy: iam.CfnPolicy) -> Iterator[str]:
    """Resources of a policy that hold a `*`, each once, as cdk-nag writes them."""
    document: Any = Stack.of(policy).resolve(policy.policy_document)
    found: dict[str, None] = {}
    for statement in document["Statement"]:
        resources = statement.get("Resource", [])
        for resource in resources if isinstance(resources, list) else [resources]:
            found[written(resource)] = None
    return (text for text in found if "*" in text)


def written(value: Any) -> str:
    """A resource with its references as `<Name>`.

    >>> written({"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::a/*"]]})
    'arn:<AWS::Partition>:s3:::a/*'
    """
    if isinstance(value, str):
        return value
    (kind, inner), *_ = value.items()
    if kind == "Fn::Join":
        return str(inner[0]).join(written(part) for part in inner[1])
    return f"<{'.'.join(inner) if isinstance(inner, list) else inner}>"
