"""./mesh eval and ./mesh bench: what a checkout measures of itself; an installed package has neither."""

import argparse
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

from mesh.kit.problem import Unavailable

ROOT = Path(__file__).resolve().parents[4]


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    score = commands.add_parser("eval", help="score an agent on public data", add_help=False)
    score.set_defaults(run=run, package="evals")
    score.add_argument("rest", nargs=argparse.REMAINDER)
    speed = commands.add_parser("bench", help="measure speed, beside peers", add_help=False)
    speed.set_defaults(run=run, package="bench")
    speed.add_argument("rest", nargs=argparse.REMAINDER)


def run(options: argparse.Namespace) -> int:
    return of_checkout(options.package, options.rest)


def of_checkout(package: str, arguments: Sequence[str]) -> int:
    """Run a package that stands beside the sources; its exit status. Raises Unavailable where it does not."""
    if not (ROOT / package / "__main__.py").is_file():
        raise Unavailable(f"{package} is part of the source checkout: run it from there.")
    sys.path.insert(0, str(ROOT))
    sys.argv = [f"mesh {package}", *arguments]
    try:
        runpy.run_module(package, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return int(end.code or 0)
    return 0
