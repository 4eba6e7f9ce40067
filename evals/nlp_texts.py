"""Public questions put to the agent that answers in plain words: GeoQuery, and XQuAD over its own retrieval.

GeoQuery asks of rivers and states, of which the layer knows nothing: what counts is that none is answered
from an MSP's records. XQuAD's paragraphs are stored as policies; its questions are looked up as those about
policies are, and its paragraphs are read by the reader of this machine, as it would read a policy.
"""

import gzip
import hashlib
import json
import re
import sqlite3
import statistics
import string
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.figure import Figure
from evals.nlp_oracle import NOW
from mesh.adapters.models.local_reader import ready_reader
from mesh.adapters.models.store import ModelStore, standard_folders
from mesh.agents.nlp_query import documents
from mesh.agents.nlp_query.answer import answer
from mesh.agents.nlp_query.model import Answer, Question
from mesh.kit.fakes import fake_ports
from mesh.kit.ports import Generator, Ports
from mesh.kit.problem import Unavailable

XQUAD, GEOQUERY = "xquad_en_dev.json.gz", "text2sql_geography_train_dev.json.gz"
DATABASE = "geography-db.sqlite"
ANCHORS = "mBERT 83.5, which was trained to read spans"
# Reading every question takes minutes; a quarter of them, by a hash, says as much.
PARTS = 4
Say = Callable[[str], None]
Rows = Sequence[Mapping[str, Any]]


def rows_of(path: Path) -> Rows:
    """The questions of a file of either set; empty for anything else."""
    raw = path.read_bytes()
    try:
        rows = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)
    except (ValueError, OSError):
        return []
    return rows if isinstance(rows, list) and rows and isinstance(rows[0], dict) else []


def figures(rows: Rows, ports: Ports, area: Path, say: Say) -> list[Figure]:
    """Of whichever set the rows are of; none for others. `ports` hold an MSP's records."""
    if {"question", "sql"} <= set(rows[0]):
        return geoquery(rows, ports, area / DATABASE, say)
    if {"question", "context", "answers"} <= set(rows[0]):
        return [*retrieved(rows, say), *read(rows, say)]
    return []


def geoquery(rows: Rows, ports: Ports, database: Path | None, say: Say) -> list[Figure]:
    say(f"Asking {len(rows)} questions of geography ...")
    told = [answer(Question(query=str(row["question"])), ports).answer for row in rows]
    abstained = [each.abstained is not None for each in told]
    right = None
    if database is not None and database.is_file():
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as geography:
            right = [_as_sql(said, str(row["sql"]), geography) for row, said in zip(rows, told, strict=True)]
    return [
        Figure("GeoQuery questions answered as their SQL does", statistics.fmean(right) if right else None,
               rows=len(rows), note="" if right else "its database is not here"),
        Figure("GeoQuery questions abstained from", statistics.fmean(abstained), rows=len(rows),
               note="asked of an MSP's records: the layer holds no geography"),
    ]  # fmt: skip


def _as_sql(said: Answer, sql: str, geography: sqlite3.Connection) -> bool:
    """Whether the rows of an answer are what the query finds, whatever their order."""
    if said.abstained is not None:
        return False
    try:
        wanted = {str(cell) for row in geography.execute(sql) for cell in row}
    except sqlite3.Error:
        return False
    shown = {str(row.value) for row in said.rows} | {v for row in said.rows for v in row.group.values()}
    return bool(wanted) and wanted <= shown


def retrieved(rows: Rows, say: Say) -> list[Figure]:
    """Whether the first quote is of the right paragraph, and whether the answer stands in the quotes."""
    contexts = list(dict.fromkeys(str(row["context"]) for row in rows))
    say(f"Looking {len(rows)} questions up in {len(contexts)} paragraphs ...")
    stored = [{"id": f"x{n}", "title": f"Paragraph {n}", "text": text} for n, text in enumerate(contexts)]
    ports = fake_ports(rows={"policies": stored}, now=NOW)
    right, held = [], []
    for row in rows:
        found = documents.search(str(row["question"]).casefold(), ports)
        right.append(bool(found) and contexts[int(found[0].id[1:])] == row["context"])
        held.append(any(span in passage.text for passage in found for span in row["answers"]))
    return [
        Figure("XQuAD, first quote from the right paragraph", statistics.fmean(right), rows=len(rows)),
        Figure("XQuAD, answer within the sentences quoted", statistics.fmean(held), rows=len(rows)),
    ]


def read(rows: Rows, say: Say) -> list[Figure]:
    """Spans read out of the right paragraph by the reader of this machine."""
    some = [row for row in rows if _part(str(row["question"])) == 0]
    home = Path(__file__).parents[1] / ".mesh" / "eval-home"
    try:
        reader: Generator = ready_reader(ModelStore(standard_folders(home)), home, say)
        say(f"Reading the answers to {len(some)} questions ...")
        told = [reader.answer(str(row["question"]), str(row["context"])).value for row in some]
    except Unavailable as problem:
        return [Figure("XQuAD F1", None, anchors=ANCHORS, note=problem.detail)]
    scores = [
        max(f1(said or "", str(span)) for span in row["answers"])
        for row, said in zip(some, told, strict=True)
    ]
    given = [score for score, said in zip(scores, told, strict=True) if said is not None]
    return [
        Figure("XQuAD F1", 100 * statistics.fmean(scores), anchors=ANCHORS, rows=len(some),
               note="no answer scores 0; a quarter of the questions"),
        Figure("XQuAD F1 where it answers", 100 * statistics.fmean(given or [0.0]), rows=len(given)),
    ]  # fmt: skip


def f1(said: str, right: str) -> float:
    """Of the words two answers share, as SQuAD's script counts them (Rajpurkar et al., 2016).

    >>> f1("the 30 days", "30 days.")
    1.0
    """
    one, other = _words(said), _words(right)
    shared = sum((Counter(one) & Counter(other)).values())
    return 2 * shared / (len(one) + len(other)) if shared else float(one == other)


def _words(text: str) -> list[str]:
    plain = "".join(c for c in text.lower() if c not in string.punctuation)
    return re.sub(r"\b(?:a|an|the)\b", " ", plain).split()


def _part(question: str) -> int:
    return hashlib.sha256(question.encode()).digest()[0] % PARTS
