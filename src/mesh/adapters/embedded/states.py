"""How the agents' last questions went, and the throttle: what a single process measures of itself."""

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mesh.adapters.embedded.counting import RequestCount
from mesh.adapters.embedded.database import Database
from mesh.kit.platform import State, Use
from mesh.kit.records import sortable

KEPT_PER_AGENT = 1_000


@dataclass(frozen=True, slots=True)
class SqliteStates:
    database: Database

    def note(self, state: State) -> None:
        values = (state.agent, sortable(state.at), state.took_ms, state.outcome, state.detail[:500])

        def store(connection: sqlite3.Connection) -> None:
            sql = "INSERT INTO states (agent, at, took_ms, outcome, detail) VALUES (?, ?, ?, ?, ?)"
            seq = connection.execute(sql, values).lastrowid or 0
            if seq % 100 == 0:
                sql = (
                    "DELETE FROM states WHERE agent = ? AND seq <="
                    " (SELECT seq FROM states WHERE agent = ? ORDER BY seq DESC LIMIT 1 OFFSET ?)"
                )
                connection.execute(sql, (state.agent, state.agent, KEPT_PER_AGENT))

        self.database.later(store)

    def recent(self, agent: str, limit: int = 200) -> Sequence[State]:
        sql = (
            "SELECT agent, at, took_ms, outcome, detail FROM states WHERE agent = ? ORDER BY seq DESC LIMIT ?"
        )
        return [State.model_validate(dict(row)) for row in self.database.rows(sql, agent, limit)]


@dataclass(slots=True)
class TokenBucket:
    """Per tenant: `rate` requests a second, `burst` saved up at most. Seconds come from a monotonic clock."""

    rate: float = 1_000.0
    burst: float = 2_000.0
    seconds: Callable[[], float] = time.monotonic
    count: RequestCount | None = None
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, msp_id: str) -> float:
        wait = self._take(msp_id)
        if self.count:
            self.count.add(msp_id, refused=wait > 0)
        return wait

    def use(self, msp_id: str, now: datetime) -> Use:
        if self.count:
            return self.count.use(msp_id, now, self.rate, self.burst)
        nothing = dict.fromkeys(("this_minute", "today", "this_month", "refused_today", "since"))
        return Use(requests_a_second=self.rate, burst=self.burst, **nothing, note="Nobody counts here.")

    def _take(self, msp_id: str) -> float:
        with self._lock:
            now = self.seconds()
            tokens, last = self._buckets.get(msp_id, (self.burst, now))
            tokens = min(self.burst, tokens + (now - last) * self.rate)
            allowed = tokens >= 1
            self._buckets[msp_id] = (tokens - 1 if allowed else tokens, now)
            return 0.0 if allowed else (1 - tokens) / self.rate
