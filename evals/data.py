"""Where the public evaluation data is. It is never part of the repository."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def area(name: str) -> Path | None:
    """The folder of one area (`threat`, `anomaly` ...), or None where the data is absent."""
    home = Path(os.environ.get("MESH_DATA", ROOT.parent / "shared" / "data"))
    folder = home / name
    return folder if folder.is_dir() else None


def file(name: str, of: str) -> Path | None:
    """One file of an area, or None where the data is absent."""
    folder = area(of)
    return folder / name if folder and (folder / name).is_file() else None
