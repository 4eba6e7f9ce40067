"""python -m infra: write the templates and the packages, as ./mesh aws synth does."""

import argparse
import sys
from pathlib import Path

from infra.app import synth
from infra.build import build
from infra.plan import SIZES
from infra.recipe import ROOT


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m infra", description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="lean")
    parser.add_argument("--out", type=Path, default=ROOT / ".mesh" / "cdk.out")
    parser.add_argument("--stand-ins", action="store_true", help="templates alone, without building packages")
    parser.add_argument("--remove-data", action="store_true", help="tables and buckets go with their stacks")
    options = parser.parse_args()
    try:
        packages = None if options.stand_ins else build(_say)
        made = synth(options.size, options.out, packages=packages, remove_data=options.remove_data)
    except ValueError as problem:
        _say(f"{problem}")
        return 1
    _say(f"{len(made.stacks)} stacks are in {options.out}")
    return 0


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


sys.exit(main())
