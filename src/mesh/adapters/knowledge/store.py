"""Editions of public facts in one SQLite file: `knowledge.db` in the home folder."""

import json
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from types import MappingProxyType

from mesh.adapters.knowledge.content import Content
from mesh.kit.ports import Edition, Row

_SCHEMA = """
CREATE TABLE IF NOT EXISTS edition (
  name TEXT PRIMARY KEY, version TEXT NOT NULL, published TEXT NOT NULL,
  loaded_at TEXT NOT NULL, rows INTEGER NOT NULL, source TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS fact (
  name TEXT NOT NULL, key TEXT NOT NULL, row TEXT NOT NULL, PRIMARY KEY (name, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS download (
  url TEXT PRIMARY KEY, name TEXT NOT NULL, etag TEXT NOT NULL, last_modified TEXT NOT NULL
);
"""
_PUT = "INSERT OR REPLACE INTO fact VALUES (?,?,?)"
_ADD = "INSERT OR IGNORE INTO fact VALUES (?,?,?)"
_BUSY_S = 30.0
# Sets up to this many rows are kept whole in memory once read (ATT&CK, KEV, Sigma); EPSS and CVSS are not.
_WHOLE_SET_ROWS = 20_000
_REMEMBERED_ROWS = 4_096


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a server said of a file, to be sent back at the next request (RFC 9110, 13.1)."""

    url: str
    etag: str = ""
    last_modified: str = ""


class KnowledgeStore:
    """The `Knowledge` port over SQLite in WAL mode, safe to share between threads and processes.

    A load is one transaction, so that readers see the old edition or the new one and nothing between.
    `seeds` makes a set's first edition when it is first asked for and none is loaded: an installation that
    was never online starts with what its packages ship, and pays for it at the first question, not at start.
    """

    def __init__(self, path: Path, seeds: Mapping[str, tuple[str, Callable[[], Content]]] | None = None):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._seeds = dict(seeds or {})
        self._lock = Lock()
        self._seeding = Lock()
        self._reader = self._connect()
        self._reader.executescript(_SCHEMA)
        self._data_version = -1
        self._editions: dict[str, Edition] = {}
        self._recent: OrderedDict[tuple[str, str], Row | None] = OrderedDict()
        self._whole: dict[str, tuple[Row, ...]] = {}

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=_BUSY_S, check_same_thread=False, isolation_level=None
        )
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        return connection

    def close(self) -> None:
        """Release the file. The store cannot be used afterwards."""
        with self._lock:
            self._reader.close()

    def edition(self, name: str) -> Edition | None:
        """Which edition is loaded; a set with a seed gets its first one here."""
        if (found := self._edition(name)) is not None or name not in self._seeds:
            return found
        with self._seeding:
            if self._edition(name) is None:
                source, make = self._seeds[name]
                self.load(name, make(), source)
        return self._edition(name)

    def editions(self) -> list[Edition]:
        """Every loaded edition, by name. Seeds that nothing asked for yet are not made."""
        with self._lock:
            self._refresh()
            return [self._editions[name] for name in sorted(self._editions)]

    def find(self, name: str, key: str) -> Row | None:
        """One row, or None. The row is read-only at its top level."""
        if self.edition(name) is None:
            return None
        with self._lock:
            self._refresh()
            if (name, key) in self._recent:
                self._recent.move_to_end((name, key))
                return self._recent[name, key]
            found = self._reader.execute(
                "SELECT row FROM fact WHERE name=? AND key=?", (name, key)
            ).fetchone()
            row = MappingProxyType(json.loads(found[0])) if found else None
            self._recent[name, key] = row
            if len(self._recent) > _REMEMBERED_ROWS:
                self._recent.popitem(last=False)
            return row

    def rows(self, name: str) -> Iterator[Row]:
        """Every row by key, all of one edition even where another is loaded meanwhile."""
        edition = self.edition(name)
        if edition is None:
            return iter(())
        if edition.rows > _WHOLE_SET_ROWS:
            return self._stream(name)
        with self._lock:
            self._refresh()
            if name not in self._whole:
                query = "SELECT row FROM fact WHERE name=? ORDER BY key"
                found = self._reader.execute(query, (name,)).fetchall()
                self._whole[name] = tuple(MappingProxyType(json.loads(text)) for (text,) in found)
            return iter(self._whole[name])

    def _stream(self, name: str) -> Iterator[Row]:
        # An open SELECT holds its WAL snapshot, so a connection of its own sees one edition to the end.
        with closing(self._connect()) as connection:
            for (text,) in connection.execute("SELECT row FROM fact WHERE name=? ORDER BY key", (name,)):
                yield json.loads(text)

    def load(
        self, name: str, content: Content, source: str, *, merge: bool = False, stamps: Iterable[Stamp] = ()
    ) -> Edition:
        """Replace the edition of `name`, or add to it where a feed comes in parts. All or nothing."""
        loaded_at = datetime.now(UTC)
        facts = (
            (name, key, json.dumps(dict(row), separators=(",", ":"))) for key, row in content.rows.items()
        )
        with closing(self._connect()) as writer, writer:  # leaving commits, an error rolls back
            writer.execute("BEGIN IMMEDIATE")
            if not merge:
                writer.execute("DELETE FROM fact WHERE name=?", (name,))
                # Without a stamp the edition came from a file: the next refresh must fetch again.
                writer.execute("DELETE FROM download WHERE name=?", (name,))
            writer.executemany(_ADD if merge and content.fills_gaps else _PUT, facts)
            (rows,) = writer.execute("SELECT count(*) FROM fact WHERE name=?", (name,)).fetchone()
            label = self._label(writer, name, content) if merge else (content.version, content.published)
            edition = Edition(name, *label, loaded_at, rows, source)
            writer.execute(
                "INSERT OR REPLACE INTO edition VALUES (?,?,?,?,?,?)",
                (name, edition.version, edition.published, loaded_at.isoformat(), rows, source),
            )
            writer.executemany(
                "INSERT OR REPLACE INTO download VALUES (?,?,?,?)",
                [(stamp.url, name, stamp.etag, stamp.last_modified) for stamp in stamps],
            )
        return edition

    def _label(self, writer: sqlite3.Connection, name: str, content: Content) -> tuple[str, str]:
        # An edition in parts is as new as its newest part, in whichever order they are loaded.
        query = "SELECT version, published FROM edition WHERE name=? AND published>?"
        newer: tuple[str, str] | None = writer.execute(query, (name, content.published)).fetchone()
        return newer or (content.version, content.published)

    def stamp(self, url: str) -> Stamp:
        """What the server said when this address was last loaded; empty when it never was."""
        with self._lock:
            query = "SELECT etag, last_modified FROM download WHERE url=?"
            found = self._reader.execute(query, (url,)).fetchone()
        return Stamp(url, *found) if found else Stamp(url)

    def _edition(self, name: str) -> Edition | None:
        with self._lock:
            self._refresh()
            return self._editions.get(name)

    def _refresh(self) -> None:
        # data_version moves whenever another connection, of this process or another, has committed.
        (version,) = self._reader.execute("PRAGMA data_version").fetchone()
        if version == self._data_version:
            return
        self._data_version = version
        self._recent.clear()
        self._whole.clear()
        found = self._reader.execute("SELECT name, version, published, loaded_at, rows, source FROM edition")
        self._editions = {
            name: Edition(name, label, published, datetime.fromisoformat(loaded_at), rows, source)
            for name, label, published, loaded_at, rows, source in found.fetchall()
        }
