"""One row of an export, put into the fields of our kind."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, get_args
from zoneinfo import ZoneInfo

from mesh.adapters.imports.mapping import ColumnMapping
from mesh.kit.problem import FieldError
from mesh.kit.records import KINDS, sortable

THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?")
DEPTH = 3


class Unreadable(Exception):
    """A cell that the mapping cannot read; `wrong` says which and why."""

    def __init__(self, field: str, reason: str):
        super().__init__(reason)
        self.wrong = FieldError(field, reason)


class Translation:
    """Applies one mapping to rows, and counts what it did not use."""

    def __init__(self, mapping: ColumnMapping):
        self.mapping = mapping
        self.defaulted: Counter[str] = Counter()
        self.unused: dict[str, None] = {}
        self._zone = ZoneInfo(mapping.timezone)
        self._columns = {field: [_folded(c) for c in columns] for field, columns in mapping.columns.items()}
        self._updated = [_folded(column) for column in mapping.updated]
        self._used = {c for columns in self._columns.values() for c in columns} | set(self._updated)
        self._missing = {text.casefold() for text in ("", *mapping.missing)}
        self._values = {
            field: {word.casefold(): meaning for word, meaning in words.items()}
            for field, words in mapping.values.items()
        }
        fields = KINDS[mapping.kind].model_fields
        self._kinds = {name: _kind_of(info.annotation) for name, info in fields.items()}
        self._folds: dict[str, str] = {}

    def row(self, export: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """The row as our kind wants it, and when the line was written ("" when nothing says so).

        Raises Unreadable for a time in no known form.
        """
        cells = dict(self._cells(export))
        row: dict[str, Any] = {}
        for field, columns in self._columns.items():
            value = self._first(cells, columns)
            if value is None and field in self.mapping.defaults:
                value = self.mapping.defaults[field]
                self.defaulted[field] += 1
            if value is not None:
                row[field] = self._read(field, value)
        for field, default in self.mapping.defaults.items():
            if field not in self._columns:
                row.setdefault(field, default)
        written = self._first(cells, self._updated)
        if written is None:
            return row, ""
        return row, sortable(datetime.fromisoformat(self._time("updated", str(written))))

    def _cells(
        self, export: Mapping[str, Any], before: str = "", depth: int = 0
    ) -> Iterator[tuple[str, Any]]:
        for name, value in export.items():
            if isinstance(value, dict) and depth < DEPTH:
                yield from self._cells(value, f"{before}{name}/", depth + 1)
                continue
            column = f"{before}{name}"
            folded = self._folds.get(column)
            if folded is None:
                folded = self._folds[column] = _folded(column)
                if folded not in self._used:
                    self.unused[column] = None
            if folded in self._used:
                yield folded, value

    def _first(self, cells: Mapping[str, Any], columns: list[str]) -> Any:
        for column in columns:
            value = cells.get(column)
            if value is not None and str(value).strip().casefold() not in self._missing:
                return value
        return None

    def _read(self, field: str, value: Any) -> Any:
        words = self._values.get(field)
        if words:
            text = str(value).strip().casefold()
            value = words.get(text) or words.get(re.split(r"\s+-\s+|:", text)[0].strip()) or value
        kind = self._kinds.get(field, str)
        if kind is datetime:
            return self._time(field, str(value))
        if kind in (int, float) and isinstance(value, str) and THOUSANDS.fullmatch(value.strip()):
            return value.replace(",", "")
        if kind is str and isinstance(value, int | float):
            return f"{value:g}" if isinstance(value, float) else str(value)
        return value

    def _time(self, field: str, text: str) -> str:
        moment = self._moment(text.strip())
        if moment is None:
            formats = ", ".join(["ISO 8601", *self.mapping.time_formats])
            raise Unreadable(field, f"{text[:40]!r} is no time in any of: {formats}; name its format")
        try:
            return (moment if moment.tzinfo else moment.replace(tzinfo=self._zone)).isoformat()
        except OverflowError as error:
            raise Unreadable(field, f"{text[:40]!r} is outside the years 1 to 9999") from error

    def _moment(self, text: str) -> datetime | None:
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
        for form in self.mapping.time_formats:
            try:
                return datetime.strptime(text, form)
            except ValueError:
                continue
        return None


def _folded(column: str) -> str:
    return re.sub(r"[^\w/#]|_", "", column.casefold())


def _kind_of(annotation: Any) -> type:
    """The plain type of a field: datetime, int, float, bool, str or list."""
    rest = [annotation]
    found: list[type] = []
    while rest:
        part = rest.pop()
        if isinstance(part, type) and part is not type(None):
            found.append(part)
        rest += get_args(part)
    for kind in (datetime, list, str, bool, int, float):
        if kind in found:
            return kind
    return str
