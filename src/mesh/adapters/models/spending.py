"""What paid models took of each tenant: calls, what is paid by, and money where the price is known.

Models of language are paid by token, Comprehend by character.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from mesh.kit.platform import Commons, Entry
from mesh.kit.ports import Clock
from mesh.kit.problem import Unavailable
from mesh.kit.trace import Observer, Outcome, Work

SHELF = "spending"
TOKENS, CHARACTERS = "tokens", "characters"
# Another function may count at the same instant; the one that comes second reads again.
TRIES = 8


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million units (tokens, characters) read and for a million written."""

    read: float
    written: float = 0.0


@dataclass(frozen=True, slots=True)
class Spent:
    """A tenant's day with one model. `usd` is None where no price is known: then nothing is guessed."""

    msp_id: str
    day: str
    model: str
    calls: int = 0
    read: int = 0
    written: int = 0
    usd: float | None = None
    unit: str = TOKENS


class Meter(Protocol):
    def allow(self) -> None:
        """Raises Unavailable once the tenant's allowance of the day is used up."""

    def note(self, model: str, read: int, written: int, took_ms: float, outcome: Outcome) -> None:
        """One call that is over, in the meter's unit."""


@dataclass(frozen=True, slots=True)
class TenantMeter:
    """Counts for one tenant, in what the mesh holds and to the observer; `a_day` (units) 0 sets no limit."""

    msp_id: str
    commons: Commons
    clock: Clock
    observer: Observer
    prices: Mapping[str, Price]
    a_day: int = 0
    unit: str = TOKENS

    def allow(self) -> None:
        if not self.a_day:
            return
        day = self._day()
        days = spent(self.commons, self.msp_id, day)
        if sum(s.read + s.written for s in days if s.unit == self.unit) >= self.a_day:
            raise Unavailable(f"The allowance of {self.a_day:,} {self.unit} for {day} is used up.")

    def note(self, model: str, read: int, written: int, took_ms: float, outcome: Outcome) -> None:
        price = self.prices.get(model)
        usd = (read * price.read + written * price.written) / 1e6 if price else None
        counts = {f"{self.unit}_read": float(read), f"{self.unit}_written": float(written)}
        self.observer.worked(
            Work("model", model, outcome, took_ms, counts if usd is None else {**counts, "usd": usd})
        )
        if outcome == "done":
            self._add(Spent(self.msp_id, self._day(), model, 1, read, written, usd, self.unit))

    def _add(self, new: Spent) -> None:
        key = f"{new.msp_id}#{new.day}#{new.model}"
        for _ in range(TRIES):
            entry = self.commons.find(SHELF, key)
            held = _read(entry) if entry else None
            both = _sum(held, new) if held else new
            body = {"calls": both.calls, "read": both.read, "written": both.written, "usd": both.usd,
                    "unit": both.unit}  # fmt: skip
            changed = Entry(shelf=SHELF, key=key, owner=new.msp_id, body=body)
            if self.commons.put(changed, before=entry.version if entry else 0):
                return

    def _day(self) -> str:
        return f"{self.clock.now().astimezone(UTC):%Y-%m-%d}"


class NoMeter:
    """Nobody counts: for a provider used by hand, in a test or an evaluation."""

    def allow(self) -> None: ...

    def note(self, model: str, read: int, written: int, took_ms: float, outcome: Outcome) -> None: ...


def spent(commons: Commons, msp_id: str, since: str = "") -> Iterator[Spent]:
    """A tenant's days from `since` (ISO date) on, by day and model."""
    for entry in commons.scan(SHELF, f"{msp_id}#"):
        found = _read(entry)
        if found.day >= since:
            yield found


def month_of(at: datetime) -> str:
    """The first day of that month.

    >>> month_of(datetime(2026, 11, 22, tzinfo=UTC))
    '2026-11-01'
    """
    return f"{at:%Y-%m}-01"


def _read(entry: Entry) -> Spent:
    msp_id, day, model = entry.key.split("#", 2)
    body = entry.body
    return Spent(msp_id, day, model, int(body["calls"]), int(body["read"]), int(body["written"]), body["usd"],
                 body.get("unit", TOKENS))  # fmt: skip


def _sum(held: Spent, new: Spent) -> Spent:
    usd = None if held.usd is None and new.usd is None else (held.usd or 0.0) + (new.usd or 0.0)
    return Spent(new.msp_id, new.day, new.model, held.calls + new.calls, held.read + new.read,
                 held.written + new.written, usd, new.unit)  # fmt: skip
