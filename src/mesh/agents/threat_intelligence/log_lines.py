"""Single lines of a log: syslog and auth.log, web access logs, CEF, auditd and other key=value lines.

Patterns are anchored and their parts do not match the same text in two ways, so reading is linear.
"""

import re
from calendar import timegm
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from time import strptime

from mesh.agents.threat_intelligence.events import Event, Fields, Source, event, moment, source

# RFC 3164 and the ISO variant that rsyslog and journald write; RFC 5424 has its own header.
_SYSLOG = re.compile(
    r"(?:<\d{1,3}>)?"
    r"(?P<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.]{5,20}(?:Z|[+-]\d\d:?\d\d)?)"
    r" (?P<host>[^ ]+) (?P<program>[^ :\[]+)(?:\[(?P<pid>\d+)\])?: ?(?P<message>.*)",
    re.DOTALL,
)
_SYSLOG_5424 = re.compile(
    r"<\d{1,3}>\d{1,2} (?P<time>[^ ]+) (?P<host>[^ ]+) (?P<program>[^ ]+) (?P<pid>[^ ]+) [^ ]+"
    r" (?P<message>.*)",
    re.DOTALL,
)
# Apache and nginx, common and combined.
_ACCESS = re.compile(
    r'(?P<ip>[^ ]+) [^ ]+ (?P<user>[^ ]+) \[(?P<time>[^\]]{1,40})\] "(?P<request>(?:[^"\\]|\\.)*)"'
    r' (?P<status>\d{3}) (?P<bytes>[^ ]+)(?: "(?P<referer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)")?'
)
_PAIR = re.compile(r'(?:^|(?<=[ \t,;(\'{]))([A-Za-z_][\w.\-]{0,63})=("(?:[^"\\]|\\.)*"|[^\s,;"]*)')
_CEF_KEY = re.compile(r"(?:^|(?<= ))([A-Za-z][\w.\-]{0,63})=")
_SSH = re.compile(
    r"(?P<outcome>Failed|Accepted|Invalid user) ?(?:(?P<method>[a-z\-/]+) for )?(?:invalid user )?"
    r"(?P<user>[^ ]*) from (?P<ip>[0-9A-Fa-f.:]+)(?: port (?P<port>\d+))?"
)
_SUDO = re.compile(
    r" *(?P<user>[^ ]+) : .*?USER=(?P<runas>[^ ;]+) ; (?:[A-Z]+=[^;]* ; )*COMMAND=(?P<command>.*)", re.DOTALL
)
_SERVICES: Mapping[str, tuple[str, ...]] = {
    "sshd": ("sshd", "auth"), "sudo": ("sudo", "auth"), "su": ("auth",), "login": ("auth",),
    "cron": ("cron",),
    "clamd": ("clamav",), "clamav": ("clamav",), "vsftpd": ("vsftpd",), "guacd": ("guacamole",),
    "auditd": ("auditd",), "useradd": ("auth",), "usermod": ("auth",), "passwd": ("auth",),
}  # fmt: skip


def read(origin: str, line: str) -> Event:
    """The event of one line; a line of no known kind keeps its text alone."""
    text = line.strip()
    for reader in (_cef, _access, _syslog, _pairs):
        found = reader(origin, text)
        if found is not None:
            return found
    return event(origin, "unknown", Source(), {}, text=text)


def _syslog(origin: str, line: str) -> Event | None:
    found = _SYSLOG_5424.match(line) or _SYSLOG.match(line)
    if not found:
        return None
    program = found["program"].rsplit("/", 1)[-1].casefold()
    named = {
        "program": found["program"],
        "host": found["host"],
        "pid": found["pid"],
        "message": found["message"],
    }
    named |= _of_program(program, found["message"])
    services = ("syslog", *_SERVICES.get(program.removesuffix("d") if program == "crond" else program, ()))
    if "audit" in program:
        named = _quoted_pairs(found["message"]) | named
        services = ("auditd", "syslog")
    made = event(
        origin,
        "syslog",
        source("linux", services=services),
        _fields(named),
        time=moment(found["time"]),
        user=named.get("user"),
        ip=named.get("src_ip"),
        text=line,
    )
    return made if made.time else replace(made, seconds=_yearless(found["time"]))


def _yearless(text: str) -> float | None:
    """Seconds within an unnamed year, taken as a leap year: enough to order lines of one log."""
    try:
        return float(timegm(strptime(f"2000 {text}", "%Y %b %d %H:%M:%S")))
    except ValueError:
        return None


def _of_program(program: str, message: str) -> dict[str, str | None]:
    message = message[:4096]  # the pattern for sudo is not linear in a message made to tire it
    if program == "sshd" and (found := _SSH.match(message)):
        outcome = {"Accepted": "success"}.get(found["outcome"], "failure")
        return {"user": found["user"], "src_ip": found["ip"], "outcome": outcome, "method": found["method"]}
    if program == "sudo" and (found := _SUDO.match(message)):
        return {"user": found["user"], "runas": found["runas"], "command": found["command"]}
    return {}


def _access(origin: str, line: str) -> Event | None:
    found = _ACCESS.match(line)
    if not found:
        return None
    method, _, rest = found["request"].partition(" ")
    uri = rest.rsplit(" ", 1)[0] if " HTTP/" in rest else rest
    stem, _, query = uri.partition("?")
    named = {
        "c-ip": found["ip"], "cs-username": found["user"].strip("-"), "cs-method": method, "cs-uri": uri,
        "c-uri": uri, "cs-uri-stem": stem, "cs-uri-query": query, "sc-status": found["status"],
        "sc-bytes": found["bytes"], "cs-referer": found["referer"], "cs-user-agent": found["agent"],
        "c-useragent": found["agent"], "request": found["request"],
    }  # fmt: skip
    try:
        at = datetime.strptime(found["time"], "%d/%b/%Y:%H:%M:%S %z").astimezone(UTC)
    except (ValueError, OverflowError):
        at = None
    where = source("", ["webserver"], ["apache", "nginx"])
    user = named["cs-username"]
    return event(origin, "access-log", where, _fields(named), time=at, user=user, ip=found["ip"], text=line)


def _cef(origin: str, line: str) -> Event | None:
    at = line.find("CEF:")
    if at < 0:
        return None
    header = re.split(r"(?<!\\)\|", line[at + 4 :], maxsplit=7)
    if len(header) < 8:
        return None
    names = ("cef.version", "vendor", "product", "device_version", "signature_id", "name", "severity")
    named: dict[str, str | None] = dict(zip(names, header, strict=False))
    keys = list(_CEF_KEY.finditer(header[7]))
    ends = [*(key.start() for key in keys[1:]), len(header[7])]
    for key, end in zip(keys, ends, strict=False):
        named[key[1]] = header[7][key.end() : end].strip()
    for cef, sigma in (
        ("request", "c-uri"),
        ("requestClientApplication", "c-useragent"),
        ("requestMethod", "cs-method"),
    ):
        if cef in named:
            named[sigma] = named[cef]
    ours = source(
        (named["vendor"] or "").casefold(), services=filter(None, [(named["product"] or "").casefold()])
    )
    when = moment(named.get("rt") or named.get("end"))
    user = named.get("suser") or named.get("duser")
    return event(origin, "cef", ours, _fields(named), time=when, user=user, ip=named.get("src"), text=line)


def _pairs(origin: str, line: str) -> Event | None:
    """`key=value` lines: auditd, firewalls, logfmt. Two pairs at least."""
    named = _quoted_pairs(line)
    if len(named) < 2:
        return None
    audit = re.search(r"\baudit\((\d{9,11})\.(\d{1,6}):", line)
    fortinet = "devname" in named and "logid" in named
    where = source("linux", services=["auditd"]) if audit else Source()
    if fortinet:
        where = source("fortigate", services=filter(None, [named.get("type")]))
    at = moment(f"{audit[1]}.{audit[2]}") if audit else _named_time(named)
    user = named.get("user") or named.get("acct") or named.get("uid")
    ip = next(
        (named[name] for name in ("srcip", "src_ip", "src", "addr", "remip", "ip") if named.get(name)), None
    )
    return event(origin, "key-value", where, _fields(named), time=at, user=user, ip=ip, text=line)


def _named_time(named: Mapping[str, str]) -> datetime | None:
    if named.get("date") and named.get("time"):
        return moment(f"{named['date']}T{named['time']}")
    return next((found for name in ("ts", "time", "timestamp") if (found := moment(named.get(name)))), None)


def _quoted_pairs(line: str) -> dict[str, str]:
    return {key: value.strip('"') for key, value in _PAIR.findall(line)}


def _fields(named: Mapping[str, str | None]) -> Fields:
    return {name.casefold(): (value,) for name, value in named.items() if value}
