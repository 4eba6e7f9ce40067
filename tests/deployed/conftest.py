"""One deployed copy for all tests of a worker that do not take it down, and tenants made on the spot.

With MESH_TEST_AWS set (`./mesh test --aws`) all of them run, else the shortest way through all functions.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import httpx
import pytest

from mesh.kit.platform import Platform, Tenant
from tests.deployed.served import Deployed, deployed

TIMEOUT_S = 120.0
ALWAYS = ("test_an_answer_reaches_the_socket_and_the_counts",)
numbers = count()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("MESH_TEST_AWS"):
        return
    for item in items:
        if "copy" in getattr(item, "fixturenames", ()) and item.name not in ALWAYS:
            item.add_marker(pytest.mark.skip(reason="./mesh test --aws runs this"))


@dataclass(frozen=True)
class Msp:
    """A tenant with its key and a client that sends it."""

    msp_id: str
    key: str
    http: httpx.Client


@pytest.fixture(scope="session")
def copy(built_models: Path) -> Iterator[Deployed]:
    """The mesh in MiniStack."""
    with deployed(built_models) as made:
        yield made


@pytest.fixture(scope="session")
def store(copy: Deployed) -> Iterator[Platform]:
    """The deployment's tables, buckets and queues, without its functions."""
    opened = copy.open()
    yield opened
    opened.close()


@pytest.fixture
def new_msp(copy: Deployed, store: Platform) -> Iterator[Callable[[], Msp]]:
    made: list[Msp] = []

    def make() -> Msp:
        msp_id = f"there-{next(numbers)}"
        store.tenants.put(Tenant(msp_id=msp_id, name=msp_id))
        key = store.keys.create(msp_id)
        made.append(
            Msp(msp_id, key, httpx.Client(base_url=copy.url, headers={"x-api-key": key}, timeout=TIMEOUT_S))
        )
        return made[-1]

    yield make
    for msp in made:
        msp.http.close()


@pytest.fixture
def msp(new_msp: Callable[[], Msp]) -> Msp:
    """A tenant nobody else knows."""
    return new_msp()
