"""What became of the last import from each source: kept with the tenant's rows, and gone with them."""

from datetime import datetime

from pydantic import BaseModel, Field

from mesh.adapters.imports.taking import Taken
from mesh.kit.ports import Ports

KIND = "imports"
# Rows that came with the columns named as here.
PLAIN = ""


class Imported(BaseModel):
    """One import. `read` = `stored` + `merged` + `refused`, in lines."""

    at: datetime
    kind: str
    source: str = Field(description="The mapping's name; empty where columns were named as here")
    read: int
    stored: int
    merged: int
    refused: int
    reasons: list[str] = Field(default=[], description="The first reasons, by line")


REASONS_KEPT = 20


def note(kind: str, source: str, taken: Taken, ports: Ports) -> None:
    """Keep how it went, in place of what was kept of the same source and kind."""
    told = Imported(
        at=ports.clock.now(),
        kind=kind,
        source=source,
        read=taken.read,
        stored=len(taken.rows),
        merged=taken.merged,
        refused=taken.refused_lines,
        reasons=[f"line {r.line}: {r.field}: {r.reason}"[:300] for r in taken.refused[:REASONS_KEPT]],
    )
    ports.records.put(KIND, [{"id": f"{kind} {source}", **told.model_dump(mode="json")}])


def noted(ports: Ports) -> list[Imported]:
    """The last of each source and kind, the latest first."""
    rows = [Imported.model_validate(row) for row in ports.records.scan(KIND)]
    return sorted(rows, key=lambda one: one.at, reverse=True)
