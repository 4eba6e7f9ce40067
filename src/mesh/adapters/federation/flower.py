"""Flower, made silent before it is imported: no telemetry, no look for updates, nothing written elsewhere."""

import logging
import os
import tempfile
import warnings
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from mesh.kit.problem import Unavailable

NEEDED = ("flwr", "cryptography")
QUIET = {"FLWR_TELEMETRY_ENABLED": "0", "FLWR_DISABLE_UPDATE_CHECK": "1"}


def prepare(home: Path | None = None) -> None:
    """Call before the first import of Flower; more calls do nothing. Raises Unavailable where it is missing.

    `home` is where Flower may write; without one, a folder among the system's temporary ones.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise Unavailable(
            f"Federated learning needs {', '.join(missing)}, which is not installed: "
            "pip install 'msp-intelligence-mesh[federated-learning]'."
        )
    os.environ.update(QUIET)
    os.environ.setdefault("FLWR_HOME", str(home or Path(tempfile.gettempdir()) / "mesh-flower"))
    with warnings.catch_warnings():
        # Its command line, which is loaded with it, uses what click is about to drop.
        warnings.simplefilter("ignore", DeprecationWarning)
        import_module("flwr.clientapp")
        import_module("flwr.serverapp.strategy")


def name_this_process() -> None:
    """Messages are signed with the identity of the process, which only Flower's own programs set. This is the
    one private class that is touched; `tests/federation/test_grid.py` holds it to what is used here."""
    from flwr.supercore.task_identity import TaskIdentity

    logging.getLogger("flwr").setLevel(logging.ERROR)
    for name in ("task_id", "run_id", "node_id"):
        if getattr(TaskIdentity, f"_{name}") is None:
            setattr(TaskIdentity, name, 1)
