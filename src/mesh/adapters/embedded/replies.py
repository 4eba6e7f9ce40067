"""First replies by Idempotency-Key in SQLite (draft-ietf-httpapi-idempotency-key-header)."""

import sqlite3
from dataclasses import dataclass
from datetime import timedelta

from pydantic_core import from_json, to_json

from mesh.adapters.embedded.database import Database
from mesh.kit.platform import Reply
from mesh.kit.ports import Clock
from mesh.kit.problem import Conflict, FieldError, Invalid
from mesh.kit.records import sortable

KEPT = timedelta(hours=24)
# fingerprint, end of the lease, then the reply's status, headers and body once there is one
Found = tuple[str, str | None, int | None, str, bytes]

SELECT = "SELECT fingerprint, lease_until, status, headers, body FROM replies WHERE msp_id = ? AND key = ?"
INSERT = (
    "INSERT OR REPLACE INTO replies (msp_id, key, fingerprint, begun_at, lease_until) VALUES (?, ?, ?, ?, ?)"
)
FINISH = (
    "UPDATE replies SET status = ?, headers = ?, body = ?, lease_until = NULL WHERE msp_id = ? AND key = ?"
)


@dataclass(frozen=True, slots=True)
class SqliteReplies:
    database: Database
    clock: Clock

    def begin(self, msp_id: str, key: str, fingerprint: str, lease_s: float) -> Reply | None:
        now = self.clock.now()
        begun, oldest, lease = sortable(now), sortable(now - KEPT), sortable(now + timedelta(seconds=lease_s))

        def begin(connection: sqlite3.Connection) -> Found | None:
            connection.execute("DELETE FROM replies WHERE begun_at < ?", (oldest,))
            found: Found | None = connection.execute(SELECT, (msp_id, key)).fetchone()
            # A lease that ended without a reply belonged to a process that died: the key is free again.
            if found is None or (found[2] is None and (found[1] or "") < begun):
                connection.execute(INSERT, (msp_id, key, fingerprint, begun, lease))
                return None
            return found

        found = self.database.write(begin)
        if found is None:
            return None
        known, _, status, headers, body = found
        if known != fingerprint:
            reason = "already used for another question"
            raise Invalid("Use a new Idempotency-Key.", errors=[FieldError("Idempotency-Key", reason)])
        if status is None:
            raise Conflict("The first request with this Idempotency-Key is still under way.", retry_after_s=1)
        return Reply(status=status, headers=from_json(headers), body=body)

    def finish(self, msp_id: str, key: str, reply: Reply) -> None:
        values = (reply.status, to_json(reply.headers).decode(), reply.body, msp_id, key)
        self.database.write(lambda connection: connection.execute(FINISH, values))

    def abandon(self, msp_id: str, key: str) -> None:
        sql = "DELETE FROM replies WHERE msp_id = ? AND key = ? AND status IS NULL"
        self.database.write(lambda connection: connection.execute(sql, (msp_id, key)))
