import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mesh.adapters.embedded.database import Database
from mesh.kit.problem import Unavailable


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "mesh.db")
    made.write(lambda connection: connection.execute("CREATE TABLE numbers (n INTEGER PRIMARY KEY)"))
    yield made
    made.close()


def insert(database: Database, number: int) -> None:
    database.write(lambda connection: connection.execute("INSERT INTO numbers VALUES (?)", (number,)))


def numbers(database: Database) -> list[int]:
    return [row["n"] for row in database.rows("SELECT n FROM numbers ORDER BY n")]


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_a_write_can_be_read_by_every_thread_when_it_returns(database: Database) -> None:
    with ThreadPoolExecutor(4) as pool:
        for number in range(50):
            insert(database, number)
            assert all(
                seen == list(range(number + 1)) for seen in pool.map(lambda _: numbers(database), range(4))
            )


def test_a_failing_write_leaves_the_others_of_its_group_alone(database: Database) -> None:
    def attempt(number: int) -> bool:
        try:
            insert(database, number // 2)
        except sqlite3.IntegrityError:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(attempt, range(200)))
    assert sum(outcomes) == 100
    assert numbers(database) == list(range(100))


def test_a_failing_write_undoes_all_of_itself(database: Database) -> None:
    def twice(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO numbers VALUES (1)")
        connection.execute("INSERT INTO numbers VALUES (1)")

    with pytest.raises(sqlite3.IntegrityError):
        database.write(twice)
    assert numbers(database) == []


def test_what_is_queued_is_written_before_it_closes(tmp_path: Path) -> None:
    first = Database(tmp_path / "mesh.db")
    first.write(lambda connection: connection.execute("CREATE TABLE numbers (n INTEGER PRIMARY KEY)"))
    for number in range(500):
        first.later(lambda connection, n=number: connection.execute("INSERT INTO numbers VALUES (?)", (n,)))  # type: ignore[misc]
    first.close()
    again = Database(tmp_path / "mesh.db")
    assert len(numbers(again)) == 500
    again.close()


def test_a_write_after_the_close_is_refused_and_does_not_wait_for_ever(tmp_path: Path) -> None:
    closed = Database(tmp_path / "mesh.db")
    closed.close()
    with pytest.raises(Unavailable):
        closed.write(lambda connection: None)
    closed.later(lambda connection: None)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="this system does not list open files")
def test_threads_that_ended_leave_no_open_files(database: Database) -> None:
    def read_in_a_new_thread() -> None:
        thread = threading.Thread(target=numbers, args=(database,))
        thread.start()
        thread.join()

    read_in_a_new_thread()
    before = open_files()
    for _ in range(50):
        read_in_a_new_thread()
    assert open_files() <= before + 3


def test_several_processes_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        for opened in list(pool.map(lambda _: Database(tmp_path / "mesh.db"), range(6))):
            opened.close()


def test_many_writers_of_one_statement_never_misuse_it(database: Database) -> None:
    """A cursor that reached its caller would reset, in another thread, the statement the writer is using."""
    sql = "INSERT OR REPLACE INTO numbers VALUES (?)"

    def write(start: int) -> list[object]:
        rows = [(start + offset,) for offset in range(20)]
        return [database.write(lambda connection: connection.executemany(sql, rows)) for _ in range(300)]

    with ThreadPoolExecutor(8) as pool:
        returned = [result for results in pool.map(write, range(0, 160, 20)) for result in results]
    assert returned == [None] * 2_400 and numbers(database) == list(range(160))
