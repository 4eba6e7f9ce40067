"""What all workers of a run need, made a single time: by whichever of them comes first."""

import time
from collections.abc import Callable
from pathlib import Path

from pytest import TempPathFactory

DONE = ".done"


def once(
    factory: TempPathFactory, worker: str, name: str, make: Callable[[Path], None], patience_s: float
) -> Path:
    """The folder `name` that `make` filled, here or in another worker. A worker that waits longer fails."""
    base = factory.getbasetemp()
    folder = (base if worker == "master" else base.parent) / name
    try:
        folder.mkdir()
    except FileExistsError:
        deadline = time.monotonic() + patience_s
        while not (folder / DONE).exists():
            assert time.monotonic() < deadline, f"another worker did not finish making {name}"
            time.sleep(0.1)
        return folder
    make(folder)
    (folder / DONE).touch()
    return folder
