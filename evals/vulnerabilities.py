"""What is said of CVEs, checked against the public tables themselves."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from evals.figure import Figure
from mesh.adapters.knowledge import KnowledgeStore, load, open_store
from mesh.adapters.knowledge.unpack import plain, table
from mesh.agents.threat_intelligence.vulnerabilities import lookup, score
from mesh.kit.problem import Malformed

Say = Callable[[str], None]
SCORES, EXPLOITED, PREDICTED = (
    "nvd_2017_cvss3_sample.csv.gz",
    "cisa_kev_2025-08-25.csv.gz",
    "kev_epss_cvss_dev.csv",
)
_LIMIT = 1 << 28


def figures(area: Path, data: Path | None, train: Path | None, say: Say) -> list[Figure]:  # noqa: ARG001
    """Scores recomputed from vectors, and every listed CVE found again with what its table says."""
    if data is not None:
        return _of_file(data, say)
    return [figure for name in (SCORES, EXPLOITED, PREDICTED) for figure in _of_file(area / name, say)]


def _of_file(path: Path, say: Say) -> list[Figure]:
    rows = _rows(path)
    columns = set(rows[0]) if rows else set()
    say(f"vulnerabilities: {len(rows)} rows of {path.name}")
    if {"cve", "vector", "base_score"} <= columns:
        return _of_scores(rows, say)
    if {"cveID", "dateAdded"} <= columns:
        return [_of_exploited(path, rows, say)]
    if {"CVE", "EPSS"} <= columns:
        return [_of_predicted(path, rows, say)]
    raise Malformed(f"{path.name} has none of the columns that can be scored.")


def _of_scores(rows: list[dict[str, str]], say: Say) -> list[Figure]:
    found = []
    for title, vector, published in (("3", "vector", "base_score"), ("2", "v2_vector", "v2_score")):
        told = [(row["cve"], row[vector], float(row[published])) for row in rows if row.get(vector)]
        right = 0
        for cve, written, value in told:
            computed = score(written)
            right += computed is not None and computed.score == value
            if computed is None or computed.score != value:
                say(f"{cve}: {written} gives {computed and computed.score}, published {value}")
        share = right / len(told) if told else None
        measure = f"vulnerabilities: CVSS {title} base scores reproduced"
        found.append(Figure(measure, share, 1.0, anchors="NVD's own scores", rows=len(told)))
    return found


def _of_exploited(path: Path, rows: list[dict[str, str]], say: Say) -> Figure:
    wrong = []
    with _store("kev", path) as store:
        for row in rows:
            (known,) = lookup({row["cveID"]: ()}, frozenset(), "", store)
            ransomware = row["knownRansomwareCampaignUse"].strip() == "Known"
            if not (
                known.kev and known.kev.date_added == row["dateAdded"] and known.kev.ransomware == ransomware
            ):
                wrong.append(row["cveID"])
    say(f"exploited vulnerabilities not found as listed: {', '.join(wrong[:20]) or 'none'}")
    share = 1 - len(wrong) / len(rows)
    return Figure(
        "vulnerabilities: KEV entries found with date and ransomware use", share, 1.0, rows=len(rows)
    )


def _of_predicted(path: Path, rows: list[dict[str, str]], say: Say) -> Figure:
    told = [row for row in rows if _is_number(row["EPSS"])]
    wrong = []
    with _store("epss", path) as store:
        for row in told:
            (known,) = lookup({row["CVE"]: ()}, frozenset(), "", store)
            if known.epss is None or known.epss.score != float(row["EPSS"]):
                wrong.append(row["CVE"])
    say(f"EPSS scores not found as listed: {', '.join(wrong[:20]) or 'none'}")
    share = 1 - len(wrong) / len(told) if told else None
    return Figure("vulnerabilities: EPSS scores found", share, 1.0, rows=len(told))


@contextmanager
def _store(name: str, path: Path) -> Iterator[KnowledgeStore]:
    with tempfile.TemporaryDirectory() as home:
        store = open_store(Path(home))
        try:
            load(store, name, path)
            yield store
        finally:
            store.close()


def _rows(path: Path) -> list[dict[str, str]]:
    return list(table(plain(path.read_bytes(), _LIMIT))[2])


def _is_number(value: str) -> bool:
    return value.replace(".", "", 1).isdigit()
