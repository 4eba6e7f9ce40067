"""Windows events, nested as exported from the event log or flat as shippers write them, and ECS documents.

Field names become those of Sigma's Windows taxonomy: https://sigmahq.io/docs/basics/log-sources.html
"""

from collections.abc import Iterable, Mapping
from typing import Any

from mesh.agents.threat_intelligence.events import (
    Event,
    Fields,
    Shape,
    Source,
    event,
    flatten,
    moment,
    source,
)

_SYSMON = "microsoft-windows-sysmon/operational"
_POWERSHELL = "microsoft-windows-powershell/operational"
# Sysmon event id -> Sigma categories.
_SYSMON_CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "1": ("process_creation",), "2": ("file_change",), "3": ("network_connection",), "4": ("sysmon_status",),
    "5": ("process_termination",), "6": ("driver_load",), "7": ("image_load",),
    "8": ("create_remote_thread",),
    "9": ("raw_access_thread",), "10": ("process_access",), "11": ("file_event",),
    "12": ("registry_add", "registry_delete", "registry_event"), "13": ("registry_set", "registry_event"),
    "14": ("registry_rename", "registry_event"), "15": ("create_stream_hash",), "16": ("sysmon_status",),
    "17": ("pipe_created",), "18": ("pipe_created",), "19": ("wmi_event",), "20": ("wmi_event",),
    "21": ("wmi_event",), "22": ("dns_query",), "23": ("file_delete",), "24": ("clipboard_capture",),
    "25": ("process_tampering",), "26": ("file_delete", "file_delete_detected"),
    "27": ("file_block_executable",), "28": ("file_block_shredding",), "29": ("file_executable_detected",),
    "255": ("sysmon_error",),
}  # fmt: skip
_OTHER_CATEGORIES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("security", "4688"): ("process_creation",),
    ("security", "4657"): ("registry_set", "registry_event"),
    (_POWERSHELL, "4104"): ("ps_script",),
    (_POWERSHELL, "4103"): ("ps_module",),
    ("powershellcore/operational", "4104"): ("ps_script",),
    ("powershellcore/operational", "4103"): ("ps_module",),
    ("windows powershell", "400"): ("ps_classic_start",),
    ("windows powershell", "600"): ("ps_classic_provider_start",),
    ("windows powershell", "800"): ("ps_classic_script",),
    ("microsoft-windows-kernel-file/analytic", "12"): ("file_access",),
    ("microsoft-windows-kernel-file/analytic", "27"): ("file_rename",),
}
# Channel -> Sigma service, for those whose name is not the service's.
_SERVICES: Mapping[str, str] = {
    _SYSMON: "sysmon", "windows powershell": "powershell-classic", "dns server": "dns-server",
    "msexchange management": "msexchange-management",
    "microsoft-windows-applocker/exe and dll": "applocker",
    "microsoft-windows-applocker/msi and script": "applocker",
    "microsoft-windows-applocker/packaged app-deployment": "applocker",
    "microsoft-windows-applocker/packaged app-execution": "applocker",
    "microsoft-windows-appmodel-runtime/admin": "appmodel-runtime",
    "microsoft-windows-appxdeploymentserver/operational": "appxdeployment-server",
    "microsoft-windows-appxpackaging/operational": "appxpackaging-om",
    "microsoft-windows-bits-client/operational": "bits-client",
    "microsoft-windows-capi2/operational": "capi2",
    "microsoft-windows-certificateservicesclient-lifecycle-system/operational":
        "certificateservicesclient-lifecycle-system",
    "microsoft-windows-codeintegrity/operational": "codeintegrity-operational",
    "microsoft-windows-diagnosis-scripted/operational": "diagnosis-scripted",
    "microsoft-windows-dns-client/operational": "dns-client",
    "microsoft-windows-dns-server/analytical": "dns-server-analytic",
    "microsoft-windows-driverframeworks-usermode/operational": "driver-framework",
    "microsoft-iis-configuration/operational": "iis-configuration",
    "microsoft-windows-ldap-client/debug": "ldap", "microsoft-windows-lsa/operational": "lsa-server",
    "microsoft-windows-ntlm/operational": "ntlm", "openssh/operational": "openssh",
    "microsoft-windows-printservice/admin": "printservice-admin",
    "microsoft-windows-printservice/operational": "printservice-operational",
    "microsoft-windows-security-mitigations/kernel mode": "security-mitigations",
    "microsoft-windows-security-mitigations/user mode": "security-mitigations",
    "microsoft-windows-shell-core/operational": "shell-core",
    "microsoft-windows-smbclient/connectivity": "smbclient-connectivity",
    "microsoft-windows-smbclient/security": "smbclient-security",
    "microsoft-windows-smbserver/connectivity": "smbserver-connectivity",
    "microsoft-windows-taskscheduler/operational": "taskscheduler",
    "microsoft-windows-terminalservices-localsessionmanager/operational":
        "terminalservices-localsessionmanager",
    "microsoft-windows-windows defender/operational": "windefend",
    "microsoft-windows-windows firewall with advanced security/firewall": "firewall-as",
    "microsoft-windows-wmi-activity/operational": "wmi",
    _POWERSHELL: "powershell", "powershellcore/operational": "powershell",
}  # fmt: skip
# The same fact under another product's name -> Sigma's name. ECS: https://www.elastic.co/guide/en/ecs/current
_ALIASES: Mapping[str, str] = {
    "newprocessname": "image", "parentprocessname": "parentimage", "process.executable": "image",
    "process.command_line": "commandline", "process.parent.executable": "parentimage",
    "process.parent.command_line": "parentcommandline", "process.working_directory": "currentdirectory",
    "process.pe.original_file_name": "originalfilename", "process.pid": "processid", "user.name": "user",
    "file.path": "targetfilename", "registry.path": "targetobject", "dll.path": "imageloaded",
    "destination.ip": "destinationip", "destination.port": "destinationport",
    "destination.domain": "destinationhostname", "source.ip": "sourceip", "dns.question.name": "queryname",
    "event.code": "eventid", "winlog.event_id": "eventid", "winlog.channel": "channel",
    "winlog.provider_name": "provider_name", "host.name": "computer", "url.original": "c-uri",
    "powershell.file.script_block_text": "scriptblocktext",
}  # fmt: skip
_ECS_CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "process": ("process_creation",), "file": ("file_event",), "registry": ("registry_set", "registry_event"),
    "network": ("network_connection", "firewall"), "dns": ("dns", "dns_query"), "library": ("image_load",),
    "driver": ("driver_load",), "web": ("webserver", "proxy"),
}  # fmt: skip


def read(origin: str, item: Mapping[str, Any]) -> Event | None:
    """The event, or None where the item is neither a Windows event nor ECS."""
    nested = item.get("Event")
    if isinstance(nested, Mapping) and isinstance(nested.get("System"), Mapping):
        return _made(origin, "windows", *_nested(nested))
    fields, cut = flatten(item)
    if any(name.startswith("winlog.") for name in fields) or "ecs.version" in fields:
        return _made(origin, "ecs", _from_ecs(fields), cut)
    if "eventid" in fields and fields.keys() & {
        "channel",
        "provider_name",
        "sourcename",
        "computer",
        "image",
    }:
        return _made(origin, "windows", fields, cut)
    if fields.keys() & {"process.executable", "process.command_line", "event.category"}:
        return _made(origin, "ecs", _from_ecs(fields), cut)
    if {"image", "commandline"} <= fields.keys() or "scriptblocktext" in fields or "targetobject" in fields:
        return _made(origin, "windows", fields, cut)
    return None


def system_of(path: Any) -> str:
    """`windows` or `linux` by the look of a path, else nothing."""
    text = path if isinstance(path, str) else ""
    if "\\" in text or text[1:2] == ":":
        return "windows"
    return "linux" if text.startswith("/") else ""


def _nested(nested: Mapping[str, Any]) -> tuple[Fields, bool]:
    system = nested["System"]
    data: dict[str, Any] = {}
    for part in ("EventData", "UserData"):
        data |= _named(nested.get(part))
    attributes = {"Provider_Name": _attribute(system.get("Provider"), "Name")}
    for name in ("EventID", "Channel", "Computer", "Level", "Task", "Opcode", "Keywords", "Version"):
        attributes[name] = _content(system.get(name))
    attributes["TimeCreated"] = _attribute(system.get("TimeCreated"), "SystemTime")
    return flatten(attributes | data)


def _named(part: Any, depth: int = 0) -> dict[str, Any]:
    """Event data as name and value, from each of the ways that converters from XML write it."""
    if not isinstance(part, Mapping):
        return {"Data": part} if part is not None else {}
    named: dict[str, Any] = {}
    for key, value in part.items():
        if key in {"#attributes", "xmlns"} or key.startswith("@"):
            continue
        if isinstance(value, Mapping) and key != "Data" and depth < 4:
            named |= _named(value, depth + 1)  # UserData wraps its fields in one more element
        elif key == "Data" and isinstance(value, list):
            for each in value:
                name = _attribute(each, "Name")
                named.setdefault(name if isinstance(name, str) else "Data", []).append(_content(each))
        else:
            named[key] = _content(value)
    return named


def _attribute(value: Any, name: str) -> Any:
    if not isinstance(value, Mapping):
        return None
    inner = value.get("#attributes")
    if isinstance(inner, Mapping) and name in inner:
        return inner[name]
    return value.get(f"@{name}", value.get(name))


def _content(value: Any) -> Any:
    return value.get("#text", value.get("$")) if isinstance(value, Mapping) else value


def _from_ecs(fields: Fields) -> Fields:
    """The fields with `winlog.event_data.X` also as `X`."""
    prefix = "winlog.event_data."
    return fields | {name[len(prefix) :]: value for name, value in fields.items() if name.startswith(prefix)}


def _made(origin: str, shape: Shape, fields: Fields, cut: bool) -> Event:
    # Defender writes "Threat Name"; Sigma, as most shippers, `ThreatName`.
    fields |= {name.replace(" ", ""): value for name, value in fields.items() if " " in name}
    for name, sigma in _ALIASES.items():
        if name in fields and sigma not in fields:
            fields[sigma] = fields[name]
    for algorithm, equals, digest in (part.partition("=") for part in _first(fields, "hashes").split(",")):
        if equals:
            fields.setdefault(algorithm.strip().casefold(), (digest.strip(),))
    user = _first(fields, "user") or _first(fields, "subjectusername") or _first(fields, "targetusername")
    ip = _first(fields, "ipaddress") or _first(fields, "sourceip") or _first(fields, "source.ip")
    at = next(
        (found for name in _TIMES if (found := moment(_first(fields, name).replace("Z UTC", "Z")))), None
    )
    return event(origin, shape, _source(fields), fields, time=at, user=user, ip=ip.strip("-"), cut=cut)


_TIMES = ("timecreated", "systemtime", "utctime", "@timestamp", "timestamp", "eventtime")


def _source(fields: Fields) -> Source:
    channel, number = _first(fields, "channel").casefold(), _first(fields, "eventid")
    if (
        not channel
        and "sysmon" in (_first(fields, "provider_name") + _first(fields, "sourcename")).casefold()
    ):
        channel = _SYSMON
    if channel:
        categories = _SYSMON_CATEGORIES if channel == _SYSMON else {}
        found = categories.get(number) or _OTHER_CATEGORIES.get((channel, number), ())
        return source("windows", _by_content(found, fields), [_SERVICES.get(channel, channel)])
    system = (
        _first(fields, "host.os.type")
        or _first(fields, "host.os.family")
        or system_of(_first(fields, "image"))
    )
    product = system.casefold() or ("windows" if fields.keys() & {"targetobject", "scriptblocktext"} else "")
    return source(product, _guessed(fields))


def _by_content(categories: Iterable[str], fields: Fields) -> Iterable[str]:
    """Sysmon 12 is creation or deletion of a key or value: its EventType says which."""
    kind = _first(fields, "eventtype").casefold()
    if kind.startswith("delete"):
        return [name for name in categories if name != "registry_add"]
    if kind.startswith("create"):
        return [name for name in categories if name != "registry_delete"]
    return categories


def _guessed(fields: Fields) -> tuple[str, ...]:
    """Categories of an event that names neither channel nor provider, from what it tells of."""
    for value in fields.get("event.category", ()):
        if value in _ECS_CATEGORIES:
            return _ECS_CATEGORIES[value]
    if "scriptblocktext" in fields:
        return ("ps_script",)
    if "targetobject" in fields:
        return ("registry_set", "registry_event")
    return ("process_creation",) if "commandline" in fields else ()


def _first(fields: Fields, name: str) -> str:
    return next(iter(fields.get(name, ())), "")
