"""./mesh aws status: what is deployed, where, in which version, and which alarms ring."""

import argparse
import sys
from collections.abc import Iterator
from typing import Any

from mesh.adapters.aws.deployment.account import Account, plainly
from mesh.adapters.aws.deployment.found import Found, find
from mesh.entrypoints.commands.aws.deploy import addresses
from mesh.entrypoints.commands.aws.place import account_of, add_place
from mesh.entrypoints.commands.aws.redrive import waiting
from mesh.kit.problem import Unavailable

GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE")
FUNCTION, ALARMS = "AWS::Lambda::Function", ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
RINGING, BLIND = "ALARM", "INSUFFICIENT_DATA"


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    status = commands.add_parser("status", help="addresses, versions and alarms; 1 when something is wrong")
    add_place(status)
    status.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    with account_of(options) as account:
        found = find(account)
        held = list(_held(account, found))
        lines = [*addresses(found), "", *_stacks(found), "", *_functions(account, held)]
        ringing, told = _alarms(account, held)
        letters = _letters(account, found)
    sys.stdout.write("\n".join([*lines, "", *told, *letters]) + "\n")
    broken = [stack.name for stack in found.stacks if stack.status not in GOOD]
    return 1 if ringing or broken or letters else 0


def _held(account: Account, found: Found) -> Iterator[tuple[str, str]]:
    """Type and name of every resource."""
    pages = account.client("cloudformation").get_paginator("list_stack_resources")
    for stack in found.stacks:
        with plainly(f"reading what {stack.name} holds"):
            for page in pages.paginate(StackName=stack.name):
                for resource in page["StackResourceSummaries"]:
                    yield resource["ResourceType"], resource.get("PhysicalResourceId", "")


def _stacks(found: Found) -> list[str]:
    rows = [f"{s.name:<40} {s.status:<24} {s.changed_at:%Y-%m-%d %H:%M}" for s in found.stacks]
    return [f"{'stack':<40} {'status':<24} changed", *rows]


def _functions(account: Account, held: list[tuple[str, str]]) -> list[str]:
    """The code of each function: two deployments of the same sources have the same hash."""
    rows = []
    for kind, name in held:
        if kind == FUNCTION:
            with plainly(f"looking at {name}"):
                one = account.client("lambda").get_function_configuration(FunctionName=name)
            code, changed = one["CodeSha256"][:12], one["LastModified"][:16].replace("T", " ")
            rows.append(f"{name:<52} {one.get('MemorySize', 0):>5} MB  {code}  {changed}")
    return [f"{'function':<52} {'memory':>8}  code          changed", *sorted(rows)]


def _alarms(account: Account, held: list[tuple[str, str]]) -> tuple[int, list[str]]:
    names = [name for kind, name in held if kind in ALARMS]
    found: list[dict[str, Any]] = []
    with plainly("reading the alarms"):
        # A hundred names fit one call.
        for start in range(0, len(names), 100):
            told = account.client("cloudwatch").describe_alarms(AlarmNames=names[start : start + 100])
            found += [*told.get("MetricAlarms", []), *told.get("CompositeAlarms", [])]
    ringing = [alarm for alarm in found if alarm["StateValue"] == RINGING]
    blind = sum(alarm["StateValue"] == BLIND for alarm in found)
    told = [f"ALARM {alarm['AlarmName']}: {alarm.get('StateReason', '')}" for alarm in ringing]
    return len(ringing), [f"{len(found)} alarms, {len(ringing)} ringing, {blind} without data yet", *told]


def _letters(account: Account, found: Found) -> list[str]:
    """Queues that should be empty and are not."""
    lines = []
    for what, output in (("jobs", "DeadLettersUrl"), ("batches of events", "FailedEventsUrl")):
        url = found.optional(output)
        try:
            count = waiting(url, account) if url else 0
        except Unavailable as problem:
            lines.append(problem.detail)
            continue
        if count:
            lines.append(f"{count} {what} in the dead letters: ./mesh aws redrive")
    return lines
