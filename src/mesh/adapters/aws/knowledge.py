"""Knowledge on AWS: the SQLite file an embedded mesh has, as one versioned object, cached on the scratch
disk.

A table of its own would cost 300,000 writes for each day's EPSS scores, and a network call for each of the
dozens of facts an answer looks up. A file costs one download per function and edition, is read in
microseconds, and is rolled back by S3's versions. Until one was published, what the packages ship is used.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from mesh.adapters.aws.clients import Clients
from mesh.adapters.aws.failures import call
from mesh.adapters.aws.settings import Settings
from mesh.kit.ports import Edition, Row

if TYPE_CHECKING:
    from mesh.adapters.knowledge.store import KnowledgeStore

KEY = "knowledge/knowledge.db"
FILE = "knowledge.db"
UNCHANGED = ("304", "NotModified")
ABSENT = ("NoSuchKey", "404")


@dataclass(slots=True)
class S3Knowledge:
    """The Knowledge port. When asked, looks for a newer edition every `knowledge_fresh_s` seconds."""

    clients: Clients
    settings: Settings
    seconds: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _store: "KnowledgeStore | None" = None
    _etag: str = ""
    _looked_at: float = float("-inf")

    def edition(self, name: str) -> Edition | None:
        return self._current().edition(name)

    def find(self, name: str, key: str) -> Row | None:
        return self._current().find(name, key)

    def rows(self, name: str) -> Iterator[Row]:
        return self._current().rows(name)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._store:
                self._store.close()
                self._store = None

    def _current(self) -> "KnowledgeStore":
        with self._lock:
            if self._store is None or self.seconds() - self._looked_at >= self.settings.knowledge_fresh_s:
                self._fetch()
                self._looked_at = self.seconds()
            self._store = self._store or _opened(self._folder("packaged"))
            return self._store

    def _fetch(self) -> None:
        """Open the newest edition when it is not the one that is open."""
        from botocore.exceptions import ClientError

        asked: Any = {"IfNoneMatch": self._etag} if self._etag else {}
        try:
            answer = call(self.clients.s3.get_object, Bucket=self.settings.models_bucket, Key=KEY, **asked)
        except ClientError as error:
            if error.response["Error"]["Code"] in (*UNCHANGED, *ABSENT):
                return
            raise
        folder = self._folder(answer["ETag"].strip('"'))
        partial = folder / f"{FILE}.part"
        _save(answer["Body"], partial)
        partial.replace(folder / FILE)
        # The one before stays open: an answer under way may still read from it.
        self._store, self._etag = _opened(folder), answer["ETag"]

    def _folder(self, name: str) -> Path:
        folder = self.settings.scratch / "knowledge" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def publish(clients: Clients, settings: Settings, database: Path) -> None:
    """Make a copy of an open knowledge file everybody's edition; a writer may be at work on it meanwhile."""
    import sqlite3

    from boto3.s3.transfer import S3Transfer

    with TemporaryDirectory() as folder:
        copy = Path(folder) / FILE
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        call(S3Transfer(clients.s3).upload_file, str(copy), settings.models_bucket, KEY)


@contextmanager
def working_copy(clients: Clients, settings: Settings) -> "Iterator[KnowledgeStore]":
    """The newest knowledge file to write into; published when the work on it ended well."""
    from botocore.exceptions import ClientError

    with TemporaryDirectory() as folder:
        database = Path(folder) / FILE
        try:
            answer = call(clients.s3.get_object, Bucket=settings.models_bucket, Key=KEY)
            _save(answer["Body"], database)
        except ClientError as error:
            if error.response["Error"]["Code"] not in ABSENT:
                raise
        store = _opened(Path(folder))
        try:
            yield store
        finally:
            store.close()
        publish(clients, settings, database)


def refreshed(clients: Clients, settings: Settings, names: Iterable[str]) -> Iterator[str]:
    """Newer editions, published once all were tried; a line for each step. It takes libraries that the feeds'
    function alone has.
    """
    from mesh.adapters.knowledge.feeds import refresh
    from mesh.adapters.knowledge.fetch import over_https

    with working_copy(clients, settings) as store:
        yield from refresh(store, names, over_https)


def _opened(folder: Path) -> "KnowledgeStore":
    # SQLite and the feeds take a part of a cold start that most functions never use.
    from mesh.adapters.knowledge.feeds import open_store

    return open_store(folder)


def _save(body: Any, path: Path) -> None:
    with path.open("wb") as file:
        for chunk in body.iter_chunks(1 << 20):
            file.write(chunk)
