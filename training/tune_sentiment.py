"""Makes models/sentiment: what is added to MiniLM to hear sentiment, and the classifier on top of it.

    python -m training.tune_sentiment [--steps 790] [--target FOLDER]

Needs torch (2.13 was used; `pip install torch==2.13.0`), which nothing else here does. To every matrix of the
six layers a product of two thin matrices is added (LoRA, rank 16; Hu et al., 2021) and trained with a softmax
over the mean embedding and the classifier's own signs, on tweets and film snippets rated by people, less the
fifth that evals/market_intelligence.py holds out, and on our own examples. On one thread about an hour; the
same torch on the same kind of processor gives the same bytes again. The shipped files are older than that and
came of two runs of these steps, 500 of a schedule of 1,200, then 290 from there at 7e-4. The lexicon of word
valences is taken over from the model that is there.
"""

import argparse
import math
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from evals.data import ROOT, area
from evals.market_intelligence import held_out
from mesh.adapters.models.build_embedder import HEADS, LAYERS, WIDTH, read_weights, source
from mesh.adapters.models.build_sentiment import SCALE, TUNING
from mesh.adapters.models.sentiment_classifier import FILE, MODEL, Classifier, load
from mesh.adapters.models.sentiment_signs import SIGNS, signs
from mesh.adapters.models.store import Card, digest
from training.sentiment_texts import FILMS, TWEETS, examples, rated, shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

RANK, BATCH, LONGEST, SEED = 16, 32, 96, 20251122
MOST_RATE, HEAD_RATE, WARM = 1e-3, 3e-3, 60
EXAMPLE_WEIGHT = 2.0
# Unit vectors and signs are small beside what a softmax needs.
NEARNESS, LOUDNESS = 10.0, 2.0
SOURCES = (
    "tweets and film snippets rated by people, and the word lexicon, of vaderSentiment 3.3.2 (MIT, Copyright "
    "(c) 2016 C.J. Hutto); sentences of NIST SP 800-53 revision 4 (public domain); "
    "examples of the MSP trade of our own (training/sentiment_texts.py)"
)
PARTS = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
         "intermediate.dense", "output.dense")  # fmt: skip


class Rows:
    """Word pieces, signs, shares of tones and weights of the training texts."""

    def __init__(self, data: Path, valence: dict[int, float]):
        from tokenizers import Tokenizer

        known = [row for name in (TWEETS, FILMS) for row in rated(data / name) if not held_out(row[0])]
        ours = examples(data)
        texts = [text for text, _ in known] + [text for text, _ in ours]
        tokenizer = Tokenizer.from_file(str(source() / "tokenizer.json"))
        tokenizer.enable_truncation(LONGEST)
        tokenizer.no_padding()
        self.pieces = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
        self.signs = np.array([signs(text, valence) for text in texts], np.float32)
        rated_shares = shares(np.array([rating for _, rating in known]))
        self.shares = np.concatenate([rated_shares, np.array([tone for _, tone in ours])]).astype(np.float32)
        self.weights = np.concatenate([np.ones(len(known)), np.full(len(ours), EXAMPLE_WEIGHT)])

    def batches(self, steps: int) -> "list[NDArray[np.int64]]":
        """Places of each batch: texts of like length together, in a drawn order, round after round."""
        draw, made = np.random.default_rng(SEED), list["NDArray[np.int64]"]()
        while len(made) < steps:
            order = draw.permutation(len(self.pieces))
            for start in range(0, len(order), BATCH * 50):
                part = sorted(order[start : start + BATCH * 50], key=lambda row: len(self.pieces[row]))
                cut = [np.array(part[first : first + BATCH]) for first in range(0, len(part), BATCH)]
                made += [cut[place] for place in draw.permutation(len(cut))]
        return made[:steps]


def tune(rows: Rows, steps: int) -> "tuple[dict[str, NDArray[np.float16]], dict[str, NDArray[np.float32]]]":
    """The thin matrices by name, `.up` (out, 16) and `.down` (16, in), and the classifier's own weights."""
    torch = _torch()
    functional = torch.nn.functional

    torch.manual_seed(SEED)
    # Sums of several threads differ in their last bits from run to run.
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    weights = {
        name: torch.tensor(value) for name, value in read_weights(source() / "model.safetensors").items()
    }
    thin = {
        f"encoder.layer.{n}.{part}": _thin(weights, f"encoder.layer.{n}.{part}")
        for n in range(LAYERS)
        for part in PARTS
    }
    head, sign = torch.nn.Linear(WIDTH, 3), torch.nn.Linear(SIGNS, 3, bias=False)
    torch.nn.init.zeros_(sign.weight)
    groups: list[dict[str, Any]] = [
        {"params": [each for pair in thin.values() for each in pair], "lr": MOST_RATE, "weight_decay": 0.01},
        {"params": [*head.parameters(), *sign.parameters()], "lr": HEAD_RATE, "weight_decay": 1e-4},
    ]
    optimiser = torch.optim.AdamW(groups)
    rate = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda k: min(1, (k + 1) / WARM) * max(0.0, 1 - k / steps)
    )
    for step, batch in enumerate(rows.batches(steps)):
        ids, mask = _padded([rows.pieces[row] for row in batch])
        vectors = embedded(torch.tensor(ids), torch.tensor(mask), weights, thin)
        told = head(functional.dropout(vectors, 0.1) * NEARNESS) + sign(
            torch.tensor(rows.signs[batch]) * LOUDNESS
        )
        costs = -(torch.tensor(rows.shares[batch]) * functional.log_softmax(told, -1)).sum(-1)
        loss = (costs * torch.tensor(rows.weights[batch], dtype=torch.float32)).mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for group in groups for p in group["params"]], 1.0)
        optimiser.step()
        rate.step()
        if step % 25 == 0:
            print(f"step {step} of {steps}, loss {float(loss.detach()):.4f}", flush=True)
    added = {
        f"{name}.{part}": matrix.detach().numpy().astype(np.float16)
        for name, pair in thin.items()
        for part, matrix in zip(("up", "down"), pair, strict=True)
    }
    return added, {
        "linear": NEARNESS * head.weight.detach().numpy().T,
        "bias": head.bias.detach().numpy(),
        "signs": LOUDNESS * sign.weight.detach().numpy().T,
    }


def embedded(ids: Any, mask: Any, weights: dict[str, Any], thin: dict[str, Any]) -> Any:
    """Unit vectors of a padded batch; the same graph as build_embedder.graph, with dropout."""
    functional = _torch().nn.functional

    def linear(name: str, x: Any) -> Any:
        up, down = thin[name]
        added = functional.linear(functional.linear(functional.dropout(x, 0.05), down), up) * SCALE
        return functional.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"]) + added

    def normalised(name: str, x: Any) -> Any:
        return functional.layer_norm(x, (WIDTH,), weights[f"{name}.weight"], weights[f"{name}.bias"], 1e-12)

    words, places, kinds = (
        weights[f"embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type")
    )
    x = normalised("embeddings.LayerNorm", words[ids] + places[: ids.shape[1]] + kinds[0])
    seen = mask[:, None, None, :].bool()
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        shape = (*ids.shape, HEADS, WIDTH // HEADS)
        q, k, v = (linear(f"{name}.{part}", x).view(shape).transpose(1, 2) for part in PARTS[:3])
        mixed = (
            functional.scaled_dot_product_attention(q, k, v, attn_mask=seen)
            .transpose(1, 2)
            .reshape(*ids.shape, WIDTH)
        )
        x = normalised(
            f"{name}.attention.output.LayerNorm",
            functional.dropout(linear(f"{name}.{PARTS[3]}", mixed), 0.1) + x,
        )
        inner = linear(f"{name}.{PARTS[5]}", functional.gelu(linear(f"{name}.{PARTS[4]}", x)))
        x = normalised(f"{name}.output.LayerNorm", functional.dropout(inner, 0.1) + x)
    return functional.normalize((x * mask[..., None]).sum(1), dim=-1)


def _torch() -> Any:
    """Where it is not installed, types cannot be checked against it: so they never are."""
    return import_module("torch")


def _thin(weights: dict[str, Any], name: str) -> tuple[Any, Any]:
    torch = _torch()

    out, inner = weights[f"{name}.weight"].shape
    down = torch.randn(RANK, inner) / math.sqrt(inner)
    return torch.nn.Parameter(torch.zeros(out, RANK)), torch.nn.Parameter(down)


def _padded(pieces: list[list[int]]) -> "tuple[NDArray[np.int64], NDArray[np.float32]]":
    longest = max(map(len, pieces))
    ids, mask = np.zeros((len(pieces), longest), np.int64), np.zeros((len(pieces), longest), np.float32)
    for row, each in enumerate(pieces):
        ids[row, : len(each)], mask[row, : len(each)] = each, 1
    return ids, mask


def write(
    added: "dict[str, NDArray[np.float16]]",
    own: "dict[str, NDArray[np.float32]]",
    before: Classifier,
    target: Path,
) -> None:
    """Both files and the card; n-grams and landmarks there are none."""
    held: dict[str, Any] = dict(added)
    np.savez_compressed(target / TUNING, **held)
    none = np.zeros(0, np.float32)
    made: dict[str, Any] = {name: value.astype(np.float32) for name, value in own.items()}
    np.savez_compressed(
        target / FILE,
        codes=np.zeros(0, np.uint32), idf=none, grams=np.zeros((0, 3), np.int8), scale=np.ones(3, np.float32),
        landmarks=np.zeros((0, WIDTH), np.float32), kernel=np.zeros((0, 3), np.float32), gamma=np.float32(1),
        words=before.words, valences=before.valences.astype(np.float16),
        **made,
    )  # fmt: skip
    Card(
        name=MODEL, version="2", file=FILE, sha256=digest(target / FILE), source=SOURCES,
        also={TUNING: digest(target / TUNING)}, licence="MIT, with the notice named in `source`",
        built_with="training/tune_sentiment.py, torch 2.13.0, numpy",
    ).write(target)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=790)
    parser.add_argument("--target", type=Path, default=ROOT / "models" / MODEL)
    options = parser.parse_args()
    data = area("sentiment")
    if data is None:
        raise SystemExit("the training data are not here; set MESH_DATA to their folder")
    before = load(ROOT / "models" / MODEL)
    added, own = tune(Rows(data, before.valence), options.steps)
    write(added, own, before, options.target)


if __name__ == "__main__":
    main()
