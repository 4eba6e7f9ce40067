"""Builds the sentence embedding model that hears sentiment: the plain one's weights with what tuning added.

Tuning added to every matrix of the encoder a product of two thin ones (LoRA: Hu et al., 2021), trained by
training/tune_sentiment.py. Those are small enough to be kept in the repository, in models/sentiment; the
sum is made here, where the plain weights are.
"""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from mesh.adapters.models.build_embedder import (
    SOURCE_PACKAGE,
    TOOLS,
    graph,
    quantise,
    read_weights,
    source,
)
from mesh.adapters.models.building import ready, whole
from mesh.adapters.models.embedder import OnnxEmbedder
from mesh.adapters.models.sentiment_classifier import MODEL
from mesh.adapters.models.store import Card, ModelStore, digest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Weights = dict[str, NDArray[np.float32]]

NAME = "all-MiniLM-L6-v2-sentiment"
TUNING = "tuning.npz"
# How much of the product is added, as in training.
SCALE = 2.0


def build(target: Path, tuning: Path, say: Callable[[str], None]) -> None:
    """Writes model.onnx (int8, 23 MB), tokenizer.json and card.json into the folder `target`.

    The folder appears whole or not at all; one that is there already stays. Raises SourceMissing.
    """
    folder = source()
    with whole(target) as made:
        say(f"adding what tuning for sentiment added to the weights in the package {SOURCE_PACKAGE}")
        quantise(graph(tuned(read_weights(folder / "model.safetensors"), tuning)), made / "model.onnx")
        (made / "tokenizer.json").write_bytes((folder / "tokenizer.json").read_bytes())
        _card(made, folder, tuning).write(made)
    say(f"{NAME} is ready in {target}")


def tuned(weights: "Weights", tuning: Path) -> "Weights":
    """The weights with the products added: `<matrix>.up` (out, r) times `<matrix>.down` (r, in)."""
    import numpy as np

    changed = dict(weights)
    with np.load(tuning, allow_pickle=False) as held:
        for name in sorted(key.removesuffix(".up") for key in held.files if key.endswith(".up")):
            up, down = (held[f"{name}.{part}"].astype(np.float32) for part in ("up", "down"))
            changed[f"{name}.weight"] = weights[f"{name}.weight"] + SCALE * (up @ down)
    return changed


def ready_hearing(store: ModelStore, home: Path, say: Callable[[str], None]) -> OnnxEmbedder:
    """An embedder of that model, built into `home`/models now, in some seconds, if it was missing.

    Raises ModelMismatch for a damaged model and ModelMissing when it can not be built here.
    """
    ready(store, NAME, home, lambda target: build(target, store.path(MODEL) / TUNING, say))
    return OnnxEmbedder(store, name=NAME)


def _card(made: Path, folder: Path, tuning: Path) -> Card:
    return Card(
        name=NAME,
        version="1",
        file="model.onnx",
        sha256=digest(made / "model.onnx"),
        also={"tokenizer.json": digest(made / "tokenizer.json")},
        source=f"{SOURCE_PACKAGE}, model.safetensors {digest(folder / 'model.safetensors')}; "
        f"models/sentiment/{TUNING} {digest(tuning)}",
        licence="Apache-2.0 (model), MIT (package and tuning)",
        built_with=", ".join(f"{tool} {version(tool)}" for tool in TOOLS),
    )
