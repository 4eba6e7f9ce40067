"""The three sizes, synthesised once: lean and full under cdk-nag, standard with one agent more."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from infra.app import synth
from infra.check import checked
from infra.plan import Size
from mesh import registry
from tests.acting import acting
from tests.infra.templates import Templates
from tests.once import once

FOUND = "validation-report.json"
PATIENCE_S = 380


Made = Callable[[str, Callable[[Path], None]], Templates]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Made:
    return lambda name, make: Templates(once(tmp_path_factory, worker_id, name, make, PATIENCE_S))


def _checked(size: Size, out: Path) -> None:
    """Findings fail the test that asks for them, not every other."""
    try:
        checked(size, out)
    except RuntimeError:
        assert (out / FOUND).exists()


@pytest.fixture(scope="session")
def lean(made: Made) -> Templates:
    return made("lean", partial(_checked, "lean"))


@pytest.fixture(scope="session")
def full(made: Made) -> Templates:
    return made("full", partial(_checked, "full"))


@pytest.fixture(scope="session")
def grown(made: Made) -> Templates:
    """The standard size with an agent that the repository does not have: echo, which loads a model."""
    echo = replace(acting(name="echo"), models=("echoes",))
    return made("standard", lambda out: synth("standard", out, agents=(*registry.agents(), echo)))


@pytest.fixture(params=["lean", "full", "grown"])
def size(request: pytest.FixtureRequest) -> Templates:
    """Each of the three."""
    found: Templates = request.getfixturevalue(request.param)
    return found


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker makes a size and the others wait; where much else runs that takes a minute."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.timeout(PATIENCE_S + 20))
