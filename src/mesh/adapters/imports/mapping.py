"""A column mapping: which column of an export holds which field, and what its words mean here."""

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator

from mesh.kit.ports import Blobs
from mesh.kit.problem import FieldError, Invalid, NotFound, validated
from mesh.kit.records import KINDS

SAVED = "imports/"
NAME = re.compile(r"^[a-z0-9][a-z0-9-]{0,62}$")
Label = Annotated[str, Field(min_length=1, max_length=200)]


class ColumnMapping(BaseModel):
    """`columns` gives, per field of the kind, the columns it may be in: the first that has a value counts.

    Columns are matched without regard to case, spaces and punctuation; a cell inside a JSON object is
    `company/name`. `values` translates the words of a field: the whole cell is looked up, then what stands
    before " - " or ":" (`3 - Moderate` is 3). `updated` names the column by which one of several lines of the
    same id is the latest; without it, the later line. Times that are not ISO 8601 are read by
    `time_formats` (strptime), and those without a zone are of `timezone`.
    """

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=NAME.pattern)
    title: str = Field(default="", max_length=200)
    kind: str
    columns: dict[Label, Annotated[list[Label], Field(min_length=1, max_length=20)]] = Field(
        min_length=1, max_length=200
    )
    defaults: dict[Label, str] = Field(default={}, max_length=200)
    values: dict[Label, Annotated[dict[str, str], Field(max_length=1_000)]] = Field(
        default={}, max_length=200
    )
    missing: list[str] = Field(default=[], max_length=100)
    updated: list[Label] = Field(default=[], max_length=20)
    time_formats: list[Label] = Field(default=[], max_length=20)
    timezone: str = "UTC"

    @field_validator("kind")
    @classmethod
    def _is_a_kind(cls, kind: str) -> str:
        if kind not in KINDS:
            raise ValueError(f"must be one of: {', '.join(KINDS)}")
        return kind

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"{zone!r} is no time zone; an example of one is Europe/London") from error
        return zone


@cache
def ready() -> dict[str, ColumnMapping]:
    """The mappings that come with the mesh, by name."""
    folder = files("mesh.adapters.imports") / "ready"
    found = [
        ColumnMapping.model_validate_json(f.read_bytes())
        for f in folder.iterdir()
        if f.name.endswith(".json")
    ]
    return {mapping.name: mapping for mapping in sorted(found, key=lambda m: m.name)}


def saved(blobs: Blobs) -> list[ColumnMapping]:
    """The tenant's own mappings, by name."""
    contents = [blobs.get(name) for name in blobs.names(SAVED)]
    return [ColumnMapping.model_validate_json(content) for content in contents if content is not None]


def find(name: str, kind: str, blobs: Blobs) -> ColumnMapping:
    """The tenant's mapping of that name, else the ready one. Raises NotFound with the names there are."""
    known = {**ready(), **{mapping.name: mapping for mapping in saved(blobs)}}
    mapping = known.get(name)
    if mapping is None:
        raise NotFound(
            f"There is no mapping {name[:60]!r}. There are: {', '.join(sorted(known))}.",
            errors=[FieldError("source", "is not the name of a mapping")],
        )
    if mapping.kind != kind:
        reason = f"{name} maps {mapping.kind}, not {kind}"
        raise Invalid("The mapping is for another kind.", errors=[FieldError("source", reason)])
    return mapping


def save(mapping: ColumnMapping, blobs: Blobs) -> None:
    """Keep the mapping with the tenant, so that the next export of that source needs only its name."""
    blobs.put(f"{SAVED}{mapping.name}.json", mapping.model_dump_json().encode())


def forget(name: str, blobs: Blobs) -> bool:
    """Whether the tenant had such a mapping; a ready one of that name counts again."""
    return bool(NAME.fullmatch(name)) and blobs.remove(f"{SAVED}{name}.json")


def changed(
    base: ColumnMapping | None,
    name: str,
    kind: str,
    *,
    columns: Sequence[tuple[str, str]] = (),
    defaults: Sequence[tuple[str, str]] = (),
    timezone: str = "",
    time_format: str = "",
) -> ColumnMapping:
    """`base` with what was named put over it. Raises Invalid that names what is wrong."""
    content: dict[str, Any] = base.model_dump() if base else {"kind": kind, "columns": {}, "defaults": {}}
    content["name"] = name
    content["columns"] |= {field: [column] for field, column in columns}
    content["defaults"] |= dict(defaults)
    if timezone:
        content["timezone"] = timezone
    if time_format:
        content["time_formats"] = [time_format]
    return validated(ColumnMapping, content)
