"""The application over a fresh embedded platform, in this process and under a clock that is set by hand."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from mesh.adapters.embedded.platform import open_platform
from mesh.entrypoints.http import application
from mesh.kit.agent import Agent
from mesh.kit.fakes import StoppedClock
from mesh.kit.platform import Platform, Tenant, Throttle


@dataclass
class House:
    """A platform with one tenant, and clients of applications over it."""

    platform: Platform
    clock: StoppedClock
    key: str

    def serve(self, *agents: Agent, throttle: Throttle | None = None) -> TestClient:
        platform = replace(self.platform, throttle=throttle) if throttle else self.platform
        return TestClient(application(platform, of=agents), headers={"x-api-key": self.key})


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    clock = StoppedClock()
    platform = open_platform(tmp_path / "home", clock=clock)
    platform.tenants.put(Tenant(msp_id="msp-a", name="A"))
    yield House(platform, clock, platform.keys.create("msp-a"))
    platform.close()


Serve = Callable[..., TestClient]
