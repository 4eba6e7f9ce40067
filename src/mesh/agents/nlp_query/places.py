"""The value of a dimension for one row: its client's industry, the month it lies in."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mesh.agents.nlp_query.layer import TIMES
from mesh.agents.nlp_query.windows import floor
from mesh.kit.ports import Row

NONE = "(none)"


def moment(value: Any) -> datetime | None:
    """A stored time, or None where there is none or it cannot be read."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def period(at: datetime, unit: str) -> str:
    """`2026-11`, `2026-Q4`, a week by its Monday, an hour as `2026-11-22 13:00`."""
    start = floor(at, unit)
    if unit == "hour":
        return f"{start:%Y-%m-%d %H:00}"
    if unit == "quarter":
        return f"{start:%Y}-Q{(start.month + 2) // 3}"
    return f"{start:%Y}" if unit == "year" else f"{start:%Y-%m}" if unit == "month" else f"{start:%Y-%m-%d}"


def value(
    dimension: str, row: Row, at: datetime | None, clients: Mapping[str, Row], of_client: bool
) -> list[str]:
    """The row's values, as they are compared: ids of clients and technicians, texts of others."""
    if dimension in TIMES:
        return [period(at, dimension)] if at else [NONE]
    if dimension == "client":
        return [str((row.get("id") if of_client else row.get("client_id")) or NONE)]
    if dimension == "technician":
        return [str(row.get("technician_id") or row.get("technician") or NONE)]
    if dimension in ("industry", "region") and not of_client and dimension not in row:
        row = clients.get(str(row.get("client_id")), {})
    if dimension == "skill" and "skills" in row:
        held = row["skills"]
        return [str(s) for s in held] if isinstance(held, list) else [str(held)]
    found = row.get(dimension)
    return [str(found)] if isinstance(found, str) and found else [NONE]
