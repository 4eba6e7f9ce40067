"""The outbox in SQLite, and the bus that delivers it inside this process."""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic_core import from_json, to_json

from mesh.adapters.embedded.database import Database
from mesh.adapters.subscribers import Deliver, Subscribers
from mesh.kit.event import Draft, Event
from mesh.kit.ports import Clock
from mesh.kit.problem import FieldError, Malformed
from mesh.kit.records import sortable

# How long the bus waits before it looks for events that another process committed to the same file.
POLL_S = 1.0
BATCH = 500


def announce(connection: sqlite3.Connection, msp_id: str, drafts: Sequence[Draft], now: datetime) -> None:
    """Write events in the caller's transaction, so that they exist exactly when what they announce does."""
    rows = [(msp_id, d.type, d.topic, d.subject, sortable(now), to_json(d.data).decode()) for d in drafts]
    sql = "INSERT INTO events (msp_id, type, topic, subject, time, data) VALUES (?, ?, ?, ?, ?, ?)"
    connection.executemany(sql, rows)


def _event(row: sqlite3.Row) -> Event:
    return Event(
        id=str(row["seq"]),
        type=row["type"],
        subject=row["subject"],
        time=datetime.fromisoformat(row["time"]),
        mspid=row["msp_id"],
        topic=row["topic"],
        data=from_json(row["data"]),
    )


@dataclass(frozen=True, slots=True)
class SqliteOutbox:
    database: Database
    clock: Clock

    def add(self, msp_id: str, drafts: Sequence[Draft]) -> None:
        now = self.clock.now()
        self.database.write(lambda connection: announce(connection, msp_id, drafts, now))

    def after(self, msp_id: str, last_id: str | None, limit: int = 500) -> Sequence[Event]:
        if last_id is not None and not self._given(last_id):
            errors = [FieldError("last_event_id", "not an event id")]
            raise Malformed("Resume from an event id you received.", errors=errors)
        sql = "SELECT * FROM events WHERE msp_id = ? AND seq > ? ORDER BY seq LIMIT ?"
        return [_event(row) for row in self.database.rows(sql, msp_id, int(last_id or 0), limit)]

    def _given(self, event_id: str) -> bool:
        """Whether it may be one of ours: ASCII digits, within SQLite's integers, not above the newest."""
        if not (event_id.isascii() and event_id.isdigit() and len(event_id) < 19):
            return False
        # Remembers the newest id even where its event was erased.
        newest = self.database.row("SELECT seq FROM sqlite_sequence WHERE name = 'events'")
        return int(event_id) <= (newest["seq"] if newest else 0)


class OutboxBus:
    """Follows the outbox of all tenants from the time it was made; woken by each commit."""

    def __init__(self, database: Database):
        self._database = database
        self._subscribers = Subscribers()
        self._woken = threading.Event()
        self._closing = False
        newest = database.row("SELECT COALESCE(MAX(seq), 0) AS seq FROM events")
        self._last = int(newest["seq"]) if newest else 0
        self._thread = threading.Thread(target=self._run, name="outbox-bus", daemon=True)
        self._thread.start()

    def subscribe(self, deliver: Deliver) -> Callable[[], None]:
        return self._subscribers.add(deliver)

    def wake(self) -> None:
        """Something was committed."""
        self._woken.set()

    def close(self) -> None:
        self._closing = True
        self.wake()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing:
            self._woken.wait(POLL_S)
            self._woken.clear()
            while rows := self._database.rows(
                "SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?", self._last, BATCH
            ):
                for row in rows:
                    self._subscribers.tell(_event(row))
                    self._last = int(row["seq"])
