"""The agent from end to end: what is ordinary or denied counts nothing, what is exploited counts, in time."""

import csv
import gzip
import io
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby, islice
from pathlib import Path

from evals.figure import Figure
from mesh.adapters.knowledge import KnowledgeStore, load, open_store
from mesh.adapters.models.embedder import ready_embedder
from mesh.adapters.models.store import ModelStore, standard_folders
from mesh.agents.threat_intelligence import AGENT
from mesh.agents.threat_intelligence.model import Answer, Question
from mesh.kit.fakes import fake_ports
from mesh.kit.ports import Ports
from mesh.kit.problem import Unavailable

Say = Callable[[str], None]
MESSAGES, REPORTS = "sms_spam_dev.csv", "tram_multi_label_reconstructed_dev.csv.gz"
FEEDS = {
    "kev": "cisa_kev_2025-08-25.csv.gz", "epss": "kev_epss_cvss_dev.csv", "cvss": "kev_epss_cvss_dev.csv",
}  # fmt: skip
_EVERY = 4  # of the messages, every fourth is read: a thousand are enough
_REPORT_WORDS = 2_000
_REPEATS = 30


def figures(area: Path, data: Path | None, train: Path | None, say: Say) -> list[Figure]:  # noqa: ARG001
    """`data` is a table of messages with `label` (ham or spam) and `text`."""
    with ports(area, say) as reach:
        ordinary = _of_messages(data or area / MESSAGES, reach, say)
        if data is not None:
            return ordinary
        rows = _table(area / FEEDS["kev"])
        return [
            *ordinary,
            *_of_exploited([row["cveID"] for row in rows], reach, say),
            *_of_speed(_table(area / REPORTS), reach),
        ]


@contextmanager
def ports(area: Path, say: Say) -> Iterator[Ports]:
    """Ports over the public tables and the models of this checkout, built where they are missing."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        knowledge: KnowledgeStore = open_store(home)
        for name, file in FEEDS.items():
            load(knowledge, name, area / file)
        models = ModelStore(standard_folders(home))
        reach = fake_ports(knowledge=knowledge, models=models)
        try:
            yield replace(reach, embedder=ready_embedder(models, home, say))
        except Unavailable as problem:
            say(f"going on without sentence embeddings: {problem.detail}")
            yield reach
        finally:
            knowledge.close()


def _asked(text: str, reach: Ports) -> Answer:
    answer: Answer = AGENT.answer(Question(text=text), reach).answer
    return answer


def _of_messages(path: Path, reach: Ports, say: Say) -> list[Figure]:
    kept = [row["text"] for row in _table(path) if row["label"] == "ham" and row["text"].strip()][::_EVERY]
    answers = [(text, _asked(text, reach)) for text in kept]
    for text, answer in answers:
        if answer.severity != "LOW" or answer.techniques:
            say(f"not ordinary: {answer.severity} {[t.id for t in answer.techniques]}: {text[:120]!r}")
    low = _share(answer.severity == "LOW" for _, answer in answers)
    bare = _share(not answer.techniques for _, answer in answers)
    return [
        Figure("answers: ordinary messages of severity LOW", low, 0.99, rows=len(answers)),
        Figure("answers: ordinary messages without a technique", bare, 0.99, rows=len(answers)),
    ]


def _of_exploited(cves: Sequence[str], reach: Ports, say: Say) -> list[Figure]:
    told = [_asked(f"Attackers used {cve} against a client's gateway.", reach) for cve in cves]
    denied = [_asked(f"Our gateways are not vulnerable to {cve}.", reach) for cve in cves]
    raised = [answer.severity != "LOW" and answer.vulnerabilities[0].in_kev is True for answer in told]
    quiet = [answer.severity_score == 0 for answer in denied]
    say(f"exploited CVEs: {sum(raised)} of {len(raised)} raise severity, {sum(quiet)} denials count nothing")
    return [
        Figure("answers: exploited CVEs recognised and raised", _share(raised), 1.0, rows=len(raised)),
        Figure("answers: denied CVEs that count nothing", _share(quiet), 1.0, rows=len(quiet)),
    ]


def _of_speed(rows: Sequence[Mapping[str, str]], reach: Ports) -> list[Figure]:
    """`rows` are the sentences of public reports in their order; a report is read up to its 2,000th word."""
    reports = list(islice(_reports(rows), _REPEATS))
    sentences = [row["text"] for row in rows[:: max(1, len(rows) // (4 * _REPEATS))]]
    _asked(reports[0], reach)  # loads the models
    return [
        *_timed("answers: a sentence", sentences, 50, reach),
        *_timed(f"answers: a report of {_REPORT_WORDS:,} words", reports, 300, reach),
    ]


def _timed(measure: str, texts: Sequence[str], aim: float, reach: Ports) -> list[Figure]:
    """By the clock and, which tells more on a machine with other work, by the processor's own time."""
    took, worked = [], []
    for text in texts:
        wall, work = time.perf_counter(), time.process_time()
        _asked(text, reach)
        took.append(1000 * (time.perf_counter() - wall))
        worked.append(1000 * (time.process_time() - work))
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    noted = f", while {busy:.1f} tasks wanted {os.cpu_count()} processors" if busy else ""
    return [
        _at_95(f"{measure}, p95 ms", took, aim, noted),
        _at_95(f"{measure}, processor time of all threads, p95 ms", worked, None, ""),
    ]


def _at_95(measure: str, values: Sequence[float], aim: float | None, noted: str) -> Figure:
    p95 = sorted(values)[max(0, round(0.95 * len(values)) - 1)]
    note = f"median {statistics.median(values):.1f}{noted}"
    return Figure(measure, round(p95, 1), aim, higher_is_better=False, rows=len(values), note=note)


def _share(right: Iterable[bool]) -> float | None:
    held = list(right)
    return sum(held) / len(held) if held else None


def _reports(rows: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """The beginning of every report that is long enough, a sentence a line."""
    for _, sentences in groupby(rows, key=lambda row: row["doc_title"]):
        kept: list[str] = []
        words = 0
        for sentence in sentences:
            if words < _REPORT_WORDS:
                kept.append(sentence["text"])
                words += len(sentence["text"].split())
        if words >= _REPORT_WORDS:
            yield "\n".join(kept)


def _table(path: Path) -> list[dict[str, str]]:
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))
