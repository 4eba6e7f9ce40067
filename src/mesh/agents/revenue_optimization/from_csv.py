"""From CSV text to a history, with errors that name row and column."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

from mesh.kit.problem import FieldError, Invalid

MISSING = {"", "na", "n/a", "nan", "null", "none", "-"}
MOST_ERRORS = 20
# What each part of an invoice is called where no flag says so, the likeliest first.
USUAL: Mapping[str, Sequence[str]] = {
    "value": ("amount", "revenue", "mrr", "value"),
    "time": ("date", "month", "at", "time", "invoiced_at"),
    "client": ("client_id", "client"),
    "service": ("service",),
    "currency": ("currency",),
}
FIELDS = {"time": "date", "client": "client_id", "service": "service", "currency": "currency"}


def history(text: str, named: Mapping[str, str]) -> list[Any]:
    """The history in a table with a header line; `named` maps `value`, `time`, `client` ... to columns.

    Columns with a usual name need none. Without a time column the amounts come at even steps; an empty amount
    is a missing one. Raises Invalid with row (the header is row 1) and column.

    >>> history("month,amount\\n2026-01,1200\\n2026-02,\\n", {})
    [{'date': '2026-01', 'amount': 1200.0}, {'date': '2026-02', 'amount': None}]
    >>> history("mrr\\n1\\n2\\n", {})
    [1.0, 2.0]
    """
    table = _table(text)
    header = table[0][1] if table else []
    places = {role: place for role in USUAL if (place := _place(role, named.get(role), header)) is not None}
    if len(table) < 2:
        raise Invalid("The CSV has no rows below its header.")
    errors: list[FieldError] = []
    amounts = [_amount(number, cells, places["value"], header, errors) for number, cells in table[1:]]
    if errors:
        more = f", and {len(errors) - 1} more like it" if len(errors) > 1 else ""
        raise Invalid(f"{errors[0].field}: {errors[0].reason}{more}.", errors=errors[:MOST_ERRORS])
    if "time" not in places:
        return amounts
    fields = {FIELDS[role]: place for role, place in places.items() if role in FIELDS}
    return [_invoice(cells, fields, amount) for (_, cells), amount in zip(table[1:], amounts, strict=True)]


def _table(text: str) -> list[tuple[int, list[str]]]:
    """Rows that are not blank, with their numbers. Raises Invalid for broken CSV."""
    text = text.removeprefix("\ufeff")
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    rows: list[tuple[int, list[str]]] = []
    number = 0
    try:
        for number, row in enumerate(reader, start=1):
            cells = [cell.strip() for cell in row]
            if any(cells):
                rows.append((number, cells))
    except csv.Error as error:
        raise Invalid(f"Row {number + 1} of the CSV cannot be read: {error}.") from error
    return rows


def _place(role: str, wanted: str | None, header: Sequence[str]) -> int | None:
    """Where a column stands: the one named, or one with a usual name. Only the values must be there."""
    if wanted is not None:
        if wanted in header:
            return header.index(wanted)
    else:
        lowered = [name.lower() for name in header]
        found = next((lowered.index(usual) for usual in USUAL[role] if usual in lowered), None)
        if found is not None or role != "value":
            return found
    reason = f"there is no column {wanted or 'amount'!r}; the columns are: {', '.join(header) or 'none'}"
    raise Invalid(f"--{role}: {reason}.", errors=[FieldError(f"--{role}", reason)])


def _amount(
    number: int, cells: Sequence[str], place: int, header: Sequence[str], errors: list[FieldError]
) -> float | None:
    cell = cells[place] if place < len(cells) else ""
    if cell.lower() in MISSING:
        return None
    try:
        amount = float(cell)
    except ValueError:
        amount = math.nan
    if not math.isfinite(amount):
        errors.append(FieldError(f"row {number}, column {header[place]}", f"{cell[:40]!r} is not a number"))
    return amount


def _invoice(cells: Sequence[str], fields: Mapping[str, int], amount: float | None) -> dict[str, Any]:
    read = {name: cells[place] for name, place in fields.items() if place < len(cells) and cells[place]}
    return {**read, "amount": amount}
