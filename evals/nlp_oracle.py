"""What a question of the suite is to be answered with: windows and rows reckoned apart from the agent."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
Rows = Mapping[str, Sequence[Mapping[str, Any]]]
Window = tuple[datetime, datetime]
MIDNIGHT = NOW.replace(hour=0)
NAMED: Mapping[str, Window] = {
    "LM": (datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)),
    "TM": (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)),
    "NM": (datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
    "LQ": (datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)),
    "TQ": (datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
    "TY": (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
    "LW": (datetime(2026, 11, 9, tzinfo=UTC), datetime(2026, 11, 16, tzinfo=UTC)),
    "Y": (MIDNIGHT - timedelta(days=1), MIDNIGHT),
    "T": (MIDNIGHT, MIDNIGHT + timedelta(days=1)),
    "P24H": (NOW - timedelta(hours=24), NOW),
    "P7": (NOW - timedelta(days=7), NOW),
    "P30": (NOW - timedelta(days=30), NOW),
    "P90": (NOW - timedelta(days=90), NOW),
    "P12W": (NOW - timedelta(weeks=12), NOW),
    "P12M": (datetime(2025, 11, 1, tzinfo=UTC), NOW),
    "P12Mr": (datetime(2025, 11, 22, 15, tzinfo=UTC), NOW),
    "N60": (NOW, NOW + timedelta(days=60)),
    "N90": (NOW, NOW + timedelta(days=90)),
    "N3M": (NOW, datetime(2027, 2, 22, 15, tzinfo=UTC)),
}


def window(key: str) -> Window | None:
    """The window that a key of the suite names."""
    if not key:
        return None
    if key in NAMED:
        return NAMED[key]
    first, last = key.split("/")
    start = datetime.fromisoformat(first).replace(tzinfo=UTC)
    return start, NOW if last == "NOW" else datetime.fromisoformat(last).replace(tzinfo=UTC)


def time(row: Mapping[str, Any], name: str) -> datetime | None:
    return datetime.fromisoformat(row[name]) if row.get(name) else None


def late(t: Mapping[str, Any]) -> bool:
    due = time(t, "due_at")
    return due is not None and (time(t, "resolved_at") or NOW) > due


# Of each metric: kind, the field whose time counts, which rows, and what is made of them.
COUNT: Callable[[Any], float] = lambda rows: float(len(rows))  # noqa: E731


def mean(of: Callable[[Any], float | None]) -> Callable[[Any], float | None]:
    def reckon(rows: Any) -> float | None:
        values = [v for row in rows if (v := of(row)) is not None]
        return sum(values) / len(values) if values else None

    return reckon


def total(name: str) -> Callable[[Any], float]:
    return lambda rows: float(sum(row.get(name) or 0 for row in rows))


def hours(t: Mapping[str, Any]) -> float:
    return (datetime.fromisoformat(t["resolved_at"]) - datetime.fromisoformat(t["at"])).total_seconds() / 3600


def peak(rows: Any) -> float | None:
    return max((r["value"] for r in rows if r["value"] is not None), default=None)


def per_seat(rows: Any) -> float | None:
    seats: dict[str, int] = defaultdict(int)
    for row in rows:
        seats[row["client_id"]] = max(seats[row["client_id"]], row.get("seats") or 0)
    return sum(r["amount"] for r in rows) / sum(seats.values()) if sum(seats.values()) else None


def is_closed(t: Mapping[str, Any]) -> bool:
    return bool(t["status"] == "closed")


def there(c: Mapping[str, Any]) -> bool:
    return (time(c, "left_at") or NOW + timedelta(1)) > NOW and (time(c, "since") or NOW) <= NOW


def recurring(r: Mapping[str, Any]) -> bool:
    return bool(r["service"] != "Projects")


METRICS: Mapping[str, tuple[str, str, Callable[[Any], bool], Callable[[Any], float | None]]] = {
    "open_tickets": ("tickets", "at", lambda t: not is_closed(t), COUNT),
    "overdue_tickets": ("tickets", "due_at", lambda t: not is_closed(t) and late(t), COUNT),
    "unassigned_tickets": ("tickets", "at", lambda t: not is_closed(t) and "technician_id" not in t, COUNT),
    "tickets_opened": ("tickets", "at", lambda t: True, COUNT),  # noqa: ARG005
    "tickets_resolved": ("tickets", "resolved_at", is_closed, COUNT),
    "sla_breaches": ("tickets", "due_at", late, COUNT),
    "sla_met": ("tickets", "due_at", lambda t: is_closed(t) or late(t),
                mean(lambda t: 0.0 if late(t) else 100.0)),
    "resolution_hours": ("tickets", "resolved_at", is_closed, mean(hours)),
    "reopened_tickets": ("tickets", "at", lambda t: t["reopened"] > 0, COUNT),
    "satisfaction": ("tickets", "resolved_at", lambda t: "satisfaction_score" in t,
                     mean(lambda t: t["satisfaction_score"])),
    "work_hours": ("tickets", "resolved_at", is_closed, total("hours")),
    "mrr": ("revenue", "at", recurring, total("amount")),
    "revenue": ("revenue", "at", lambda r: True, total("amount")),  # noqa: ARG005
    "revenue_per_seat": ("revenue", "at", recurring, per_seat),
    "clients": ("clients", "since", there, COUNT),
    "seats": ("clients", "since", there, total("seats")),
    "new_clients": ("clients", "since", lambda c: True, COUNT),  # noqa: ARG005
    "clients_left": ("clients", "left_at", lambda c: not there(c) and "left_at" in c, COUNT),
    "renewals": ("clients", "renews_at", there, COUNT),
    "technicians": ("technicians", "", lambda t: True, COUNT),  # noqa: ARG005
    "device_mean": ("metrics", "at", lambda m: True, mean(lambda m: m["value"])),  # noqa: ARG005
    "device_max": ("metrics", "at", lambda m: True, peak),  # noqa: ARG005
    "security_events": ("security-events", "at", lambda e: True, COUNT),  # noqa: ARG005
    "policies": ("policies", "at", lambda p: True, COUNT),  # noqa: ARG005
    "articles": ("articles", "at", lambda a: True, COUNT),  # noqa: ARG005
    "churn_risk": ("churn", "", lambda c: True, mean(lambda c: c["churn_probability"])),  # noqa: ARG005
    "threats": ("threats", "at", lambda t: True, COUNT),  # noqa: ARG005
    "anomalies": ("anomalies", "at", lambda a: True, COUNT),  # noqa: ARG005
    "compliance_score": ("scores", "", lambda s: True, mean(lambda s: s["score"])),  # noqa: ARG005
}  # fmt: skip


def expected(
    metric: str, group: str, filters: str, span: Window | None, rows: Rows
) -> dict[str, float | None]:
    """Values by the label of their group; the empty label where there is none. Not for utilisation."""
    kind, field, holds, reckon = METRICS[metric]
    found = [r for r in rows[kind] if holds(r)]
    if span is not None:
        found = [r for r in found if (at := time(r, field)) is not None and span[0] <= at < span[1]]
    if metric in ("mrr", "revenue_per_seat") and group != "month":
        last = max((r["at"] for r in found), default="")
        found = [r for r in found if r["at"] == last]
    wanted: dict[str, set[str]] = defaultdict(set)
    for each in filter(None, filters.split(";")):
        name, _, value = each.partition("=")
        wanted[name].add(value)
    for name, values in wanted.items():
        found = [r for r in found if _holds(r, name, values, field, rows)]
    groups: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in found:
        for label in _labels(row, group, field, rows) if group else [""]:
            groups[label].append(row)
    if not group:
        groups.setdefault("", [])
    return {label: reckon(members) for label, members in groups.items()}


def _holds(row: Mapping[str, Any], name: str, values: set[str], field: str, rows: Rows) -> bool:
    if name == "text":
        return any(v.removesuffix("s") in row["title"].lower() for v in values)
    return bool(values & set(_labels(row, name, field, rows)))


def _labels(row: Mapping[str, Any], group: str, field: str, rows: Rows) -> list[str]:
    if group in ("day", "week", "month"):
        at = time(row, field)
        assert at is not None
        at = at - timedelta(days=at.weekday()) if group == "week" else at
        return [at.strftime("%Y-%m" if group == "month" else "%Y-%m-%d")]
    if group == "skill" and "skills" in row:
        return list(row["skills"])
    if group in ("client", "industry", "region"):
        client = row if "industry" in row else next(c for c in rows["clients"] if c["id"] == row["client_id"])
        return [client["name" if group == "client" else group]]
    if group == "technician":
        return [
            next((t["name"] for t in rows["technicians"] if t["id"] == row.get("technician_id")), "(none)")
        ]
    return [str(row[group])]
