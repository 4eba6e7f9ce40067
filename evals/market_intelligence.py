"""Figures of sentiment: classifiers fitted on folds, the shipped one on unseen files, and its speed."""

import csv
import gzip
import hashlib
import io
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evals.figure import Figure
from mesh.adapters.models.build_sentiment import NAME as HEARING
from mesh.adapters.models.build_sentiment import ready_hearing
from mesh.adapters.models.embedder import ready_embedder
from mesh.adapters.models.sentiment import LocalSentiment
from mesh.adapters.models.sentiment_classifier import MODEL, load
from mesh.adapters.models.store import ModelStore, standard_folders
from mesh.kit.ports import Embedder
from training.sentiment import fit
from training.sentiment_texts import FILMS, TWEETS

AREA = "sentiment"
Say = Callable[[str], None]
BANK = "financial_phrasebank_dev.csv"
LABELS = ("negative", "neutral", "positive")
BANK_AIM, SPEED_S, HEADLINES = 0.85, 10.0, 1_000
# Sentences this alike are kept on one side of a split: announcements repeat each other with other numbers.
ALIKE = 0.85
FOLDS, SEED = 5, 20251122
# The share of raters behind a label: the middle of the band that PhraseBank gives by its lower end.
AGREED = {"100": 1.0, "75": 0.875, "66": 0.705, "50": 0.58}
# Correlations with the mean rating: Hutto and Gilbert (2014), table 4.
PUBLISHED = {TWEETS: ("tweets", 0.881), FILMS: ("film snippets", 0.451)}
BANK_ANCHORS = "VADER .55, TF-IDF .79, FinBERT .86"


class Scored:
    """What the figures share: the embedder, whose vectors are kept for the next run, and the lexicon."""

    def __init__(self, say: Say):
        home = Path(__file__).parents[1] / ".mesh" / "eval-home"
        self.models = ModelStore(standard_folders(home))
        self.plain: Embedder = ready_embedder(self.models, home, say)
        self.embedder: Embedder = ready_hearing(self.models, home, say)
        self.heard = str(self.models.card(HEARING)["sha256"])
        self.valence = load(self.models.path(MODEL)).valence
        self.kept = home / "vectors"

    def vectors(self, texts: Sequence[str], *, plain: bool = False) -> NDArray[np.float32]:
        told = "\0".join(texts) if plain else f"{self.heard}\0{chr(0).join(texts)}"
        mark = hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:16]
        file = self.kept / f"{mark}.npy"
        if not file.exists():
            self.kept.mkdir(parents=True, exist_ok=True)
            np.save(file, (self.plain if plain else self.embedder).embed(texts))
        held: NDArray[np.float32] = np.load(file)
        return held


def evaluate(area: Path, data: Path | None, train: Path | None, say: Say) -> list[Figure]:
    """All figures, or those of `data`: labelled sentences (text, label) or rated texts (mean_rating, text).

    Labelled sentences are scored by a classifier fitted on `train`, by default the area's own, less the
    sentences that are in `data`; rated texts by the shipped one.
    """
    scored = Scored(say)
    if data is None:
        return [
            _bank_folds(_rows(area / BANK), scored, say),
            *_rated_folds(area, scored, say),
            _speed(_rows(area / BANK), scored, say),
        ]
    rows = _rows(data)
    if rows and {"text", "label"} <= set(rows[0]):
        return [_bank(rows, _rows(train or area / BANK), scored, say)]
    if rows and {"text", "mean_rating"} <= set(rows[0]):
        return _shipped(rows, data.name, area, scored, say)
    say(f"{data} has no form that sentiment is scored on")
    return []


def _rows(path: Path) -> list[dict[str, str]]:
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8", "replace")
    return list(csv.DictReader(io.StringIO(text)))


def _labels(rows: Sequence[dict[str, str]]) -> NDArray[np.int64]:
    return np.array([LABELS.index(row["label"]) for row in rows])


def _shares(rows: Sequence[dict[str, str]]) -> NDArray[np.float64]:
    """What raters made of each sentence, shape (len(rows), 3): the others' votes are spread evenly."""
    agreed = np.array([AGREED.get(row.get("min_agreement", ""), 1.0) for row in rows])[:, None]
    spread: NDArray[np.float64] = (1 - agreed) / (len(LABELS) - 1)
    return np.where(np.eye(len(LABELS))[_labels(rows)] > 0, agreed, spread)


def _right(
    texts: Sequence[str],
    vectors: NDArray[np.float32],
    shares: NDArray[np.float64],
    train: NDArray[np.int64],
    test: NDArray[np.int64],
    scored: Scored,
) -> int:
    """How many of `test` a classifier that was fitted on `train` gets right."""
    made = fit([texts[i] for i in train], vectors[train], shares[train], scored.valence)
    told = made.probabilities([texts[i] for i in test], vectors[test]).argmax(axis=1)
    return int((told == shares[test].argmax(axis=1)).sum())


def _bank_folds(rows: Sequence[dict[str, str]], scored: Scored, say: Say) -> Figure:
    say(f"Fitting {FOLDS} folds of {len(rows)} sentences of Financial PhraseBank ...")
    texts, shares = [row["text"] for row in rows], _shares(rows)
    vectors = scored.vectors(texts)
    fold = _folds(scored.vectors(texts, plain=True))
    right = sum(
        _right(texts, vectors, shares, np.flatnonzero(fold != each), np.flatnonzero(fold == each), scored)
        for each in range(FOLDS)
    )
    return Figure(
        "Financial PhraseBank, accuracy",
        right / len(rows),
        BANK_AIM,
        anchors=BANK_ANCHORS,
        rows=len(rows),
        note="fitted on 4/5, folds grouped by likeness; all sentences, raters' doubt included",
    )


def _folds(vectors: NDArray[np.float32]) -> NDArray[np.int64]:
    """The fold of each sentence; sentences joined by likeness are in the same one."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    groups, group = connected_components(csr_matrix((vectors @ vectors.T > ALIKE).astype(np.int8)))
    chosen: NDArray[np.int64] = np.random.default_rng(SEED).permutation(groups)[group] % FOLDS
    return chosen


def _bank(
    rows: Sequence[dict[str, str]], train: Sequence[dict[str, str]], scored: Scored, say: Say
) -> Figure:
    held = {row["text"] for row in rows}
    known = [row for row in train if row["text"] not in held]
    say(f"Fitting on {len(known)} sentences, scoring {len(rows)} ...")
    every = [*known, *rows]
    texts, places = [row["text"] for row in every], np.arange(len(every))
    vectors = np.concatenate([scored.vectors(texts[: len(known)]), scored.vectors(texts[len(known) :])])
    right = _right(texts, vectors, _shares(every), places[: len(known)], places[len(known) :], scored)
    return Figure(
        "Financial PhraseBank, accuracy", right / len(rows), BANK_AIM, anchors=BANK_ANCHORS, rows=len(rows)
    )


def _rated_folds(area: Path, scored: Scored, say: Say) -> list[Figure]:
    """The shipped classifier on the fifth of VADER's sets that it was neither tuned nor fitted to."""
    figures, shipped = [], load(scored.models.path(MODEL))
    for name, published in PUBLISHED.items():
        rows = [row for row in _rows(area / name) if held_out(row["text"])]
        say(f"Judging {len(rows)} texts that were held out of {name} ...")
        texts = [row["text"] for row in rows]
        told = shipped.probabilities(texts, scored.vectors(texts))
        ratings = np.array([float(row["mean_rating"]) for row in rows])
        figures += _beside(published, told[:, 2] - told[:, 0], ratings, "a fifth held out")
    return figures


def _fold(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % FOLDS


def held_out(text: str) -> bool:
    """Whether a rated text is of the fifth that the figures are of: neither tuning nor fitting sees it."""
    return _fold(text) == 0


def _beside(
    published: tuple[str, float | None], net: NDArray[np.float32], ratings: NDArray[np.float64], note: str
) -> list[Figure]:
    name, anchor = published
    sure = ratings != 0
    return [
        Figure(
            f"{name}, correlation with raters",
            float(np.corrcoef(net, ratings)[0, 1]),
            anchor,
            anchors=f"VADER {anchor:.3f}" if anchor else "",
            rows=len(net),
            note=note,
        ),
        Figure(
            f"{name}, sign right",
            float(((net > 0) == (ratings > 0))[sure].mean()),
            None,
            rows=int(sure.sum()),
            note=note,
        ),
    ]


def _shipped(rows: Sequence[dict[str, str]], name: str, area: Path, scored: Scored, say: Say) -> list[Figure]:
    say(f"Judging {len(rows)} texts with the shipped classifier ...")
    told = LocalSentiment(scored.models, scored.embedder).judge([row["text"] for row in rows]).value
    net = np.array([each.scores["POSITIVE"] - each.scores["NEGATIVE"] for each in told], np.float32)
    ratings = np.array([float(row["mean_rating"]) for row in rows])
    known = {row["text"] for each in PUBLISHED for row in _rows(area / each) if not held_out(row["text"])}
    seen = sum(row["text"] in known for row in rows)
    note = f"shipped classifier, trained on {seen:,} of these texts"
    return _beside(PUBLISHED.get(name, (name, None)), net, ratings, note)


def _speed(rows: Sequence[dict[str, str]], scored: Scored, say: Say) -> Figure:
    """Processor time of one call with a thousand sentences, model loaded."""
    say(f"Timing {HEADLINES} headlines ...")
    provider = LocalSentiment(scored.models, scored.embedder)
    provider.judge(["ready"])
    started = time.process_time()
    provider.judge([row["text"] for row in rows[:HEADLINES]])
    return Figure(
        "1,000 headlines, s of processor time",
        time.process_time() - started,
        SPEED_S,
        higher_is_better=False,
        rows=HEADLINES,
    )
