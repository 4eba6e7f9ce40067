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

# N-grams kept, by how many training texts hold them; the int8 matrix of 174 techniques is then 5.8 MB.
KEPT = 32_768
# How much the embedding counts beside the n-grams, whose two parts have unit length as well.
WEIGHT_OF_VECTORS = 1.5
SOFTNESS = 0.3
SHARE_OF_TILT = 0.05
HANDICAP = 0.5
# When they are judged by themselves the handicap is given back, and this much more, since reports that
# show them count among the sentences that show nothing. Set by reading what was found, not measured.
LEEWAY = 0.3
WEIGHT_OF_UNMARKED = 0.15
# Less sure than this is not shown. At this confidence and above, TRAM's annotators had marked half.
SHOWN_FROM = 0.3
# Scores below this are no close calls, and left out of the calibration.
FAR_BELOW = -1.2
# Looser than usual: four times as fast, and no figure changes.
TOLERANCE = 1e-2
# Of the sentences whose technique would be recognised, this share may be lost to the cut before embedding.
LOST_TO_THE_CUT = 0.05
WEIGHT_OF_EXAMPLES = 0.5
# Texts whose n-grams are weighed at once: more would only take more memory.
AT_ONCE = 1_000

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Questions:
    """Sentences of reports that show a technique and that show none, and examples of further techniques."""

    shown: Rows
    nothing: Rows
    examples: Rows


@dataclass(frozen=True)
class Terms:
    """The n-grams a model knows, ascending, and their inverse document frequencies."""

    codes: NDArray[np.uint32]
    idf: Floats

    def matrix(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Weights of the n-grams of the texts, as the classifier weighs them."""
        parts = (texts[start : start + AT_ONCE] for start in range(0, len(texts), AT_ONCE))
        weighed = [each for part in parts for each in weigh(part, self.codes, self.idf)]
        places, values = (np.concatenate(each) for each in zip(*weighed, strict=True))
        starts = np.cumsum([0, *(len(each) for each, _ in weighed)])
        return sparse.csr_matrix((values, places, starts), shape=(len(texts), len(self.codes)))


def terms(texts: Sequence[str]) -> Terms:
    """The KEPT most common n-grams that at least two texts hold."""
    codes, frequency = np.unique(np.concatenate([ngrams(text)[0] for text in texts]), return_counts=True)
    common = np.sort(np.argsort(-frequency, kind="stable")[: min(KEPT, int((frequency > 1).sum()))])
    idf = np.log((1 + len(texts)) / (1 + frequency[common])) + 1
    return Terms(codes[common], _stored(idf))


def fit(spans: Rows, examples: Rows) -> Classifier:
    """A classifier that ranks techniques, one linear support vector machine each; it is not calibrated yet.

    Every row has one technique. `examples` count half. Techniques that only they show are learnt apart,
    against all rows, and stand back by HANDICAP when ranked: a description in an encyclopedia is less to go
    by than sentences of reports, and learnt together they took the place of techniques that were meant.
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
    ranker = _classifier(known, labels, coefficients, bias)
    further_ones = np.array([label not in set(names[core]) for label in labels], np.float32)
    return replace(ranker, allowance=further_ones * (HANDICAP + LEEWAY))


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


def fit_questions(ranker: Classifier, asked: Questions) -> Classifier:
    """The classifier with its two questions: is any technique shown, and is the sentence worth embedding.

    Both are logistic regressions. `examples` of techniques that no report was marked with count little.
    """
    from sklearn.linear_model import LogisticRegression

    known = Terms(ranker.codes, ranker.idf)
    parts = (asked.shown, asked.nothing, asked.examples)
    sizes = [len(part.texts) for part in parts]
    truth = np.repeat([1, 0, 1], sizes)
    weights = np.repeat([1, 1, WEIGHT_OF_UNMARKED], sizes)
    features = _features(known, joined(parts))
    questions = []
    for columns in (features, features[:, : len(known.codes)]):
        machine = LogisticRegression(solver="liblinear", tol=TOLERANCE, random_state=0)
        machine.fit(columns, truth, sample_weight=weights)
        blank = np.zeros(features.shape[1] - columns.shape[1])
        questions.append((np.r_[machine.coef_[0], blank], machine.intercept_[0]))
    both = _classifier(
        known, [], np.array([each for each, _ in questions]), np.array([b for _, b in questions])
    )
    return replace(
        ranker,
        grams=np.hstack([ranker.grams, both.grams]),
        scale=np.r_[ranker.scale, both.scale],
        vectors=np.hstack([ranker.vectors, both.vectors]),
        bias=np.r_[ranker.bias, both.bias],
    )


def calibrate(classifier: Classifier, scores: Floats, rows: Rows) -> Classifier:
    """The classifier with its curve and cut, from scores of whole reports that it was not fitted on.

    Nobody marked the reports with the techniques that are learnt from examples alone: their confidences
    follow the same curve.
    """
    from sklearn.linear_model import LogisticRegression

    columns = marked(classifier, rows)
    target = targets(classifier, rows)[:, columns]
    signs = classifier.signs(scores)[:, columns]
    close = signs[..., 0] > FAR_BELOW
    machine = LogisticRegression(C=1e4).fit(signs[close], target[close])
    curve = np.array([*machine.coef_[0], machine.intercept_[0]], np.float32)
    drawn = replace(classifier, curve=curve, threshold=SHOWN_FROM)
    found = ((drawn.confidences(scores)[:, columns] >= SHOWN_FROM) & target).any(axis=1)
    return replace(drawn, promising_from=float(np.quantile(scores[found, -1], LOST_TO_THE_CUT)))


def marked(classifier: Classifier, rows: Rows) -> NDArray[np.bool_]:
    """Which techniques of the classifier the annotators of the rows marked at all; shape (K,)."""
    found = frozenset[str]().union(*rows.labels)
    return np.array([label in found for label in classifier.labels], np.bool_)


def targets(classifier: Classifier, rows: Rows) -> NDArray[np.bool_]:
    """Which techniques each row shows; shape (rows, K)."""
    return np.array([[label in shown for label in classifier.labels] for shown in rows.labels], np.bool_)


def write(classifier: Classifier, card: Card, folder: Path) -> None:
    """Writes the classifier and its card; the same classifier gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {"labels": np.array(classifier.labels)}
    for name in ("idf", "vectors"):
        arrays[name] = getattr(classifier, name).astype(np.float16)
    for name in ("codes", "grams", "scale", "bias", "allowance", "curve", "promising_from", "threshold"):
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
        allowance=np.zeros(len(labels), np.float32),
        curve=np.array([1, 0, 0, 0, 0, 0], np.float32),
        promising_from=-np.inf,
        threshold=SHOWN_FROM,
    )


def _stored(values: NDArray[np.float64]) -> Floats:
    # Rounded as they are written, so that what is scored is what is served.
    return values.astype(np.float16).astype(np.float32)
