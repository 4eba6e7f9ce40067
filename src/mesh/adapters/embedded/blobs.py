"""A tenant's blobs as files in a folder."""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mesh.kit import blob_name

# Stands for '/' in file names, so that `a` and `a/b` can both be blobs; names cannot hold it themselves.
SLASH = "%"


@dataclass(frozen=True, slots=True)
class FolderBlobs:
    folder: Path

    def _path(self, name: str) -> Path:
        return self.folder / blob_name.checked(name).replace("/", SLASH)

    def put(self, name: str, content: bytes) -> None:
        path = self._path(name)
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=self.folder, prefix=".put-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
        self._sync()

    def get(self, name: str) -> bytes | None:
        path = self._path(name)
        return path.read_bytes() if path.is_file() else None

    def names(self, prefix: str = "") -> Sequence[str]:
        files = self.folder.iterdir() if self.folder.is_dir() else ()
        names = (p.name.replace(SLASH, "/") for p in files if not p.name.startswith("."))
        return sorted(name for name in names if name.startswith(prefix))

    def remove(self, name: str) -> bool:
        path = self._path(name)
        if not path.is_file():
            return False
        path.unlink()
        self._sync()
        return True

    def clear(self) -> int:
        """Remove all of the tenant's blobs; how many there were."""
        return sum(self.remove(name) for name in self.names())

    def _sync(self) -> None:
        """A rename is durable only when its folder is (fsync(2))."""
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
