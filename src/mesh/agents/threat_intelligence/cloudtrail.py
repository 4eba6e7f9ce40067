"""CloudTrail records: their fields, and what takes more than one field to see.

Derived fields, named `derived.*`, are facts of the record alone that Sigma cannot express: whose account a
policy opens to, whether a caller acts on itself, whether a service made the call on its own.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mesh.agents.threat_intelligence.events import (
    DEEPEST,
    Event,
    Fields,
    embedded,
    event,
    flatten,
    moment,
    plain,
    source,
)

_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")
_SOURCE = source("aws", services=["cloudtrail"])


def read(origin: str, item: Mapping[str, Any]) -> Event | None:
    """The event, or None where the item is no CloudTrail record."""
    name, service = item.get("eventName"), item.get("eventSource")
    if not isinstance(name, str) or not isinstance(service, str):
        return None
    if service.startswith("aws:"):  # a notification of S3 or a stream, which has the same two fields
        return None
    return from_record(origin, item)


def from_record(origin: str, record: Mapping[str, Any]) -> Event:
    fields, cut = flatten(record)
    text = "\n".join(value for values in fields.values() for value in values)
    fields |= derived(record, fields)
    for name in ("requestParameters", "responseElements"):  # some rules search the whole object
        if isinstance(record.get(name), Mapping) and (written := _written(record[name])):
            fields[name.casefold()] = (written,)
    who = next((fields[name][0] for name in _WHO if name in fields), None)
    return event(
        origin,
        "cloudtrail",
        _SOURCE,
        fields,
        time=moment(record.get("eventTime")),
        user=who,
        ip=next(iter(fields.get("sourceipaddress", ())), None),
        text=text,
        cut=cut,
    )


def _written(value: Any) -> str:
    """JSON text, or nothing where the value is nested too deeply or holds a number too long to write."""
    try:
        return plain(json.dumps(value, ensure_ascii=False, default=str))
    except (ValueError, RecursionError):
        return ""


_WHO = (
    "useridentity.arn", "useridentity.username", "useridentity.principalid", "useridentity.invokedby",
    "useridentity.type",
)  # fmt: skip


def derived(record: Mapping[str, Any], fields: Fields) -> Fields:
    """Facts of the record under `derived.*` names, values `true` or `false` unless said otherwise."""
    own = {*fields.get("recipientaccountid", ()), *fields.get("useridentity.accountid", ())}
    address = next(iter(fields.get("sourceipaddress", ())), "")
    by_service = bool(fields.get("useridentity.invokedby")) or address.endswith(".amazonaws.com")
    facts = {"derived.by_service": by_service or address == "AWS Internal"}
    target, caller = fields.get("requestparameters.username"), fields.get("useridentity.username")
    if fields.get("eventsource") == ("iam.amazonaws.com",):
        facts["derived.acts_on_self"] = not target or target == caller
    facts |= _of_policies(record.get("requestParameters"), own)
    found: Fields = {name: ("true" if value else "false",) for name, value in facts.items()}
    actor = next((fields[name][0] for name in _WHO if name in fields), "")
    return found | {"derived.actor": (actor,)} if actor else found


def _of_policies(request: Any, own: set[str]) -> dict[str, bool]:
    """What the policy documents in a request allow, and to whom."""
    facts: dict[str, bool] = {}
    for statement in _statements(request):
        if statement.get("Effect") != "Allow":
            continue
        principals = list(_texts(statement.get("Principal")))
        accounts = {found for each in principals for found in _ACCOUNT.findall(each)}
        everyone = "*" in principals or "arn:aws:iam::*:root" in principals
        every_action = {"*", "*:*"} & set(_texts(statement.get("Action")))
        seen = {
            "derived.policy.public": everyone and not statement.get("Condition"),
            "derived.policy.other_account": bool(accounts - own) if own else False,
            "derived.policy.admin": bool(every_action) and "*" in set(_texts(statement.get("Resource"))),
        }
        for name, value in seen.items():
            facts[name] = facts.get(name, False) or value
    return facts


def _statements(request: Any) -> Iterator[Mapping[str, Any]]:
    """Statements of every policy document in the request, whether an object or JSON in a string."""
    waiting = [(request, 0)]
    while waiting:
        item, depth = waiting.pop()
        if depth > DEEPEST:
            continue
        if isinstance(item, str):
            item = embedded(item)
        if isinstance(item, Mapping):
            statements = item.get("Statement")
            listed = statements if isinstance(statements, list) else [statements]
            yield from (each for each in listed if isinstance(each, Mapping))
            waiting.extend((value, depth + 1) for key, value in item.items() if key != "Statement")
        elif isinstance(item, list | tuple):
            waiting.extend((each, depth + 1) for each in item)


def _texts(value: Any) -> Iterator[str]:
    """The strings in a string, a list, or the lists under `AWS`, `Service` and the like."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each) if isinstance(each, str | list) else ()
    elif isinstance(value, list):
        yield from (each for each in value if isinstance(each, str))
