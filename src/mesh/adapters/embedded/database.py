"""SQLite in WAL mode: one writer thread that commits in groups, and as many readers as read at once.

A write is durable when it returns (synchronous=FULL). Concurrent writes share a commit, and so an fsync:
https://www.sqlite.org/wal.html.
"""

import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from mesh.adapters.embedded.schema import MIGRATIONS
from mesh.kit.problem import Unavailable

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]
GROUP = 64
BUSY_S = 15.0


def connect(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode: transactions are written out where they begin and end."""
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    return connection


@dataclass(slots=True)
class _Task:
    work: Work[Any]
    outcome: Future[Any]
    result: Any = None


class Database:
    """Its methods may be called from any thread; `on_commit` runs in the writer thread after each group."""

    def __init__(self, path: Path, on_commit: Callable[[], None] | None = None):
        self.path = path
        self.on_commit = on_commit
        path.parent.mkdir(parents=True, exist_ok=True)
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        # Connections that nobody reads from now; they outlive the threads that made them.
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._closed = False
        self._writer = connect(path)
        migrate(self._writer)
        self._thread = threading.Thread(target=self._run, name="database-writer", daemon=True)
        self._thread.start()

    def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction: all its writes are durable on return, or its error is raised."""
        task = _Task(work, Future())
        if not self._queue(task):
            raise Unavailable("The mesh is stopping.")
        result: T = task.outcome.result()
        return result

    def later(self, work: Work[Any]) -> None:
        """Like `write` without waiting: the next group takes it along, a crash before that loses it."""
        self._queue(_Task(work, Future()))

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """All rows of a query over what is committed."""
        with self._reader() as reader:
            rows: list[sqlite3.Row] = reader.execute(sql, values).fetchall()
        return rows

    def row(self, sql: str, *values: object) -> sqlite3.Row | None:
        """The first row, or None."""
        with self._reader() as reader:
            row: sqlite3.Row | None = reader.execute(sql, values).fetchone()
        return row

    def close(self) -> None:
        """Finish what is queued, then let go of the file. Writes after this are refused."""
        with self._lock:
            self._closed = True
            self._tasks.put(None)
        self._thread.join()
        while self._idle:
            self._idle.pop().close()
        self._writer.close()

    def _queue(self, task: _Task) -> bool:
        """Whether the writer will get to it: nothing may come after the end of the queue."""
        with self._lock:
            if not self._closed:
                self._tasks.put(task)
            return not self._closed

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            reader = self._idle.pop() if self._idle else None
        if reader is None:
            reader = connect(self.path)
            reader.row_factory = sqlite3.Row
        try:
            yield reader
        finally:
            with self._lock:
                kept = not self._closed
                if kept:
                    self._idle.append(reader)
            if not kept:
                reader.close()

    def _run(self) -> None:
        while (first := self._tasks.get()) is not None:
            group, closing = [first], False
            while len(group) < GROUP:
                try:
                    task = self._tasks.get_nowait()
                except queue.Empty:
                    break
                if task is None:
                    closing = True
                    break
                group.append(task)
            self._commit(group)
            if closing:
                return

    def _commit(self, group: list[_Task]) -> None:
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            done = [task for task in group if self._perform(task)]
            self._writer.execute("COMMIT")
        except sqlite3.Error as error:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            for task in group:
                if not task.outcome.done():
                    task.outcome.set_exception(error)
            return
        for task in done:
            task.outcome.set_result(task.result)
        if self.on_commit:
            self.on_commit()

    def _perform(self, task: _Task) -> bool:
        """One task under a savepoint, so that its failure leaves the rest of the group alone."""
        self._writer.execute("SAVEPOINT task")
        try:
            task.result = _kept(task.work(self._writer))
        except Exception as error:  # noqa: BLE001 - it belongs to the caller, who gets it
            self._writer.execute("ROLLBACK TO task")
            self._writer.execute("RELEASE task")
            task.outcome.set_exception(error)
            return False
        self._writer.execute("RELEASE task")
        return True


def _kept(result: Any) -> Any:
    """What the caller gets. A cursor stays here: closed by another thread, it would reset a statement that
    the writer is in the middle of ("bad parameter or other API misuse").
    """
    if isinstance(result, sqlite3.Cursor):
        result.close()
        return None
    return result


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the file to the newest schema; safe when several processes start at once."""
    connection.execute("BEGIN IMMEDIATE")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for script in MIGRATIONS[version:]:
        for statement in script.split(";"):
            if statement.strip():
                connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {max(version, len(MIGRATIONS))}")
    connection.execute("COMMIT")
