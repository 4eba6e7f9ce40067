"""Indicators that came from other tools: told apart from what an MSP saw itself, by the name they came under.

A row of kind `indicators` stands under an id that begins with a hash of its type and value, so that the rows
of a value are found without reading a list of thousands.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from mesh.kit.ports import Records, Row
from mesh.kit.records import indicator_id, indicator_start
from mesh.sharing.matching import canonical

KIND = "indicators"
NAMELESS = "a list without a name"


def identity(kind: str, value: str, source: str) -> str:
    """The id of a value's row from one source; never one that a source gave, which two sources may share."""
    return indicator_id(kind, canonical(kind, value) or value, source)


def sources_of(
    records: Records, things: Sequence[tuple[str, str]], now: datetime
) -> Mapping[tuple[str, str], Sequence[str]]:
    """Under which names each thing was imported, of those that were and have not run out."""
    starts = {thing: _starts(*thing) for thing in dict.fromkeys(things)}
    rows = records.starting(KIND, [start for each in starts.values() for start in each])
    found = {}
    for thing, begins in starts.items():
        of_it = [row for begin in begins for row in rows.get(begin, ()) if _stands(row, thing, now)]
        if of_it:
            found[thing] = sorted({str(row.get("source") or NAMELESS) for row in of_it})
    return found


def _starts(kind: str, value: str) -> list[str]:
    """As its importer wrote it, and as a row that was sent without an id is found."""
    forms = (canonical(kind, value) or value, value)
    return list(dict.fromkeys(indicator_start(kind, form) for form in forms))


def _stands(row: Row, thing: tuple[str, str], now: datetime) -> bool:
    kind, value = thing
    if row.get("type") != kind or canonical(kind, str(row.get("value"))) != canonical(kind, value):
        return False
    until = row.get("valid_until")
    return until is None or datetime.fromisoformat(until) >= now
