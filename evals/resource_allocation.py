"""Figures of resource allocation: pure assignment, rounds with time windows, projects, and whole plans."""

import gzip
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evals import dispatch_days, skilled_projects, solomon
from evals.figure import Figure
from mesh.agents.resource_allocation.assignment import assign

Say = Callable[[str], None]

AREA = "allocation"
GAP_KEYS = {"profit", "resource", "capacity"}


def evaluate(area: Path, data: Path | None, train: Path | None, say: Say) -> list[Figure]:
    """All figures of the area, or those of `data`, known by its form: a list of assignment problems, a list
    of Solomon's instances, or iMOPSE definitions by name. Plain or gzipped JSON.

    Nothing is fitted, so `train` is not used. Raises ValueError for a file of no known form.
    """
    if train is not None:
        say("resource allocation fits nothing: --train is not used")
    if data is not None:
        return figures_of(data, say)
    found = []
    for path in sorted(p for p in area.iterdir() if p.name.endswith((".json", ".json.gz"))):
        found += figures_of(path, say)
    return found + dispatch_days.figures(say)


def figures_of(path: Path, say: Say) -> list[Figure]:
    """The figures of one file, by what it holds."""
    held = _read(path)
    if isinstance(held, list) and held and isinstance(held[0], dict):
        if held[0].keys() >= GAP_KEYS:
            return gap_figures(held, say)
        if held[0].keys() >= solomon.KEYS:
            return solomon.figures(held, say)
    if isinstance(held, dict) and held and all(skilled_projects.is_definition(v) for v in held.values()):
        return skilled_projects.figures(held, say)
    raise ValueError(f"{path.name} has no form that resource allocation is scored on")


def _read(path: Path) -> Any:
    packed = path.read_bytes()
    return json.loads(gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else packed)


def gap_figures(instances: list[dict[str, Any]], say: Say) -> list[Figure]:
    """How many are at their known optimum with a proof, every assignment recounted."""
    proven, worst, slowest = 0, 0.0, 0.0
    known = [one for one in instances if one.get("optimum") is not None]
    for one in instances:
        began = time.process_time()
        found = assign(one["profit"], one["resource"], one["capacity"])
        slowest = max(slowest, time.process_time() - began)
        worth = _recounted(one, found.technician)
        if one in known:
            worst = max(worst, (one["optimum"] - worth) / one["optimum"])
            proven += found.optimal and worth == one["optimum"] == found.bound
        say(f"assignment {one.get('name', '')}: {worth}, bound {found.bound}")
    share = proven / len(known) if known else None
    note = f"{proven} of {len(known)}; slowest {slowest:.1f} s of processor time"
    return [
        Figure("OR-Library assignment at the proven optimum", share, 1.0, rows=len(known), note=note),
        Figure("OR-Library assignment, worst gap to optimum", worst if known else None, 0.0, False,
               rows=len(known)),
    ]  # fmt: skip


def _recounted(one: dict[str, Any], technician: list[int] | None) -> int:
    """What the assignment is worth; 0 where it breaks a capacity or leaves a task out."""
    if technician is None or len(technician) != len(one["profit"][0]):
        return 0
    used = [0] * len(one["capacity"])
    for task, who in enumerate(technician):
        used[who] += one["resource"][who][task]
    if any(spent > most for spent, most in zip(used, one["capacity"], strict=True)):
        return 0
    return int(sum(one["profit"][who][task] for task, who in enumerate(technician)))
