"""Where an embedded mesh keeps its things, and how a command opens it."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mesh.kit.platform import Platform


def add_home(command: argparse.ArgumentParser) -> None:
    """The option that every command on stored things has."""
    command.add_argument("--home", metavar="DIR", help="where everything is kept (or MESH_HOME)")


def home_of(options: argparse.Namespace) -> Path:
    """The folder that holds everything: --home, MESH_HOME, or one in the user's data directory."""
    if options.home:
        return Path(options.home).expanduser()
    if os.environ.get("MESH_HOME"):
        return Path(os.environ["MESH_HOME"]).expanduser()
    if sys.platform == "win32":
        data = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        data = Path.home() / "Library" / "Application Support"
    else:
        data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return data / "msp-intelligence-mesh"


@contextmanager
def opened(options: argparse.Namespace) -> Iterator[Platform]:
    """The platform over the home folder, closed at the end."""
    from mesh.adapters.embedded.platform import open_platform

    platform = open_platform(home_of(options))
    try:
        yield platform
    finally:
        platform.close()
