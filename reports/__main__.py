"""./mesh cost and ./mesh security report|picture: what the templates tell of a deployment.

`--write` renews docs/cost.md, docs/security-on-aws.md and docs/architecture-aws.svg.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
SIZES = ("lean", "standard", "full")


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="mesh", description="What a deployment costs, and who may do what in it."
    )
    kinds = top.add_subparsers(required=True, metavar="KIND", dest="kind")
    cost = kinds.add_parser("cost", prog="mesh cost", help="what a month costs, and what would lower it")
    cost.add_argument(
        "--requests-per-month", type=_count, metavar="N", help="questions asked (default: a table)"
    )
    cost.add_argument("--msps", type=_count, default=20, metavar="M", help="MSPs that ask them (default 20)")
    security = kinds.add_parser(
        "security", prog="mesh security", help="who may do what; encryption; exposure; logs"
    )
    security.add_argument(
        "action", choices=["report", "picture"], help="the report, or the architecture as SVG"
    )
    for kind in (cost, security):
        kind.add_argument("--size", choices=SIZES, default="lean")
        kind.add_argument("--write", action="store_true", help="into docs/, where the lean size is shown")
    return top


def _is_picture(options: argparse.Namespace) -> bool:
    return bool(options.kind == "security" and options.action == "picture")


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 up")
    return int(text)


def main(arguments: Sequence[str]) -> int:
    """0 when told; 1 where the templates cannot be synthesised."""
    options = parser().parse_args(arguments)
    try:
        if options.write:
            from reports.documents import written

            name, text = written("picture" if _is_picture(options) else options.kind)
            (DOCS / name).write_text(text, encoding="utf-8")
            sys.stderr.write(f"docs/{name} is written.\n")
            if options.kind == "cost":
                from reports import rates
                from reports.template import synthesised

                sizes = {size: synthesised(size) for size in SIZES}
                (ROOT / rates.path()).write_text(rates.document(sizes), encoding="utf-8")
                sys.stderr.write(f"{rates.path()} is written.\n")
            return 0
        sys.stdout.write(told(options) + "\n")
    except ModuleNotFoundError as missing:
        if (missing.name or "").split(".")[0] not in ("aws_cdk", "constructs"):
            raise
        sys.stderr.write("mesh: the templates are made with aws-cdk-lib, which is not installed here.\n")
        return 1
    return 0


def told(options: argparse.Namespace) -> str:
    from reports import cost, picture, security
    from reports.assumptions import Load
    from reports.template import synthesised

    assembly = synthesised(options.size)
    if options.kind == "security":
        write = picture.draw if _is_picture(options) else security.report
        return write(assembly, options.size)
    if options.requests_per_month is None:
        return "\n\n".join(cost.told(assembly, load, options.size) for load in cost.LOADS)
    load = Load("asked", options.requests_per_month, options.msps)
    return cost.told(assembly, load, options.size)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
