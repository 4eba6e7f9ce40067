"""What was released, in one row for each measure and segment, so that two releases cannot miss each other.

A row holds this quarter's releases and the last one's. Members stand there under keyed digests: an erased
tenant leaves no name behind.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import quote

from pydantic import BaseModel

from mesh.kit.platform import Commons, Entry
from mesh.kit.problem import Conflict
from mesh.sharing.budgets import previous

SHELF, OWNER = "benchmark-releases", "#mesh"
TRIES = 200
# `pending` is on its way, `void` was given up (and still counts as if it had been seen), `dominated` says
# that a cohort was refused for the weight of one, so that asking with other weights teaches nothing.
State = Literal["pending", "released", "void", "dominated"]


class Release(BaseModel):
    """One set of quartiles over one cohort; `members` are digests."""

    id: str
    region: str | None
    quarter: str
    members: list[str]
    state: State
    at: datetime
    p25: float = 0.0
    p50: float = 0.0
    p75: float = 0.0
    cohort: int = 0
    epsilon: float = 0.0
    error_points: float = 0.0
    as_of: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Which row: figures that are the same whoever is asked for."""

    measure: str
    segment: str | None
    simulated: bool

    @property
    def key(self) -> str:
        world = "simulated" if self.simulated else "real"
        return f"{world}#{self.measure}#{quote(self.segment or '', safe='')}"


@dataclass(frozen=True, slots=True)
class Releases:
    commons: Commons

    def read(self, place: Place) -> tuple[list[Release], int]:
        """What stands there, and its version for `write`."""
        entry = self.commons.find(SHELF, place.key)
        held = entry.body["releases"] if entry else []
        return [Release.model_validate(each) for each in held], entry.version if entry else 0

    def write(self, place: Place, releases: Sequence[Release], version: int, period: str) -> bool:
        """Store them, less what is older than the last quarter, if nothing changed since `version`."""
        kept = [each for each in releases if each.quarter in (period, previous(period))]
        body = {"releases": [each.model_dump(mode="json") for each in kept]}
        return self.commons.put(Entry(shelf=SHELF, key=place.key, owner=OWNER, body=body), version)

    def change(self, place: Place, release_id: str, change: Callable[[Release], Release]) -> None:
        """Change one release in place. Raises Conflict."""
        for _ in range(TRIES):
            releases, version = self.read(place)
            changed = [change(each) if each.id == release_id else each for each in releases]
            if changed == releases or self.write(place, changed, version, changed[-1].quarter):
                return
        raise Conflict("Too many figures are asked for at once; try again.", retry_after_s=1)
