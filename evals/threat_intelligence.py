"""Figures of threat intelligence: indicators, techniques, detections, and the agent from end to end."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.figure import Figure
from mesh.kit.problem import Unavailable

Say = Callable[[str], None]
AREA = "threat"
PARTS = ("indicators", "techniques", "phrases", "detections", "vulnerabilities", "threat_answers")


def evaluate(area: Path, data: Path | None, train: Path | None, say: Say) -> list[Figure]:
    """All figures of the area, or those that `data`, a file of the form of one in it, can give.

    `train` is a file to fit the technique classifier on. A file of no known form gives none, and is said.
    """
    if data is None:
        return [figure for part in PARTS for figure in _part(part, area, None, train, say)]
    part = form_of(data)
    if part is None:
        say(f"{data.name} has no form that threat intelligence is scored on")
        return []
    return _part(part, area, data, train, say)


def _part(part: str, area: Path, data: Path | None, train: Path | None, say: Say) -> list[Figure]:
    """The figures of one part; each has its own imports, some of them of training."""
    from importlib import import_module

    say(f"measuring {part.replace('_', ' ')}" + (f" of {data.name}" if data else ""))
    measure = import_module(f"evals.{part}").figures
    if part == "techniques":
        return _of_techniques(measure, area, data, train, say)
    figures: list[Figure] = measure(area, data, None, say)
    return figures


def _of_techniques(
    measure: Callable[..., list[Figure]], area: Path, data: Path | None, train: Path | None, say: Say
) -> list[Figure]:
    from evals.threat_answers import ports

    with ports(area, say) as reach:
        try:
            return measure(area, data, train, say, embedder=reach.embedder)
        except Unavailable as problem:
            return [Figure("techniques", None, note=problem.detail)]


def form_of(path: Path) -> str | None:
    """Which part can score a file, by its columns or keys; None where none can."""
    raw = path.read_bytes()
    try:
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8-sig")
        return _of_json(text) if text.lstrip()[:1] in ("{", "[") else _of_table(text)
    except ValueError:  # neither UTF-8 nor JSON
        return None


def _of_table(text: str) -> str | None:
    columns = set(next(csv.reader(io.StringIO(text)), []))
    forms: Sequence[tuple[set[str], str]] = (
        ({"cve", "vector", "base_score"}, "vulnerabilities"),
        ({"CVE", "EPSS"}, "vulnerabilities"),
        ({"cveID", "dateAdded"}, "vulnerabilities"),
        ({"text", "label", "doc_title"}, "techniques"),
        ({"text", "labels"}, "techniques"),
        ({"text", "technique_id"}, "techniques"),
        ({"test", "functions", "content"}, "indicators"),
        ({"url", "label"}, "indicators"),
        ({"label", "text"}, "threat_answers"),
    )
    return next((kind for needed, kind in forms if needed <= columns), None)


def _of_json(text: str) -> str | None:
    try:
        value: Any = json.loads(text)
    except ValueError:
        value = [json.loads(line) for line in text.splitlines()[:1]]
    first = value[0] if isinstance(value, list) and value else value
    keys = set(first) if isinstance(first, Mapping) else set()
    if keys & {"rule_ids", "eventName", "events"}:
        return "detections"
    if keys & {"expected", "valid"} or any(key.endswith(".ioc") for key in keys):
        return "indicators"
    return None
