"""The security report: roles, encryption, exposure and logs of a deployment, and what AWS's lenses ask."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from reports.access import Grant, actors, short, wildcards
from reports.lenses import lenses
from reports.markdown import table
from reports.template import Assembly, Resource, listed, statements

Rows = list[tuple[str, ...]]
# Services that know no resource for these actions: the star is the only thing that can be named.
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
NO_RESOURCE = {
    "xray:PutTraceSegments", "xray:PutTelemetryRecords", "dynamodb:ListStreams", "kinesis:ListStreams",
    "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface",
}  # fmt: skip


def report(assembly: Assembly, size: str) -> str:
    """As Markdown."""
    parts = [
        f"# Security on AWS, size `{size}`",
        "Written by `./mesh security report --write` from the synthesised templates; a test compares it with"
        " them. What the code does itself is in `docs/security.md`. Nothing here was checked in an account.",
        "## Who may do what",
        "Each function has a role of its own. Functions with the same rights stand together. ACCOUNT, REGION"
        " and `arn:aws:...` are left out of names.",
        *_roles(assembly),
        "### Stars",
        _stars(assembly),
        "## Encryption",
        table(("what", "kind", "at rest", "besides"), encryption(assembly)),
        "## Exposure",
        *exposure(assembly),
        "## Logs",
        table(("log", "kept, days", "key"), logs(assembly)),
        "## The Well-Architected lenses",
        "Questions of the Serverless Applications Lens and of the SaaS Lens, in our words, with what answers"
        " them in these templates. *Open* is what is not answered.",
        table(("lens", "question", "answer"), lenses(assembly)),
    ]
    return "\n\n".join(parts) + "\n"


def _roles(assembly: Assembly) -> Iterator[str]:
    """Roles with the same rights together; what bears a function's own name counts as the same."""
    alike: dict[str, tuple[list[str], list[Grant], list[str]]] = {}
    for actor in actors(assembly):
        name = actor.name.removeprefix("msp-intelligence-")
        grants = [_of_itself(grant, name) for grant in actor.grants]
        alike.setdefault(f"{grants} {actor.managed}", ([], grants, actor.managed))[0].append(name)
    for names, grants, managed in alike.values():
        yield f"**{', '.join(names)}**"
        rows = [(_shown(g.actions), _shown(g.resources), g.conditions) for g in _joined(grants)]
        rows += [("(AWS's managed policy)", f"`{short(name)}`", "") for name in managed]
        yield table(("may", "on", "if"), rows) if rows else "May nothing."


def _of_itself(grant: Grant, name: str) -> Grant:
    return replace(grant, resources=tuple(r.replace(name, "(itself)") for r in grant.resources))


def _joined(grants: Sequence[Grant]) -> list[Grant]:
    """Grants of the same actions as one."""
    joined: dict[tuple[Any, ...], Grant] = {}
    for grant in grants:
        key = (grant.actions, grant.conditions, grant.effect)
        before = joined[key].resources if key in joined else ()
        joined[key] = Grant(
            grant.actions, tuple(sorted({*before, *grant.resources})), grant.conditions, grant.effect
        )
    return sorted(joined.values(), key=lambda grant: grant.actions)


def _stars(assembly: Assembly) -> str:
    found = wildcards(assembly)
    actions = [name for name, grant in found if any("*" in action for action in grant.actions)]
    whole = [(name, grant) for name, grant in found if "*" in grant.resources]
    fine = sorted({f"`{a}`" for _, grant in whole for a in grant.actions if a in NO_RESOURCE})
    other = [f"{name}: {', '.join(g.actions)}" for name, g in whole if not NO_RESOURCE.issuperset(g.actions)]
    return (
        f"Actions with a star: {', '.join(actions) or 'none'}."
        f" Any resource, because the service knows none for it: {', '.join(fine) or 'none'}."
        f" Any resource otherwise: {'; '.join(other) or 'none'}."
    )


def encryption(assembly: Assembly) -> Rows:
    """Everything that keeps data."""
    rows: Rows = []
    told: Mapping[str, Callable[[Resource], tuple[str, str]]] = {
        "AWS::DynamoDB::Table": table_kept, "AWS::S3::Bucket": lambda r: _bucket_kept(assembly, r),
        "AWS::SQS::Queue": lambda r: (_key(r, "KmsMasterKeyId", "SqsManagedSseEnabled"), _tls(assembly, r)),
        "AWS::SNS::Topic": lambda r: (_key(r, "KmsMasterKeyId"), _tls(assembly, r)),
        "AWS::Kinesis::Stream": lambda r: (_key(r, "StreamEncryption"), _hours(r)),
        "AWS::SecretsManager::Secret": lambda r: (_key(r, "KmsKeyId") or "AWS's key", ""),
    }  # fmt: skip
    for kind, how in told.items():
        for resource in assembly.of(kind):
            rest, besides = how(resource)
            rows.append(
                (f"`{short(assembly.name(resource))}`", kind.split("::", 1)[1], rest or "**none**", besides)
            )
    return rows


def table_kept(table: Resource) -> tuple[str, str]:
    encrypted = table.properties.get("SSESpecification", {}).get("SSEEnabled")
    recovery = table.properties.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled")
    protected = ", deletion protected" if table.properties.get("DeletionProtectionEnabled") else ""
    rest = "KMS" if encrypted else "DynamoDB's own key"
    return rest, ("point-in-time recovery" if recovery else "no recovery") + protected


def _bucket_kept(assembly: Assembly, bucket: Resource) -> tuple[str, str]:
    rules = bucket.properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [])
    rest = ", ".join(rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] for rule in rules)
    blocked = bucket.properties.get("PublicAccessBlockConfiguration", {})
    notes = ["no public access" if len(blocked) == 4 and all(blocked.values()) else "**may be public**"]
    notes += ["versions"] * (bucket.properties.get("VersioningConfiguration", {}).get("Status") == "Enabled")
    notes += [_tls(assembly, bucket)]
    return rest, ", ".join(note for note in notes if note)


def _hours(stream: Resource) -> str:
    return f"kept {stream.properties.get('RetentionPeriodHours', 24)} hours"


def _tls(assembly: Assembly, resource: Resource) -> str:
    """Whether its policy refuses what is not encrypted on its way."""
    kinds = ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy")
    for policy in assembly.of(*kinds):
        places = [policy.properties.get(key) for key in ("Bucket", "Queues", "Topics")]
        named = [assembly.text(one, policy.stack) for place in places if place for one in listed(place)]
        whole = assembly.name(resource)
        if not any(name.endswith(whole) or whole in name for name in named):
            continue
        for statement in statements(policy.properties["PolicyDocument"]):
            condition = statement.get("Condition", {}).get("Bool", {})
            if statement["Effect"] == "Deny" and str(condition.get("aws:SecureTransport")).lower() == "false":
                return "TLS only"
    return ""


def _key(resource: Resource, *names: str) -> str:
    for name in names:
        given = resource.properties.get(name)
        if given is True:
            return "the service's own key"
        if isinstance(given, Mapping) and "EncryptionType" in given:
            own = "alias/aws/" in str(given.get("KeyId"))
            return "AWS's key" if own else "own key"
        if given:
            return "AWS's key" if "alias/aws/" in str(given) else "own key"
    return ""


def exposure(assembly: Assembly) -> Iterator[str]:
    """What can be reached from outside, and by whom."""
    methods = [
        m for m in assembly.of("AWS::ApiGateway::Method") if m.properties.get("HttpMethod") != "OPTIONS"
    ]
    public = [m for m in methods if m.properties.get("AuthorizationType", "NONE") == "NONE"]
    names = sorted(f"{m.properties['HttpMethod']} {_path(assembly, m)}" for m in public)
    yield (
        f"REST API: {len(methods) - len(public)} methods need a key or a token; without one: "
        + (", ".join(f"`{name}`" for name in names) or "none")
        + ". Behind these the platform's function asks for a key itself, but for health, documents and 404."
    )
    routes = assembly.of("AWS::ApiGatewayV2::Route")
    told = [
        f"`{r.properties['RouteKey']}` {r.properties.get('AuthorizationType', 'NONE').lower()}"
        for r in routes
    ]
    yield f"WebSocket API: {', '.join(told)} (after `$connect` the connection itself is known)."
    for site in assembly.of("AWS::CloudFront::Distribution"):
        settings = site.properties["DistributionConfig"]
        version = settings.get("ViewerCertificate", {}).get("MinimumProtocolVersion", "AWS's default")
        policy = settings["DefaultCacheBehavior"]["ViewerProtocolPolicy"]
        shield = "behind a firewall" if settings.get("WebACLId") else "without a firewall"
        yield f"CloudFront: {policy}, least TLS {version}, {shield}; its bucket is reached by it alone."
    walls = assembly.of("AWS::WAFv2::WebACL")
    yield (
        f"Firewalls (WAF): {len(walls)}."
        if walls
        else "Firewalls (WAF): none in this size; the switch is `waf`."
    )
    invokers = {
        (assembly.text(p.properties["Principal"], p.stack), "SourceArn" in p.properties)
        for p in assembly.of("AWS::Lambda::Permission")
    }
    loose = [who for who, bound in invokers if not bound]
    yield (
        "Functions are called by "
        + ", ".join(sorted({who for who, _ in invokers}))
        + (f"; not bound to one source: {', '.join(loose)}." if loose else ", each bound to one source.")
    )


def _path(assembly: Assembly, method: Resource) -> str:
    given = method.properties.get("ResourceId")
    parts: list[str] = []
    while isinstance(given, Mapping) and "Ref" in given:
        resource = assembly.find(method.stack, given["Ref"])
        if resource is None:
            break
        parts.append(str(resource.properties["PathPart"]))
        given = resource.properties.get("ParentId")
    return "/" + "/".join(reversed(parts))


def logs(assembly: Assembly) -> Rows:
    return [
        (f"`{assembly.name(g)}`", str(g.properties.get("RetentionInDays", "for ever")),
         "own key" if g.properties.get("KmsKeyId") else "CloudWatch's own")
        for g in sorted(assembly.of("AWS::Logs::LogGroup"), key=assembly.name)
    ]  # fmt: skip


def _shown(names: Sequence[str]) -> str:
    return "<br>".join(f"`{name}`" for name in names)
