"""What a picture of a deployment shows: boxes for what its templates hold, arrows for what they connect.

Where a box stands is decided here; whether it is there, what is written in it and which arrows there are
follows from the resources, event sources, rules, integrations and policies.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reports.access import actors
from reports.template import Assembly
from reports.usage import PREFIX

# Functions that share a box, and those that have one of their own.
TOGETHER = {
    "socket-connect": "sockets", "socket-message": "sockets", "socket-disconnect": "sockets",
    "feed-refresher": "clock", "job-reminder": "clock", "benchmark-refresher": "clock",
}  # fmt: skip
ALONE = ("authorizer", "platform", "relay", "broadcaster", "event-processor", "async-processor")


@dataclass(frozen=True)
class Box:
    """One box: `at` is its column and row, `rows` its height in rows."""

    title: str
    lines: tuple[str, ...]
    at: tuple[int, float]
    kind: str
    rows: float = 1.0


def boxes(assembly: Assembly) -> dict[str, Box]:
    """What there is, by a short name, each column from its top."""
    slugs = [assembly.name(f).removeprefix(PREFIX) for f in assembly.of("AWS::Lambda::Function")]
    agents = tuple(slug for slug in slugs if _box_of(slug) == "agents")
    tall = 0.5 + 0.22 * max(len(agents), 3)
    made = {
        "people": Box("People at an MSP", ("dashboard in a browser",), (0, 0.0), "ask"),
        "scripts": Box("Scripts, PSA, RMM", ("API key for each",), (0, 2.0), "ask"),
        **_front(assembly),
        "authorizer": Box("authorizer", ("who asks: key or token",), (2, 0.0), "work"),
        "platform": Box("platform", ("records, results, jobs, docs",), (2, 1.0), "work"),
        "agents": Box(f"{len(agents)} agents", agents, (2, 2.0), "work", tall),
        "sockets": Box("sockets", ("connect, message, disconnect",), (2, 2.1 + tall), "work"),
        "async-processor": Box("async processor", ("hands a job to its agent",), (3, 1.0), "work"),
        "clock": Box("on schedule", ("newer feeds; forgotten jobs",), (3, 3.35), "work"),
        "relay": Box("relay", ("passes events on, in order",), (3, 4.4), "work"),
        "broadcaster": Box("broadcaster", ("to each tenant's sockets",), (3, 5.35), "work"),
        "event-processor": Box("event processor", ("counts each event once",), (4, 5.5), "work"),
        **_carrying(assembly),
        **_keeping(assembly),
    }
    present = {_box_of(slug) for slug in slugs}
    functions = {*ALONE, *TOGETHER.values(), "agents"}
    return {name: box for name, box in made.items() if name not in functions or name in present}


def _front(assembly: Assembly) -> dict[str, Box]:
    walls = len(assembly.of("AWS::WAFv2::WebACL"))
    methods = f"{len(assembly.of('AWS::ApiGateway::Method'))} methods"
    made = {
        "AWS::CloudFront::Distribution": ("web", "CloudFront", ("private bucket, headers",), 0.0),
        "AWS::Cognito::UserPool": ("pool", "Cognito", ("user pool: tokens",), 1.0),
        "AWS::ApiGateway::RestApi": ("rest", "REST API", (methods, "throttle, validators, plans"), 2.0),
        "AWS::WAFv2::WebACL": ("waf", "WAF", (f"{walls} web ACLs",), 3.2),
        "AWS::ApiGatewayV2::Api": ("ws", "WebSocket API", ("events as they happen",), 5.35),
    }
    return {
        name: Box(title, lines, (1, row), "front")
        for kind, (name, title, lines, row) in made.items()
        if assembly.of(kind)
    }


def _carrying(assembly: Assembly) -> dict[str, Box]:
    dead = sum("dlq" in assembly.name(queue) for queue in assembly.of("AWS::SQS::Queue"))
    made = {"jobs": Box("SQS jobs", (f"and {dead} queues of dead letters",), (3, 0.0), "carry")}
    if any("EventPattern" in rule.properties for rule in assembly.of("AWS::Events::Rule")):
        made["bus"] = Box("EventBridge", ("threats HIGH and above",), (3, 6.4), "carry")
    for stream in assembly.of("AWS::Kinesis::Stream"):
        shards, hours = (stream.properties.get(key, 0) for key in ("ShardCount", "RetentionPeriodHours"))
        made["kinesis"] = Box("Kinesis", (f"{shards} shard, {hours or 24} hours",), (4, 4.6), "carry")
    if assembly.of("AWS::SNS::Topic"):
        made["alerts"] = Box("SNS alerts", ("people, other systems",), (4, 6.4), "carry")
    return made


def _keeping(assembly: Assembly) -> dict[str, Box]:
    tables = tuple(assembly.name(table) for table in assembly.of("AWS::DynamoDB::Table"))
    names = [assembly.name(bucket).removeprefix(PREFIX) for bucket in assembly.of("AWS::S3::Bucket")]
    short = [name.removesuffix("-ACCOUNT-REGION") for name in names]
    secrets, keys = (len(assembly.of(kind)) for kind in ("AWS::SecretsManager::Secret", "AWS::KMS::Key"))
    return {
        "tables": Box(f"DynamoDB: {len(tables)} tables", tables, (4, 0.0), "keep", 0.5 + 0.185 * len(tables)),
        "buckets": Box("S3", (", ".join(short[:2]), ", ".join(short[2:])), (4, 2.75), "keep"),
        "secret": Box("Secrets and keys", (f"secrets: {secrets}, KMS keys: {keys}",), (4, 3.7), "keep"),
    }


def arrows(assembly: Assembly) -> list[tuple[str, str, str]]:
    """From box to box, with what passes: read from the templates."""
    found: dict[tuple[str, str], str] = {}
    for start, end, what in _connections(assembly):
        if start != end:
            found.setdefault((start, end), what)
    there = boxes(assembly)
    return [(a, b, what) for (a, b), what in found.items() if a in there and b in there]


def _connections(assembly: Assembly) -> Iterator[tuple[str, str, str]]:
    yield "people", "web", "pages"
    yield "people", "ws", "socket"
    yield "scripts", "rest", "questions"
    if assembly.of("AWS::Cognito::UserPool"):
        yield "people", "pool", "sign in"
    for authorizer in assembly.of("AWS::ApiGateway::Authorizer", "AWS::ApiGatewayV2::Authorizer"):
        api = "rest" if authorizer.service == "ApiGateway" else "ws"
        yield api, "authorizer", "who is it"
    for method in assembly.of("AWS::ApiGateway::Method", "AWS::ApiGatewayV2::Integration"):
        integration = method.properties.get("Integration", method.properties)
        uri = assembly.text(integration.get("Uri", integration.get("IntegrationUri", "")), method.stack)
        if name := _function_in(assembly, uri):
            yield "rest" if method.service == "ApiGateway" else "ws", name, "requests"
    yield from _events(assembly)
    yield from _rights(assembly)


def _events(assembly: Assembly) -> Iterator[tuple[str, str, str]]:
    """Event sources and rules."""
    for mapping in assembly.of("AWS::Lambda::EventSourceMapping"):
        source = assembly.text(mapping.properties["EventSourceArn"], mapping.stack)
        target = assembly.text(mapping.properties["FunctionName"], mapping.stack)
        yield _store(assembly, source), _box_of(target.removeprefix(PREFIX)), "brings records"
    for rule in assembly.of("AWS::Events::Rule"):
        for target in rule.properties.get("Targets", []):
            arn = assembly.text(target["Arn"], rule.stack)
            if "EventPattern" in rule.properties:
                yield "bus", _function_in(assembly, arn) or "alerts", "rule"


def _rights(assembly: Assembly) -> Iterator[tuple[str, str, str]]:
    """What functions may write to or call."""
    meant = {
        "kinesis:PutRecords": "kinesis", "events:PutEvents": "bus", "sqs:SendMessage": "jobs",
        "execute-api:ManageConnections": "ws", "lambda:InvokeFunction": "agents",
    }  # fmt: skip
    for actor in actors(assembly):
        name = _box_of(actor.name.removeprefix(PREFIX)) if actor.name.startswith(PREFIX) else ""
        for grant in actor.grants:
            for action in grant.actions:
                if (
                    name
                    and action in meant
                    and not (action == "sqs:SendMessage" and name not in ("agents", "clock"))
                ):
                    yield name, meant[action], action
                if action.startswith("dynamodb:PutItem") and name in (
                    "agents",
                    "platform",
                    "sockets",
                    "event-processor",
                ):
                    yield name, "tables", "rows"
                if action == "s3:GetObject" and name in ("agents", "clock"):
                    yield name, "buckets", "models, knowledge"


def _box_of(slug: str) -> str:
    return TOGETHER.get(slug, slug if slug in ALONE else "agents")


def _function_in(assembly: Assembly, text: str) -> str:
    """The box of the function that an ARN or URI names."""
    for function in assembly.of("AWS::Lambda::Function"):
        name = assembly.name(function)
        if (
            text == name
            or f":{name}/" in text
            or text.endswith(f":{name}")
            or f"/{name}/" in text
            or f"{name}:live" in text
        ):
            return _box_of(name.removeprefix(PREFIX))
    return ""


def _store(assembly: Assembly, name: str) -> str:
    kinds: Mapping[str, str] = {
        "AWS::Kinesis::Stream": "kinesis",
        "AWS::SQS::Queue": "jobs",
        "AWS::DynamoDB::Table": "tables",
    }
    for kind, box in kinds.items():
        if any(assembly.name(resource) == name for resource in assembly.of(kind)):
            return box
    return ""
