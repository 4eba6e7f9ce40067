"""What a step looks up by itself: the tenant's own rows, and the duties that follow from them."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from mesh.kit.ports import Ports
from mesh.kit.problem import FieldError, Invalid, validated
from mesh.kit.records import KINDS, Name, when
from mesh.workflows.duties import duties

# Readings of so long back say what is measured now.
MEASURED = timedelta(hours=48)
MOST_READINGS = 5_000


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Client(_Asked):
    client_id: Name


class _Rows(_Asked):
    kind: str
    days: float = Field(default=30, gt=0, le=3_660)
    client_id: Name | None = None
    most: int = Field(default=200, ge=1, le=5_000)


class _Series(_Asked):
    client_id: Name | None = None
    most: int = Field(default=6, ge=1, le=20)


def client(question: Mapping[str, Any], ports: Ports) -> dict[str, Any]:
    """The stored client: its row, and `measured`, what is measured there. Raises Invalid for none."""
    asked = validated(_Client, question)
    row = ports.records.find("clients", asked.client_id)
    if row is None:
        raise Invalid("There is no such client.", errors=[FieldError("client_id", "is not stored")])
    measured = {one["metric_type"] for one in _measured(ports, asked.client_id)}
    return {**row, "measured": sorted(measured)}


def rows(question: Mapping[str, Any], ports: Ports) -> dict[str, Any]:
    """Stored rows of a kind, newest first, without the whole history: `rows` and how many there are."""
    asked = validated(_Rows, question)
    if asked.kind not in KINDS:
        raise Invalid("There is no such kind of records.", errors=[FieldError("kind", "is not a kind")])
    where = {"client_id": asked.client_id} if asked.client_id else None
    since = ports.clock.now() - timedelta(days=asked.days)
    found = list(ports.records.scan(asked.kind, where=where, since=since))
    if not found:
        # Kinds whose rows have no time are never since anything.
        found = [row for row in ports.records.scan(asked.kind, where=where) if not when(row)]
    newest = found[::-1][: asked.most]
    return {"rows": newest, "count": len(found), "simulated": any(row.get("simulated") for row in newest)}


def series(question: Mapping[str, Any], ports: Ports) -> dict[str, Any]:
    """What is measured at whom: pairs of client and metric with readings of the last two days."""
    asked = validated(_Series, question)
    found = {
        (one["client_id"], one["metric_type"]): bool(one.get("simulated"))
        for one in _measured(ports, asked.client_id)
        if one.get("client_id")
    }
    pairs = [{"client_id": client_id, "metric_type": metric} for client_id, metric in sorted(found)]
    return {"series": pairs[: asked.most], "count": len(pairs), "simulated": any(found.values())}


def _measured(ports: Ports, client_id: str | None) -> list[Mapping[str, Any]]:
    """Readings of the last two days, the first of them where there are very many."""
    where = {"client_id": client_id} if client_id else None
    since = ports.clock.now() - MEASURED
    return list(ports.records.page("metrics", where=where, since=since, limit=MOST_READINGS).items)


class _Duties(_Asked):
    discovered_at: datetime
    frameworks: list[str] = []
    industry: str | None = None
    region: str | None = None
    client: str | None = None


def notification_duties(question: Mapping[str, Any], ports: Ports) -> dict[str, Any]:  # noqa: ARG001
    """Who is to be told by when, if the incident turns out to be a breach (`mesh.workflows.duties`)."""
    asked = validated(_Duties, question)
    return duties(asked.discovered_at, asked.frameworks, asked.industry or "", asked.region or "")


LOOKUPS: Mapping[str, Callable[[Mapping[str, Any], Ports], dict[str, Any]]] = {
    "client": client,
    "rows": rows,
    "series": series,
    "duties": notification_duties,
}
