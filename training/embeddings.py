"""Builds the sentence embedding model and measures it against its float32 original.

    python -m training.embeddings [TARGET]

Without TARGET a temporary folder is used. The texts are made here, so that the figures need no data.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from evals.figure import Figure
from mesh.adapters.models import build_embedder
from mesh.adapters.models.embedder import LONGEST, OnnxEmbedder
from mesh.adapters.models.store import ModelStore

ACTORS = ("The attacker", "A finance clerk", "The malware", "Our supplier", "The backup job", "She")
DEEDS = ("copied", "renewed", "encrypted", "asked about", "deleted", "scheduled", "reviewed", "downloaded")
THINGS = ("the customer list", "a scheduled task", "registry run keys", "next month's bill", "LSASS memory")
ENDS = (".", " over an encrypted channel to a remote server.", " before the meeting.", " with PowerShell.")


def texts() -> list[str]:
    """960 sentences of 5 to 16 words, on and off the subject of security."""
    return [f"{a} {d} {t}{e}" for a in ACTORS for d in DEEDS for t in THINGS for e in ENDS]


def figures(target: Path, say: Callable[[str], None]) -> list[Figure]:
    """Fidelity, speed on one thread and size of the model in the folder `target`, built if missing."""
    start = time.perf_counter()
    if not (target / "card.json").exists():
        build_embedder.build(target, say)
        say(f"built in {time.perf_counter() - start:.1f} s")
    embedder = OnnxEmbedder(ModelStore([target.parent]))
    sentences = texts()
    served = embedder.embed(sentences)
    agreement = np.sum(served * _original(sentences, target), axis=1)
    pieces = [" ".join(sentences[i : i + 60]) for i in range(30)]
    return [
        Figure("cosine to the float32 original, mean", float(agreement.mean()), 0.97, rows=len(sentences)),
        Figure("cosine to the float32 original, smallest", float(agreement.min()), 0.97, rows=len(sentences)),
        Figure("one sentence, p50 ms", _median_ms(embedder, sentences[:200]), None, False),
        Figure(f"{LONGEST} word pieces, p50 ms", _median_ms(embedder, pieces), None, False),
        Figure("size, MB", (target / "model.onnx").stat().st_size / 1e6, 25, False),
    ]


def _median_ms(embedder: OnnxEmbedder, sentences: list[str]) -> float:
    taken = []
    for sentence in sentences:
        start = time.perf_counter()
        embedder.embed([sentence])
        taken.append(time.perf_counter() - start)
    return float(np.median(taken) * 1000)


def _original(sentences: list[str], target: Path) -> "np.typing.NDArray[np.float32]":
    """The same graph before its matrices are made small. Agrees with sentence-transformers to 1e-6."""
    import onnxruntime
    from tokenizers import Tokenizer

    weights = build_embedder.read_weights(build_embedder.source() / "model.safetensors")
    session = onnxruntime.InferenceSession(build_embedder.graph(weights).SerializeToString())
    tokenizer = Tokenizer.from_file(str(target / "tokenizer.json"))
    tokenizer.enable_truncation(LONGEST)
    tokenizer.no_padding()
    rows = []
    for encoding in tokenizer.encode_batch(sentences):
        ids = np.array([encoding.ids], np.int64)
        rows.append(session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0])
    return np.array(rows, np.float32)


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(scratch) / build_embedder.NAME
        for figure in figures(target, print):
            print(f"{figure.measure:45} {figure.value:8.4f}   aim {figure.aim or '-'}")


if __name__ == "__main__":
    main()
