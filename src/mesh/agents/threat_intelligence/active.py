"""Active threats: what the tenant's own recent answers say is going on, merged over answers."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mesh.agents.threat_intelligence.model import Answer, Severity, ThreatType
from mesh.agents.threat_intelligence.severity import is_malicious
from mesh.kit.agent import Envelope
from mesh.kit.ports import Ports

_GRAVER: tuple[Severity, ...] = get_args(Severity)  # LOW first
_MOST = 200
_PAGE = 200


class ActiveQuery(BaseModel):
    """`hours` back from now; `severity` is the least that counts."""

    model_config = ConfigDict(extra="forbid")

    hours: int = Field(default=24, ge=1, le=24 * 90)
    severity: Severity = "HIGH"


class Active(BaseModel):
    """One thing that recent answers share. `results` are ids, newest first."""

    kind: str = Field(description="technique, vulnerability, or the type of an indicator")
    value: str
    name: str = ""
    severity: Severity = Field(description="The gravest of its answers")
    threat_types: tuple[ThreatType, ...]
    first_seen: datetime
    last_seen: datetime
    seen_by: int | None = None
    results: tuple[str, ...]


class ActiveThreats(BaseModel):
    since: datetime
    until: datetime
    severity: Severity
    answers: int = Field(description="How many answers of that severity the window holds")
    threats: tuple[Active, ...] = Field(description="The gravest first, then the most often and latest seen")
    left_out: int = Field(default=0, description="How many more there were than are listed")


def active_threats(query: ActiveQuery, ports: Ports) -> ActiveThreats:
    """Indicators, techniques and vulnerabilities of the answers in the window."""
    until = ports.clock.now()
    since = until - timedelta(hours=query.hours)
    wanted = _GRAVER[_GRAVER.index(query.severity) :]
    merged: dict[tuple[str, str], Active] = {}
    count = 0
    for envelope, answer in _recent(ports, since):
        if answer.severity in wanted:
            count += 1
            for one in _threats(envelope, answer):
                known = merged.get((one.kind, one.value))
                merged[one.kind, one.value] = _joined(known, one) if known else one
    ranked = sorted(merged.values(), key=_rank, reverse=True)
    return ActiveThreats(
        since=since, until=until, severity=query.severity, answers=count, threats=tuple(ranked[:_MOST]),
        left_out=max(0, len(ranked) - _MOST),
    )  # fmt: skip


def _recent(ports: Ports, since: datetime) -> Iterator[tuple[Envelope, Answer]]:
    cursor: str | None = None
    while True:
        page = ports.results.page(agent="threat-intelligence", since=since, limit=_PAGE, cursor=cursor)
        for envelope in page.items:
            try:
                yield envelope, Answer.model_validate(envelope.answer)
            except ValidationError:  # an answer kept by an older version, of another form
                continue
        if (cursor := page.cursor) is None:
            return


def _threats(envelope: Envelope, answer: Answer) -> Iterable[Active]:
    def one(kind: str, value: str, name: str = "", seen_by: int | None = None) -> Active:
        at = envelope.answered_at
        return Active(
            kind=kind, value=value, name=name, severity=answer.severity, threat_types=(answer.threat_type,),
            first_seen=at, last_seen=at, seen_by=seen_by, results=(envelope.result_id,),
        )  # fmt: skip

    yield from (one(i.type, i.value, seen_by=i.seen_by) for i in answer.indicators if is_malicious(i))
    yield from (one("technique", t.id, t.name) for t in answer.techniques)
    yield from (
        one("vulnerability", v.cve, v.kev.name if v.kev else "")
        for v in answer.vulnerabilities
        if v.cve and not v.negated
    )


def _joined(known: Active, other: Active) -> Active:
    return known.model_copy(
        update={
            "severity": max(known.severity, other.severity, key=_GRAVER.index),
            "threat_types": tuple(dict.fromkeys(known.threat_types + other.threat_types)),
            "first_seen": min(known.first_seen, other.first_seen),
            "last_seen": max(known.last_seen, other.last_seen),
            "seen_by": max(filter(None, (known.seen_by, other.seen_by)), default=None),
            "results": tuple(dict.fromkeys(known.results + other.results)),
        }
    )


def _rank(one: Active) -> tuple[int, int, datetime]:
    return _GRAVER.index(one.severity), len(one.results), one.last_seen
