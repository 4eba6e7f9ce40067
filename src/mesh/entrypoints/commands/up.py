"""./mesh up: make what is missing, then serve."""

import argparse
import sys

from mesh.entrypoints.home import add_home, home_of
from mesh.kit.problem import FieldError, Invalid, Unavailable


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    up = commands.add_parser("up", help="start the mesh on this machine")
    up.add_argument("--host", default="127.0.0.1", help="address to listen on (default: loopback only)")
    up.add_argument("--port", type=int, default=8000, help="port to listen on (default: 8000)")
    add_home(up)
    up.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from mesh.demo.first_start import prepare
    from mesh.entrypoints.server import serve

    if not 0 <= options.port <= 65_535:
        raise Invalid("The port is not valid.", errors=[FieldError("--port", "must be 0 to 65535")])
    home = home_of(options)
    prepare(home, say)
    try:
        return serve(home, options.host, options.port)
    except OSError as error:
        reason = f"{error.strerror}; name another with --port or --host"
        raise Unavailable(f"Cannot listen on {options.host}:{options.port}: {reason}.") from error


def say(line: str) -> None:
    """Progress goes to stderr, so that stdout stays what was asked for."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
