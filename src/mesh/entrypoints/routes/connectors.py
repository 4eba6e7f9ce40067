"""Other tools that rows come from: how their columns are read, what became of the last import, a trial."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from mesh.adapters.imports import journal
from mesh.adapters.imports import mapping as mappings
from mesh.adapters.imports.journal import Imported
from mesh.adapters.imports.mapping import ColumnMapping
from mesh.adapters.imports.taking import take
from mesh.entrypoints.endpoint import JSON, Call, Endpoint, reply_json
from mesh.entrypoints.routes.records import BODIES, REFUSED_SHOWN, Origin, Refused, few, known_kind, told
from mesh.entrypoints.rows import lines_of
from mesh.kit.platform import Reply
from mesh.kit.problem import Conflict, FieldError, Invalid, NotFound, validated

TAG = "records"
SHOWN = 10
MOST_OWN = 100


class Connector(BaseModel):
    """A mapping, and how the last import through it went."""

    mapping: ColumnMapping
    own: bool = Field(description="Yours; else it comes with the mesh")
    last: Imported | None


class Connectors(BaseModel):
    items: list[Connector]
    plain: list[Imported] = Field(description="The last imports of rows whose columns were named as here")


class Trial(Origin):
    kind: str = Field(min_length=1, max_length=63, description="A kind of rows, such as tickets")


class Tried(BaseModel):
    """What an import would do. Nothing was stored."""

    kind: str
    received: int
    good: int = Field(description="Rows that would be stored")
    merged: int
    contradicting: list[Refused] = Field(description="Lines that say something else of an earlier line's id")
    refused_lines: int
    refused: list[Refused]
    rows: list[dict[str, Any]] = Field(description="The first rows as they would be stored")
    unused_columns: list[str] = Field(description="Columns of the file that the mapping does not read")
    defaulted: dict[str, int] = Field(
        description="Lines that had no value for a field and would get its default"
    )


class Forgotten(BaseModel):
    model_config = ConfigDict(extra="forbid")

    removed: int


def listing(call: Call) -> Reply:
    blobs, imports = call.ports.blobs, journal.noted(call.ports)
    last = {one.source: one for one in reversed(imports) if one.source}
    own = {mapping.name: mapping for mapping in mappings.saved(blobs)}
    known = {**mappings.ready(), **own}
    items = [Connector(mapping=known[name], own=name in own, last=last.get(name)) for name in sorted(known)]
    return reply_json(Connectors(items=items, plain=[one for one in imports if one.source not in known]))


def save(call: Call) -> Reply:
    mapping = validated(ColumnMapping, call.json_object())
    blobs = call.ports.blobs
    own = {one.name for one in mappings.saved(blobs)}
    if mapping.name not in own and len(own) >= MOST_OWN:
        raise Conflict(f"You have {MOST_OWN} mappings; remove one first.")
    mappings.save(mapping, blobs)
    return reply_json(mapping)


def forget(call: Call) -> Reply:
    name = call.path["name"]
    if not mappings.forget(name, call.ports.blobs):
        ready = name in mappings.ready()
        raise NotFound(
            "That mapping comes with the mesh and stays." if ready else "You have no such mapping."
        )
    return reply_json(Forgotten(removed=1))


def trial(call: Call) -> Reply:
    """The same reading and the same checks as an import, up to storing."""
    asked = call.asked(Trial)
    kind = known_kind(asked.kind)
    mapping = mappings.find(asked.source, kind, call.ports.blobs) if asked.source else None
    taken = take(kind, few(lines_of(call.body, call.media_type)), mapping, show=REFUSED_SHOWN)
    if not taken.read:
        raise Invalid("There are no rows.", errors=[FieldError("body", "has no rows")])
    return reply_json(
        Tried(
            kind=kind,
            received=taken.read,
            good=len(taken.rows),
            merged=taken.merged,
            refused_lines=taken.refused_lines,
            contradicting=told(taken.contradicting),
            refused=told(taken.refused),
            rows=list(taken.rows.values())[:SHOWN],
            unused_columns=taken.unused,
            defaulted=taken.defaulted,
        )
    )


ROUTES = [
    Endpoint("GET", "/connectors", "How other tools' exports are read, and their last imports", TAG, listing,
             reply=Connectors, problems=(401, 429)),
    Endpoint("POST", "/connectors", "Keep a mapping of columns, by its name", TAG, save,
             takes={JSON: ColumnMapping}, reply=ColumnMapping,
             problems=(400, 401, 409, 413, 415, 422, 429)),
    Endpoint("DELETE", "/connectors/{name}", "Forget a mapping of yours", TAG, forget, reply=Forgotten,
             problems=(401, 404, 409, 422, 429)),
    Endpoint("POST", "/connectors/trial", "What an import would do; nothing is stored", TAG, trial,
             query=Trial, takes=BODIES, reply=Tried, problems=(400, 401, 404, 409, 413, 415, 422, 429)),
]  # fmt: skip
