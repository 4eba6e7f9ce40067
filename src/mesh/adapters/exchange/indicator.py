"""An indicator between two tools: what every form is read into and written from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from mesh.kit.ports import Row
from mesh.kit.problem import Invalid, TooLarge
from mesh.kit.records import Tlp, checked
from mesh.sharing.imported import KIND, identity
from mesh.sharing.matching import canonical

# As many as are read of one source at once.
MOST = 100_000


@dataclass(frozen=True, slots=True)
class Indicator:
    """`reference` is the id that the source gave; `seen_by` counts the MSPs behind one of the mesh's own."""

    kind: str
    value: str
    tlp: Tlp | None
    at: datetime | None = None
    valid_until: datetime | None = None
    last_seen: datetime | None = None
    description: str = ""
    reference: str = ""
    confidence: int | None = None
    seen_by: int | None = None
    simulated: bool = False


@dataclass
class Reading:
    """What was found, and why what was not taken was not: reasons with how often."""

    indicators: list[Indicator] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)

    def take(self, one: Indicator, now: datetime) -> None:
        """Take what is a value of its kind and has not run out. Raises TooLarge past the limit."""
        form = canonical(one.kind, one.value)
        if form is None:
            self.skip(f"is no {one.kind}")
        elif one.valid_until and one.valid_until < now:
            self.skip("has run out")
        elif len(self.indicators) >= MOST:
            raise TooLarge(f"A source may have {MOST:,} indicators; split it.")
        else:
            self.indicators.append(one)

    def skip(self, reason: str) -> None:
        self.skipped[reason] = self.skipped.get(reason, 0) + 1


def rows_of(indicators: Iterable[Indicator], source: str) -> list[dict[str, Any]]:
    """Rows of kind `indicators`, one for each value of a source.

    The id is made of source and value, never taken over: what two sources call by one id stays two things,
    and nobody's row takes the place of another's.
    """
    rows: dict[str, dict[str, Any]] = {}
    for one in indicators:
        place = identity(one.kind, one.value, source)
        row = {
            "id": place, "at": one.at, "type": one.kind, "value": one.value, "source": source,
            "tlp": one.tlp, "valid_until": one.valid_until, "description": one.description or None,
            "reference": one.reference or None, "confidence": one.confidence, "simulated": one.simulated,
        }  # fmt: skip
        try:
            rows[place] = checked(KIND, {name: value for name, value in row.items() if value is not None})
        except ValidationError as error:
            fields = ", ".join(str(each["loc"][0]) for each in error.errors())
            raise Invalid(f"An indicator of {source!r} has no valid {fields}.") from error
    return list(rows.values())


def of_row(row: Row) -> Indicator:
    """The indicator that a stored row holds."""

    def moment(name: str) -> datetime | None:
        return datetime.fromisoformat(row[name]) if row.get(name) else None

    return Indicator(
        kind=row["type"], value=row["value"], tlp=row.get("tlp"), at=moment("at"),
        valid_until=moment("valid_until"), description=row.get("description", ""),
        reference=row.get("reference", ""), confidence=row.get("confidence"),
        simulated=bool(row.get("simulated")),
    )  # fmt: skip


def told(skipped: Mapping[str, int]) -> Sequence[str]:
    """Reasons as lines, the most frequent first."""
    return [f"{count:,} {reason}" for reason, count in sorted(skipped.items(), key=lambda each: -each[1])]
