"""./mesh up: make what is missing, then serve."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from mesh.entrypoints.home import add_home, home_of
from mesh.kit.problem import FieldError, Invalid, Unavailable


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    up = commands.add_parser("up", help="start the mesh on this machine")
    up.add_argument("--host", default="127.0.0.1", help="address to listen on (default: loopback only)")
    up.add_argument("--port", type=int, default=8000, help="port to listen on (default: 8000)")
    up.add_argument(
        "--demo",
        type=int,
        metavar="N",
        help="simulated MSPs to load on the first start (default: 40; 0: none)",
    )
    up.add_argument("--no-web", action="store_true", help="serve the API without the dashboard")
    up.add_argument("--no-open", action="store_true", help="print the dashboard's link, but open no browser")
    add_home(up)
    up.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from mesh.demo.first_start import MOST_MSPS, prepare
    from mesh.entrypoints import web_build
    from mesh.entrypoints.server import listen, serve

    if not 0 <= options.port <= 65_535:
        raise Invalid("The port is not valid.", errors=[FieldError("--port", "must be 0 to 65535")])
    if options.demo is not None and not 0 <= options.demo <= MOST_MSPS:
        reason = f"must be 0 to {MOST_MSPS}"
        raise Invalid("There is no such simulated world.", errors=[FieldError("--demo", reason)])
    home = home_of(options)
    with _at(options):
        # A taken port is said before a first start, which takes its time.
        listen(options.host, options.port).close()
    prepare(home, say, options.demo)
    web = not options.no_web and web_build.ready(say)
    with _at(options):
        return serve(home, options.host, options.port, web=web, opened=None if options.no_open else _open)


def _open(link: str) -> None:
    """In the person's browser, where there is a person with a screen: not from a script."""
    import os
    import threading
    import webbrowser

    screens = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    if sys.stderr.isatty() and (screens or sys.platform in ("win32", "darwin")):
        threading.Thread(target=webbrowser.open, args=(link,), daemon=True).start()


@contextmanager
def _at(options: argparse.Namespace) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = f"{error.strerror}; name another with --port or --host"
        raise Unavailable(f"Cannot listen on {options.host}:{options.port}: {reason}.") from error


def say(line: str) -> None:
    """Progress goes to stderr, so that stdout stays what was asked for."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
