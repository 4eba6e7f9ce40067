"""The queries that answers ask are served by an index in the order they want, without a sort."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mesh.adapters.embedded.database import Database

ROWS = "SELECT at, record_id, body FROM records WHERE msp_id = ? AND kind = ?"
CLIENT = " AND json_extract(body, '$.client_id') = ?"
METRIC = " AND json_extract(body, '$.metric_type') = ?"
ORDER = " ORDER BY at, record_id LIMIT 10"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "mesh.db")
    yield made
    made.close()


@pytest.mark.parametrize(
    ("where", "index"),
    [
        ("", "records_by_time"),
        (CLIENT, "records_by_client"),
        (CLIENT + " AND at >= ?", "records_by_client"),
        (CLIENT + METRIC, "records_by_series"),
    ],
)
def test_rows_come_in_order_of_time_from_an_index(database: Database, where: str, index: str) -> None:
    sql = f"EXPLAIN QUERY PLAN {ROWS}{where}{ORDER}"
    steps = [row["detail"] for row in database.rows(sql, *["x"] * sql.count("?"))]
    assert any(index in step for step in steps) and not any("TEMP B-TREE" in step for step in steps), steps
