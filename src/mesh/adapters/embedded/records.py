"""A tenant's records and results in SQLite."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic_core import from_json, to_json

from mesh.adapters.embedded.database import Database
from mesh.adapters.embedded.outbox import announce
from mesh.kit import cursor as cursors
from mesh.kit.agent import Envelope
from mesh.kit.event import Draft
from mesh.kit.ports import Clock, Extent, Page, Row
from mesh.kit.records import sortable, when

SCAN_PAGE = 5_000
# Fields of the index records_by_series, which is used where a query has its very expressions.
INDEXED = ("client_id", "metric_type")


@dataclass(frozen=True, slots=True)
class SqliteRecords:
    database: Database
    msp_id: str

    def put(self, kind: str, rows: Sequence[Row]) -> None:
        values = [(self.msp_id, kind, row["id"], when(row), to_json(row).decode()) for row in rows]
        sql = "INSERT OR REPLACE INTO records (msp_id, kind, record_id, at, body) VALUES (?, ?, ?, ?, ?)"
        self.database.write(lambda connection: connection.executemany(sql, values))

    def find(self, kind: str, record_id: str) -> Row | None:
        sql = "SELECT body FROM records WHERE msp_id = ? AND kind = ? AND record_id = ?"
        row = self.database.row(sql, self.msp_id, kind, record_id)
        return from_json(row["body"]) if row else None

    def page(
        self,
        kind: str,
        *,
        where: Mapping[str, str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page[Row]:
        sql = "SELECT at, record_id, body FROM records WHERE msp_id = ? AND kind = ?"
        values: list[object] = [self.msp_id, kind]
        for name, value in (where or {}).items():
            if name in INDEXED:
                sql, values = sql + f" AND json_extract(body, '$.{name}') = ?", [*values, value]
                continue
            # The name is compared, never part of a JSON path, so that it may hold anything.
            sql += " AND EXISTS (SELECT 1 FROM json_each(body) WHERE key = ? AND type = 'text' AND atom = ?)"
            values += [name, value]
        if since:
            sql, values = sql + " AND at >= ?", [*values, sortable(since)]
        if until:
            # The lower bound leaves out rows without a time, which sort as the empty text.
            sql, values = sql + " AND at > '' AND at < ?", [*values, sortable(until)]
        if cursor:
            sql, values = sql + " AND (at, record_id) > (?, ?)", [*values, *cursors.read(cursor, 2)]
        rows = self.database.rows(sql + " ORDER BY at, record_id LIMIT ?", *values, limit + 1)
        items = [from_json(row["body"]) for row in rows[:limit]]
        last = rows[limit - 1] if len(rows) > limit else None
        return Page(items, cursors.write(last["at"], last["record_id"]) if last else None)

    def scan(
        self,
        kind: str,
        *,
        where: Mapping[str, str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[Row]:
        cursor: str | None = None
        while True:
            page = self.page(kind, where=where, since=since, until=until, limit=SCAN_PAGE, cursor=cursor)
            yield from page.items
            if (cursor := page.cursor) is None:
                return

    def extent(self, kind: str) -> Extent:
        # Rows without a time have the empty text for one.
        sql = (
            "SELECT count(*) AS rows, min(nullif(at, '')) AS first, max(nullif(at, '')) AS last FROM records"
            " WHERE msp_id = ? AND kind = ?"
        )
        row = self.database.row(sql, self.msp_id, kind)
        assert row is not None
        first, last = (datetime.fromisoformat(row[name]) if row[name] else None for name in ("first", "last"))
        return Extent(row["rows"], first, last)

    def starting(self, kind: str, starts: Sequence[str]) -> Mapping[str, Sequence[Row]]:
        sql = (
            "SELECT body FROM records WHERE msp_id = ? AND kind = ? AND record_id BETWEEN ? AND ?"
            " ORDER BY record_id"
        )
        found = {}
        for start in starts:
            rows = self.database.rows(sql, self.msp_id, kind, start, f"{start}\U0010ffff")
            if rows:
                found[start] = [from_json(row["body"]) for row in rows]
        return found

    def remove(self, kind: str, record_id: str) -> bool:
        sql = "DELETE FROM records WHERE msp_id = ? AND kind = ? AND record_id = ?"
        values = (self.msp_id, kind, record_id)
        return self.database.write(lambda connection: connection.execute(sql, values).rowcount) > 0

    def clear(self, kind: str) -> int:
        sql, values = "DELETE FROM records WHERE msp_id = ? AND kind = ?", (self.msp_id, kind)
        return self.database.write(lambda connection: connection.execute(sql, values).rowcount)


@dataclass(frozen=True, slots=True)
class SqliteResults:
    database: Database
    msp_id: str
    clock: Clock

    def keep(self, result: Envelope, events: Sequence[Draft] = ()) -> None:
        at = sortable(result.answered_at)
        values = (self.msp_id, result.result_id, result.agent, at, result.model_dump_json())

        def store(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT INTO results VALUES (?, ?, ?, ?, ?)", values)
            announce(connection, self.msp_id, events, self.clock.now())

        self.database.write(store)

    def find(self, result_id: str) -> Envelope | None:
        sql = "SELECT body FROM results WHERE msp_id = ? AND result_id = ?"
        row = self.database.row(sql, self.msp_id, result_id)
        return Envelope.model_validate_json(row["body"]) if row else None

    def page(
        self,
        *,
        agent: str | None = None,
        since: datetime | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Envelope]:
        sql, values = "SELECT answered_at, result_id, body FROM results WHERE msp_id = ?", [self.msp_id]
        if agent:
            sql, values = sql + " AND agent = ?", [*values, agent]
        if since:
            sql, values = sql + " AND answered_at >= ?", [*values, sortable(since)]
        if cursor:
            sql += " AND (answered_at, result_id) < (?, ?)"
            values = [*values, *cursors.read(cursor, 2)]
        rows = self.database.rows(
            f"{sql} ORDER BY answered_at DESC, result_id DESC LIMIT {limit + 1:d}", *values
        )
        items = [Envelope.model_validate_json(row["body"]) for row in rows[:limit]]
        last = rows[limit - 1] if len(rows) > limit else None
        return Page(items, cursors.write(last["answered_at"], last["result_id"]) if last else None)
