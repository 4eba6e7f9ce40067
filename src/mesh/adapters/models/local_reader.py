"""Answers from a text on this machine: FLAN-T5-small by ONNX Runtime (see build_reader.py).

The model never says that it does not know, so what it says counts only where it is sure of its words and they
stand in the text, one after another. It neither writes nor plans: for those it is too small, and says so.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from mesh.adapters.models.build_reader import HEADS, LAYERS, NAME, PARTS, PER_HEAD, build
from mesh.adapters.models.building import ready
from mesh.adapters.models.store import ModelStore
from mesh.kit.agent import ModelUsed
from mesh.kit.ports import Models, Provided, Row
from mesh.kit.problem import Unavailable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# In word pieces: a text, and an answer. The model was trained with texts of up to 512.
LONGEST_TEXT, LONGEST_ANSWER = 480, 32
MOST_LETTERS = 20_000
BUCKETS, FURTHEST = 32, 128
START = END = 0
# Below this it is taken not to know. Chosen on a quarter of XQuAD's questions, measured on another.
SURE = 0.8
_FORM = "{data}\n\nAnswer this question based on the article: {question}"
_WORD = re.compile(r"\w+")


class LocalReader:
    """The Generator port as far as a reader of short texts can fill it. Many threads may share one.

    Raises Unavailable when the model is missing or is not the one its card describes.
    """

    def __init__(self, models: Models):
        self._models = models
        self._lock = Lock()
        self._loaded: tuple[Any, Any, Any, ModelUsed] | None = None

    def answer(self, question: str, data: str) -> Provided[str | None]:
        """The words of `data` that answer, as they stand there, or None; greedy, so always the same."""
        tokenizer, encoder, decoder, by = self._load()
        pieces, sure = self._pieces(tokenizer, encoder, decoder, question, data)
        return Provided(standing_in(tokenizer.decode(pieces), data) if sure >= SURE else None, by)

    def write(self, task: str, data: str, *, most_words: int = 150) -> Provided[str]:
        del task, data, most_words
        raise Unavailable("The model on this machine reads short texts; it does not write any.")

    def propose(self, task: str, question: str, form: Mapping[str, Any]) -> Provided[Row | None]:
        del task, question, form
        raise Unavailable("The model on this machine reads short texts; it proposes no plans.")

    def _pieces(
        self, tokenizer: Any, encoder: Any, decoder: Any, question: str, data: str
    ) -> tuple[list[int], float]:
        """The word pieces said, and the geometric mean of the chances the model gave each of them."""
        import numpy as np

        ids = np.array(_fitted(tokenizer, question, data), np.int64)
        cross = encoder.run(["cross"], {"ids": ids, "buckets": two_sided(len(ids))})[0]
        past = np.zeros((2 * LAYERS, HEADS, 0, PER_HEAD), np.float32)
        said, chances = list[int](), list[float]()
        while len(said) < LONGEST_ANSWER:
            last = np.array([said[-1] if said else START], np.int64)
            inputs = {"ids": last, "buckets": one_sided(len(said)), "past": past, "cross": cross}
            logits, past = decoder.run(["logits", "present"], inputs)
            piece = int(logits[0].argmax())
            chances.append(1 / float(np.exp(logits[0] - logits[0, piece]).sum()))
            if piece in (END, 1):
                break
            said.append(piece)
        return said, math.exp(sum(map(math.log, chances)) / len(chances))

    def _load(self) -> tuple[Any, Any, Any, ModelUsed]:
        with self._lock:
            if self._loaded is None:
                card = self._models.card(NAME)
                by = ModelUsed(name=NAME, version=str(card["version"]), provider="onnx")
                self._loaded = (*_open(self._models.path(NAME)), by)
            return self._loaded


def ready_reader(store: ModelStore, home: Path, say: Callable[[str], None]) -> LocalReader:
    """A reader whose model is there: built into `home`/models now, in some seconds, if it was missing.

    Raises ModelMismatch for a damaged model and ModelMissing when it can not be built here.
    """
    ready(store, NAME, home, lambda target: build(target, say))
    return LocalReader(store)


def standing_in(said: str, data: str) -> str | None:
    """The first place of `data` with exactly these words, or None; capitals and marks may differ.

    >>> standing_in("every night", "Backups run Every Night, at two.")
    'Every Night'
    >>> standing_in("each evening", "Backups run every night.") is None
    True
    """
    wanted = [word.casefold() for word in _WORD.findall(said)]
    found = [(match.group().casefold(), match.start(), match.end()) for match in _WORD.finditer(data)]
    words = [word for word, _, _ in found]
    for place in range(len(words) - len(wanted) + 1 if wanted else 0):
        if words[place : place + len(wanted)] == wanted:
            start, end = found[place][1], found[place + len(wanted) - 1][2]
            return _with_marks(said, data, start, end)
    return None


def _with_marks(said: str, data: str, start: int, end: int) -> str:
    """A "$" before and a "%" after belong to the words where the model said them too."""
    if start and data[start - 1] in "$€£" and data[start - 1] in said:
        start -= 1
    if data[end : end + 1] == "%" and "%" in said:
        end += 1
    return data[start:end]


def _fitted(tokenizer: Any, question: str, data: str) -> Sequence[int]:
    """Word pieces of the whole prompt; what is too long is cut from the end of the data."""
    plain, asked = (part.encode("utf-8", "replace").decode("utf-8") for part in (data, question))
    rest = _FORM.format(data="", question=asked[:2_000])
    held = tokenizer.encode(plain[:MOST_LETTERS], add_special_tokens=False).ids
    tail = tokenizer.encode(rest).ids[-LONGEST_TEXT // 2 :]
    return [*held[: LONGEST_TEXT - len(tail)], *tail]


def two_sided(rows: int) -> "NDArray[np.int64]":
    """For each place, the bucket of its distance to every other, before and after apart (T5's own rule)."""
    import numpy as np

    places = np.arange(rows)
    apart = places[None] - places[:, None]
    return (apart > 0) * (BUCKETS // 2) + _bucket(np.abs(apart), BUCKETS // 2)


def one_sided(seen: int) -> "NDArray[np.int64]":
    """The buckets of the distances from the place after `seen` others back to each of them and itself."""
    import numpy as np

    return _bucket(np.arange(seen, -1, -1), BUCKETS)[None]


def _bucket(apart: "NDArray[np.int64]", buckets: int) -> "NDArray[np.int64]":
    import numpy as np

    exact = buckets // 2
    with np.errstate(divide="ignore"):
        scaled = np.log(apart.astype(np.float32) / exact) / math.log(FURTHEST / exact) * (buckets - exact)
    far = exact + np.where(apart < exact, 0, scaled).astype(np.int64)
    return np.where(apart < exact, apart, np.minimum(far, buckets - 1)).astype(np.int64)


def _open(folder: Path) -> tuple[Any, Any, Any]:
    import onnxruntime
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    tokenizer = Tokenizer.from_file(str(folder / PARTS[2]))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    sessions = [
        onnxruntime.InferenceSession(folder / part, options, providers=["CPUExecutionProvider"])
        for part in PARTS[:2]
    ]
    return tokenizer, sessions[0], sessions[1]
