"""The home's own secrets: each made once, in a file that its owner alone may read."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from mesh.adapters.defaults import new_secret


@dataclass(frozen=True, slots=True)
class HomeSecrets:
    folder: Path

    def read(self, entry: str) -> str:
        """The secret of that name; whoever asks first makes it, and everyone gets the same one."""
        place = self.folder / entry
        try:
            return place.read_text(encoding="ascii")
        except FileNotFoundError:
            self._make(place)
            return place.read_text(encoding="ascii")

    def _make(self, place: Path) -> None:
        """Written whole under another name, then given its own: nobody reads half a secret."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = place.with_name(f".{place.name}.{secrets.token_hex(8)}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(new_secret().encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, place)
        except FileExistsError:
            pass  # another process was first: its secret holds
        finally:
            fresh.unlink()
