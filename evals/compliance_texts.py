"""Labelled texts, and how well they are classified: word and character n-grams beside sentence embeddings.

Four views of a text, each with a classifier a label, and a logistic regression above them that weighs what
they say of that label; it is fitted on what each said of training texts it had not seen, and so are the
thresholds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesh.agents.security_compliance.passages import passages
from mesh.kit.ports import Embedder

Floats = NDArray[np.float64]
FOLDS, SEED = 5, 0
MOST_PASSAGES = 12
# Inverse strength of regularisation of the upper regression, whose inputs are logits.
ABOVE = 0.3
# Texts a label needs for a threshold of its own, and what each unit of distance from the common one costs.
ENOUGH, NEARER = 60, 0.0005


@dataclass(frozen=True, slots=True)
class Texts:
    texts: Sequence[str]
    labels: Sequence[Sequence[str]]


def classified(train: Texts, test: Texts, embedder: Embedder) -> tuple[float, float]:
    """Micro and macro F1 on `test` of what was fitted on `train`."""
    from sklearn.metrics import f1_score
    from sklearn.preprocessing import MultiLabelBinarizer

    binarizer = MultiLabelBinarizer().fit([*train.labels, *test.labels])
    wanted, truth = binarizer.transform(train.labels), binarizer.transform(test.labels)
    meanings = _meanings([*train.texts, *test.texts], embedder)
    known, asked = meanings[: len(train.texts)], meanings[len(train.texts) :]
    folds = np.random.default_rng(SEED).permutation(len(train.texts)) % FOLDS
    parts = []
    for fold in range(FOLDS):
        held, kept = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        views = _views(
            _pick(train.texts, kept), known[kept], wanted[kept], _pick(train.texts, held), known[held]
        )
        parts.append((held, views))
    unseen = np.zeros((len(train.texts), parts[0][1].shape[1]))
    for held, views in parts:
        unseen[held] = views
    seen = _views(train.texts, known, wanted, test.texts, asked)
    above = np.zeros(wanted.shape)
    for fold in range(FOLDS):
        held, kept = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        above[held] = _above(unseen[kept], wanted[kept], unseen[held])
    said = _above(unseen, wanted, seen) >= _thresholds(above, wanted)
    micro, macro = (
        float(f1_score(truth, said, average=kind, zero_division=0)) for kind in ("micro", "macro")
    )
    return micro, macro


def _above(rows: Floats, wanted: Any, asked: Floats) -> Floats:
    """What all views together say of each label; label k of view v stands in column v * labels + k."""
    labels = wanted.shape[1]
    columns = [np.arange(label, rows.shape[1], labels) for label in range(labels)]
    parts = [_logistic(rows[:, c], wanted[:, [k]], asked[:, c], ABOVE) for k, c in enumerate(columns)]
    return np.hstack(parts)


def _pick(texts: Sequence[str], places: NDArray[np.intp]) -> list[str]:
    return [texts[place] for place in places.tolist()]


def _meanings(texts: Sequence[str], embedder: Embedder) -> Floats:
    """Shape (len(texts), 1152): the text's embedding, and the mean and the maximum of its passages'."""
    cut = [[p.text for p in passages(text)][:MOST_PASSAGES] or [text] for text in texts]
    flat = list(dict.fromkeys([*texts, *(passage for each in cut for passage in each)]))
    held = dict(zip(flat, embedder.embed(flat).astype(np.float64), strict=True))
    rows = []
    for text, said in zip(texts, cut, strict=True):
        inside = np.stack([held[passage] for passage in said])
        rows.append(np.concatenate([held[text], inside.mean(axis=0), inside.max(axis=0)]))
    return np.stack(rows)


def _views(
    texts: Sequence[str], meanings: Floats, wanted: Any, asked: Sequence[str], theirs: Floats
) -> Floats:
    """What each view says of each label of `asked`, as logits side by side."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    letters = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 5), min_df=4, sublinear_tf=True, max_features=60_000
    )
    a, b = words.fit_transform(texts), words.transform(asked)
    c, d = letters.fit_transform(texts), letters.transform(asked)
    both = (
        hstack([a, c, csr_matrix(1.5 * meanings)]).tocsr(),
        hstack([b, d, csr_matrix(1.5 * theirs)]).tocsr(),
    )
    return np.hstack(
        [
            _logistic(a, wanted, b, 20.0),
            _logistic(c, wanted, d, 10.0),
            _logistic(both[0], wanted, both[1], 3.0),
            _margins(meanings[:, :768], wanted, theirs[:, :768]),
        ]
    )


def _logistic(rows: Any, wanted: Any, asked: Any, strength: float) -> Floats:
    from sklearn.linear_model import LogisticRegression

    logits = np.full((asked.shape[0], wanted.shape[1]), -5.0)
    for label in range(wanted.shape[1]):
        if 0 < wanted[:, label].sum() < len(wanted):
            model = LogisticRegression(C=strength, max_iter=300, solver="liblinear")
            logits[:, label] = model.fit(rows, wanted[:, label]).decision_function(asked)
    return logits


def _margins(rows: Floats, wanted: Any, asked: Floats) -> Floats:
    """Margins of support vector machines with a Gaussian kernel, stretched to the size of logits."""
    from sklearn.svm import SVC

    margins = np.full((asked.shape[0], wanted.shape[1]), -5.0)
    for label in range(wanted.shape[1]):
        if 0 < wanted[:, label].sum() < len(wanted):
            margins[:, label] = 2.5 * SVC(C=5.0, gamma=1.0).fit(rows, wanted[:, label]).decision_function(
                asked
            )
    return margins


def _thresholds(logits: Floats, wanted: Any) -> Floats:
    """The best single threshold, and from there each label's own where it has enough texts to tell."""
    tried = np.linspace(-2.5, 1.0, 71)
    first = tried[int(np.argmax([_micro(wanted, logits >= least) for least in tried]))]
    least = np.full(wanted.shape[1], first)
    for label in np.flatnonzero(wanted.sum(axis=0) >= ENOUGH):
        near = first + np.linspace(-1.0, 1.0, 21)
        others = [np.where(np.arange(len(least)) == label, each, least) for each in near]
        scores = [_micro(wanted, logits >= each) - NEARER * abs(each[label] - first) for each in others]
        least = others[int(np.argmax(scores))]
    return least


def _micro(wanted: Any, said: Any) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(wanted, said, average="micro", zero_division=0))
