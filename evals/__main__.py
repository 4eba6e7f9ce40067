"""./mesh eval AGENT: figures on public data, beside their anchors; kept in the model card and docs/scores.md.

Without `--data` the whole area is scored and the figures are written down; with `--data` (and `--train`) only
that file is scored and nothing is written.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from evals import scores
from evals.data import ROOT, area
from evals.figure import Figure
from mesh import registry

# Parts of the mesh that are no agents and have an eval; `CARD` names the document with their figures.
PARTS = ("benchmarks", "scrubbing")


def known() -> tuple[str, ...]:
    """What has an eval here; its `AREA` names the folder of public data, "" where it makes its own."""
    return (*(name for name in registry.names() if find_spec(f"evals.{name}")), *PARTS)


def say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def main(arguments: Sequence[str]) -> int:
    """0 when figures were computed, 1 when the data is absent, 2 for bad use."""
    options = parser().parse_args(arguments)
    agent = options.agent.replace("-", "_")
    if agent not in known():
        say(f"mesh: there is no eval of {options.agent!r}; there are: {', '.join(known()).replace('_', '-')}")
        return 2
    missing = [str(path) for path in (options.data, options.train) if path and not path.exists()]
    if missing:
        say(f"mesh: there is no file {missing[0]}")
        return 2
    measure = import_module(f"evals.{agent}")
    folder = area(measure.AREA) if measure.AREA else ROOT
    if folder is None:
        say("mesh: the public data is not here; set MESH_DATA to its folder, which no checkout contains")
        return 1
    started = time.monotonic()
    figures: list[Figure] = measure.evaluate(folder, options.data, options.train, say)
    say(f"{len(figures)} figures in {time.monotonic() - started:.0f} s")
    if options.json:
        sys.stdout.write(
            json.dumps({"agent": agent, "figures": [_told(f) for f in figures]}, indent=2) + "\n"
        )
    else:
        sys.stdout.write(scores.table(figures) + "\n")
    if not options.data and not options.no_write:
        scores.write(agent, figures, getattr(measure, "CARD", ""))
    return 0 if figures else 1


def _told(figure: Figure) -> dict[str, object]:
    return {**asdict(figure), "reached": figure.reached}


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mesh eval", description="Score an agent on public data.")
    parser.add_argument("agent", metavar="AGENT", help=", ".join(known()).replace("_", "-"))
    parser.add_argument(
        "--data", type=Path, metavar="FILE", help="score this file, of the form of one in the area"
    )
    parser.add_argument(
        "--train", type=Path, metavar="FILE", help="fit on this file, where a model is fitted"
    )
    parser.add_argument("--json", action="store_true", help="one object of figures on stdout")
    parser.add_argument(
        "--no-write", action="store_true", help="leave the model card and docs/scores.md alone"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
