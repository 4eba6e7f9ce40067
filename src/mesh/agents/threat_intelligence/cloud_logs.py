"""GuardDuty findings and audit logs of other clouds, told apart by the fields each of them always has.

Rules for them are written over the logs' own field names, so only source, time, user and address are read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mesh.agents.threat_intelligence.events import Event, Fields, Source, event, flatten, moment, source


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of log: the fields that tell it, its source, and where time, user and address stand in it."""

    has: frozenset[str]
    where: Callable[[Fields], Source]
    times: tuple[str, ...]
    users: tuple[str, ...]
    addresses: tuple[str, ...]


def read(origin: str, item: Mapping[str, Any]) -> Event | None:
    """The event, or None where the item is none of these logs."""
    fields, cut = flatten(item)
    kind = next((each for each in _KINDS if each.has <= fields.keys()), None)
    if kind is None:
        return None
    for name, also in _ALSO.items():
        if name in fields:
            fields.setdefault(also, fields[name])
    at = next((found for name in kind.times if (found := moment(_first(fields, name)))), None)
    user = next((value for name in kind.users if (value := _first(fields, name))), None)
    ip = next((value for name in kind.addresses if (value := _first(fields, name))), None)
    return event(origin, "cloud-log", kind.where(fields), fields, time=at, user=user, ip=ip, cut=cut)


# Sigma's names for fields that the log calls otherwise.
_ALSO = {"protopayload.methodname": "gcp.audit.method_name", "properties.resulttype": "resulttype"}
_AZURE = {
    "auditlogs": "auditlogs", "signinlogs": "signinlogs", "noninteractiveusersigninlogs": "signinlogs",
    "administrative": "activitylogs", "security": "activitylogs", "policy": "activitylogs",
    "riskyusers": "riskdetection", "userriskevents": "riskdetection",
}  # fmt: skip


def _azure(fields: Fields) -> Source:
    category = _first(fields, "category").casefold()
    if "riskeventtype" in fields or "properties.riskeventtype" in fields:
        return source("azure", services=["riskdetection", "pim"])
    service = _AZURE.get(category)
    if service is None:
        service = "signinlogs" if "properties.userprincipalname" in fields else "activitylogs"
    return source("azure", services=[service])


def _google(fields: Fields) -> Source:
    name = _first(fields, "protopayload.servicename")
    if name in {"admin.googleapis.com", "login.googleapis.com"}:
        return source("gcp", services=["gcp.audit", f"google_workspace.{name.partition('.')[0]}"])
    return source("gcp", services=["gcp.audit"])


def _microsoft(fields: Fields) -> Source:
    named = {"exchange": "exchange", "securitycompliancecenter": "threat_management"}
    also = named.get(_first(fields, "workload").casefold())
    return source("m365", services=["audit", *([also] if also else [])])


def _always(where: Source) -> Callable[[Fields], Source]:
    return lambda _: where


_KINDS = (
    Kind(
        frozenset({"schemaversion", "service.detectorid", "type", "severity"}),
        _always(source("aws", services=["guardduty"])),
        ("service.eventlastseen", "updatedat", "createdat"),
        ("resource.accesskeydetails.username",),
        (
            "service.action.networkconnectionaction.remoteipdetails.ipaddressv4",
            "service.action.awsapicallaction.remoteipdetails.ipaddressv4",
        ),
    ),
    Kind(
        frozenset({"protopayload.methodname", "protopayload.servicename"}),
        _google,
        ("timestamp", "receivetimestamp"),
        ("protopayload.authenticationinfo.principalemail",),
        ("protopayload.requestmetadata.callerip",),
    ),
    Kind(
        frozenset({"eventtype", "outcome.result", "actor.alternateid"}),
        _always(source("okta", services=["okta"])),
        ("published",),
        ("actor.alternateid",),
        ("client.ipaddress",),
    ),
    Kind(
        frozenset({"workload", "operation", "recordtype"}),
        _microsoft,
        ("creationtime",),
        ("userid",),
        ("clientip", "clientipaddress", "actoripaddress"),
    ),
    Kind(
        frozenset({"objectref.resource", "verb", "requesturi"}),
        _always(source("kubernetes", ["application"], ["audit"])),
        ("requestreceivedtimestamp", "stagetimestamp"),
        ("user.username",),
        ("sourceips",),
    ),
    Kind(
        frozenset({"action", "actor", "org", "@timestamp"}),
        _always(source("github", services=["audit"])),
        ("@timestamp", "created_at"),
        ("actor",),
        ("actor_ip",),
    ),
    Kind(
        frozenset({"operationname", "category"}),
        _azure,
        ("time", "timegenerated", "createddatetime", "activitydatetime"),
        (
            "identity",
            "caller",
            "properties.userprincipalname",
            "properties.initiatedby.user.userprincipalname",
        ),
        ("calleripaddress", "properties.ipaddress", "ipaddress"),
    ),
    Kind(
        frozenset({"operationnamevalue"}),
        _azure,
        ("timegenerated", "eventtimestamp"),
        ("caller",),
        ("calleripaddress", "httprequest.clientipaddress"),
    ),
)


def _first(fields: Fields, name: str) -> str:
    return next(iter(fields.get(name, ())), "")
