"""Jobs and their dead letters in SQLite."""

import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic_core import from_json, to_json

from mesh.adapters.embedded.database import Database
from mesh.adapters.embedded.outbox import announce
from mesh.kit import cursor as cursors
from mesh.kit.event import Draft
from mesh.kit.platform import Job
from mesh.kit.ports import Clock, Page
from mesh.kit.records import sortable


def _job(row: sqlite3.Row) -> Job:
    fields = dict(row)
    fields["question"] = from_json(fields["question"])
    fields["problem"] = from_json(fields["problem"]) if fields["problem"] else None
    return Job.model_validate(fields)


@dataclass(frozen=True, slots=True)
class SqliteJobs:
    database: Database
    clock: Clock

    def add(self, job: Job) -> None:
        values = (
            job.job_id,
            job.msp_id,
            job.agent,
            to_json(job.question).decode(),
            job.state,
            job.attempts,
            sortable(job.created_at),
            sortable(job.not_before),
        )
        sql = (
            "INSERT INTO jobs (job_id, msp_id, agent, question, state, attempts, created_at, not_before)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        )
        self.database.write(lambda connection: connection.execute(sql, values))

    def claim(self, lease_s: float, *, of: str | None = None, but: Collection[str] = ()) -> Job | None:
        now = self.clock.now()
        due, lease = sortable(now), sortable(now + timedelta(seconds=lease_s))
        wanted = "state IN ('waiting', 'running') AND not_before <= ?"
        values = [due]
        for condition, agents in ((" AND agent = ?", [of] if of else []), (" AND agent <> ?", but)):
            wanted, values = wanted + condition * len(agents), [*values, *agents]
        if not self.database.row(f"SELECT 1 FROM jobs WHERE {wanted} LIMIT 1", *values):  # noqa: S608
            return None
        # A running job whose lease ended belonged to a worker that died: it is due again like any other.
        first = f"SELECT job_id FROM jobs WHERE {wanted} ORDER BY not_before, job_id LIMIT 1"  # noqa: S608
        sql = (
            "UPDATE jobs SET state = 'running', attempts = attempts + 1, not_before = ?"  # noqa: S608
            f" WHERE job_id = ({first}) RETURNING job_id"
        )
        asked = (lease, *values)
        claimed = self.database.write(lambda connection: connection.execute(sql, asked).fetchall())
        row = self.database.row("SELECT * FROM jobs WHERE job_id = ?", claimed[0][0]) if claimed else None
        return _job(row) if row else None

    def done(self, job: Job, result_id: str) -> None:
        draft = Draft(type="job.finished", topic="jobs", subject=job.job_id, data={"result_id": result_id})
        self._end(job, "UPDATE jobs SET state = 'done', result_id = ?, problem = NULL", (result_id,), draft)

    def failed(self, job: Job, problem: Mapping[str, Any], retry_at: datetime | None) -> None:
        told = to_json(problem).decode()
        if retry_at:
            sql = "UPDATE jobs SET state = 'waiting', problem = ?, not_before = ?"
            self._end(job, sql, (told, sortable(retry_at)), None)
            return
        draft = Draft(type="job.failed", topic="jobs", subject=job.job_id, data={"problem": problem})
        self._end(job, "UPDATE jobs SET state = 'dead', problem = ?", (told,), draft)

    def _end(self, job: Job, update: str, values: tuple[str, ...], draft: Draft | None) -> None:
        now = self.clock.now()

        def end(connection: sqlite3.Connection) -> None:
            # Only the attempt that holds the job may end it: one whose lease was taken over changes nothing.
            sql = f"{update} WHERE job_id = ? AND state = 'running' AND attempts = ?"
            ended = connection.execute(sql, (*values, job.job_id, job.attempts)).rowcount
            if ended and draft:
                announce(connection, job.msp_id, [draft], now)

        self.database.write(end)

    def find(self, msp_id: str, job_id: str) -> Job | None:
        row = self.database.row("SELECT * FROM jobs WHERE msp_id = ? AND job_id = ?", msp_id, job_id)
        return _job(row) if row else None

    def page(
        self,
        msp_id: str,
        *,
        state: str | None = None,
        agent: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Job]:
        sql, values = "SELECT * FROM jobs WHERE msp_id = ?", [msp_id]
        if state:
            sql, values = sql + " AND state = ?", [*values, state]
        if agent:
            sql, values = sql + " AND agent = ?", [*values, agent]
        if cursor:
            sql, values = sql + " AND (created_at, job_id) < (?, ?)", [*values, *cursors.read(cursor, 2)]
        rows = self.database.rows(f"{sql} ORDER BY created_at DESC, job_id DESC LIMIT {limit + 1:d}", *values)
        last = rows[limit - 1] if len(rows) > limit else None
        place = cursors.write(last["created_at"], last["job_id"]) if last else None
        return Page([_job(row) for row in rows[:limit]], place)

    def redrive(self, msp_id: str, job_id: str) -> bool:
        sql = (
            "UPDATE jobs SET state = 'waiting', attempts = 0, not_before = ?"
            " WHERE msp_id = ? AND job_id = ? AND state = 'dead'"
        )
        values = (sortable(self.clock.now()), msp_id, job_id)
        return self.database.write(lambda connection: connection.execute(sql, values).rowcount) > 0
