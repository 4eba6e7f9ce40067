"""What the mesh holds between its tenants, in SQLite."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic_core import from_json, to_json

from mesh.adapters.embedded.database import Database
from mesh.kit.platform import Entry
from mesh.kit.ports import Clock
from mesh.kit.records import sortable

PUT = (
    "INSERT INTO commons (shelf, key, owner, version, body, until) VALUES (?1, ?2, ?3, 1, ?4, ?5)"
    " ON CONFLICT (shelf, key) DO UPDATE SET owner = ?3, version = version + 1, body = ?4, until = ?5"
)
NEW = "INSERT OR IGNORE INTO commons (shelf, key, owner, version, body, until) VALUES (?, ?, ?, 1, ?, ?)"
CHANGE = (
    "UPDATE commons SET owner = ?3, version = version + 1, body = ?4, until = ?5"
    " WHERE shelf = ?1 AND key = ?2 AND version = ?6"
)
SWEEP = "DELETE FROM commons WHERE until < ?"
A_PART = 1_000


@dataclass(frozen=True, slots=True)
class SqliteCommons:
    """Whatever is stored, what came to its end goes with the same write."""

    database: Database
    clock: Clock

    def put(self, entry: Entry, before: int | None = None) -> bool:
        until = sortable(entry.until) if entry.until else None
        values = (entry.shelf, entry.key, entry.owner, to_json(entry.body).decode(), until)
        now = sortable(self.clock.now())

        def store(connection: sqlite3.Connection) -> int:
            connection.execute(SWEEP, (now,))
            if before is None:
                return connection.execute(PUT, values).rowcount
            if before == 0:
                return connection.execute(NEW, values).rowcount
            return connection.execute(CHANGE, (*values, before)).rowcount

        return self.database.write(store) > 0

    def find(self, shelf: str, key: str) -> Entry | None:
        row = self.database.row("SELECT * FROM commons WHERE shelf = ? AND key = ?", shelf, key)
        return _entry(row) if row else None

    def scan(self, shelf: str, prefix: str = "") -> Iterator[Entry]:
        sql = "SELECT * FROM commons WHERE shelf = ? AND key BETWEEN ? AND ? AND key > ? ORDER BY key LIMIT ?"
        # Nothing that starts so sorts after the last character there is.
        after, end = "", f"{prefix}\U0010ffff"
        while True:
            rows = self.database.rows(sql, shelf, prefix, end, after, A_PART)
            yield from map(_entry, rows)
            if len(rows) < A_PART:
                return
            after = rows[-1]["key"]

    def scan_many(self, shelf: str, prefixes: Sequence[str]) -> Mapping[str, Sequence[Entry]]:
        found = {prefix: list(self.scan(shelf, prefix)) for prefix in prefixes}
        return {prefix: rows for prefix, rows in found.items() if rows}

    def owned(self, owner: str, shelf: str) -> Iterator[Entry]:
        sql = "SELECT * FROM commons WHERE owner = ? AND shelf = ? ORDER BY key"
        return (_entry(row) for row in self.database.rows(sql, owner, shelf))

    def remove(self, shelf: str, key: str) -> bool:
        sql = "DELETE FROM commons WHERE shelf = ? AND key = ?"
        return self.database.write(lambda connection: connection.execute(sql, (shelf, key)).rowcount) > 0


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(
        shelf=row["shelf"],
        key=row["key"],
        owner=row["owner"],
        body=from_json(row["body"]),
        version=row["version"],
    )
