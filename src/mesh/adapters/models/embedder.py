"""Sentence embeddings by ONNX Runtime: all-MiniLM-L6-v2, 384 numbers a text (see build_embedder.py)."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from mesh.adapters.models.build_embedder import NAME, WIDTH, build
from mesh.adapters.models.building import ready
from mesh.adapters.models.store import ModelStore
from mesh.kit.ports import Models

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# The length the model was trained for is 128 word pieces, the length its authors serve it with 256.
LONGEST = 256
# Tokenising all of a huge text would be waste: 256 word pieces are rarely more than 2,000 characters.
LONGEST_TEXT = 20_000
# One text keeps one core busy; of many texts, so many are embedded at the same time. Fewer gain nothing.
MOST_AT_ONCE = 4
FEW = 4


class OnnxEmbedder:
    """The Embedder port. The model is loaded at the first text; many threads may share one embedder.

    `at_once` is how many texts of one call are embedded at the same time, by default one a core, at most 4;
    `name` is a model of the same form, by default the plain one.
    """

    def __init__(self, models: Models, *, at_once: int | None = None, name: str = NAME) -> None:
        self._models, self._name = models, name
        self._at_once = at_once or min(MOST_AT_ONCE, os.cpu_count() or 1)
        self._lock = Lock()
        self._loaded: tuple[Any, Any] | None = None

    def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """Unit vectors, shape (len(texts), 384); what a text holds beyond 256 word pieces is not seen.

        Each text goes through the model by itself. In a batch the 8-bit range of the activations is
        common to all its texts, and the vector of a text would depend on its neighbours (measured: cosine
        down to .97 between alone and in a batch of 32). So the same text has the same vector, always.
        Raises Unavailable when the model is missing or is not the one its card describes.
        """
        import numpy as np

        vectors = np.zeros((len(texts), WIDTH), np.float32)
        if not texts:
            return vectors
        session, tokenizer = self._load()
        rows: dict[tuple[int, ...], list[int]] = {}
        for row, encoding in enumerate(tokenizer.encode_batch_fast([_readable(text) for text in texts])):
            rows.setdefault(tuple(encoding.ids), []).append(row)

        def fill(pieces: tuple[int, ...]) -> None:
            ids = np.array([pieces], np.int64)
            inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
            vectors[rows[pieces]] = session.run(["embedding"], inputs)[0][0]

        # The longest first, so that no core is left waiting for it at the end.
        self._each(fill, sorted(rows, key=len, reverse=True))
        return vectors

    def _each(self, fill: Callable[[tuple[int, ...]], None], texts: Sequence[tuple[int, ...]]) -> None:
        if self._at_once == 1 or len(texts) < FEW:
            for text in texts:
                fill(text)
            return
        with ThreadPoolExecutor(self._at_once) as pool:
            list(pool.map(fill, texts))  # raises what a thread raised

    def _load(self) -> tuple[Any, Any]:
        with self._lock:
            if self._loaded is None:
                self._loaded = _open(self._models.path(self._name))
            return self._loaded


def ready_embedder(store: ModelStore, home: Path, say: Callable[[str], None]) -> OnnxEmbedder:
    """An embedder whose model is there: built into `home`/models now, in some seconds, if it was missing.

    `store` must search that folder. Raises ModelMismatch for a damaged model and ModelMissing when it can
    not be built here.
    """
    ready(store, NAME, home, lambda target: build(target, say))
    return OnnxEmbedder(store)


def _readable(text: str) -> str:
    # Half of a surrogate pair cannot be encoded as UTF-8, which the tokenizer needs.
    return text[:LONGEST_TEXT].encode("utf-8", "replace").decode("utf-8")


def _open(folder: Path) -> tuple[Any, Any]:
    import onnxruntime
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(LONGEST)
    tokenizer.no_padding()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # The fused kernel for a residual sum with its normalisation is several times slower than the two
    # apart (ONNX Runtime 1.31 on x86-64: 0.8 against 0.2 ms for 256 word pieces).
    session = onnxruntime.InferenceSession(
        folder / "model.onnx",
        options,
        providers=["CPUExecutionProvider"],
        disabled_optimizers=["SkipLayerNormFusion"],
    )
    return session, tokenizer
