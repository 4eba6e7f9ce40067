"""The words a question may use: those of the semantic layer, and the tenant's own names."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal

from mesh.agents.nlp_query.layer import layer
from mesh.kit.ports import Ports, Row

TOKEN = re.compile(r"[^\W_]+(?:[-./][^\W_]+)*")
RECENT = timedelta(days=100)
READINGS = timedelta(hours=26)
MOST_WORDS = 8
READ_FROM = ("device", "metric_type", "device_mean", "device_max", "anomalies")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a phrase can stand for. Of a value, `dimension` says of what, `label` how it is called."""

    kind: Literal["metric", "dimension", "value"]
    value: str
    dimension: str = ""
    label: str = ""
    whole: bool = True


Phrases = Mapping[tuple[str, ...], tuple[Meaning, ...]]


@dataclass(frozen=True)
class Vocabulary:
    """`titles` are the words of ticket titles; `clients` and `technicians` rows by id."""

    phrases: Phrases
    titles: frozenset[str]
    clients: Mapping[str, Row]
    technicians: Mapping[str, Row]
    own: tuple[str, ...] = ()
    words: frozenset[str] = field(default=frozenset(), repr=False)


def words(text: str) -> tuple[str, ...]:
    """Lower-case words; a possessive `'s` falls away.

    >>> words("Lakeside Dental's P1-tickets")
    ('lakeside', 'dental', 'p1-tickets')
    """
    return tuple(TOKEN.findall(re.sub(r"['\u2019]s?\b", "", text.casefold())))


@cache
def _known() -> Mapping[tuple[str, ...], tuple[Meaning, ...]]:
    """The phrases of the layer; those of values of dimensions come first where a phrase has both."""
    found: dict[tuple[str, ...], list[Meaning]] = defaultdict(list)
    for dimension, values in layer().aliases.items():
        for value, phrases in values.items():
            for phrase in phrases:
                found[words(phrase)].append(Meaning("value", value, dimension, value))
    for metric in layer().metrics.values():
        for phrase in metric.phrases:
            found[words(phrase)].append(Meaning("metric", metric.name))
    for dimension, phrases in layer().dimensions.items():
        for phrase in phrases:
            found[words(phrase)].append(Meaning("dimension", dimension))
    return {phrase: tuple(meanings) for phrase, meanings in found.items()}


def vocabulary(ports: Ports, text: str) -> Vocabulary:
    """The layer's words and the names that stand in the tenant's rows.

    Readings are many: the names of devices are looked up only for a text that may name one.
    """
    now = ports.clock.now()
    clients = {row["id"]: row for row in ports.records.scan("clients")}
    technicians = {row["id"]: row for row in ports.records.scan("technicians")}
    tickets = list(ports.records.scan("tickets", since=now - RECENT)) or _first(ports, "tickets")
    invoices = list(ports.records.scan("revenue", since=now - RECENT)) or _first(ports, "revenue")
    readings = _readings(ports, now) if _may_name_a_device(text) else []
    events = list(ports.records.scan("security-events", since=now - RECENT))
    found: dict[tuple[str, ...], list[Meaning]] = defaultdict(list)
    _people(found, "client", clients.values())
    _people(found, "technician", technicians.values())
    for dimension, values in (
        ("industry", _values(clients.values(), "industry")),
        ("region", _values([*clients.values(), *technicians.values()], "region")),
        ("service", _values(invoices, "service")),
        ("currency", _values(invoices, "currency")),
        ("priority", _values(tickets, "priority")),
        ("category", _values(tickets, "category")),
        ("status", _values(tickets, "status")),
        ("skill", _values(tickets, "skill") | _skills(technicians.values())),
        ("device", _values(readings, "device")),
        ("metric_type", _values(readings, "metric_type")),
        ("source", _values(events, "source")),
    ):
        for value in sorted(values):
            for phrase in {words(value), words(value.replace("_", " ").replace("-", " "))}:
                found[phrase].append(Meaning("value", value, dimension, value))
    titles = frozenset(w for row in tickets for w in words(str(row.get("title") or "")))
    merged: dict[tuple[str, ...], tuple[Meaning, ...]] = dict(_known())
    for phrase, meanings in found.items():
        if phrase:
            merged[phrase] = tuple(dict.fromkeys([*meanings, *merged.get(phrase, ())]))
    names = [str(row.get("name") or "") for row in ports.records.scan("profile")]
    own = tuple({ports.msp_id.casefold(), *(name.casefold() for name in names if len(name) > 3)})
    known = frozenset(word for phrase in merged for word in phrase)
    return Vocabulary(merged, titles, clients, technicians, own, known)


def _readings(ports: Ports, now: datetime) -> Sequence[Row]:
    return list(ports.records.scan("metrics", since=now - READINGS)) or _first(ports, "metrics")


def _may_name_a_device(text: str) -> bool:
    asked = {w.removesuffix("s") or w for w in words(text)}
    named = {
        w for phrase, meanings in _known().items() for m in meanings if m.value in READ_FROM for w in phrase
    }
    return bool(asked & {w.removesuffix("s") for w in named - layer().filler}) or any(
        w[0].isalpha() and w[-1].isdigit() and len(w) > 3 for w in asked
    )


def _first(ports: Ports, kind: Any) -> Sequence[Row]:
    return ports.records.page(kind, limit=500).items


def _values(rows: Iterable[Row], name: str) -> set[str]:
    return {value for row in rows if isinstance(value := row.get(name), str) and value.strip()}


def _skills(technicians: Iterable[Row]) -> set[str]:
    return {
        skill
        for row in technicians
        for skill in (row["skills"] if isinstance(row.get("skills"), list) else [row.get("skills")])
        if isinstance(skill, str) and skill
    }


def _people(found: dict[tuple[str, ...], list[Meaning]], dimension: str, rows: Iterable[Row]) -> None:
    """Whole names, ids, and every beginning of a name that no other phrase of the layer is."""
    common = layer().filler
    for row in rows:
        label = str(row.get("name") or row["id"])
        name = words(label)[:MOST_WORDS]
        found[words(row["id"])].append(Meaning("value", row["id"], dimension, label))
        if name and name not in _known():
            found[name].append(Meaning("value", row["id"], dimension, label))
        for length in range(1, len(name)):
            part = name[:length]
            if part not in _known() and not (length == 1 and (part[0] in common or len(part[0]) < 3)):
                found[part].append(Meaning("value", row["id"], dimension, label, whole=False))
