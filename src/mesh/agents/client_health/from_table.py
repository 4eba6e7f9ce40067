"""From the text of a file or a flag to a question: JSON, CSV with a header line, or name=value pairs."""

import csv
import io
import json
import math
from collections.abc import Mapping
from typing import Any

from mesh.agents.client_health.features import NAMES
from mesh.kit.problem import FieldError, Invalid

MISSING = {"", "na", "n/a", "nan", "null", "none", "-"}
ID = "client_id"
# JSON nested deeper than this is none of ours, and would exhaust the stack.
DEEPEST = 20


def question(text: str) -> Mapping[str, Any]:
    """The question in a file: a JSON object or list of clients, or a CSV with a client a line.

    Raises Invalid that names the row and column.

    >>> question("client_id,ticket_volume\\nc1,4\\nc2,\\n")["clients"][1]
    {'client_id': 'c2'}
    """
    stripped = text.lstrip("\ufeff \t\r\n")
    if stripped.startswith(("{", "[")):
        return _json(stripped)
    return _csv(text)


def pairs(text: str) -> dict[str, float]:
    """Features from `ticket_volume=12, satisfaction_score=3.5`.

    >>> pairs("ticket_volume=12,satisfaction_score=3.5")
    {'ticket_volume': 12.0, 'satisfaction_score': 3.5}
    """
    found: dict[str, float] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, equals, value = (one.strip() for one in part.partition("="))
        if name not in NAMES or not equals:
            _refuse(part[:60], f"is no feature=value; the features are {', '.join(NAMES)}", "--features")
        if name in found:
            _refuse(name, "is given twice", "--features")
        number = _number(value, f"--features, {name}")
        if number is not None:
            found[name] = number
    if not found:
        _refuse("nothing", "is given; for instance ticket_volume=12,satisfaction_score=3.5", "--features")
    return found


def _json(text: str) -> Mapping[str, Any]:
    depth = 0
    for character in text:
        depth += (character in "[{") - (character in "]}")
        if depth > DEEPEST:
            _refuse("The JSON", "is nested too deep", "input")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise Invalid(
            f"The JSON cannot be read: {fault}.", errors=[FieldError("input", "not JSON")]
        ) from fault
    if isinstance(found, list):
        return {"clients": found}
    return dict(found)


def _csv(text: str) -> Mapping[str, Any]:
    first = text.removeprefix("\ufeff").partition("\n")[0]
    reader = csv.reader(
        io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=max(",;\t", key=first.count)
    )
    try:
        lines = [(number, line) for number, line in enumerate(reader, start=1) if any(map(str.strip, line))]
    except csv.Error as fault:
        raise Invalid(f"The CSV cannot be read: {fault}.", errors=[FieldError("input", "not CSV")]) from fault
    if len(lines) < 2:
        _refuse("The CSV", "has no row below its header", "input")
    header = [name.strip() for name in lines[0][1]]
    unknown = [name for name in header if name not in (ID, *NAMES)]
    if unknown:
        _refuse(f"The column {unknown[0][:60]!r}", f"is none of {ID}, {', '.join(NAMES)}", "input")
    clients = [_row(header, number, line) for number, line in lines[1:]]
    if len(clients) == 1:
        return clients[0]
    for place, client in enumerate(clients, start=1):
        client.setdefault(ID, f"row {place}")
    return {"clients": clients}


def _row(header: list[str], number: int, line: list[str]) -> dict[str, Any]:
    client: dict[str, Any] = {}
    for name, cell in zip(header, line, strict=False):
        if name == ID:
            if cell.strip():
                client[ID] = cell.strip()
        elif (value := _number(cell.strip(), f"row {number}, column {name}")) is not None:
            client[name] = value
    return client


def _number(text: str, where: str) -> float | None:
    if text.lower() in MISSING:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        _refuse(repr(text[:40]), "is not a number", where)
    return number


def _refuse(what: str, reason: str, field: str) -> None:
    raise Invalid(f"{field}: {what} {reason}.", errors=[FieldError(field, f"{what} {reason}")])
