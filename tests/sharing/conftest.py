"""A mesh of several MSPs that agreed to share indicators, over each kind of platform."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from mesh.kit.fakes import StoppedClock
from mesh.kit.platform import Platform, Tenant
from mesh.kit.ports import Row, Sighted, Sighting
from mesh.kit.records import Tlp
from mesh.sharing.consent import FEED, MATCHING, Consents, Reach
from mesh.sharing.sightings import SharedSightings, sightings_of
from tests.ports.conftest import PLATFORMS

BAD = ("domain", "evil-login.test")


@dataclass
class Mesh:
    """MSPs by name; every one that is asked for is made, and agrees to matching unless told otherwise."""

    platform: Platform
    clock: StoppedClock
    made: set[str] = field(default_factory=set)

    def msp(self, name: str, *, agrees: bool = True, simulated: bool = False) -> SharedSightings:
        if name not in self.made:
            self.made.add(name)
            self.platform.tenants.put(Tenant(msp_id=name, name=name.title(), simulated=simulated))
            if agrees:
                self.consents.change(name, {("indicator", MATCHING): True})
        return sightings_of(self.platform, name)

    @property
    def consents(self) -> Consents:
        return Consents(self.platform.commons, self.clock)

    def feeds(self, name: str) -> None:
        self.msp(name)
        self.consents.change(name, {("indicator", FEED): True})

    def reaches(self, name: str, reach: Reach) -> None:
        self.msp(name)
        self.consents.change(name, {}, indicator_reach=reach)

    def saw(
        self, *names: str, what: tuple[str, str] = BAD, tlp: Tlp | None = "TLP:GREEN", simulated: bool = False
    ) -> list[int]:
        """Each tells it; how many things left of each."""
        thing = Sighted(*what, tlp)
        return [
            self.msp(name, simulated=simulated).tell([thing], f"result-of-{name}", simulated=simulated)
            for name in names
        ]

    def told(self, name: str, what: tuple[str, str] = BAD, *, simulated: bool = False) -> Sighting | None:
        return self.msp(name, simulated=simulated).seen([what]).get(what)

    def has(self, name: str, kind: str, row: Mapping[str, object]) -> Row:
        self.msp(name)
        self.platform.ports(name).records.put(kind, [row])
        return row

    def meet(self, one: str, other: str) -> None:
        """Both sides agree to an introduction."""
        for name in (one, other):
            self.msp(name)
            profile = {"id": "p", "name": name, "region": "EU", "tlp": "TLP:GREEN", "shared": ["region"]}
            self.platform.ports(name).records.put("profile", [profile])
        listings = {each.msp_id: each.handle for each in self.platform.directory.listings()}
        asked = self.platform.ports(one).partners.introduce(listings[other], "Hello")
        self.platform.ports(other).partners.answer(asked.id, accept=True)

    def later(self, days: float) -> None:
        self.clock.moment += timedelta(days=days)


NewMesh = Callable[[], Mesh]


@pytest.fixture(params=list(PLATFORMS))
def mesh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Mesh]:
    """Over the embedded platform and over the one on AWS."""
    clock = StoppedClock()
    platform = PLATFORMS[request.param](tmp_path / "home", clock)
    yield Mesh(platform, clock)
    platform.close()


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Mesh]:
    """Over the embedded platform alone, for rules that no store can change."""
    clock = StoppedClock()
    platform = PLATFORMS["embedded"](tmp_path / "home", clock)
    yield Mesh(platform, clock)
    platform.close()
