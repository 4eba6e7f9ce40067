"""Figures of revenue forecasts: the M3 competition, M4's hours, what to sell, and speed."""

import csv
import gzip
import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evals.figure import Figure
from evals.forecast_scores import Scored, mase, seasonal_naive, smape, within
from evals.purchases import purchase_figures
from mesh.agents.revenue_optimization.ensemble import forecast
from mesh.agents.revenue_optimization.outlook import outlooks
from mesh.agents.revenue_optimization.rhythm import NONE, RHYTHMS, Rhythm

Say = Callable[[str], None]
Series = Sequence[Mapping[str, Any]]

AREA = "forecast"
M3_FILE, M4_FILE = "m3_all.json.gz", "m4_hourly.json.gz"
AIM = 12.45
HELD = 0.02
BATCH = 16
CHECKED_WHOLE = 1000
ANCHORS = {
    "all": "statsforecast ETS, CES, DOT, Theta median 12.66; Theta 13.05",
    "YEARLY": "Theta 16.97, ForecastPro 17.27, RBF 16.42",
    "QUARTERLY": "Theta 8.96, COMB S-H-D 9.22, ForecastPro 9.82",
    "MONTHLY": "Theta 13.89, ForecastPro 13.90, Naive2 16.89",
    "OTHER": "ARARMA 4.38, Theta 4.41, ForecastPro 4.60",
    "HOURLY": "Doornik 8.91, Smyl 9.33, seasonal naive 13.91",
}
OF_PERIOD: Mapping[str, tuple[Rhythm, int]] = {
    "YEARLY": (RHYTHMS["year"], 1),
    "QUARTERLY": (RHYTHMS["quarter"], 4),
    "MONTHLY": (RHYTHMS["month"], 12),
    "WEEKLY": (RHYTHMS["week"], 1),
    "DAILY": (RHYTHMS["day"], 1),
    "HOURLY": (RHYTHMS["hour"], 24),
    "OTHER": (NONE, 1),
}


def evaluate(area: Path, data: Path | None, train: Path | None, say: Say) -> list[Figure]:
    """All figures, or those of `data`: series with `id`, `period`, `train` and `test`, as JSON or CSV.

    Every series is forecast from its own past alone; nothing is fitted to others, so `train` is not used.
    """
    if train is not None:
        say("a forecast is made from its own history alone: --train is not used")
    if data is not None:
        return forecast_figures(data.name.split(".")[0], series(data), say)
    figures = forecast_figures("M3", series(area / M3_FILE), say)
    figures += forecast_figures("M4", series(area / M4_FILE), say)
    return figures + purchase_figures(say) + [_speed(series(area / M3_FILE))]


def series(path: Path) -> list[dict[str, Any]]:
    """The series of a file. Raises ValueError for one of another form."""
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8-sig")
    if text.lstrip()[:1] in ("[", "{"):
        read = (
            json.loads(text) if text.lstrip()[0] == "[" else [json.loads(line) for line in text.splitlines()]
        )
    else:
        read = list(csv.DictReader(text.splitlines()))
    for row in read:
        for part in ("train", "test"):
            if part not in row:
                raise ValueError(f"{path.name} has no form that forecasts are scored on")
            row[part] = np.array(
                json.loads(row[part]) if isinstance(row[part], str) else row[part], dtype=float
            )
        row["period"] = str(row.get("period", "OTHER")).upper()
    return read


def forecast_figures(name: str, given: Series, say: Say) -> list[Figure]:
    """Errors and coverage over all values of all series, then by period."""
    by_period: dict[str, Scored] = {}
    for period in dict.fromkeys(row["period"] for row in given):
        rows = [row for row in given if row["period"] == period]
        say(f"{name}: {len(rows)} series, {period.lower()}")
        by_period[period] = scored(rows, *OF_PERIOD.get(period, OF_PERIOD["OTHER"]), every(len(given)))
    whole = Scored.joined(list(by_period.values()))
    figures = _summary(name, whole, is_m3=name.upper().startswith("M3"))
    for period, one in by_period.items():
        if len(by_period) > 1:
            figures.append(_error(f"{name} {period.lower()} sMAPE", one, None, ANCHORS.get(period, "")))
            figures += _coverage(f"{name} {period.lower()}", one)
    if "HOURLY" in by_period:
        figures.append(_against_naive(name, by_period["HOURLY"]))
    return figures


def every(count: int) -> int:
    """Of how many series one has its intervals checked: these take eight more forecasts each."""
    return 4 if count > CHECKED_WHOLE else 1


def scored(rows: Series, rhythm: Rhythm, season: int, step: int) -> Scored:
    """Forecasts and what came, of series of one period; every `step`th has intervals."""
    found = Scored.empty()
    for horizon in sorted({row["test"].size for row in rows}):
        same = [row for row in rows if row["test"].size == horizon]
        checked, others = same[::step], [row for place, row in enumerate(same) if place % step]
        for start in range(0, len(checked), BATCH):
            batch = checked[start : start + BATCH]
            for row, one in zip(batch, outlooks([r["train"] for r in batch], rhythm, horizon), strict=True):
                found.add(one.expected, one.spread, row["train"], row["test"], season)
        for start in range(0, len(others), BATCH):
            batch = others[start : start + BATCH]
            paths = np.maximum(forecast([row["train"] for row in batch], rhythm, horizon), 0.0)
            for row, path in zip(batch, paths, strict=True):
                found.add(path, None, row["train"], row["test"], season)
    return found


def _summary(name: str, whole: Scored, *, is_m3: bool) -> list[Figure]:
    aim = AIM if is_m3 else None
    by_series = float(np.mean([smape(f, t).mean() for f, t in zip(whole.expected, whole.came, strict=True)]))
    over = f"{by_series:.3f} as the mean over series"
    anchors = ANCHORS["all"] if is_m3 else ANCHORS["HOURLY"] if name.startswith("M4") else ""
    return [_error(f"{name} sMAPE, all values", whole, aim, anchors, over), *_coverage(name, whole)]


def _error(measure: str, of: Scored, aim: float | None, anchors: str, note: str = "") -> Figure:
    errors = np.concatenate([smape(f, t) for f, t in zip(of.expected, of.came, strict=True)])
    told = f"MASE {mase(of):.3f}" + (f"; {note}" if note else "")
    return Figure(measure, float(errors.mean()), aim, False, anchors=anchors, rows=len(of.came), note=told)


def _coverage(name: str, of: Scored) -> list[Figure]:
    figures = []
    for level in (80, 95):
        share, width = within(of, level)
        low, high = level / 100 - HELD, level / 100 + HELD
        note = f"aim {low:.2f} to {high:.2f}, {'held' if low <= share <= high else 'not held'}; "
        note += f"width {width:.2f} of the mean value"
        values = sum(row.size for row, half in zip(of.came, of.half[level], strict=True) if half is not None)
        figures.append(Figure(f"{name}, share in the {level} % interval", share, rows=values, note=note))
    return figures


def _against_naive(name: str, of: Scored) -> Figure:
    naive = [seasonal_naive(past, 24, test.size) for past, test in zip(of.past, of.came, strict=True)]
    theirs = np.concatenate([smape(f, t) for f, t in zip(naive, of.came, strict=True)]).mean()
    ours = np.concatenate([smape(f, t) for f, t in zip(of.expected, of.came, strict=True)]).mean()
    note = f"seasonal naive {theirs:.2f}"
    measure = f"{name} hourly: error less than the seasonal naive's"
    return Figure(measure, float(1 - ours / theirs), 1 / 3, note=note)


def _speed(given: Series) -> Figure:
    """A forecast of twelve months from sixty with its backtest; the machine may have other work."""
    rows = [row["train"][:60] for row in given if row["period"] == "MONTHLY" and row["train"].size >= 60][:20]
    took, worked = [], []
    for row in [rows[0], *rows]:
        wall, work = time.perf_counter(), time.process_time()
        outlooks([row], RHYTHMS["month"], 12)
        took.append(1000 * (time.perf_counter() - wall))
        worked.append(1000 * (time.process_time() - work))
    note = f"with its backtest; processor time {np.median(worked[1:]):.0f}"
    measure = "60 months: 12 more, median ms"
    return Figure(measure, float(np.median(took[1:])), 150.0, False, rows=len(rows), note=note)
