"""The three sizes, synthesised once: lean and full under cdk-nag, standard with one agent more."""

from dataclasses import replace
from pathlib import Path

import pytest

from infra.app import synth
from infra.check import checked
from mesh import registry
from tests.acting import acting
from tests.infra.templates import Templates

FOUND = "validation-report.json"


def _checked(size: str, base: pytest.TempPathFactory) -> Templates:
    """Findings fail the test that asks for them, not every other."""
    out = base.mktemp(size)
    try:
        checked(size, out)  # type: ignore[arg-type]
    except RuntimeError:
        assert (out / FOUND).exists()
    return Templates(out)


@pytest.fixture(scope="session")
def lean(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    return _checked("lean", tmp_path_factory)


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    return _checked("full", tmp_path_factory)


@pytest.fixture(scope="session")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """The standard size with an agent that the repository does not have: echo, which loads a model."""
    out = tmp_path_factory.mktemp("standard")
    echo = replace(acting(name="echo"), models=("echoes",))
    synth("standard", out, agents=(*registry.agents(), echo))
    return Templates(out)


@pytest.fixture(params=["lean", "full", "grown"])
def size(request: pytest.FixtureRequest) -> Templates:
    """Each of the three."""
    found: Templates = request.getfixturevalue(request.param)
    return found


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each worker makes each size once; where much else runs that takes a minute."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.timeout(400))
