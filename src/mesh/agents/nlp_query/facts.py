"""The one way to the tenant's rows: what a metric is counted from, as facts with a time and a number."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, cast

from mesh.agents.nlp_query.layer import Metric
from mesh.agents.nlp_query.model import Filter
from mesh.agents.nlp_query.places import moment
from mesh.kit.agent import Envelope
from mesh.kit.ports import Ports, Row
from mesh.kit.records import KINDS

CLOSED = frozenset({"closed", "resolved", "done", "cancelled", "canceled", "completed", "solved"})
MOST_RESULTS = 500
Span = tuple[datetime | None, datetime | None]


@dataclass(frozen=True, slots=True)
class Fact:
    """One row that counts. `number` is None where it has none."""

    row: Row
    at: datetime | None
    number: float | None
    cited: str


@dataclass(slots=True)
class Source:
    """What was read: `stored` says whether there is any row of the kind at all."""

    stored: bool = False
    simulated: bool = False


def facts(
    metric: Metric, ports: Ports, filters: Iterable[Filter], span: Span, seen: Source
) -> Iterator[Fact]:
    """Every fact of a metric, before windows and filters are applied; `span` bounds what is read."""
    now = ports.clock.now()
    only, number = CONDITIONS[metric.only], NUMBERS.get(metric.field, _field(metric.field))
    for row in _rows(metric, ports, filters, span, seen):
        if only(row, now):
            cited = str(row.get("result_id") or row["id"])
            yield Fact(row, moment(row.get(metric.at)) if metric.at else None, number(row), cited)


def _rows(metric: Metric, ports: Ports, filters: Iterable[Filter], span: Span, seen: Source) -> Iterator[Row]:
    if metric.source in KINDS:
        types = [f.value for f in filters if f.dimension == "metric_type" and metric.source == "metrics"]
        where = {"metric_type": types[0]} if len(types) == 1 else None
        since, until = span if _by_at(metric) else (None, None)
        rows: Iterable[Row] = ports.records.scan(
            cast(Any, metric.source), where=where, since=since, until=until
        )
        if metric.source == "technicians":
            rows = ({**row, "technician_id": row["id"]} for row in rows)
    else:
        rows = RESULTS[metric.source](stored_answers(ports, metric.source))
    if metric.source in KINDS:
        seen.stored = bool(ports.records.page(cast(Any, metric.source), limit=1).items)
    for row in rows:
        seen.stored = True
        seen.simulated |= bool(row.get("simulated"))
        yield row


def _by_at(metric: Metric) -> bool:
    """Whether windows are about the time by which rows are stored, so that less need be read."""
    return metric.at == "at" and metric.source in ("tickets", "revenue", "metrics", "security-events")


def stored_answers(ports: Ports, agent: str) -> Iterator[Envelope]:
    """Answers of another agent for this tenant, newest first, 500 at most."""

    def every() -> Iterator[Envelope]:
        cursor = None
        while True:
            page = ports.results.page(agent=agent, limit=100, cursor=cursor)
            yield from page.items
            cursor = page.cursor
            if cursor is None:
                return

    return islice(every(), MOST_RESULTS)


def _of_health(answers: Iterable[Envelope]) -> Iterator[Row]:
    """The latest judgement of each client."""
    known: set[str] = set()
    for each in answers:
        for one in (each.answer, *each.answer.get("clients", ())):
            client = one.get("client_id")
            if client and client not in known and one.get("churn_probability") is not None:
                known.add(client)
                yield {**_head(each), "client_id": client, "churn_probability": one["churn_probability"],
                       "drivers": one.get("drivers", [])}  # fmt: skip


def _of_threats(answers: Iterable[Envelope]) -> Iterator[Row]:
    for each in answers:
        found = {name: each.answer.get(name) for name in ("severity", "threat_type", "client_id")}
        if found["threat_type"] != "none":
            yield {**_head(each), **found}


def _of_anomalies(answers: Iterable[Envelope]) -> Iterator[Row]:
    """Each anomaly once, however often its series was looked at; one without a time by its answer."""
    known: set[tuple[Any, ...]] = set()
    for each in answers:
        metric = each.answer.get("metric_type")
        for one in each.answer.get("anomalies", ()):
            at = one.get("start") or one.get("time")
            key = (metric, one.get("series"), at or (each.result_id, one.get("index")))
            if key not in known:
                known.add(key)
                head = _head(each)
                yield {
                    **head,
                    "at": at or head["answered_at"],
                    "metric_type": metric,
                    "device": one.get("series"),
                }


def _of_compliance(answers: Iterable[Envelope]) -> Iterator[Row]:
    """The latest score of each framework."""
    known: set[str] = set()
    for each in answers:
        framework = each.answer.get("framework")
        if framework and framework not in known:
            known.add(framework)
            yield {**_head(each), "framework": framework, "score": each.answer.get("score")}


def _head(each: Envelope) -> dict[str, Any]:
    return {"id": each.result_id, "result_id": each.result_id, "answered_at": each.answered_at.isoformat(),
            "simulated": each.simulated}  # fmt: skip


RESULTS: Mapping[str, Callable[[Iterable[Envelope]], Iterator[Row]]] = {
    "client-health": _of_health,
    "threat-intelligence": _of_threats,
    "anomaly-detection": _of_anomalies,
    "security-compliance": _of_compliance,
}


def is_open(row: Row, now: datetime) -> bool:
    done = moment(row.get("resolved_at"))
    if done is not None:
        return done > now
    return str(row.get("status") or "").casefold() not in CLOSED


def _late(row: Row, now: datetime) -> bool:
    due, done = moment(row.get("due_at")), moment(row.get("resolved_at"))
    if due is None:
        return False
    return done > due if done is not None else due < now and is_open(row, now)


def _due(row: Row, now: datetime) -> bool:
    """Whether it is known if its SLA held: it was resolved, or its time is over."""
    due = moment(row.get("due_at"))
    return due is not None and (moment(row.get("resolved_at")) is not None or due < now)


def _left(row: Row, now: datetime) -> bool:
    left = moment(row.get("left_at"))
    return left is not None and left <= now


def _present(row: Row, now: datetime) -> bool:
    since = moment(row.get("since"))
    return not _left(row, now) and (since is None or since <= now)


def is_recurring(row: Row, now: datetime) -> bool:  # noqa: ARG001
    """Projects are invoiced once; every other service month by month."""
    return "project" not in str(row.get("service") or "").casefold()


CONDITIONS: Mapping[str, Callable[[Row, datetime], bool]] = {
    "": lambda row, now: True,  # noqa: ARG005
    "open": is_open,
    "overdue": lambda row, now: is_open(row, now) and _late(row, now),
    "unassigned": lambda row, now: is_open(row, now) and not row.get("technician_id"),
    "resolved": lambda row, now: (moment(row.get("resolved_at")) or now) < now,
    "breached": _late,
    "due": _due,
    "in_time": lambda row, now: not _late(row, now),
    "reopened": lambda row, now: (row.get("reopened") or 0) > 0,  # noqa: ARG005
    "scored": lambda row, now: row.get("satisfaction_score") is not None,  # noqa: ARG005
    "recurring": is_recurring,
    "present": _present,
    "left": _left,
}


def _field(name: str) -> Callable[[Row], float | None]:
    def number(row: Row) -> float | None:
        found = row.get(name)
        return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None

    return number


def _resolution_hours(row: Row) -> float | None:
    opened, done = moment(row.get("at")), moment(row.get("resolved_at"))
    return (done - opened).total_seconds() / 3600 if opened and done else None


NUMBERS: Mapping[str, Callable[[Row], float | None]] = {"resolution_hours": _resolution_hours}
