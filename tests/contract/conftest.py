"""A running mesh, its store opened a second time beside it, and tenants made on the spot.

The suite runs against the embedded server, and with MESH_TEST_AWS set (`./mesh test --aws`) against the mesh
that was deployed into MiniStack as well. `departures` names what API Gateway or MiniStack do differently.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from mesh import registry
from mesh.kit.agent import Agent
from mesh.kit.platform import Platform, Tenant
from tests.conftest import NewHome
from tests.contract.departures import departure
from tests.deployed.served import Deployed, deployed
from tests.server import Server

PROBLEM = "application/problem+json"
# Functions of the deployed mesh share the machine's processors with an AWS.
TIMEOUT_S, TIMEOUT_DEPLOYED_S = 30.0, 120.0
numbers = count()


@dataclass(frozen=True)
class Msp:
    """A tenant with its key and a client that sends it."""

    msp_id: str
    key: str
    http: httpx.Client


NewMsp = Callable[[], Msp]


EMBEDDED, DEPLOYED = "embedded", "deployed"
SERVERS = [EMBEDDED, *([DEPLOYED] if os.environ.get("MESH_TEST_AWS") else [])]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        call = getattr(item, "callspec", None)
        if call and call.params.get("server") == DEPLOYED:
            item.add_marker(pytest.mark.timeout(900))
            reason, always = departure(item.name)
            if reason:
                item.add_marker(pytest.mark.xfail(reason=reason, strict=always))


@pytest.fixture(scope="session", params=SERVERS)
def server(
    request: pytest.FixtureRequest,
    new_home: NewHome,
    built_models: Path,
) -> Iterator[Server | Deployed]:
    """One running mesh of each kind for all tests that do not stop it."""
    if request.param == EMBEDDED:
        running = Server(new_home("server")).start()
        yield running
        assert running.end() == 0
        return
    with deployed(built_models) as copy:
        yield copy


@pytest.fixture(scope="session")
def store(server: Server) -> Iterator[Platform]:
    """The running server's own store, opened by this process as well."""
    opened = server.open()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def new_msp(server: Server, store: Platform) -> Iterator[NewMsp]:
    made: list[Msp] = []
    timeout = TIMEOUT_S if isinstance(server, Server) else TIMEOUT_DEPLOYED_S

    def make() -> Msp:
        msp_id = f"msp-{next(numbers)}"
        store.tenants.put(Tenant(msp_id=msp_id, name=msp_id))
        key = store.keys.create(msp_id)
        client = httpx.Client(base_url=server.url, headers={"x-api-key": key}, timeout=timeout)
        made.append(Msp(msp_id, key, client))
        return made[-1]

    yield make
    for msp in made:
        msp.http.close()


@pytest.fixture
def msp(new_msp: NewMsp) -> Msp:
    """A tenant nobody else knows."""
    return new_msp()


@pytest.fixture
def agent(request: pytest.FixtureRequest) -> Agent:
    """The agent a test was given by name; the first one, where it does not matter which."""
    return registry.find(getattr(request, "param", registry.names()[0]))


def problem(reply: httpx.Response, status: int, field: str = "") -> dict[str, Any]:
    """The reply as a problem document, after checking all that every problem document must have."""
    assert reply.status_code == status, reply.text[:500]
    assert reply.headers["content-type"] == PROBLEM
    document: dict[str, Any] = reply.json()
    assert document["status"] == status and document["type"].startswith("/docs/problems#")
    assert document["title"] and document["detail"]
    for error in document.get("errors", ()):
        assert error["field"] and error["reason"]
    if field:
        named = [error["field"] for error in document["errors"]]
        assert any(name == field or name.startswith(f"{field}.") for name in named), named
    assert "Traceback" not in reply.text
    return document
