"""What a deployment costs a month: by service, by load, and what would lower it most."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from reports.assumptions import Load, Use
from reports.template import Assembly
from reports.usage import HOURS, uses

PRICES = Path(__file__).with_name("prices.json")
LOADS = (
    Load("idle", 0, 0),
    Load("demo", 100_000, 20),
    Load("1 M", 1_000_000, 100),
    Load("100 M", 100_000_000, 1_000),
)


@dataclass(frozen=True)
class Item:
    """A use with its price."""

    service: str
    use: Use
    usd: float


@dataclass(frozen=True)
class Change:
    """Something that could be done otherwise: what it saves a month, and what is lost with it."""

    what: str
    loses: str
    usd: float


@cache
def prices() -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = json.loads(PRICES.read_text(encoding="utf-8"))["prices"]
    return found


def items(assembly: Assembly, load: Load) -> list[Item]:
    """Every paid use of a month."""
    return [
        Item(prices()[use.price]["service"], use, use.units * prices()[use.price]["usd"])
        for use in uses(assembly, load)
        if use.units
    ]


def total(found: Iterable[Item]) -> float:
    """US dollars.

    >>> total([Item("S3", Use("s3_gb_month", 10, "models"), 0.23), Item("SQS", Use("sqs_request", 1, ""), 1)])
    1.23
    """
    return round(sum(item.usd for item in found), 6)


def after_allowances(found: Iterable[Item]) -> float:
    """US dollars on the bill of an account that has nothing else in it: AWS's lasting allowances are used up
    first.
    """
    units: dict[str, float] = {}
    for item in found:
        units[item.use.price] = units.get(item.use.price, 0.0) + item.use.units
    left = {name: max(0.0, number - prices()[name].get("free", 0)) for name, number in units.items()}
    return float(sum(number * prices()[name]["usd"] for name, number in left.items()))


def by_service(found: Iterable[Item]) -> dict[str, float]:
    """Dollars of each service, most first."""
    sums: dict[str, float] = {}
    for item in found:
        sums[item.service] = sums.get(item.service, 0.0) + item.usd
    return dict(sorted(sums.items(), key=lambda pair: -pair[1]))


def changes(assembly: Assembly, found: Sequence[Item]) -> list[Change]:
    """What would save most, most first."""

    def spent(*names: str) -> float:
        return sum(item.usd for item in found if item.use.price in names)

    def cost(name: str, units: float) -> float:
        return float(prices()[name]["usd"]) * units

    units = {item.use.price: item.use.units for item in found}
    alarms = len(assembly.of("AWS::Lambda::Function"))
    watched = [i for i in found if i.use.of == "function event-processor"]
    known = [
        Change(
            "count events from the table's stream, without Kinesis",
            "a day of replay, and other consumers",
            spent("kinesis_shard_hour", "kinesis_put"),
        ),
        Change(
            "HTTP API in place of the REST API",
            "usage plans, request validators, the firewall",
            cost("rest_request", units.get("rest_request", 0))
            - cost("http_request", units.get("rest_request", 0)),
        ),
        Change(
            "no dashboard",
            "the one page with everything on it",
            spent("dashboard_month", "large_dashboard_month"),
        ),
        Change(
            "one alarm for the errors of all functions",
            "which of them it was, in the mail",
            cost("alarm_month", max(0, min(alarms, units.get("alarm_month", 0)) - 1)),
        ),
        Change("AWS's own keys in place of ours", "a key policy of our own", spent("kms_key_month")),
        Change("no traces", "finding out where time went", spent("xray_trace")),
        Change("no log line for a request that went well", "who asked what, when", spent("logs_gb") * 0.4),
        Change("no metrics of our own", "latency by kind of work", spent("metric_month")),
        Change(
            "count events in the relay, without a function for it",
            "retries of its own",
            sum(i.usd for i in watched),
        ),
        Change(
            "no firewall",
            "rules for known attacks and rates",
            spent("waf_acl_month", "waf_rule_month", "waf_request"),
        ),
        Change(
            "no language model: rules alone read questions",
            "questions that rules do not read",
            spent("bedrock_token_read", "bedrock_token_written"),
        ),
        Change("no cache of the API", "quick repeats of GET requests", spent("api_cache_hour")),
        Change(
            "functions outside the private network",
            "no way out but AWS's own services",
            spent("endpoint_hour", "endpoint_gb"),
        ),
        Change(
            "no snapshots",
            "a second or two of each cold start",
            spent("lambda_snapstart_cache_gb_second", "lambda_snapstart_restore_gb"),
        ),
        Change(
            "no Config rules",
            "evidence that settings stayed as they are",
            spent("config_item", "config_evaluation"),
        ),
    ]
    return sorted((c for c in known if c.usd >= 0.005), key=lambda c: -c.usd)


def shard_month() -> float:
    """What is paid for a Kinesis shard, the largest part of an idle deployment."""
    return float(prices()["kinesis_shard_hour"]["usd"]) * HOURS


def told(assembly: Assembly, load: Load, size: str) -> str:
    """For a terminal."""
    found = items(assembly, load)
    whole = total(found)
    lines = [f"{size}, {load.requests:,} requests a month of {load.msps:,} MSPs, us-east-1: ${whole:,.2f}"]
    if load.requests:
        lines.append(f"${whole / load.requests:.7f} a request")
    lines.append(
        f"${after_allowances(found):,.2f} after the allowances that AWS gives every account for good"
    )
    lines += ["", f"{'service':<18}{'USD':>12}{'share':>9}"]
    lines += [
        f"{name:<18}{usd:>12,.2f}{usd / whole:>9.1%}"
        for name, usd in by_service(found).items()
        if usd >= 0.005
    ]
    lines += ["", "What would lower it most:"]
    lines += [f"  ${c.usd:>10,.2f}  {c.what} (loses: {c.loses})" for c in changes(assembly, found)[:3]]
    dated = json.loads(PRICES.read_text(encoding="utf-8"))
    lines += [
        "",
        f"List prices as read in {dated['read_on']}; reports/prices.json says where each is from.",
    ]
    return "\n".join(lines)
