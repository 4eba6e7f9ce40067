"""What the suites of the ports run over. Another kind of platform is one more line in PLATFORMS."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from mesh.adapters.embedded.platform import open_platform
from mesh.adapters.embedded.states import TokenBucket
from mesh.kit.fakes import StoppedClock, fake_ports
from mesh.kit.platform import Platform, Tenant, Throttle
from mesh.kit.ports import Clock, Ports
from tests.aws import deployed

Open = Callable[[Path, Clock], Platform]
PortsOf = Callable[[str], Ports]
MakeThrottle = Callable[[float, float, Callable[[], float]], Throttle]


def files_under(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file())


PLATFORMS: dict[str, Open] = {
    "embedded": lambda home, clock: open_platform(home, clock=clock),
    "aws": deployed.open_deployed,
}
# All bytes a platform has stored, and how knowledge that was loaded into its home reaches it.
STORED: dict[str, Callable[[Path], bytes]] = {"embedded": files_under, "aws": deployed.stored}
PUBLISH: dict[str, Callable[[Path], None]] = {
    "embedded": lambda home: None,
    "aws": deployed.publish_knowledge,
}
THROTTLES: dict[str, MakeThrottle] = {
    "embedded": TokenBucket,
}
MEMORY = "memory"
TENANTS = ("msp-a", "msp-b")


@dataclass
class Place:
    """A platform that can be closed and opened again over what it stored; its clock is set by hand."""

    open: Open
    home: Path
    clock: StoppedClock = field(default_factory=StoppedClock)
    kind: str = "embedded"

    def __post_init__(self) -> None:
        self.platform = self.open(self.home, self.clock)

    def reopen(self) -> Platform:
        self.platform.close()
        self.platform = self.open(self.home, self.clock)
        return self.platform

    def stored(self) -> bytes:
        return STORED[self.kind](self.home)

    def publish_knowledge(self) -> None:
        PUBLISH[self.kind](self.home)

    def later(self, seconds: float) -> None:
        self.clock.moment += timedelta(seconds=seconds)


@pytest.fixture(params=list(PLATFORMS))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A fresh platform of each kind, with two tenants."""
    made = Place(PLATFORMS[request.param], tmp_path / "home", kind=request.param)
    for msp_id in TENANTS:
        made.platform.tenants.put(Tenant(msp_id=msp_id, name=msp_id.upper()))
    yield made
    made.platform.close()


@pytest.fixture
def platform(place: Place) -> Platform:
    return place.platform


@pytest.fixture(params=[*PLATFORMS, MEMORY])
def ports_of(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PortsOf]:
    """Ports by tenant, of each platform and of the fakes, so that the fakes keep the same promises."""
    if request.param == MEMORY:
        yield cache(lambda msp_id: fake_ports(msp_id=msp_id))
        return
    platform = PLATFORMS[request.param](tmp_path / "home", StoppedClock())
    for msp_id in TENANTS:
        platform.tenants.put(Tenant(msp_id=msp_id, name=msp_id))
    yield platform.ports
    platform.close()


@pytest.fixture
def ports(ports_of: PortsOf) -> Ports:
    return ports_of("msp-a")


@pytest.fixture(params=list(THROTTLES))
def throttle(request: pytest.FixtureRequest) -> MakeThrottle:
    return THROTTLES[request.param]
