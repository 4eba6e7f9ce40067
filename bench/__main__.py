"""./mesh bench http | load | coldstart | forecast | dashboard: speed on this machine, beside peers."""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from bench import load, side_by_side
from bench.processes import Measured
from mesh import registry
from mesh.kit.problem import NotFound, Unavailable

# Its bench needs it; without its folder there is none.
FORECASTS = "revenue_optimization"


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="mesh bench", description="Measure speed on this machine.")
    kinds = top.add_subparsers(required=True, metavar="KIND", dest="kind")
    for name, help_text in (
        ("http", "an agent's route beside the bare function and plain FastAPI"),
        ("load", "1,000 requests, the rate at which p95 doubles, and 1,000 sockets"),
    ):
        kind = kinds.add_parser(name, help=help_text)
        kind.add_argument("--agent", default="anomaly-detection", help="whose first example is asked")
        kind.add_argument("--json", action="store_true", help="figures for machines")
        kind.add_argument(
            "--seconds", type=float, default=60, metavar="S", help="how long it may take, roughly (10 to 120)"
        )
    cold = kinds.add_parser("coldstart", help="functions' packages as Lambda starts them, beside their peers")
    cold.add_argument("--agent", default="all", help="one agent, or all (the default)")
    cold.add_argument("--json", action="store_true", help="figures for machines")
    cold.add_argument(
        "--rounds", type=int, default=3, metavar="N", help="starts of each (1 to 20, default 3)"
    )
    if any(agent.name == FORECASTS for agent in registry.agents()):
        from bench import forecast

        told = "a forecast's time; with a peer, beside statsforecast on the same series"
        forecasts = kinds.add_parser("forecast", help=told)
        forecast.add_options(forecasts)
        forecasts.set_defaults(run=forecast.run)
    pages = kinds.add_parser("dashboard", help="largest paint and live updates in Chromium; Lighthouse")
    pages.add_argument("--lighthouse", type=Path, metavar="DIR", help="a folder in which it is installed")
    pages.add_argument("--json", action="store_true", help="figures for machines")
    return top


def main(arguments: Sequence[str]) -> int:
    """0 when everything was measured without an error, 1 when a request failed, 2 for bad use."""
    options = parser().parse_args(arguments)
    try:
        if options.kind == "coldstart":
            return _coldstart(options)
        if options.kind == "forecast":
            return int(options.run(options))
        if options.kind == "dashboard":
            return _dashboard(options)
        agent = registry.find(options.agent)
    except NotFound as problem:
        sys.stderr.write(f"mesh: {problem.detail}\n")
        return 2
    seconds = min(120.0, max(10.0, options.seconds))
    run = side_by_side if options.kind == "http" else load
    measured = asyncio.run(run.measure(agent, seconds))
    return _tell(measured, options)


def _dashboard(options: argparse.Namespace) -> int:
    from bench import dashboard

    try:
        return _tell(dashboard.measure(options.lighthouse), options)
    except Unavailable as error:
        sys.stderr.write(f"mesh: {error.detail}\n")
        return 1


def _coldstart(options: argparse.Namespace) -> int:
    from bench import coldstart
    from bench.runtime_api import FunctionFailed

    try:
        measured = coldstart.measure(coldstart.chosen(options.agent), min(20, max(1, options.rounds)))
    except (FunctionFailed, Unavailable) as error:
        sys.stderr.write(f"mesh: {error}\n")
        return 1
    return _tell(measured, options)


def _tell(measured: Measured, options: argparse.Namespace) -> int:
    told = json.dumps(measured.figures, indent=2) if options.json else measured.text
    sys.stdout.write(told + "\n")
    return 1 if measured.errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
