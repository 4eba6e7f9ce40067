"""The command line. Errors are one line on stderr that says what to do; status 2 is bad use, 1 no answer."""

import argparse
import os
import sys
from collections.abc import Sequence

from mesh.entrypoints.commands import (
    ask,
    aws,
    benchmarks,
    demo,
    evals,
    exchange,
    feeds,
    keys,
    receipts,
    records,
    reports,
    run,
    site,
    spending,
    train,
    up,
)
from mesh.kit.problem import Problem

COMMANDS = (
    up, ask, run, train, keys, records, demo, feeds, exchange, benchmarks, receipts, spending, aws, reports,
    evals, site,
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    try:
        options = parser().parse_args(arguments)
        status: int = options.run(options)
    except Problem as problem:
        reasons = "; ".join(f"{e.field}: {e.reason}" for e in problem.errors[:3])
        sys.stderr.write(f"mesh: {problem.detail}{' ' + reasons if reasons else ''}\n")
        return 2 if problem.status < 500 else 1
    except BrokenPipeError:
        # The reader went away (`mesh ... | head`): nothing is wrong, and nothing more is to be written.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        sys.stderr.write(
            f"mesh: {error.strerror or error}{f': {error.filename}' if error.filename else ''}\n"
        )
        return 1
    except KeyboardInterrupt:
        return 130
    return status


def parser() -> argparse.ArgumentParser:
    """All commands; `./mesh test` and the making of the environment belong to the `mesh` file itself."""
    top = argparse.ArgumentParser(prog="mesh", description="MSP Intelligence Mesh on this machine.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    commands.add_parser("test", help="check everything: lint, types, imports, tests")
    return top


if __name__ == "__main__":
    sys.exit(main())
