"""Rows of an export taken, joined and refused: nothing is dropped without a word."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from mesh.adapters.imports.mapping import ColumnMapping
from mesh.adapters.imports.translation import Translation, Unreadable
from mesh.kit.problem import FieldError, from_validation
from mesh.kit.records import checked

Line = tuple[int, dict[str, Any] | FieldError]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that was not taken: `line` is its place in the file, from 1."""

    line: int
    field: str
    reason: str


@dataclass(slots=True)
class Taken:
    """What became of the lines: `read` = rows kept + `merged` + lines refused.

    `merged` lines told of an id that another line told of as well; the latest of them was kept.
    `contradicting` are those of them that said something else where no time tells which is newer.
    `defaulted` counts, per field, the lines that had no value for it and got the mapping's default.
    """

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    read: int = 0
    merged: int = 0
    contradicting: list[Refusal] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    refused_lines: int = 0
    defaulted: dict[str, int] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)


def take(kind: str, lines: Iterable[Line], mapping: ColumnMapping | None, *, show: int = 1_000) -> Taken:
    """Every line of an export as a row of `kind`, the latest of each id; `show` refusals are kept in full."""
    taken, written = Taken(), dict[str, tuple[str, int]]()
    translation = Translation(mapping) if mapping else None
    for number, line in lines:
        taken.read += 1
        row, at, wrong = _row(kind, line, translation)
        if row is None:
            taken.refused_lines += 1
            taken.refused += [Refusal(number, e.field, e.reason) for e in wrong[: show - len(taken.refused)]]
            continue
        name = row["id"]
        before = written.get(name)
        if before:
            taken.merged += 1
            other = _differing(taken.rows[name], row)
            if other and before[0] == at and len(taken.contradicting) < show:
                reason = (
                    f"{name} came on line {before[1]} with another {', '.join(other)}; this line was kept"
                )
                taken.contradicting.append(Refusal(number, "id", reason))
        if before is None or at >= before[0]:
            written[name] = (at, number)
            taken.rows[name] = row
    if translation:
        taken.defaulted = dict(translation.defaulted)
        taken.unused = list(translation.unused)
    return taken


def _differing(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def _row(
    kind: str, line: dict[str, Any] | FieldError, translation: Translation | None
) -> tuple[dict[str, Any] | None, str, list[FieldError]]:
    if isinstance(line, FieldError):
        return None, "", [line]
    try:
        row, at = translation.row(line) if translation else (line, "")
        return checked(kind, row), at, []
    except Unreadable as unreadable:
        return None, "", [unreadable.wrong]
    except ValidationError as error:
        return None, "", list(from_validation(error).errors)
