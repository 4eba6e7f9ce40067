"""How well the techniques of ATT&CK are recognised in sentences of reports that were not trained on.

TRAM's single-label sentences in five folds, grouped by report. ATT&CK's procedure examples join every
training fold. Whatever repeats a scored sentence (equal, nearly equal, contained, or quoted from its
report, see training/overlap.py) is taken out of the training fold first.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from evals.figure import Figure
from mesh.agents.threat_intelligence.techniques import Classifier
from mesh.kit.ports import Embedder
from training.technique_folds import folds, held_out, whole_reports, without_repeats
from training.technique_rows import OFFICE, SPANS, Rows, benign, procedures, reports, spans
from training.techniques import Floats, calibrate, fit, marked, targets

ANCHORS = ".840/.734 TF-IDF, .857/.776 with MiniLM"
Say = Callable[[str], None]


def figures(
    area: Path, data: Path | None, train: Path | None, say: Say, *, embedder: Embedder
) -> list[Figure]:
    """Micro and macro F1 over the techniques of `data`; without it, all figures over the area's files.

    A file with reports' titles and no `train` is scored in five folds grouped by report. With `train`, or
    for a file without titles, the classifier is fitted on `train` (else the area's sentences), less what
    repeats a scored sentence.
    """
    if data is None and train is None:
        return _of_area(area, say, embedder)
    scored = spans(data or area / SPANS, embedder)
    grouped = len(set(scored.reports)) > 1
    trained = spans(train or area / SPANS, embedder) if train or not grouped else None
    known = frozenset[str]().union(*(trained or scored).labels)
    examples = procedures(area, known, embedder)
    whole = whole_reports(area)
    truth, said = [], []
    for learn, test in [(trained, scored)] if trained else _rounds(scored):
        learn, support = without_repeats(learn, test, whole), without_repeats(examples, test, whole)
        say(f"fitting on {len(learn.texts)} sentences and {len(support.texts)} examples")
        classifier = fit(learn, support)
        said += _best(classifier, classifier.scores(classifier.weigh(test.texts), test.vectors), known)
        truth += list(test.labels)
    return _f1(truth, said)


def _of_area(area: Path, say: Say, embedder: Embedder) -> list[Figure]:
    single = spans(area / SPANS, embedder)
    examples = procedures(area, frozenset[str]().union(*single.labels), embedder)
    read, other = reports(area, embedder), benign(area.parent, embedder)
    held = held_out(single, examples, read, other, whole_reports(area), say)
    tuned = calibrate(held.classifier, held.reports, read)
    return [
        *of_spans(tuned, held.spans, single),
        *of_reports(tuned, held.reports, read),
        of_benign(tuned, held.benign, other),
    ]


def of_spans(classifier: Classifier, scores: Floats, rows: Rows) -> list[Figure]:
    """Micro and macro F1 of the best technique of sentences that show exactly one.

    Scores rank the techniques that only examples show a little lower than confidences do: the annotators
    knew fifty. What is served is the confidence, so its figure is given as well.
    """
    known = frozenset[str]().union(*rows.labels)
    truth = list(rows.labels)
    served, _ = _f1(truth, _best(classifier, classifier.confidences(scores), known))
    measure = "technique of a sentence, the most confident, micro F1"
    return [
        *_f1(truth, _best(classifier, scores, known)),
        Figure(measure, served.value, rows=len(truth)),
    ]


def of_reports(classifier: Classifier, scores: Floats, rows: Rows) -> list[Figure]:
    """How whole reports are read at the served threshold, sentence by sentence, most showing nothing.

    TRAM's annotators did not mark every mention, so that the precision is a lower bound.
    """
    columns = marked(classifier, rows)
    target = targets(classifier, rows)[:, columns]
    sure = classifier.confidences(scores)[:, columns]
    promising = scores[:, -1:] >= classifier.promising_from
    said = (sure >= classifier.threshold) & promising
    right = int((said & target).sum())
    precision, recall = right / max(int(said.sum()), 1), right / max(int(target.sum()), 1)
    count = len(rows.texts)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return [
        Figure("techniques in whole reports, precision", precision, rows=count, note="a lower bound"),
        Figure("techniques in whole reports, recall", recall, rows=count),
        Figure("techniques in whole reports, F1", f1, rows=count),
        Figure("sentences that need an embedding, share", float(promising.mean()), None, False, rows=count),
        Figure("calibration error of the confidence", _error(sure, target), 0.05, False, rows=count),
    ]


def of_benign(classifier: Classifier, scores: Floats, rows: Rows) -> Figure:
    """The share of texts on other matters that a technique is read into.

    The office sentences are left out: they follow patterns, of which every fold has learnt some.
    """
    written = np.array([report != OFFICE for report in rows.reports], np.bool_)
    rows, scores = rows.take(written), scores[written]
    said = (classifier.confidences(scores) >= classifier.threshold).any(axis=1)
    alarmed = float((said & (scores[:, -1] >= classifier.promising_from)).mean())
    return Figure(
        "texts on other matters with a technique, share", alarmed, 0.001, False, rows=len(rows.texts)
    )


def _error(sure: Floats, target: "np.typing.NDArray[np.bool_]") -> float:
    """Expected calibration error over ten bins, of all confidences from 0.05 up."""
    told = sure >= 0.05
    values, hits = sure[told], target[told]
    bins = np.minimum((values * 10).astype(int), 9)
    gaps = [abs(values[bins == b].mean() - hits[bins == b].mean()) * (bins == b).sum() for b in set(bins)]
    return float(sum(gaps) / max(len(values), 1))


def _best(classifier: Classifier, scores: Floats, known: frozenset[str]) -> list[str]:
    """The best of all techniques; a sub-technique counts as its parent where only the parent is marked."""
    best = [classifier.labels[place] for place in scores[:, : len(classifier.labels)].argmax(axis=1)]
    parents = [name.partition(".")[0] for name in best]
    return [p if p in known and name not in known else name for name, p in zip(best, parents, strict=True)]


def _rounds(rows: Rows) -> list[tuple[Rows, Rows]]:
    return [(rows.take(learn), rows.take(test)) for learn, test in folds(rows)]


def _f1(truth: list[frozenset[str]], said: list[str]) -> list[Figure]:
    from sklearn.metrics import f1_score

    single = [best if best in shown else min(shown) for best, shown in zip(said, truth, strict=True)]
    # Macro: the plain mean over every technique that the scored sentences hold.
    macro = f1_score(single, said, average="macro", labels=sorted(set(single)), zero_division=0)
    micro = float(np.mean([best == right for best, right in zip(said, single, strict=True)]))
    return [
        Figure("technique of a sentence, micro F1", micro, 0.87, anchors=ANCHORS, rows=len(truth)),
        Figure("technique of a sentence, macro F1", float(macro), 0.80, anchors=ANCHORS, rows=len(truth)),
    ]
