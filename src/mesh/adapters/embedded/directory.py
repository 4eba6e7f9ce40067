"""What MSPs show one another, and their introductions, in SQLite."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from mesh.adapters.embedded.database import Database
from mesh.kit.platform import Listing, Meeting
from mesh.kit.records import sortable


@dataclass(frozen=True, slots=True)
class SqliteDirectory:
    database: Database

    def publish(self, listing: Listing) -> None:
        values = (listing.msp_id, listing.handle, listing.model_dump_json())
        sql = "INSERT OR REPLACE INTO directory (msp_id, handle, body) VALUES (?, ?, ?)"
        self.database.write(lambda connection: connection.execute(sql, values))

    def withdraw(self, msp_id: str) -> None:
        sql = "DELETE FROM directory WHERE msp_id = ?"
        self.database.write(lambda connection: connection.execute(sql, (msp_id,)))

    def listing(self, msp_id: str) -> Listing | None:
        row = self.database.row("SELECT body FROM directory WHERE msp_id = ?", msp_id)
        return Listing.model_validate_json(row["body"]) if row else None

    def listings(self) -> Sequence[Listing]:
        rows = self.database.rows("SELECT body FROM directory ORDER BY handle")
        return [Listing.model_validate_json(row["body"]) for row in rows]

    def keep(self, meeting: Meeting, before: str | None) -> bool:
        body, opened = meeting.model_dump_json(), sortable(meeting.opened_at)
        add = "INSERT OR IGNORE INTO meetings VALUES (?, ?, ?, ?, ?, ?)"
        change = "UPDATE meetings SET state = ?, body = ? WHERE id = ? AND state = ?"

        def store(connection: sqlite3.Connection) -> int:
            if before is None:
                values = (meeting.id, meeting.asking, meeting.asked, meeting.state, opened, body)
                return connection.execute(add, values).rowcount
            return connection.execute(change, (meeting.state, body, meeting.id, before)).rowcount

        return self.database.write(store) > 0

    def meetings(self, msp_id: str) -> Sequence[Meeting]:
        sql = "SELECT body FROM meetings WHERE asking = ? OR asked = ? ORDER BY opened_at DESC, id DESC"
        rows = self.database.rows(sql, msp_id, msp_id)
        return [Meeting.model_validate_json(row["body"]) for row in rows]
