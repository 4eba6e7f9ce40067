"""Fits, calibrates and writes the classifier of ATT&CK techniques. See make_techniques.py."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mesh.adapters.models.store import Card, digest
from mesh.agents.threat_intelligence.ngrams import ngrams
from mesh.agents.threat_intelligence.techniques import FILE, Classifier, weigh
from training.technique_rows import Rows, joined

# N-grams kept, by how many training texts hold them; the int8 matrix of 50 techniques is then 1.7 MB.
KEPT = 32_768
# How much the embedding counts beside the n-grams, whose two parts have unit length as well.
WEIGHT_OF_VECTORS = 1.5
SOFTNESS = 0.3
SHARE_OF_TILT = 0.05
HANDICAP = 0.5
# Looser than usual: four times as fast, and no figure changes.
TOLERANCE = 1e-2
SOFTNESS_OF_QUESTIONS = 1.0
# Of the techniques given for sentences of unknown reports, this share was marked by TRAM's annotators as
# well. They did not mark every mention, so that more than this is right.
PRECISION = 0.5
# Of the sentences whose technique would be recognised, this share may be lost to the cut before embedding.
LOST_TO_THE_CUT = 0.01
WEIGHT_OF_EXAMPLES = 0.5

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Terms:
    """The n-grams a model knows, ascending, and their inverse document frequencies."""

    codes: NDArray[np.uint32]
    idf: Floats

    def matrix(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Weights of the n-grams of the texts, as the classifier weighs them."""
        rows, columns, values = [], [], []
        for row, text in enumerate(texts):
            places, weights = weigh(text, self.codes, self.idf)
            rows.append(np.full(len(places), row))
            columns.append(places)
            values.append(weights)
        indices = (np.concatenate(rows), np.concatenate(columns))
        return sparse.csr_matrix((np.concatenate(values), indices), shape=(len(texts), len(self.codes)))


def terms(texts: Sequence[str]) -> Terms:
    """The KEPT most common n-grams that at least two texts hold."""
    codes, frequency = np.unique(np.concatenate([ngrams(text)[0] for text in texts]), return_counts=True)
    common = np.sort(np.argsort(-frequency, kind="stable")[: min(KEPT, int((frequency > 1).sum()))])
    idf = np.log((1 + len(texts)) / (1 + frequency[common])) + 1
    return Terms(codes[common], _stored(idf))


def fit(spans: Rows, examples: Rows) -> Classifier:
    """A classifier that ranks techniques, one linear support vector machine each; it is not calibrated yet.

    Every row has one technique. `examples` count half. Techniques that only they show are learnt apart,
    against all rows, and stand back by HANDICAP: a description in an encyclopedia is less to go by than
    sentences of reports, and learnt together they took the place of techniques that were meant.
    """
    rows = joined([spans, examples])
    known = terms(rows.texts)
    names = np.array([min(label) for label in rows.labels])
    weights = np.r_[np.ones(len(spans.texts)), np.full(len(examples.texts), WEIGHT_OF_EXAMPLES)]
    features = _features(known, rows)
    core = np.isin(names, [min(label) for label in spans.labels])
    labels, coefficients, bias = _machines(features[core], names[core], weights[core])
    tilt, shift = _tilt(rows.vectors[core], names[core], weights[core])
    coefficients[:, len(known.codes) :] += tilt / WEIGHT_OF_VECTORS
    bias = bias + shift
    if not core.all():
        further = _machines(features, np.where(core, "", names), weights)
        labels += further[0][1:]
        coefficients = np.vstack([coefficients, further[1][1:]])
        bias = np.r_[bias, further[2][1:] - HANDICAP]
    return _classifier(known, labels, coefficients, bias)


def _machines(
    features: sparse.csr_matrix, names: NDArray[np.str_], weights: NDArray[np.float64]
) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
    """Names in order, and the weights and bias of one machine each."""
    from sklearn.svm import LinearSVC

    machine = LinearSVC(C=SOFTNESS, tol=TOLERANCE, random_state=0).fit(features, names, sample_weight=weights)
    return [str(name) for name in machine.classes_], machine.coef_, machine.intercept_


def _tilt(
    vectors: Floats, names: NDArray[np.str_], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A softmax regression on the embeddings alone, small: it decides where the machines hardly differ."""
    from sklearn.linear_model import LogisticRegression

    machine = LogisticRegression(C=20, max_iter=80, tol=1e-3)
    machine.fit(vectors.astype(np.float64), names, sample_weight=weights)
    return machine.coef_ * SHARE_OF_TILT, machine.intercept_ * SHARE_OF_TILT


def fit_questions(ranker: Classifier, shown: Rows, nothing: Rows) -> Classifier:
    """The classifier with its two questions: is any technique shown, and is the sentence worth embedding.

    Both are logistic regressions, on the rows that show a technique and those that show none.
    """
    from sklearn.linear_model import LogisticRegression

    known = Terms(ranker.codes, ranker.idf)
    rows = joined([shown, nothing])
    truth = np.r_[np.ones(len(shown.texts)), np.zeros(len(nothing.texts))]
    features = _features(known, rows)
    size = len(known.codes)
    questions = []
    for columns in (features, features[:, :size]):
        machine = LogisticRegression(C=SOFTNESS_OF_QUESTIONS, solver="liblinear", random_state=0)
        machine.fit(columns, truth)
        blank = np.zeros(features.shape[1] - columns.shape[1])
        questions.append((np.r_[machine.coef_[0], blank], machine.intercept_[0]))
    both = _classifier(
        known, [], np.array([each for each, _ in questions]), np.array([b for _, b in questions])
    )
    return replace(
        ranker,
        grams=np.hstack([ranker.grams[:, : len(ranker.labels)], both.grams]),
        scale=np.r_[ranker.scale[: len(ranker.labels)], both.scale],
        vectors=np.hstack([ranker.vectors[:, : len(ranker.labels)], both.vectors]),
        bias=np.r_[ranker.bias[: len(ranker.labels)], both.bias],
    )


def calibrate(classifier: Classifier, scores: Floats, rows: Rows, spans: Floats, truth: Rows) -> Classifier:
    """The classifier with its curve, threshold and cut, from scores of rows that it was not fitted on.

    `scores` are those of `rows`, whole reports sentence by sentence; `spans` those of `truth`, which show
    one technique each.
    """
    known = {label: column for column, label in enumerate(classifier.labels)}
    picked = np.array([known[next(iter(label))] for label in truth.labels])
    sharp = min(np.arange(1.0, 8.0, 0.25), key=lambda t: _surprise(spans[:, : len(known)] * t, picked))
    drawn = replace(classifier, curve=np.array([sharp, 1, 0], np.float32))
    # Nobody looked in these reports for the other techniques: their confidences follow the same curve.
    columns = marked(classifier, rows)
    target = targets(classifier, rows)[:, columns]
    raw = drawn.confidences(scores)[:, columns]
    slope, offset = _platt(raw, target)
    drawn = replace(drawn, curve=np.array([sharp, slope, offset], np.float32))
    sure = drawn.confidences(scores)[:, columns]
    threshold = next(
        (least for least in np.arange(0.1, 0.9, 0.01) if _precision(sure >= least, target) >= PRECISION), 0.9
    )
    found = ((sure >= threshold) & target).any(axis=1)
    cut = float(np.quantile(scores[found, -1], LOST_TO_THE_CUT))
    return replace(drawn, threshold=float(threshold), promising_from=cut)


def marked(classifier: Classifier, rows: Rows) -> NDArray[np.bool_]:
    """Which techniques of the classifier the annotators of the rows marked at all; shape (K,)."""
    found = frozenset[str]().union(*rows.labels)
    return np.array([label in found for label in classifier.labels], np.bool_)


def targets(classifier: Classifier, rows: Rows) -> NDArray[np.bool_]:
    """Which techniques each row shows; shape (rows, K)."""
    return np.array([[label in shown for label in classifier.labels] for shown in rows.labels], np.bool_)


def _surprise(scores: Floats, picked: NDArray[np.int64]) -> float:
    high = scores.max(axis=1)
    total = np.log(np.exp(scores - high[:, None]).sum(axis=1)) + high
    return float((total - scores[np.arange(len(picked)), picked]).mean())


def _platt(raw: Floats, target: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and offset of the log odds (Platt, 1999), fitted where there is anything to decide."""
    from sklearn.linear_model import LogisticRegression

    open_ = raw > 0.005
    odds = np.log(raw[open_] / (1 - raw[open_]))[:, None]
    machine = LogisticRegression(C=1e4).fit(odds, target[open_])
    return float(machine.coef_[0, 0]), float(machine.intercept_[0])


def _precision(said: NDArray[np.bool_], target: NDArray[np.bool_]) -> float:
    return float((said & target).sum() / max(said.sum(), 1))


def write(classifier: Classifier, card: Card, folder: Path) -> None:
    """Writes the classifier and its card; the same classifier gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {"labels": np.array(classifier.labels)}
    for name in ("idf", "vectors"):
        arrays[name] = getattr(classifier, name).astype(np.float16)
    for name in ("codes", "grams", "scale", "bias", "curve", "promising_from", "threshold"):
        arrays[name] = np.array(getattr(classifier, name))
    np.savez_compressed(folder / FILE, allow_pickle=False, **arrays)
    replace(card, sha256=digest(folder / FILE)).write(folder)


def _features(known: Terms, rows: Rows) -> sparse.csr_matrix:
    vectors = sparse.csr_matrix(rows.vectors * WEIGHT_OF_VECTORS)
    return sparse.hstack([known.matrix(rows.texts), vectors]).tocsr().astype(np.float64)


def _classifier(
    known: Terms, labels: Sequence[str], weights: NDArray[np.float64], bias: NDArray[np.float64]
) -> Classifier:
    """`weights` has a row for each column of the classifier, over n-grams and then the embedding."""
    size = len(known.codes)
    grams = weights[:, :size].T
    scale = np.maximum(np.abs(grams).max(axis=0), 1e-9) / 127
    return Classifier(
        labels=tuple(labels),
        codes=known.codes,
        idf=known.idf,
        grams=np.round(grams / scale).astype(np.int8),
        scale=scale.astype(np.float32),
        vectors=_stored(weights[:, size:].T * WEIGHT_OF_VECTORS),
        bias=bias.astype(np.float32),
        curve=np.array([1, 1, 0], np.float32),
        promising_from=-np.inf,
        threshold=0.5,
    )


def _stored(values: NDArray[np.float64]) -> Floats:
    # Rounded as they are written, so that what is scored is what is served.
    return values.astype(np.float16).astype(np.float32)
