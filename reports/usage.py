"""What a month of requests makes of AWS, in the units that are paid for, from a deployment's templates.

What is neither in the templates nor measured is an assumption (`reports.assumptions`).
"""

import json
import math
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from mesh.adapters.aws.telemetry import METRICS
from reports.asking import asked
from reports.assumptions import Load, Use, assumed
from reports.template import Assembly, Resource

MEASURED = Path(__file__).with_name("measured.json")
PREFIX = "msp-intelligence-"
HOURS, SECONDS = 730, 730 * 3600
# A function has one processor from here up, and a share of one below.
WHOLE_CPU_MB = 1769
KINDS_OF_WORK = 6
# AWS gives each account three dashboards for nothing, of this many metrics each.
METRICS_FOR_NOTHING = 50


@cache
def measured() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(MEASURED.read_text(encoding="utf-8"))
    return found


def uses(assembly: Assembly, load: Load) -> Iterator[Use]:
    """Everything a month comes to."""
    yield from resting(assembly)
    yield from _functions(assembly, load)
    yield from _requests(assembly, load)
    yield from _stores(load)
    yield from asked(assembly, load)
    yield from _watching(assembly, load)


def resting(assembly: Assembly) -> Iterator[Use]:
    """What is paid at rest."""
    for stream in assembly.of("AWS::Kinesis::Stream"):
        yield Use("kinesis_shard_hour", stream.properties.get("ShardCount", 1) * HOURS, "Kinesis shard", True)
    yield Use("kms_key_month", len(assembly.of("AWS::KMS::Key")), "own key", True)
    yield Use("secret_month", len(assembly.of("AWS::SecretsManager::Secret")), "secret", True)
    alarms = sum(_metrics_of(alarm) for alarm in assembly.of("AWS::CloudWatch::Alarm"))
    yield Use("alarm_month", alarms, "alarms", True)
    for dashboard in assembly.of("AWS::CloudWatch::Dashboard"):
        small = metrics_shown(assembly, dashboard) <= METRICS_FOR_NOTHING
        yield Use("dashboard_month" if small else "large_dashboard_month", 1, "dashboard", True)
    if assembly.of("AWS::Lambda::EventSourceMapping"):
        yield Use("sqs_request", assumed("idle_polls"), "asking the queue", True)
    yield Use("s3_gb_month", assumed("models_gb"), "models and knowledge", True)
    yield from _switched_on(assembly)


def _switched_on(assembly: Assembly) -> Iterator[Use]:
    """What only the larger sizes have."""
    for acl in assembly.of("AWS::WAFv2::WebACL"):
        yield Use("waf_acl_month", 1, "firewall", True)
        yield Use("waf_rule_month", len(acl.properties.get("Rules", [])), "firewall's rules", True)
    for stage in assembly.of("AWS::ApiGateway::Stage"):
        if stage.properties.get("CacheClusterEnabled"):
            yield Use("api_cache_hour", HOURS, "API cache", True)
    for endpoint in assembly.of("AWS::EC2::VPCEndpoint"):
        if endpoint.properties.get("VpcEndpointType") == "Interface":
            zones = len(endpoint.properties.get("SubnetIds", [1]))
            yield Use("endpoint_hour", zones * HOURS, "private endpoints", True)
    for function in assembly.of("AWS::Lambda::Function"):
        if function.properties.get("SnapStart"):
            yield Use("lambda_snapstart_cache_gb_second", _gb(function) * SECONDS, "kept snapshots", True)
    rules = len(assembly.of("AWS::Config::ConfigRule"))
    if rules:
        yield Use("config_evaluation", rules * len(assembly.resources), "Config's evaluations", True)
        yield Use("config_item", len(assembly.resources), "Config's items", True)


def _functions(assembly: Assembly, load: Load) -> Iterator[Use]:
    functions = {_slug(assembly, f): f for f in assembly.of("AWS::Lambda::Function")}
    agents = [s for s, f in functions.items() if f.properties.get("Handler", "").endswith("http.handler")]
    agents = [slug for slug in agents if slug != "platform"]
    for slug, events in {**_events(load), **{a: load.requests / len(agents) for a in agents}}.items():
        if slug in functions and events:
            function, cold = functions[slug], _cold(events)
            gb_s = _gb(function) * (
                events * _warm_ms(slug, function) + events * cold * _start_ms(slug, function)
            )
            rests = slug in RESTING
            yield Use("lambda_gb_second", gb_s / 1000, f"function {slug}", rests)
            yield Use("lambda_request", events, f"function {slug}", rests)
            if function.properties.get("SnapStart"):
                yield Use("lambda_snapstart_restore_gb", events * cold * _gb(function), f"function {slug}")


# Called by a clock.
RESTING = {"job-reminder": 8_640.0, "feed-refresher": 30.0, "benchmark-refresher": 120.0}


def _events(load: Load) -> dict[str, float]:
    """Invocations of the functions that are no agent's."""
    # What comes within a second is brought together, a hundred at most.
    batches = load.requests / min(100, max(1.0, load.requests / SECONDS))
    # API Gateway keeps the authorizer's word for five minutes.
    asked = min(load.requests, load.msps * SECONDS / 300)
    later = load.requests * assumed("async_share")
    return {
        **RESTING, "authorizer": asked, "relay": batches, "broadcaster": batches, "event-processor": batches,
        "async-processor": later, "socket-connect": load.msps * 30.0, "socket-disconnect": load.msps * 30.0,
        "socket-message": load.msps * 30.0,
    }  # fmt: skip


def _requests(assembly: Assembly, load: Load) -> Iterator[Use]:
    n, sizes = load.requests, measured()["bytes"]
    later, grave = n * assumed("async_share"), n * assumed("grave_share")
    yield Use("rest_request", n, "requests")
    yield Use("transfer_gb", n * (sizes["reply"] + assumed("head_bytes")) / 1e9, "replies")
    yield Use("socket_message", n, "pushed events")
    yield Use("socket_minute", load.msps * assumed("socket_hours") * 60, "open sockets")
    yield Use("kinesis_put", n, "events")
    yield Use("eventbridge_event", grave, "grave threats")
    yield Use("sns_request", grave, "grave threats")
    # Sent, received and deleted.
    yield Use("sqs_request", 3 * later, "questions answered later")
    if assembly.of("AWS::WAFv2::WebACL"):
        yield Use("waf_request", n, "requests")


def _stores(load: Load) -> Iterator[Use]:
    parts, sizes = measured()["parts"], measured()["bytes"]
    authorized = _events(load)["authorizer"]
    for part, times in {**dict.fromkeys(parts, load.requests), "authorizer": authorized}.items():
        yield Use("dynamodb_write", parts[part].get("dynamodb.write_units", 0) * times, part)
        yield Use("dynamodb_read", parts[part].get("dynamodb.read_half_units", 0) / 2 * times, part)
    # An answer is kept twice (by its id and in the list) and once more in the index; a month's grow evenly.
    gb = load.requests * (3 * sizes["reply"] + sizes["event"]) / 1e9 / 2
    yield Use("dynamodb_gb_month", gb, "answers kept")
    yield Use("dynamodb_pitr_gb_month", gb, "answers kept")


def _watching(assembly: Assembly, load: Load) -> Iterator[Use]:
    calls = sum(_events(load).values()) + load.requests
    lines = calls * (assumed("platform_line_bytes") + assumed("own_line_bytes"))
    yield Use("logs_gb", (lines + load.requests * assumed("access_line_bytes")) / 1e9, "logs")
    if load.requests:
        yield Use("metric_month", KINDS_OF_WORK * len(METRICS), "own metrics")
    if any(
        f.properties.get("TracingConfig", {}).get("Mode") == "Active"
        for f in assembly.of("AWS::Lambda::Function")
    ):
        always = min(load.requests, SECONDS)
        yield Use("xray_trace", always + (load.requests - always) * assumed("sampled_share"), "traces")


def _warm_ms(slug: str, function: Resource) -> float:
    if slug == "feed-refresher":
        return assumed("feeds_s") * 1000
    cpu = _durations(slug).get("warm_cpu_ms", assumed("plain_cpu_ms"))
    part = measured()["parts"].get(slug, measured()["parts"]["request"])
    calls = sum(count for name, count in part.items() if not name.endswith("units"))
    return float(cpu * _slower(function) + calls * assumed("wait_ms"))


def _start_ms(slug: str, function: Resource) -> float:
    """Beyond a warm request. While a function is initialised it has a whole processor, whatever its size."""
    found = _durations(slug) or min(measured()["functions"].values(), key=lambda f: f["init_cpu_ms"])
    first = max(0.0, found["first_cpu_ms"] - found["warm_cpu_ms"])
    return float(found["init_cpu_ms"] + first * _slower(function))


def _durations(slug: str) -> Mapping[str, float]:
    found: Mapping[str, float] = measured()["functions"].get(slug, {})
    return found


def _slower(function: Resource) -> float:
    return max(1.0, WHOLE_CPU_MB / float(function.properties.get("MemorySize", 128)))


def _cold(events: float) -> float:
    """Share of events that find no warm function, when they come independently of each other."""
    return max(assumed("burst_share"), math.exp(-events / SECONDS * assumed("kept_warm_s")))


def _gb(function: Resource) -> float:
    return float(function.properties.get("MemorySize", 128)) / 1024


def _slug(assembly: Assembly, function: Resource) -> str:
    return assembly.name(function).removeprefix(PREFIX)


def metrics_shown(assembly: Assembly, dashboard: Resource) -> int:
    """Different metrics on a dashboard; several statistics of one count once."""
    body = json.loads(assembly.text(dashboard.properties["DashboardBody"], dashboard.stack))
    lines = [line for widget in body["widgets"] for line in widget["properties"].get("metrics", [])]
    return len({tuple(part for part in line if isinstance(part, str)) for line in lines})


def _metrics_of(alarm: Resource) -> int:
    """An alarm over an expression is paid for each metric in it."""
    metrics = alarm.properties.get("Metrics", [])
    return sum("MetricStat" in metric for metric in metrics) or 1
