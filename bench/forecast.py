"""`./mesh bench forecast`: how long a forecast takes; our forecasts and statsforecast's in turns, in one run.

    uv venv PEER && uv pip install --python PEER statsforecast
    ./mesh bench forecast --peer PEER/bin/python [--series FILE] [--count N] [--rounds N] [--json]

Without a peer ours are timed alone. statsforecast is too large to ship beside us, so it runs in a process of
its own, which reads series from its standard input and answers with forecasts and the processor time they
took. It compiles on the first series it sees, which is asked for before any that is timed. FILE holds series
with `period`, `train` and `test`, as the M competitions' do; by default M3's. Times are of one processor, and
what is compared is their ratio; of the forecast of a year from 60 months with its backtest the time on the
clock is told as well.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evals.data import file
from evals.forecast_scores import smape
from evals.revenue_optimization import AREA, BATCH, M3_FILE, OF_PERIOD, series
from mesh.agents.revenue_optimization.ensemble import forecast
from mesh.agents.revenue_optimization.outlook import outlooks

PERIOD = "MONTHLY"
COUNT, ROUNDS = 60, 3
MONTHS, AHEAD, SINGLE = 60, 12, 20
# The peer in its own words: the models whose median is statsforecast's own entry for these series.
PEER = """
import json, sys, time, warnings
import numpy as np
warnings.simplefilter("ignore")
from statsforecast.models import AutoCES, AutoETS, DynamicOptimizedTheta, AutoTheta
def forecast(values, season, steps):
    models = (AutoETS(season_length=season), AutoCES(season_length=season),
              DynamicOptimizedTheta(season_length=season), AutoTheta(season_length=season))
    made = [m.forecast(y=np.array(values), h=steps)["mean"] for m in models]
    return np.median(np.stack(made), axis=0).tolist()
for line in sys.stdin:
    asked = json.loads(line)
    began = time.process_time()
    paths = [forecast(v, asked["season"], asked["steps"]) for v in asked["series"]]
    print(json.dumps({"paths": paths, "seconds": time.process_time() - began}), flush=True)
"""


class Peer:
    """statsforecast in another Python; the first answer holds the time it compiled."""

    def __init__(self, python: Path) -> None:
        self.process = subprocess.Popen(
            [str(python), "-c", PEER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, rows: Sequence[Any], season: int, steps: int) -> tuple[list[list[float]], float]:
        """Forecasts of each row, and the processor seconds taken. Raises OSError where there is no answer."""
        assert self.process.stdin is not None and self.process.stdout is not None
        question = {"series": [row.tolist() for row in rows], "season": season, "steps": steps}
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise OSError("the peer gave no answer; does its Python have statsforecast?")
        told = json.loads(line)
        return told["paths"], told["seconds"]

    def close(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait()


def compared(rows: Sequence[dict[str, Any]], period: str, peer: Peer, rounds: int) -> dict[str, float]:
    """Processor seconds of both, alternating, and both errors. `rows` have one length of test each."""
    rhythm, season = OF_PERIOD[period]
    steps = rows[0]["test"].size
    past = [row["train"] for row in rows]
    peer.ask(past[:1], season, steps)
    forecast(past[:1], rhythm, steps)
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(rounds):
        began = time.process_time()
        made = np.vstack([forecast(past[n : n + BATCH], rhythm, steps) for n in range(0, len(past), BATCH)])
        ours.append(time.process_time() - began)
        paths, seconds = peer.ask(past, season, steps)
        theirs.append(seconds)
    came = np.stack([row["test"] for row in rows])
    return {
        "series": len(rows),
        "ours_s": min(ours),
        "statsforecast_s": min(theirs),
        "times_faster": min(theirs) / min(ours),
        "ours_smape": float(smape(np.maximum(made, 0.0), came).mean()),
        "statsforecast_smape": float(smape(np.array(paths), came).mean()),
    }


def alone(every: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Milliseconds of one forecast of a year from 60 months with its backtest, medians; none where no series
    is as long.
    """
    rhythm, _ = OF_PERIOD[PERIOD]
    months = [row for row in every if row["period"] == PERIOD and row["train"].size >= MONTHS]
    past = [row["train"][:MONTHS] for row in months[:: max(1, len(months) // SINGLE)][:SINGLE]]
    took, worked = [], []
    # The first is asked twice: it also loads what every forecast needs.
    for values in [*past[:1], *past]:
        wall, work = time.perf_counter(), time.process_time()
        outlooks([values], rhythm, AHEAD)
        took.append(1000 * (time.perf_counter() - wall))
        worked.append(1000 * (time.process_time() - work))
    if not past:
        return {}
    return {"sixty_months_ms": float(np.median(took[1:])),
            "sixty_months_processor_ms": float(np.median(worked[1:]))}  # fmt: skip


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--peer", type=Path, metavar="PYTHON", help="one with statsforecast; else ours alone")
    parser.add_argument("--series", type=Path, metavar="FILE", help="by default M3's, where the data is here")
    parser.add_argument("--period", default=PERIOD, choices=sorted(OF_PERIOD))
    parser.add_argument("--count", type=int, default=COUNT, metavar="N", help="series, spread over the file")
    parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="N")
    parser.add_argument("--json", action="store_true", help="figures for machines")


def run(options: argparse.Namespace) -> int:
    """0 when all that was asked for was measured, 1 where the data is absent, 2 for bad use."""
    place = options.series or file(M3_FILE, of=AREA)
    if place is None or not place.is_file():
        sys.stderr.write(f"mesh: there is no file {place or M3_FILE}; name one with --series\n")
        return 2 if place else 1
    known = series(place)
    every = [row for row in known if row["period"] == options.period]
    if not every:
        sys.stderr.write(f"mesh: {place.name} has no {options.period.lower()} series\n")
        return 2
    found = alone(known)
    if options.peer:
        alike = [row for row in every if row["test"].size == every[0]["test"].size]
        rows = alike[:: max(1, len(alike) // options.count)][: options.count]
        peer = Peer(options.peer)
        try:
            found |= compared(rows, options.period, peer, options.rounds)
        finally:
            peer.close()
    lines = (f"{name:<28}{value:>10.3f}" for name, value in found.items())
    sys.stdout.write((json.dumps(found) if options.json else "\n".join(lines)) + "\n")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench.forecast", description="Forecasts beside statsforecast's.")
    add_options(parser)
    return run(parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())
