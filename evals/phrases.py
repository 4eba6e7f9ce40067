"""How right the phrases of the threat agent are, on reports that none of them was chosen or narrowed on.

Reports of TRAM fall in two halves by the SHA-256 of their title; phrases were worked on with the even half,
and only the odd half is scored here. TRAM marks fifty techniques and not every mention of them. So a finding
counts where it, its parent or its sub-technique is one of the fifty; "of marked sentences" looks at sentences
that an annotator marked at all, "whole reports" counts every finding in a report without the mark as wrong.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pandas as pd

from evals.data import ROOT
from evals.figure import Figure
from mesh.agents.threat_intelligence.phrases import GRADES, Stated, stated
from mesh.agents.threat_intelligence.sentences import Sentence

REPORTS = "tram_multi_label_reconstructed_dev.csv.gz"
PROCEDURES = "attack_procedure_examples_v18_1.csv.gz"
# ATT&CK 17 merged the technique that TRAM still tells apart.
RENAMED = {"T1574.002": "T1574.001"}
TOGETHER = 50
Say = Callable[[str], None]
Report = tuple[list[str], list[frozenset[str]]]


def figures(area: Path, data: Path | None, train: Path | None, say: Say) -> list[Figure]:
    """Figures of the held-out half; of `data` whole, where it has the form of a file of reports or examples.

    Phrases are not fitted, so that `train` changes nothing.
    """
    del train
    if data is not None:
        table = pd.read_csv(data)
        if "technique_id" in table:
            return [covered(table)]
        return of_reports(reports_of(table), say) if {"labels", "doc_title"} <= set(table) else []
    every = reports_of(pd.read_csv(area / REPORTS))
    held = {title: report for title, report in every.items() if held_out(title)}
    say(f"{len(held)} reports that no phrase was worked on with")
    return [*of_reports(held, say), covered(pd.read_csv(area / PROCEDURES)), *of_other_texts(area.parent)]


def held_out(title: str) -> bool:
    """Whether a report is of the half that phrases were not worked on with."""
    return int(hashlib.sha256(title.encode()).hexdigest(), 16) % 2 == 1


def reports_of(table: pd.DataFrame) -> dict[str, Report]:
    """Sentences and their techniques, by the report's title."""
    found: dict[str, Report] = {}
    for title, text, labels in zip(table.doc_title, table.text, table.labels.fillna(""), strict=True):
        texts, marks = found.setdefault(str(title), ([], []))
        texts.append(str(text).replace("\n", " "))
        marks.append(frozenset(RENAMED.get(label, label) for label in str(labels).split("|") if label))
    return found


def of_reports(reports: dict[str, Report], say: Say) -> list[Figure]:
    """Precision and recall, of marked sentences for each grade and of whole reports."""
    known = frozenset[str]().union(*(mark for _, marks in reports.values() for mark in marks))
    right, told = dict.fromkeys(GRADES, 0), dict.fromkeys(GRADES, 0)
    shown = marked = 0
    pairs: list[tuple[frozenset[str], frozenset[str]]] = []
    for texts, marks in reports.values():
        found = in_sentences(texts)
        for mark, ones in zip(marks, found, strict=True):
            marked += len(mark)
            shown += sum(near(label, {one.technique for one in ones}) for label in mark)
            for one in ones if mark else ():
                if near(one.technique, known):
                    told[one.grade] += 1
                    right[one.grade] += near(one.technique, mark)
        pairs.append((frozenset().union(*marks), frozenset(one.technique for ones in found for one in ones)))
    say(f"{marked} marks of annotators, {sum(told.values())} findings in marked sentences")
    measure = "phrases graded {}, precision of marked sentences"
    return [
        *(
            Figure(measure.format(grade), right[grade] / told[grade], rows=told[grade])
            for grade in GRADES
            if told[grade]
        ),
        Figure("phrases, recall of marks", shown / max(marked, 1), rows=marked),
        *of_sets(pairs, known, "phrases, whole reports"),
    ]


def of_sets(
    pairs: Iterable[tuple[frozenset[str], frozenset[str]]], known: frozenset[str], name: str
) -> list[Figure]:
    """Micro precision, recall and F1 of (marked, told) techniques by report, among the known ones alone."""
    right = told = shown = marked = 0
    for marks, said in pairs:
        counted = [one for one in said if near(one, known)]
        told += len(counted)
        right += sum(near(one, marks) for one in counted)
        marked += len(marks)
        shown += sum(near(one, said) for one in marks)
    precision, recall = right / max(told, 1), shown / max(marked, 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return [
        Figure(f"{name}, precision", precision, rows=told, note="a lower bound: not every mention is marked"),
        Figure(f"{name}, recall", recall, rows=marked),
        Figure(f"{name}, F1", f1, rows=marked),
    ]


def covered(table: pd.DataFrame) -> Figure:
    """The share of ATT&CK's procedure examples in which a phrase states the example's technique."""
    found = in_sentences([str(text).replace("\n", " ") for text in table.text])
    rows = list(zip(table.technique_id, found, strict=True))
    hits = sum(near(label, {one.technique for one in ones}) for label, ones in rows)
    measure = "procedure examples whose technique a phrase states"
    return Figure(measure, hits / max(len(rows), 1), rows=len(rows))


def of_other_texts(home: Path) -> list[Figure]:
    """The share of texts on other matters in which a phrase is found; none where a set is absent."""
    figures = []
    for name, texts in other_texts(home).items():
        alarmed = sum(bool(ones) for ones in in_sentences(texts))
        measure = f"{name} with a phrase, share"
        figures.append(Figure(measure, alarmed / max(len(texts), 1), 0.01, False, rows=len(texts)))
    return figures


def other_texts(home: Path) -> dict[str, list[str]]:
    """Texts that tell of no attack, by what they are; security controls name techniques without any."""
    sets = {}
    for name, file, column in (
        ("bank customers' questions", "nlp/banking77_train.csv.gz", "text"),
        ("tweets", "sentiment/vader_tweets.csv.gz", "text"),
        ("wanted short messages", "threat/sms_spam_dev.csv", "text"),
        ("security controls", "compliance/nist_800_53_r5_baseline_controls.csv.gz", "statement"),
    ):
        if (home / file).is_file():
            table = pd.read_csv(home / file, keep_default_na=False)
            if "label" in table and "ham" in set(table.label):
                table = table[table.label == "ham"]
            sets[name] = [str(text).replace("\n", " ") for text in table[column]]
    files = sorted((ROOT / "docs").glob("**/*.md"))
    guides = [line for file in files for line in file.read_text("utf-8").splitlines()]
    # Tables are left out: those that code wrote list permissions, which read like calls.
    prose = [line for line in guides if line.strip() and not line.startswith("|")]
    return {**sets, "lines of our documentation": prose}


def in_sentences(texts: Sequence[str]) -> list[list[Stated]]:
    """What is stated in each of the texts, each read as one sentence."""
    found: list[list[Stated]] = [[] for _ in texts]
    for first in range(0, len(texts), TOGETHER):
        some = texts[first : first + TOGETHER]
        places, at = [], 0
        for text in some:
            places.append(Sentence(text, at, at + len(text)))
            at += len(text) + 1
        for one in stated("\n".join(some), places):
            place = next(i for i, each in enumerate(places) if each.start <= one.start < each.end)
            found[first + place].append(one)
    return found


def near(technique: str, others: Iterable[str]) -> bool:
    """Whether a technique, its parent or one of its sub-techniques is among the others."""
    return any(
        technique == other or technique.startswith(f"{other}.") or other.startswith(f"{technique}.")
        for other in others
    )
