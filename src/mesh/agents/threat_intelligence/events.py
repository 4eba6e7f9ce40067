"""Events of any common shape in one form: fields by the names that Sigma rules use, time, source, user.

Takes CloudTrail records (alone, in `Records`, or in EventBridge envelopes), OCSF events, Windows events
(nested or flat), ECS documents, audit logs of other clouds and log lines. What is not recognised keeps its
fields and is called unknown. Work grows linearly with the input, and no input raises.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import unquote

Shape = Literal[
    "cloudtrail", "ocsf", "windows", "ecs", "cloud-log", "syslog", "access-log", "cef", "key-value", "json",
    "unknown",
]  # fmt: skip
Fields = dict[str, tuple[str, ...]]
# Bounds on one event; beyond them fields are left out and `cut` says so.
DEEPEST = 32
MOST_FIELDS = 5_000
LONGEST_NAME = 512
# Bound on one question: wrappers and lines may hold many events each.
MOST_EVENTS = 20_000
_WRAPPERS = ("Records", "records", "events", "Events", "logEvents", "Findings")
# What tells a CloudTrail record and a GuardDuty finding inside an EventBridge envelope.
_ENVELOPED = {"eventName", "schemaVersion"}


@dataclass(frozen=True, slots=True)
class Source:
    """What the event may be as a Sigma log source; one event may serve several categories."""

    products: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()

    def serves(self, logsource: tuple[str, str, str]) -> bool:
        """Whether rules for (product, category, service) are meant for this event."""
        product, category, service = logsource
        return (
            any(logsource)
            and (not product or product in self.products)
            and (not category or category in self.categories)
            and (not service or service in self.services)
        )


def source(product: str = "", categories: Iterable[str] = (), services: Iterable[str] = ()) -> Source:
    return Source(frozenset(filter(None, [product])), frozenset(categories), frozenset(services))


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `origin` is its path in the question, such as `events[0].Records[3]`.

    `fields` maps case-folded names to all their values as text. `seconds` orders events in time even where
    the log leaves out the year; `time` is set only when the whole time is known. `text` holds every value.
    """

    origin: str
    shape: Shape
    source: Source
    fields: Mapping[str, tuple[str, ...]]
    text: str
    time: datetime | None = None
    seconds: float | None = None
    user: str | None = None
    ip: str | None = None
    cut: bool = False

    def values(self, name: str) -> tuple[str, ...]:
        """All values of a field, its name in any case; none where it is absent."""
        return self.fields.get(name.casefold(), ())


def normalise(raw: Sequence[Any]) -> list[Event]:
    """Every event in the question, wrappers opened, in the order they stand."""
    found: list[Event] = []
    for origin, item in _opened(raw):
        if len(found) >= MOST_EVENTS:
            break
        found.append(_one(origin, item))
    return found


def flatten(value: Any) -> tuple[Fields, bool]:
    """Dotted names with all their values, and whether some were left out; lists add values under one name.

    JSON written into a string (a policy document) is opened as well, beside the string itself.
    """
    fields: dict[str, list[str]] = {}
    waiting: list[tuple[str, Any, int]] = [("", value, 0)]
    taken, cut = 0, False
    while waiting:
        name, item, depth = waiting.pop()
        if taken >= MOST_FIELDS or depth > DEEPEST or len(name) > LONGEST_NAME:
            cut = True  # a long name would be copied into every name below it
        elif isinstance(item, Mapping):
            inner = [(f"{name}.{key}" if name else str(key), each, depth + 1) for key, each in item.items()]
            waiting.extend(reversed(inner))
        elif isinstance(item, list | tuple):
            waiting.extend((name, each, depth + 1) for each in reversed(item))
        elif item is not None and name:
            taken += 1
            fields.setdefault(name.casefold(), []).append(plain(item))
            if isinstance(item, str) and (document := embedded(item)) is not None:
                waiting.append((name, document, depth + 1))
    return {name: tuple(values) for name, values in fields.items()}, cut


def plain(value: Any) -> str:
    """A value as rules compare it: JSON's own words for true and false, else text that UTF-8 can carry."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() > 4096:
        return hex(value)  # Python refuses to write so long a number in decimals
    text = value if isinstance(value, str) else str(value)
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def embedded(text: str) -> Mapping[str, Any] | None:
    """The JSON object that a string holds, plain or percent-encoded, or None."""
    head = text[:8].lstrip()
    if head.startswith("%7B"):
        text, head = unquote(text), "{"
    if not head.startswith("{") or not text.rstrip().endswith("}"):
        return None
    found = parsed(text)
    return found if isinstance(found, Mapping) else None


def parsed(text: str) -> Any:
    """The JSON value, or None where it is none or nested too deeply to read."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def moment(value: Any) -> datetime | None:
    """A time from ISO 8601 text or from seconds or milliseconds since 1970; None where it is neither."""
    text = plain(value).strip() if isinstance(value, str | int | float) else ""
    try:
        if text.replace(".", "", 1).isdigit():
            number = float(text)
            return datetime.fromtimestamp(number / 1000 if number > 1e11 else number, UTC)
        found = datetime.fromisoformat(_microseconds(text))
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def event(
    origin: str,
    shape: Shape,
    where: Source,
    fields: Fields,
    *,
    time: datetime | None = None,
    user: str | None = None,
    ip: str | None = None,
    text: str | None = None,
    cut: bool = False,
) -> Event:
    """An event whose text, unless given, is every value on its own line."""
    whole = "\n".join(value for values in fields.values() for value in values) if text is None else text
    seconds = time.timestamp() if time else None
    return Event(origin, shape, where, fields, whole, time, seconds, user or None, ip or None, cut)


def _microseconds(text: str) -> str:
    """ISO text with at most six digits after the point: loggers write up to nine."""
    head, point, tail = text.partition(".")
    digits = len(tail) - len(tail.lstrip("0123456789"))
    return f"{head}.{tail[: min(digits, 6)]}{tail[digits:]}" if point else text


def _opened(raw: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    """Single events with their paths: lists, wrappers, envelopes and texts of many lines opened."""
    waiting: list[tuple[str, Any, int]] = [(f"events[{at}]", item, 0) for at, item in enumerate(raw)]
    waiting.reverse()
    while waiting:
        origin, item, depth = waiting.pop()
        inner = _inside(item) if depth < DEEPEST else None
        if inner is None:
            yield origin, item
        else:
            waiting.extend((origin + path, each, depth + 1) for path, each in reversed(inner))


def _inside(item: Any) -> list[tuple[str, Any]] | None:
    if isinstance(item, list | tuple):
        return [(f"[{at}]", each) for at, each in enumerate(item)]
    if isinstance(item, str):
        return _lines(item)
    if not isinstance(item, Mapping):
        return None
    for key in _WRAPPERS:
        if isinstance(item.get(key), list) and len(item) <= 6 and "eventName" not in item:
            return [(f".{key}[{at}]", each) for at, each in enumerate(item[key])]
    detail = item.get("detail")
    if isinstance(detail, Mapping) and "detail-type" in item and _ENVELOPED & detail.keys():
        return [(".detail", detail)]
    stored = item.get("CloudTrailEvent")  # what `aws cloudtrail lookup-events` gives
    if isinstance(stored, str) and (record := embedded(stored)) is not None:
        return [(".CloudTrailEvent", record)]
    return None


def _lines(text: str) -> list[tuple[str, Any]] | None:
    """What a string holds: JSON, or several lines. None for one line of a log."""
    start = text.lstrip()[:1]
    if start in {"{", "["}:
        found = parsed(text)
        if isinstance(found, dict | list):
            return [("", found)]
    lines = [(at, line) for at, line in enumerate(text.splitlines()) if line.strip()]
    return [(f".lines[{at}]", line) for at, line in lines] if len(lines) > 1 else None


def _one(origin: str, item: Any) -> Event:
    from mesh.agents.threat_intelligence import cloud_logs, cloudtrail, log_lines, ocsf, windows_events

    if isinstance(item, str):
        return log_lines.read(origin, plain(item))
    if not isinstance(item, Mapping):
        text = "" if item is None else plain(item)
        return event(origin, "unknown", Source(), {}, text=text)
    for reader in (cloudtrail.read, ocsf.read, windows_events.read, cloud_logs.read):
        found = reader(origin, item)
        if found is not None:
            return found
    return _other(origin, item)


def _other(origin: str, item: Mapping[str, Any]) -> Event:
    """JSON of no known kind. Only a document that names its own Sigma log source is given one."""
    fields, cut = flatten(item)
    named = item.get("logsource")
    where = Source()
    if isinstance(named, Mapping):
        product, category, service = (named.get(key) or "" for key in ("product", "category", "service"))
        if all(isinstance(each, str) for each in (product, category, service)):
            where = source(product, filter(None, [category]), filter(None, [service]))
    known = where != Source()
    at = next((found for name in _TIMES for value in fields.get(name, ()) if (found := moment(value))), None)
    user = next((value for name in _USERS for value in fields.get(name, ())), None)
    ip = next((value for name in _ADDRESSES for value in fields.get(name, ())), None)
    return event(origin, "json" if known else "unknown", where, fields, time=at, user=user, ip=ip, cut=cut)


_TIMES = ("@timestamp", "timestamp", "time", "eventtime", "event_time", "ts", "datetime", "created_at")
_USERS = ("user.name", "user", "username", "user_name", "account", "actor")
_ADDRESSES = (
    "source.ip", "src_ip", "srcip", "sourceipaddress", "client_ip", "clientip", "ip", "src", "remote_addr",
)  # fmt: skip
