"""Tenants and their API keys in SQLite."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mesh.adapters import api_keys
from mesh.adapters.embedded.database import Database
from mesh.kit.platform import KeyInfo, Role, Tenant
from mesh.kit.ports import Clock
from mesh.kit.problem import NotFound
from mesh.kit.records import sortable

# Keys and counts of requests go with their tenant (ON DELETE CASCADE).
TABLES = ("records", "results", "events", "jobs", "replies", "directory", "tenants")
ERASE = (
    "DELETE FROM meetings WHERE asking = ?1 OR asked = ?1",
    "DELETE FROM commons WHERE owner = ?1",
    *(f"DELETE FROM {table} WHERE msp_id = ?1" for table in TABLES),  # noqa: S608 - the names are ours
)
KEY_OWNER = (
    "SELECT t.*, k.hash, k.last_used_at FROM keys k JOIN tenants t USING (msp_id)"
    " WHERE k.key_id = ? AND k.revoked_at IS NULL"
)
# A key in use is written down so often at most: a write for each request would be the dearest part of it.
NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SqliteTenants:
    database: Database
    clock: Clock

    def put(self, tenant: Tenant) -> None:
        values = (tenant.msp_id, tenant.name, tenant.simulated, sortable(self.clock.now()))
        sql = (
            "INSERT INTO tenants (msp_id, name, simulated, created_at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (msp_id) DO UPDATE SET name = excluded.name, simulated = excluded.simulated"
        )
        self.database.write(lambda connection: connection.execute(sql, values))

    def find(self, msp_id: str) -> Tenant | None:
        row = self.database.row("SELECT * FROM tenants WHERE msp_id = ?", msp_id)
        return _tenant(row) if row else None

    def listing(self) -> Sequence[Tenant]:
        return [_tenant(row) for row in self.database.rows("SELECT * FROM tenants ORDER BY msp_id")]

    def erase(self, msp_id: str) -> int:
        def erase(connection: sqlite3.Connection) -> int:
            return sum(connection.execute(statement, (msp_id,)).rowcount for statement in ERASE)

        return self.database.write(erase)


def _tenant(row: sqlite3.Row) -> Tenant:
    return Tenant(msp_id=row["msp_id"], name=row["name"], simulated=bool(row["simulated"]))


@dataclass(frozen=True, slots=True)
class SqliteKeys:
    database: Database
    clock: Clock

    def create(self, msp_id: str, label: str = "", role: Role = "member") -> str:
        made = api_keys.make()
        values = (made.key_id, msp_id, made.hash, label, role, sortable(self.clock.now()))
        sql = "INSERT INTO keys (key_id, msp_id, hash, label, role, created_at) VALUES (?, ?, ?, ?, ?, ?)"
        try:
            self.database.write(lambda connection: connection.execute(sql, values))
        except sqlite3.IntegrityError as error:
            raise NotFound(f"There is no tenant {msp_id!r}.") from error
        return made.text

    def tenant_of(self, key: str) -> Tenant | None:
        row = self.database.row(KEY_OWNER, api_keys.key_id(key))
        if not api_keys.opens(key, row["hash"] if row else None) or row is None:
            return None
        self._note_use(api_keys.key_id(key), row["last_used_at"])
        return _tenant(row)

    def find(self, key_id: str) -> KeyInfo | None:
        row = self.database.row("SELECT * FROM keys WHERE key_id = ?", key_id)
        return _info(row) if row else None

    def listing(self, msp_id: str | None = None) -> Sequence[KeyInfo]:
        sql = "SELECT * FROM keys WHERE ?1 IS NULL OR msp_id = ?1 ORDER BY msp_id, created_at"
        return [_info(row) for row in self.database.rows(sql, msp_id)]

    def _note_use(self, key_id: str, before: str | None) -> None:
        """Without waiting for it: a crash may lose the last minute of it."""
        now = self.clock.now()
        if before is None or now - datetime.fromisoformat(before) >= NOTED_EVERY:
            values = (sortable(now), key_id)
            sql = "UPDATE keys SET last_used_at = ? WHERE key_id = ?"
            self.database.later(lambda connection: connection.execute(sql, values))

    def revoke(self, key_id: str) -> bool:
        sql = "UPDATE keys SET revoked_at = ? WHERE key_id = ? AND revoked_at IS NULL"
        values = (sortable(self.clock.now()), key_id)
        return self.database.write(lambda connection: connection.execute(sql, values).rowcount) > 0


def _info(row: sqlite3.Row) -> KeyInfo:
    used, revoked = row["last_used_at"], row["revoked_at"]
    return KeyInfo(
        key_id=row["key_id"],
        msp_id=row["msp_id"],
        label=row["label"],
        role=row["role"],
        created_at=datetime.fromisoformat(row["created_at"]),
        last_used_at=datetime.fromisoformat(used) if used else None,
        revoked_at=datetime.fromisoformat(revoked) if revoked else None,
    )
