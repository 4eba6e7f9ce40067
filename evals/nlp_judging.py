"""The suite's questions, and whether an answer is the one that its row asks for."""

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from evals.nlp_oracle import NOW, expected, window
from mesh.agents.nlp_query.model import Answer


@dataclass(frozen=True, slots=True)
class Case:
    question: str
    metric: str
    group: str
    filters: str
    window: str
    against: str
    order: str

    @property
    def held_out(self) -> bool:
        """Half of the suite, by its words: looked at once, when the rules were done."""
        return hashlib.sha256(self.question.encode()).digest()[0] % 2 == 1

    @property
    def abstains(self) -> bool:
        return self.metric.startswith("!")


def cases(path: Path) -> list[Case]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    if not rows or set(rows[0]) < {"question", "metric"}:
        return []
    names = ("question", "metric", "group", "filters", "window", "against", "order")
    return [Case(*((row.get(name) or "").strip() for name in names)) for row in rows]


def wrong(case: Case, said: Answer, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """What differs from what is expected; empty when nothing does."""
    if said.plan is None:
        return f"abstained: {said.answer}"
    if case.metric == "#documents":
        return (
            "" if said.plan.form == "documents" and said.citations else f"not from documents: {said.answer}"
        )
    if said.plan.metric is None:
        return "from documents"
    plan, top = said.plan, int("".join(c for c in case.order if c.isdigit()) or 0) or None
    kind = "".join(c for c in case.order if c.isalpha())
    filters = {tuple(f.split("=")) for f in case.filters.split(";") if f}
    checks = {
        "metric": (plan.metric, case.metric),
        "group": (plan.group_by, [case.group] if case.group else []),
        "filters": ({(f.dimension, f.label) for f in plan.filters}, filters),
        "window": (plan.window and (plan.window.start, plan.window.end), window(case.window)),
        "against": (plan.against and (plan.against.start, plan.against.end), window(case.against)),
        "order": ("why" if plan.form == "why" else plan.order or "", kind),
        "top": (plan.top, top),
    }
    off = [f"{name}: {got} for {want}" for name, (got, want) in checks.items() if got != want]
    return "; ".join(off) or _rows_wrong(case, said, rows, top)


def _rows_wrong(
    case: Case, said: Answer, rows: Mapping[str, Sequence[Mapping[str, Any]]], top: int | None
) -> str:
    if case.metric == "utilisation":
        return _utilisation_wrong(case, said, rows)
    want = expected(case.metric, case.group, case.filters, window(case.window), rows)
    got = {
        next(iter(row.group.values()), ""): row.value for row in said.rows if row.records or not case.group
    }
    if case.against and not case.group:
        then = expected(case.metric, "", case.filters, window(case.against), rows)[""]
        if said.rows[0].before is None or abs(said.rows[0].before - (then or 0)) > 0.001:
            return f"before: {said.rows[0].before} for {then}"
    if top is not None:
        best = sorted((v for v in want.values() if v is not None), reverse=case.order.startswith("down"))[
            :top
        ]
        return (
            ""
            if np.allclose(best, [v for v in got.values() if v is not None], atol=0.001)
            else f"rows: {got} for {best}"
        )
    if set(got) != set(want):
        return f"rows: {sorted(got)} for {sorted(want)}"
    off = [
        k
        for k in want
        if abs((want[k] or 0) - (got[k] or 0)) > 0.001 or (want[k] is None) != (got[k] is None)
    ]
    return f"values: {[(k, got[k], want[k]) for k in off[:3]]}" if off else ""


def _utilisation_wrong(case: Case, said: Answer, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    span = window(case.window)
    assert span is not None
    weeks = (min(span[1], NOW) - span[0]) / timedelta(weeks=1)
    worked = expected("work_hours", "technician", "", span, rows)
    there = {t["name"]: t["hours_per_week"] * weeks for t in rows["technicians"]}
    off = [
        r
        for r in said.rows
        if abs((r.value or 0) - 100 * (worked[r.group["technician"]] or 0) / there[r.group["technician"]])
        > 0.001
    ]
    return f"utilisation: {off[:3]}" if off else ""
