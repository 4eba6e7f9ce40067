"""What the mesh releases to one MSP as values: for its own tools, as a list, STIX or MISP JSON."""

from collections.abc import Iterator
from dataclasses import dataclass

from mesh.kit.platform import Commons
from mesh.kit.ports import Sighting
from mesh.sharing.matching import TECHNIQUE
from mesh.sharing.sighting_rows import View, everything


@dataclass(frozen=True, slots=True)
class Released:
    """An indicator with its value, as it may go on to this reader."""

    mark: str
    kind: str
    value: str
    sighting: Sighting


def released(commons: Commons, view: View) -> Iterator[Released]:
    """Every living indicator that three others saw and whose value an owner lets go on, by mark."""
    for rows in everything(commons):
        if rows[0].seen.kind == TECHNIQUE:
            continue
        sighting = view.sighting(rows)
        value = view.value(rows) if sighting else None
        if sighting and value:
            yield Released(rows[0].mark, rows[0].seen.kind, value, sighting)
