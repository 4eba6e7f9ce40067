"""How many requests each tenant sent, by day; kept in what the mesh holds, so that a restart forgets little.

Counts are added up in memory and written once a minute at most: a write for each request would cost more
than most requests do. A crash loses the last minute of them.
"""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mesh.adapters.embedded.database import Database
from mesh.kit.platform import Use
from mesh.kit.records import sortable

WRITTEN_EVERY = timedelta(minutes=1)
ADD = (
    "INSERT INTO requests (msp_id, day, passed, refused, since) SELECT ?1, ?2, ?3, ?4, ?5"
    # A tenant that was erased meanwhile is not counted any more.
    " WHERE EXISTS (SELECT 1 FROM tenants WHERE msp_id = ?1)"
    " ON CONFLICT (msp_id, day) DO UPDATE SET passed = passed + excluded.passed,"
    " refused = refused + excluded.refused"
)
NOTE = "Counted by this server, in days of UTC; requests that were refused for their rate are not among them."


@dataclass(slots=True)
class RequestCount:
    """Counts requests of tenants; safe to call from any thread."""

    database: Database
    now: Callable[[], datetime]
    _passed: Counter[tuple[str, str]] = field(default_factory=Counter)
    _refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    # Per tenant the minute that is under way, and how many came in it.
    _minutes: dict[str, tuple[str, int]] = field(default_factory=dict)
    _written_at: datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, msp_id: str, *, refused: bool) -> None:
        now = self.now()
        place = (msp_id, f"{now:%Y-%m-%d}")
        with self._lock:
            if refused:
                self._refused[place] += 1
            else:
                self._passed[place] += 1
                minute, count = self._minutes.get(msp_id, ("", 0))
                this = f"{now:%Y-%m-%dT%H:%M}"
                self._minutes[msp_id] = (this, count + 1 if minute == this else 1)
            if self._written_at is None or now - self._written_at >= WRITTEN_EVERY:
                self._write(now)

    def flush(self) -> None:
        """Before the database is closed, so that a clean stop forgets nothing."""
        with self._lock:
            self._write(self.now())

    def use(self, msp_id: str, now: datetime, rate: float, burst: float) -> Use:
        """What the tenant used, what is not written yet included."""
        with self._lock:
            self._write(now)
            minute, count = self._minutes.get(msp_id, ("", 0))
        # A write that waits behind the one above: what was counted is committed when it returns.
        self.database.write(lambda connection: connection.execute("SELECT 1"))
        today, month = f"{now:%Y-%m-%d}", f"{now:%Y-%m}-01"
        sql = "SELECT day, passed, refused, since FROM requests WHERE msp_id = ? AND day >= ? AND day <= ?"
        rows = self.database.rows(sql, msp_id, month, today)
        days = {row["day"]: row for row in rows}
        first = min((row["since"] for row in rows), default=sortable(now))
        return Use(
            requests_a_second=rate,
            burst=burst,
            this_minute=count if minute == f"{now:%Y-%m-%dT%H:%M}" else 0,
            today=days[today]["passed"] if today in days else 0,
            this_month=sum(row["passed"] for row in rows),
            refused_today=days[today]["refused"] if today in days else 0,
            since=datetime.fromisoformat(first),
            note=NOTE,
        )

    def _write(self, now: datetime) -> None:
        places = {*self._passed, *self._refused}
        rows = [(*place, self._passed[place], self._refused[place], sortable(now)) for place in places]
        self._passed.clear()
        self._refused.clear()
        self._written_at = now
        if rows:
            self.database.later(lambda connection: connection.executemany(ADD, rows))
