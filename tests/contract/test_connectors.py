"""What other tools' exports become: mappings, trials without storing, and what became of the last import."""

from typing import Any

import pytest

from tests.contract.conftest import Msp, NewMsp, problem
from tests.hostile import HOSTILE

CSV = {"content-type": "text/csv"}
MAPPING: dict[str, Any] = {
    "name": "help-desk",
    "title": "Our help desk",
    "kind": "tickets",
    "columns": {"id": ["Nr"], "at": ["Opened"], "client_id": ["Customer"], "title": ["Subject"]},
    "time_formats": ["%d.%m.%Y %H:%M"],
}
EXPORT = "Nr;Opened;Customer;Subject;Mood\n".replace(";", ",") + (
    "1,02.03.2026 09:00,c1,Printer,bad\n2,yesterday,c1,Mail,good\n1,02.03.2026 10:00,c1,Printer again,bad\n"
)


def test_ready_mappings_are_listed_and_no_import_is_claimed(msp: Msp) -> None:
    found = msp.http.get("/connectors").json()
    names = {one["mapping"]["name"]: one for one in found["items"]}
    assert {"connectwise", "autotask", "halopsa", "servicenow"} <= set(names)
    assert all(one["last"] is None and not one["own"] for one in names.values()) and found["plain"] == []


def test_a_mapping_of_ones_own_is_kept_tried_used_and_forgotten(msp: Msp) -> None:
    assert msp.http.post("/connectors", json=MAPPING).status_code == 200
    asked = {"kind": "tickets", "source": "help-desk"}
    tried = msp.http.post("/connectors/trial", params=asked, content=EXPORT, headers=CSV).json()
    assert (tried["received"], tried["good"], tried["merged"], tried["refused_lines"]) == (3, 1, 1, 1)
    assert tried["rows"][0]["title"] == "Printer again" and tried["unused_columns"] == ["Mood"]
    assert [(one["line"], one["field"]) for one in tried["refused"]] == [(3, "at")]
    assert msp.http.get("/records/tickets").json()["items"] == []
    assert [one for one in msp.http.get("/connectors").json()["items"] if one["last"]] == []
    stored = msp.http.post(
        "/records/tickets", params={"source": "help-desk"}, content=EXPORT, headers=CSV
    ).json()
    assert (stored["stored"], stored["merged"], len(stored["refused"])) == (1, 1, 1)
    (mine,) = [one for one in msp.http.get("/connectors").json()["items"] if one["own"]]
    last = mine["last"]
    assert (last["read"], last["stored"], last["merged"], last["refused"]) == (3, 1, 1, 1)
    assert last["kind"] == "tickets" and "line 3" in last["reasons"][0]
    assert msp.http.delete("/connectors/help-desk").json() == {"removed": 1}
    problem(msp.http.delete("/connectors/help-desk"), 404)
    problem(msp.http.delete("/connectors/connectwise"), 404)
    assert msp.http.get("/connectors").json()["plain"][0]["source"] == "help-desk"


def test_an_import_that_was_refused_whole_is_told_of_as_the_last_one(msp: Msp) -> None:
    problem(msp.http.post("/records/clients", content="name\n\n", headers=CSV), 422)
    problem(msp.http.post("/records/tickets", content="title\nA\nB\n", headers=CSV), 422)
    (last,) = [one for one in msp.http.get("/connectors").json()["plain"] if one["kind"] == "tickets"]
    assert (last["read"], last["stored"], last["refused"], last["source"]) == (2, 0, 2, "")


def test_mappings_and_imports_are_the_tenants_own(msp: Msp, new_msp: NewMsp) -> None:
    msp.http.post("/connectors", json=MAPPING)
    msp.http.post("/records/tickets", params={"source": "help-desk"}, content=EXPORT, headers=CSV)
    other = new_msp()
    assert "help-desk" not in other.http.get("/connectors").text
    problem(other.http.delete("/connectors/help-desk"), 404)
    asked = {"kind": "tickets", "source": "help-desk"}
    problem(other.http.post("/connectors/trial", params=asked, content=EXPORT, headers=CSV), 404, "source")


MANY = {"a": dict.fromkeys(map(str, range(5_000)), "x")}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a path": ({"name": "../x"}, "name"),
    "capitals": ({"name": "X"}, "name"),
    "no kind": ({"kind": "secrets"}, "kind"),
    "nothing": ({"columns": {}}, "columns"),
    "no column": ({"columns": {"id": []}}, "columns"),
    "no zone": ({"timezone": "Mars/One"}, "timezone"),
    "unknown": ({"other": 1}, "other"),
    "no words": ({"values": {"a": 1}}, "values"),
    "too many words": ({"values": MANY}, "values"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mapping_that_makes_no_sense_is_refused_by_field(msp: Msp, name: str) -> None:
    change, field = WRONG[name]
    problem(msp.http.post("/connectors", json={**MAPPING, **change}), 422, field)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_exports_and_names_do_nothing(msp: Msp, name: str) -> None:
    text = HOSTILE[name]
    for kind, source in (("tickets", "connectwise"), ("articles", None)):
        asked = {"kind": kind, **({"source": source} if source else {})}
        reply = msp.http.post("/connectors/trial", params=asked, content=text.encode(), headers=CSV)
        assert reply.status_code in (200, 400, 422), reply.text[:300]
    asked = {"kind": text[:300], "source": text[:60]}
    assert msp.http.post("/connectors/trial", params=asked, content="a\n1\n", headers=CSV).status_code in (
        404,
        422,
    )
    assert msp.http.get("/records/articles").json()["items"] == []


def test_how_much_is_stored_is_counted_by_kind_with_the_ends_of_its_time(msp: Msp) -> None:
    rows = [{"id": f"t{day}", "client_id": "c1", "at": f"2026-03-{day:02}T10:00:00Z"} for day in range(1, 29)]
    msp.http.post("/records/tickets", json=rows)
    msp.http.post("/records/clients", json={"id": "c1", "name": "Harbor"})
    found = {one["kind"]: one for one in msp.http.get("/records").json()["items"]}
    assert found["tickets"] == {
        "kind": "tickets", "rows": 28, "first": "2026-03-01T10:00:00Z", "last": "2026-03-28T10:00:00Z",
    }  # fmt: skip
    assert (found["clients"]["rows"], found["clients"]["first"]) == (1, None)
    assert found["metrics"]["rows"] == 0
