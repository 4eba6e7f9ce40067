"""Fits that never saw what they are scored on: folds by report, less whatever repeats a scored sentence."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mesh.agents.threat_intelligence.techniques import Classifier
from training.overlap import Shingles, quotes, repeats, shingles
from training.technique_rows import REPORTS, Rows, joined
from training.techniques import Floats, Questions, fit, fit_questions

FOLDS = 5
# The score, less the handicap, from which a technique learnt from examples is a likely one.
SURE = -0.9


@dataclass(frozen=True)
class HeldOut:
    """Scores of rows by classifiers that were fitted without their reports, in the rows' order."""

    classifier: Classifier
    spans: Floats
    reports: Floats
    benign: Floats


def whole_reports(area: Path) -> dict[str, Shingles]:
    """The shingles of every report of the area, by its title."""
    frame = pd.read_csv(area / REPORTS, keep_default_na=False)
    return {str(title): shingles("\n".join(part.text)) for title, part in frame.groupby("doc_title")}


def without_repeats(rows: Rows, scored: Rows, whole: dict[str, Shingles]) -> Rows:
    """The rows that repeat no scored sentence and come from no scored report, as far as `whole` has them."""
    theirs, ours = scored.shingles(), rows.shingles()
    titles = set(scored.reports) - {""}
    read = frozenset().union(*theirs, *(whole[title] for title in titles if title in whole))
    own = np.array([report in titles for report in rows.reports], np.bool_)
    return rows.take(~(repeats(ours, theirs) | quotes(ours, read) | own))


def folds(rows: Rows) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Five times: which rows to learn from and which to score. No report is on both sides."""
    from sklearn.model_selection import GroupKFold

    for _, test in GroupKFold(FOLDS).split(rows.texts, groups=rows.reports):
        chosen = np.zeros(len(rows.texts), np.bool_)
        chosen[test] = True
        yield ~chosen, chosen


def held_out(
    spans: Rows,
    examples: Rows,
    reports: Rows,
    benign: Rows,
    whole: dict[str, Shingles],
    say: Callable[[str], None],
) -> HeldOut:
    """Every row scored by a classifier that knows neither its report nor a sentence like it.

    Reports without a span in `spans` are spread over the folds, and so are the benign rows.
    """
    scores: dict[str, Floats] = {}
    parts = {"spans": spans, "reports": reports, "benign": benign}
    for number, (_, test) in enumerate(folds(spans)):
        titles = {title for title, chosen in zip(spans.reports, test, strict=True) if chosen}
        left = sorted(set(reports.reports) - set(spans.reports))[number::FOLDS]
        chosen = {
            "spans": test,
            "reports": np.array([title in titles or title in left for title in reports.reports], np.bool_),
            "benign": np.arange(len(benign.texts)) % FOLDS == number,
        }
        scored = joined([spans.take(test), reports.take(chosen["reports"])])
        support = without_repeats(examples, spans.take(test), whole)
        ranker = fit(without_repeats(spans, spans.take(test), whole), support)
        learnt = without_repeats(reports, scored, whole)
        say(f"fold {number + 1}: {len(support.texts)} examples, {len(learnt.texts)} report sentences")
        asked = questions(ranker, learnt, support, benign.take(~chosen["benign"]))
        classifier = fit_questions(ranker, asked)
        for name, rows in parts.items():
            here = rows.take(chosen[name])
            held = scores.setdefault(name, np.zeros((len(rows.texts), len(ranker.labels) + 2), np.float32))
            held[chosen[name]] = classifier.scores(classifier.weigh(here.texts), here.vectors)
    return HeldOut(classifier, scores["spans"], scores["reports"], scores["benign"])


def questions(ranker: Classifier, reports: Rows, examples: Rows, benign: Rows) -> Questions:
    """What the questions are learnt from.

    TRAM's annotators marked fifty techniques and their sub-techniques. A sentence without a mark for which
    the ranker is sure of another technique is on no side: nobody looked whether it shows that.
    """
    marked = frozenset[str]().union(*reports.labels)
    beyond = np.array([label not in marked for label in ranker.labels], np.bool_)
    scores = ranker.scores(ranker.weigh(reports.texts), reports.vectors)
    unasked = beyond[scores.argmax(axis=1)] & (scores.max(axis=1) > SURE)
    shows = np.array([bool(shown) for shown in reports.labels], np.bool_)
    others = np.array([not label & marked for label in examples.labels], np.bool_)
    nothing = joined([reports.take(~shows & ~unasked), benign])
    return Questions(reports.take(shows), nothing, examples.take(others))
