"""What a site's records have paid in privacy, kept with the site. Trainings add up by basic composition,
which is never less than they cost."""

from datetime import datetime, timedelta

from pydantic import BaseModel

from mesh.kit.ports import Blobs

NAME = "federated/ledger.json"
# What a record may pay within a year, over all trainings.
BUDGET = 10.0
YEAR = timedelta(days=365)


class Entry(BaseModel):
    run: str
    kind: str
    at: datetime
    epsilon: float


class Ledger(BaseModel):
    entries: list[Entry] = []

    def spent(self, now: datetime) -> float:
        return sum(entry.epsilon for entry in self.entries if entry.at > now - YEAR)


def read(blobs: Blobs) -> Ledger:
    return Ledger.model_validate_json(blobs.get(NAME) or b"{}")


def left(blobs: Blobs, now: datetime) -> float:
    """The epsilon that the site's records may still pay."""
    return max(0.0, BUDGET - read(blobs).spent(now))


def book(blobs: Blobs, entry: Entry) -> None:
    """Write down what a training costs, in place of what was written for the same one before. Booked in full
    before it starts, so that one that is cut short is never free."""
    others = [each for each in read(blobs).entries if each.run != entry.run]
    blobs.put(NAME, Ledger(entries=[*others, entry]).model_dump_json().encode())
