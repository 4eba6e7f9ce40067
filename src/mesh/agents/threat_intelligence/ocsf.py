"""OCSF events as what they were made from: API Activity and sign-ins as CloudTrail, processes as Sysmon.

Sigma rules are written for the original logs, so the OCSF attributes are put back under the original names.
Schema: https://schema.ocsf.io (1.x; attribute names have been stable since 1.0)
"""

from collections.abc import Mapping
from typing import Any

from mesh.agents.threat_intelligence import cloudtrail, windows_events
from mesh.agents.threat_intelligence.events import Event, embedded, event, flatten, moment, source

_API_ACTIVITY, _AUTHENTICATION, _PROCESS, _NETWORK, _HTTP, _DNS = 6003, 3002, 1007, 4001, 4002, 4003
_FILE = 1001


def read(origin: str, item: Mapping[str, Any]) -> Event | None:
    """The event, or None where the item is no OCSF event."""
    if "class_uid" not in item and not ("metadata" in item and "category_uid" in item):
        return None
    kind = _integer(item.get("class_uid"))
    at = moment(item.get("time_dt") or item.get("time"))
    if kind == _API_ACTIVITY or (kind == _AUTHENTICATION and at_path(item, "api.operation")):
        made = cloudtrail.from_record(origin, _record(item))
        fields = {**flatten(item)[0], **made.fields}
        return event(
            origin,
            "ocsf",
            made.source,
            fields,
            time=at,
            user=made.user,
            ip=made.ip,
            text=made.text,
            cut=made.cut,
        )
    named = {name: at_path(item, path) for name, path in _NAMES.items()}
    fields, cut = flatten(item)
    fields |= flatten(named)[0]
    system = (_text(at_path(item, "device.os.type") or at_path(item, "device.os.name")) or "").casefold()
    product = next((name for name in ("windows", "linux", "macos") if system.startswith(name)), "")
    if not product:
        product = windows_events.system_of(named.get("Image"))
    where = source(product, _CATEGORIES.get(kind, ()))
    user = at_path(item, "actor.user.name") or at_path(item, "user.name")
    ip = at_path(item, "src_endpoint.ip")
    return event(origin, "ocsf", where, fields, time=at, user=_text(user), ip=_text(ip), cut=cut)


_CATEGORIES: Mapping[int, tuple[str, ...]] = {
    _PROCESS: ("process_creation",),
    _NETWORK: ("network_connection", "firewall"),
    _HTTP: ("proxy", "webserver"),
    _DNS: ("dns", "dns_query"),
    _FILE: ("file_event",),
}
_NAMES: Mapping[str, str] = {
    "Image": "process.file.path",
    "CommandLine": "process.cmd_line",
    "ParentImage": "process.parent_process.file.path",
    "ParentCommandLine": "process.parent_process.cmd_line",
    "ProcessId": "process.pid",
    "User": "actor.user.name",
    "TargetFilename": "file.path",
    "DestinationIp": "dst_endpoint.ip",
    "DestinationPort": "dst_endpoint.port",
    "DestinationHostname": "dst_endpoint.hostname",
    "SourceIp": "src_endpoint.ip",
    "SourcePort": "src_endpoint.port",
    "QueryName": "query.hostname",
    "query": "query.hostname",
    "c-uri": "http_request.url.url_string",
    "cs-uri-stem": "http_request.url.path",
    "cs-uri-query": "http_request.url.query_string",
    "cs-host": "http_request.url.hostname",
    "cs-method": "http_request.http_method",
    "c-useragent": "http_request.user_agent",
    "cs-user-agent": "http_request.user_agent",
    "sc-status": "http_response.code",
}


def _record(item: Mapping[str, Any]) -> dict[str, Any]:
    """A CloudTrail record with what the OCSF event keeps of one."""
    user = at_path(item, "actor.user") or item.get("user") or {}
    other = at_path(user, "uid_alt")
    identity = {
        "type": at_path(user, "type"),
        "arn": other if isinstance(other, str) and "arn:" in other else at_path(user, "uid"),
        "userName": at_path(user, "name"),
        "principalId": at_path(user, "uid"),
        "accountId": at_path(user, "account.uid") or at_path(user, "account_uid"),
        "accessKeyId": at_path(user, "credential_uid"),
        "invokedBy": at_path(item, "actor.invoked_by"),
        "sessionContext": {
            "attributes": {"mfaAuthenticated": at_path(item, "actor.session.is_mfa")},
            "sessionIssuer": {"arn": at_path(item, "actor.session.issuer")},
        },
    }
    record = {
        "eventName": at_path(item, "api.operation"),
        "eventSource": at_path(item, "api.service.name"),
        "eventTime": item.get("time_dt") or item.get("time"),
        "awsRegion": at_path(item, "cloud.region"),
        "recipientAccountId": at_path(item, "cloud.account.uid") or at_path(item, "cloud.account_uid"),
        "sourceIPAddress": at_path(item, "src_endpoint.ip") or at_path(item, "src_endpoint.svc_name"),
        "userAgent": at_path(item, "http_request.user_agent"),
        "errorCode": at_path(item, "api.response.error"),
        "errorMessage": at_path(item, "api.response.error_message"),
        "userIdentity": identity,
        "requestParameters": _opened(at_path(item, "api.request.data")),
        "responseElements": _opened(at_path(item, "api.response.data")),
        "additionalEventData": {"MFAUsed": _yes_or_no(item.get("is_mfa"))},
    }
    if item.get("class_uid") == _AUTHENTICATION and record["responseElements"] is None:
        outcome = {1: "Success", 2: "Failure"}.get(_integer(item.get("status_id")))
        record["responseElements"] = {"ConsoleLogin": outcome}
    return record | _unmapped(item.get("unmapped"))


def _unmapped(value: Any) -> dict[str, Any]:
    """What the producer could not place, under the names it gave; Security Lake keeps CloudTrail's own."""
    rest = embedded(value) if isinstance(value, str) else value
    return {str(key): each for key, each in rest.items()} if isinstance(rest, Mapping) else {}


def _opened(value: Any) -> Any:
    return embedded(value) or value if isinstance(value, str) else value


def at_path(item: Any, path: str) -> Any:
    """The value at a dotted path, or None."""
    for part in path.split("."):
        if not isinstance(item, Mapping):
            return None
        item = item.get(part)
    return item


def _integer(value: Any) -> int:
    if isinstance(value, str) and value.isdecimal() and len(value) < 10:
        return int(value)
    return value if isinstance(value, int) else -1


def _yes_or_no(value: Any) -> str | None:
    return ("Yes" if value else "No") if isinstance(value, bool) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
