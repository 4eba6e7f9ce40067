"""Exports of other tools, taken in through a mapping of their columns."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evals.data import area
from mesh.adapters.imports.mapping import ColumnMapping, changed, find, ready, save
from mesh.adapters.imports.taking import Taken, take
from mesh.entrypoints import cli
from mesh.entrypoints.rows import lines_of_file
from mesh.kit.fakes import fake_ports
from mesh.kit.problem import Invalid, NotFound
from mesh.kit.records import KINDS

MINIMAL = {
    "servicenow": {
        "Number": "INC01", "Opened": "29/02/2016 01:16", "Company": "Birch", "Priority": "3 - Moderate",
    },
    "connectwise": {
        "Ticket #": "77", "Date Entered": "2/29/2016 1:16:00 AM", "Company": "Birch",
        "Priority": "Priority 3 - Normal Response",
    },
    "autotask": {
        "Ticket Number": "T1", "Created": "02/29/2016 01:16 AM", "Company": "Birch", "Priority": "2",
    },
    "halopsa": {"Ticket ID": "9", "Date Occurred": "29/02/2016 01:16", "Client": "Birch", "Priority": "3"},
}  # fmt: skip


def taken(rows: list[dict[str, Any]], mapping: ColumnMapping | None) -> Taken:
    return take("tickets", list(enumerate(rows, start=1)), mapping)


@pytest.mark.parametrize("source", MINIMAL)
def test_a_ticket_of_each_tool_comes_out_the_same(source: str) -> None:
    (row,) = taken([MINIMAL[source]], ready()[source]).rows.values()
    assert row["id"] in ("INC01", "77", "T1", "9")
    assert (row["at"], row["client_id"], row["priority"]) == ("2016-02-29T01:16:00Z", "Birch", "medium")


def test_every_ready_mapping_names_only_fields_of_its_kind() -> None:
    for mapping in ready().values():
        assert set(mapping.columns) <= set(KINDS[mapping.kind].model_fields), mapping.name
        assert mapping.title


def test_cells_inside_objects_are_found_by_their_path() -> None:
    row = {"id": 5, "company": {"identifier": "Birch"}, "_info": {"dateEntered": "2026-01-05T10:00:00Z"}}
    (ticket,) = taken([row], ready()["connectwise"]).rows.values()
    assert (ticket["id"], ticket["client_id"], ticket["at"]) == ("5", "Birch", "2026-01-05T10:00:00Z")


def test_the_latest_of_several_lines_of_an_id_is_kept_in_whatever_order_they_come() -> None:
    lines = [
        {"number": "1", "opened_at": "2026-01-01", "state": state, "sys_updated_on": at}
        for state, at in (
            ("New", "2026-01-01 08:00:00"),
            ("Closed", "2026-01-03"),
            ("Resolved", "2026-01-02"),
        )
    ]
    for order in (lines, lines[::-1], [lines[1], lines[0], lines[2]]):
        result = taken(order, ready()["servicenow"])
        assert [row["status"] for row in result.rows.values()] == ["Closed"]
        assert (result.read, result.merged, result.refused_lines) == (3, 2, 0)
        assert result.contradicting == [], "times tell which of them is newer"


def test_what_a_line_lacks_is_counted_where_a_default_took_its_place() -> None:
    result = taken([{"number": "1", "opened_at": "2026-01-01", "location": "?"}], ready()["servicenow"])
    assert result.rows["1"]["client_id"] == "unassigned"
    assert result.defaulted == {"client_id": 1}


def test_a_time_in_no_known_form_is_refused_with_its_line_and_the_forms_that_are_known() -> None:
    rows = [{"number": "1", "opened_at": "2026-01-01"}, {"number": "2", "opened_at": "the ninth of May"}]
    result = taken(rows, ready()["servicenow"])
    (refusal,) = result.refused
    assert (len(result.rows), refusal.line, refusal.field) == (1, 2, "at")
    assert "ISO 8601" in refusal.reason and "%d/%m/%Y" in refusal.reason


def test_times_without_a_zone_are_of_the_mapping_s_zone() -> None:
    mapping = changed(ready()["servicenow"], "ours", "tickets", timezone="America/New_York")
    (row,) = taken([{"number": "1", "opened_at": "2026-07-01 08:00:00"}], mapping).rows.values()
    assert row["at"] == "2026-07-01T12:00:00Z"


def test_columns_that_no_field_reads_are_named() -> None:
    assert taken([{"number": "1", "opened_at": "2026-01-01", "mood": "x"}], ready()["servicenow"]).unused == [
        "mood"
    ]


def test_amounts_with_thousands_are_read() -> None:
    mapping = ColumnMapping(
        name="books", kind="revenue",
        columns={"at": ["Month"], "client_id": ["Client"], "service": ["Item"], "amount": ["Net"]},
    )  # fmt: skip
    line = {"Month": "2026-01-01", "Client": "Birch", "Item": "backup", "Net": "1,234.50"}
    (row,) = take("revenue", [(1, line)], mapping).rows.values()
    assert row["amount"] == 1234.5


def test_a_tenant_s_own_mapping_is_found_by_name_and_goes_before_the_ready_one() -> None:
    blobs = fake_ports().blobs
    save(changed(ready()["autotask"], "autotask", "tickets", columns=[("title", "Betreff")]), blobs)
    assert find("autotask", "tickets", blobs).columns["title"] == ["Betreff"]
    with pytest.raises(NotFound, match="halopsa"):
        find("unknown", "tickets", blobs)
    with pytest.raises(Invalid):
        find("autotask", "clients", blobs)


@pytest.mark.parametrize("wrong", [{"timezone": "Mars/Olympus"}, {"name": "../x"}, {"kind": "wishes"}])
def test_a_mapping_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    given = {"name": "mine", "kind": "tickets", **wrong}
    with pytest.raises((Invalid, ValueError)):
        changed(None, columns=[("id", "Nr")], **given)


Run = Callable[..., int]


@pytest.fixture
def mesh(tmp_path: Path) -> Run:
    def run(*arguments: str) -> int:
        return cli.main(["records", "--home", str(tmp_path / "home"), *arguments])

    return run


def test_a_file_is_imported_with_an_own_mapping_which_is_kept_for_the_next_time(
    mesh: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "export.csv"
    file.write_text("Nr,Wann,Kunde\n1,05.01.2026,Birch\n2,heute,Birch\n", encoding="utf-8")
    columns = ["--map", "id=Nr", "--map", "at=Wann", "--map", "client_id=Kunde", "--time-format", "%d.%m.%Y"]
    refused = tmp_path / "refused.ndjson"
    assert mesh("import", "tickets", str(file), "--source", "eigen", *columns, "--refused", str(refused)) == 0
    assert "2 lines read: 1 tickets stored, 0 lines merged into them, 1 refused" in capsys.readouterr().out
    assert json.loads(refused.read_text(encoding="utf-8"))["line"] == 3
    assert mesh("import", "tickets", str(file), "--source", "eigen", "--json") == 0
    assert json.loads(capsys.readouterr().out)["taken"] == 1
    assert mesh("mappings") == 0
    assert "eigen" in capsys.readouterr().out


def test_a_dry_run_stores_nothing(mesh: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "clients.ndjson"
    file.write_text('{"name": "Birch"}\n', encoding="utf-8")
    assert mesh("import", "clients", str(file), "--dry-run") == 0
    assert "would be stored" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["import", "tickets", "nowhere.csv"], "No such file"),
        (["import", "tickets", "pyproject.toml"], "ends in none of"),
        (["import", "tickets", "x.csv", "--map", "id=Nr"], "--source"),
        (["import", "tickets", "x.csv", "--source", "a", "--map", "id"], "FIELD=COLUMN"),
        (["mappings", "unknown"], "halopsa"),
    ],
)
def test_bad_use_is_one_line_that_says_what_to_do(
    mesh: Run, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mesh(*arguments) in (1, 2)
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


@pytest.mark.parametrize(
    ("file", "merged"), [("servicenow_incidents_dev.csv.gz", 0), ("servicenow_event_log_dev.parquet", 76_204)]
)
def test_the_servicenow_log_comes_in_whole(file: str, merged: int) -> None:
    folder = area("ops")
    if folder is None:
        pytest.skip("the public data (ops) is not here")
    result = take("tickets", lines_of_file(folder / file), ready()["servicenow"])
    assert (len(result.rows), result.merged, result.refused) == (15_170, merged, [])
