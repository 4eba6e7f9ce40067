"""Finds models by name, and refuses a file that is not the one its card describes.

A model is a folder named like it: the file or files, and card.json beside them.
"""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from mesh.kit.problem import Unavailable

CARD = "card.json"
log = logging.getLogger("mesh.models")


class ModelMissing(Unavailable):
    """No folder of the store holds a model of that name."""


class ModelMismatch(Unavailable):
    """A model's file is not the file that its card describes, or the card cannot be read."""


@dataclass(frozen=True)
class Card:
    """What a model is and where it comes from. `also` names its further files with their SHA-256."""

    name: str
    version: str
    file: str
    sha256: str
    source: str
    licence: str
    built_with: str
    also: dict[str, str] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Writes card.json into the model's folder."""
        (folder / CARD).write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")


class ModelStore:
    """The Models port over folders, which are searched in the order given.

    A model's files are compared with its card the first time it is asked for; the store remembers.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self._checked: dict[str, tuple[Path, Card]] = {}

    def path(self, name: str) -> Path:
        """The model's folder. Raises ModelMissing, or ModelMismatch when a file differs from its card."""
        return self._find(name)[0]

    def card(self, name: str) -> Mapping[str, Any]:
        """The model's card. Raises as `path` does."""
        return asdict(self._find(name)[1])

    def names(self) -> list[str]:
        """The names of all models there are, sorted; their files are not checked."""
        return sorted({card.parent.name for folder in self._folders for card in folder.glob(f"[!.]*/{CARD}")})

    def _find(self, name: str) -> tuple[Path, Card]:
        if name not in self._checked:
            self._checked[name] = self._check(name)
        return self._checked[name]

    def _check(self, name: str) -> tuple[Path, Card]:
        if name == Path(name).name and not name.startswith("."):
            for folder in self._folders:
                if (folder / name / CARD).is_file():
                    return folder / name, check(folder / name)
        # Answers repeat the problem to tenants, who have no business with this machine's folders.
        log.warning("no model %r in %s", name, ", ".join(map(str, self._folders)) or "no folder at all")
        raise ModelMissing(f"There is no model {name!r} on this machine.")


def standard_folders(home: Path) -> list[Path]:
    """Where models lie: a checkout's `models`, those inside the installed package, the home folder's."""
    package = Path(__file__).resolve().parents[2]
    return [package.parents[1] / "models", package / "models", home / "models"]


def check(folder: Path) -> Card:
    """The card of the model in this folder, every file compared with it; raises ModelMismatch."""
    card = _read(folder / CARD)
    for name, expected in {card.file: card.sha256, **card.also}.items():
        path = folder / name
        if Path(name).name != name or not path.is_file():
            raise ModelMismatch(f"The model {card.name!r} lacks its file {name!r}.")
        found = digest(path)
        if found != expected:
            raise ModelMismatch(
                f"The model {card.name!r} is damaged or was changed: its {name!r} has the SHA-256 {found}, "
                f"its card says {expected}. Delete its folder and make it again."
            )
    return card


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _read(path: Path) -> Card:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return Card(**{f.name: values[f.name] for f in fields(Card) if f.name in values})
    except (ValueError, TypeError) as fault:
        raise ModelMismatch(f"The card of the model {path.parent.name!r} is not readable: {fault}") from fault
