"""From CSV text to a question, with errors that name row and column."""

import csv
import io
import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from mesh.kit.problem import FieldError, Invalid

MISSING = {"", "na", "n/a", "nan", "null", "none", "-"}
MOST_ERRORS = 20
# From this on a number is too large to be a time in seconds and is taken for milliseconds (the year 5138).
MILLISECONDS = 1e11


def question(text: str, columns: Sequence[str], time: str | None = None) -> dict[str, Any]:
    """The question that asks for the anomalies in columns of a table with a header line.

    One column makes one series, several make related ones. Times are ISO 8601, or seconds or milliseconds
    since 1970; without a time column the rows come at even steps. An empty cell is a missing reading.
    Raises Invalid with row (the header is row 1) and column.

    >>> table = "at,cpu\\n2026-03-01T00:00Z,12\\n2026-03-01T00:05Z,\\n"
    >>> question(table, ["cpu"])
    {'metric_type': 'cpu', 'values': [12.0, None]}
    >>> question(table, ["cpu"], "at")["points"][1]
    {'time': '2026-03-01T00:05:00+00:00', 'value': None}
    """
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=_delimiter(text))
    table = list(_numbered(rows))
    header = table[0][1] if table else []
    errors: list[FieldError] = []
    moments = None if time is None else _column(table, header, time, errors, _time)
    series = {name: _column(table, header, name, errors, _number) for name in columns}
    _refuse(errors)
    if len(table) < 2:
        raise Invalid("The CSV has no rows below its header.")
    readings = {name: _readings(moments, values) for name, values in series.items()}
    if len(readings) > 1:
        return {"metric_type": ", ".join(readings)[:200], "series": readings}
    return {"metric_type": columns[0], **readings[columns[0]]}


def header(text: str) -> list[str]:
    """The names in the header line.

    >>> header("at;cpu")
    ['at', 'cpu']
    """
    first = text.removeprefix("\ufeff").partition("\n")[0]
    return [name.strip() for name in next(csv.reader([first], delimiter=_delimiter(text)), [])]


def _readings(moments: Sequence[object] | None, values: Sequence[object]) -> dict[str, Any]:
    if moments is None:
        return {"values": list(values)}
    return {"points": [{"time": at, "value": v} for at, v in zip(moments, values, strict=True)]}


def _delimiter(text: str) -> str:
    """The separator that the header line has most of."""
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def _numbered(rows: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Rows with their numbers, cells stripped, blank rows left out. Raises Invalid for broken CSV."""
    number = 0
    try:
        for number, row in enumerate(rows, start=1):
            cells = [cell.strip() for cell in row]
            if any(cells):
                yield number, cells
    except csv.Error as error:
        raise Invalid(f"Row {number + 1} of the CSV cannot be read: {error}.") from error


def _column(
    table: Sequence[tuple[int, list[str]]], names: list[str], name: str, errors: list[FieldError], read: Any
) -> list[Any]:
    """One column's cells as `read` makes them of text; what it refuses, with ValueError, goes to `errors`."""
    if name not in names:
        raise Invalid(f"There is no column {name!r}. The columns are: {', '.join(names) or 'none'}.")
    place = names.index(name)
    found = []
    for number, cells in table[1:]:
        cell = cells[place] if place < len(cells) else ""
        try:
            found.append(read(cell))
        except ValueError as error:
            errors.append(FieldError(f"row {number}, column {name}", f"{cell[:40]!r} {error}"))
    return found


def _refuse(errors: list[FieldError]) -> None:
    if errors:
        more = f", and {len(errors) - 1} more like it" if len(errors) > 1 else ""
        raise Invalid(f"{errors[0].field}: {errors[0].reason}{more}.", errors=errors[:MOST_ERRORS])


def _number(cell: str) -> float | None:
    if cell.lower() in MISSING:
        return None
    try:
        number = float(cell)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("is not a number")
    return number


def _time(cell: str) -> str:
    try:
        seconds = float(cell)
        scaled = seconds / 1000 if abs(seconds) >= MILLISECONDS else seconds
        return datetime.fromtimestamp(scaled, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return _iso(cell)


def _iso(cell: str) -> str:
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError:
        raise ValueError("is not a time") from None
    return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)).isoformat()
