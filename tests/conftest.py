"""What several suites need once: models that are built a single time, and homes that hold them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mesh.adapters.models.build_sentiment import ready_hearing
from mesh.adapters.models.embedder import ready_embedder
from mesh.adapters.models.store import ModelStore, standard_folders
from mesh.kit.problem import Unavailable
from tests.once import once
from tests.server import Server

NewHome = Callable[[str], Path]
BUILD_S = 100.0


@pytest.fixture(scope="session")
def built_models(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A home folder with the models in it, made by whichever worker comes first."""

    def build(home: Path) -> None:
        (home / "models").mkdir()
        try:
            for ready in (ready_embedder, ready_hearing):
                ready(ModelStore(standard_folders(home)), home, lambda line: None)
        except Unavailable:
            # Where the model cannot be built the mesh says so and goes on; so do these tests.
            return

    return once(tmp_path_factory, worker_id, "built", build, BUILD_S)


@pytest.fixture(scope="session")
def new_home(built_models: Path, tmp_path_factory: pytest.TempPathFactory) -> NewHome:
    """Makes empty homes that share the built models."""

    def make(name: str) -> Path:
        home = tmp_path_factory.mktemp(name) / "home"
        home.mkdir()
        (home / "models").symlink_to(built_models / "models")
        return home

    return make


@pytest.fixture(scope="session")
def server(new_home: NewHome) -> Iterator[Server]:
    """One running mesh for all tests of a worker that do not stop it."""
    running = Server(new_home("server")).start()
    yield running
    assert running.end() == 0
