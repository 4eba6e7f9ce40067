"""Makes models/sentiment: the local classifier of sentiment, with its card.

    python -m training.make_sentiment --home HOME --lexicon vader_lexicon.txt [--cache FOLDER]

The embedding model must be in HOME/models (any first start of the mesh puts it there). The data are those
that evals/data.py finds; the lexicon is the file of that name in vaderSentiment 3.3.2 (MIT). Deterministic.
With --cache, the embeddings are kept there for the next run.
"""

import argparse
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np

from evals.data import ROOT, area
from mesh.adapters.models.embedder import OnnxEmbedder
from mesh.adapters.models.sentiment_classifier import FILE, MODEL, Classifier
from mesh.adapters.models.store import Card, ModelStore, digest, standard_folders
from mesh.kit.ports import Embedder
from training.sentiment import fit
from training.sentiment_texts import FILMS, TWEETS, examples, lexicon, rated, shares
from training.technique_rows import Remembering

SOURCES = (
    "tweets and film snippets rated by people, and the word lexicon, of vaderSentiment 3.3.2 (MIT, Copyright "
    "(c) 2016 C.J. Hutto); sentences of NIST SP 800-53 revision 4 (public domain); "
    "examples of the MSP trade of our own (training/sentiment_texts.py)"
)
# The examples are few beside the rated texts, and speak of what the product is for.
EXAMPLE_WEIGHT = 2.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--lexicon", type=Path, required=True)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--target", type=Path, default=ROOT / "models" / MODEL)
    options = parser.parse_args()
    data = area("sentiment")
    if data is None:
        sys.exit("the training data are not here; set MESH_DATA to their folder")
    embedder: Embedder = OnnxEmbedder(ModelStore(standard_folders(options.home)), at_once=1)
    if options.cache:
        embedder = Remembering(embedder, options.cache)
    write(whole(data, embedder, lexicon(options.lexicon)), options.target)


def whole(data: Path, embedder: Embedder, valence: dict[int, float]) -> Classifier:
    """The classifier of all rated texts and the examples."""
    texts, tones = [*rated(data / TWEETS), *rated(data / FILMS)], examples(data)
    words = [text for text, _ in texts] + [text for text, _ in tones]
    parts = (rated(data / TWEETS), rated(data / FILMS), tones)
    vectors = np.concatenate([embedder.embed([text for text, _ in part]) for part in parts])
    wanted = np.concatenate(
        [shares(np.array([rating for _, rating in texts])), np.array([tone for _, tone in tones])]
    )
    weights = np.concatenate([np.ones(len(texts)), np.full(len(tones), EXAMPLE_WEIGHT)])
    return fit(words, vectors, wanted, valence, weights)


def write(made: Classifier, target: Path) -> None:
    """The classifier's file and its card."""
    target.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        target / FILE,
        codes=made.codes, idf=made.idf.astype(np.float16), grams=made.grams, scale=made.scale,
        landmarks=made.landmarks.astype(np.float16), kernel=made.kernel, gamma=np.float32(made.gamma),
        signs=made.signs, bias=made.bias, words=made.words, valences=made.valences.astype(np.float16),
    )  # fmt: skip
    tools = ("numpy", "scipy")
    card = Card(
        name=MODEL, version="1", file=FILE, sha256=digest(target / FILE), source=SOURCES,
        licence="MIT, with the notice named in `source`",
        built_with="training/make_sentiment.py, " + ", ".join(f"{tool} {version(tool)}" for tool in tools),
    )  # fmt: skip
    card.write(target)


if __name__ == "__main__":
    main()
