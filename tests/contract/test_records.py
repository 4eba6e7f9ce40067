"""Storing and reading rows over HTTP, in three formats, and taking everything out or away."""

import json
import time
from base64 import b64decode
from typing import Any

import pytest

from mesh.kit.agent import Agent
from mesh.kit.platform import Platform
from mesh.kit.records import KINDS
from tests.contract.conftest import Msp, NewMsp, problem

CSV = {"content-type": "text/csv"}
NDJSON = {"content-type": "application/x-ndjson"}
# Generous for a loaded machine.
PROMPT_S = 5.0
GOOD: dict[str, dict[str, Any]] = {
    "clients": {"name": "Harbor"},
    "tickets": {"at": "2026-03-02T10:00:00Z", "client_id": "c1"},
    "technicians": {"name": "Ada", "skills": ["dns"]},
    "revenue": {"at": "2026-03-01", "client_id": "c1", "service": "backup", "amount": 10.5},
    "metrics": {"at": "2026-03-02T10:00:00Z", "metric_type": "cpu", "value": 1.5},
    "policies": {"title": "Passwords", "text": "Use a manager."},
    "profile": {"name": "Cedar IT"},
    "security-events": {"at": "2026-03-02T10:00:00Z", "event": {"a": 1}},
    "articles": {"at": "2026-03-02", "title": "News"},
    "indicators": {"type": "domain", "value": "evil.example", "tlp": "TLP:GREEN"},
}


def metric(number: int, **more: Any) -> dict[str, Any]:
    at = f"2026-03-02T10:{number // 60:02}:{number % 60:02}Z"
    return {"id": f"m{number}", "at": at, "metric_type": "cpu", "value": number, **more}


def walk(msp: Msp, path: str, **params: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while True:
        page = msp.http.get(path, params=params).raise_for_status().json()
        rows += page["items"]
        if page["next_cursor"] is None:
            return rows
        params["cursor"] = page["next_cursor"]


def refused(reply: Any) -> list[tuple[int, str]]:
    return [(error["line"], error["field"]) for error in reply.json()["refused"]]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_takes_a_row_and_gives_it_back(msp: Msp, kind: str) -> None:
    stored = msp.http.post(f"/records/{kind}", json=GOOD[kind])
    none = {"merged": 0, "contradicting": [], "refused": []}
    assert stored.json() == {"kind": kind, "received": 1, "stored": 1, **none}
    (row,) = msp.http.get(f"/records/{kind}").json()["items"]
    assert {**row, **GOOD[kind], "at": 0} == {**row, "at": 0}
    assert msp.http.get(f"/records/{kind}/{row['id']}").json() == row
    assert msp.http.delete(f"/records/{kind}/{row['id']}").json() == {"removed": 1}
    problem(msp.http.get(f"/records/{kind}/{row['id']}"), 404)
    problem(msp.http.delete(f"/records/{kind}/{row['id']}"), 404)


def test_an_unknown_kind_is_told_with_those_there_are(msp: Msp) -> None:
    for method in ("GET", "POST", "DELETE"):
        document = problem(msp.http.request(method, "/records/nonsense", json=None), 404, "kind")
        assert "tickets" in document["errors"][0]["reason"]


def test_the_same_file_sent_twice_is_stored_once(msp: Msp) -> None:
    for _ in range(2):
        msp.http.post("/records/clients", json=[{"name": "Harbor"}, {"name": "Cedar"}])
    assert len(msp.http.get("/records/clients").json()["items"]) == 2


def test_bad_rows_of_json_are_answered_by_place_and_good_ones_kept(msp: Msp) -> None:
    rows = [metric(1), {"id": "bad"}, 7, metric(2), {**metric(3), "value": "many", "at": "never"}]
    reply = msp.http.post("/records/metrics", json=rows)
    assert reply.status_code == 200
    assert (reply.json()["received"], reply.json()["stored"]) == (5, 2)
    assert {line for line, _ in refused(reply)} == {2, 3, 5}
    assert {(3, "row"), (5, "value"), (5, "at")} <= set(refused(reply))
    assert [row["id"] for row in walk(msp, "/records/metrics")] == ["m1", "m2"]


def test_bad_rows_of_ndjson_are_answered_by_line_and_good_ones_kept(msp: Msp) -> None:
    good = json.dumps(metric(1)).encode()
    lines = [good, b"", b'{"id": ', b"[]", b"\xff\xfe", json.dumps(metric(2)).encode(), b'{"value": NaN}']
    reply = msp.http.post("/records/metrics", content=b"\r\n".join(lines), headers=NDJSON)
    assert (reply.json()["received"], reply.json()["stored"]) == (6, 2)
    assert {line for line, _ in refused(reply)} == {3, 4, 5, 7}


def test_bad_rows_of_csv_are_answered_by_line_and_good_ones_kept(msp: Msp) -> None:
    text = (
        "\ufeffid,time,metric_type,value,note\r\n"
        "m1,2026-03-02 10:00,cpu,1.5,=1+1\r\n"
        "m2,2026-03-02 10:01,cpu,nan,\r\n"
        'm3,2026-03-02 10:02,cpu,3,"two\nlines, and a comma"\r\n'
        "m4,2026-03-02 10:03,cpu,4,extra,cells\r\n"
        "m5,,cpu,5,\r\n"
        "m6,2026-03-02 10:05,cpu,,\r\n"
    )
    reply = msp.http.post("/records/metrics", content=text.encode(), headers=CSV)
    assert reply.json()["stored"] == 2, reply.text
    assert {line for line, _ in refused(reply)} == {3, 6, 7, 8}
    rows = {row["id"]: row for row in walk(msp, "/records/metrics")}
    assert rows["m1"]["note"] == "=1+1" and rows["m3"]["note"] == "two\nlines, and a comma"
    assert rows["m1"]["value"] == 1.5 and rows["m1"]["at"] == "2026-03-02T10:00:00Z"


def test_a_broken_quote_ends_the_reading_and_says_so(msp: Msp) -> None:
    text = 'id,name\nc1,Harbor\nc2,"Ced"ar\nc3,Birch\n'
    reply = msp.http.post("/records/clients", content=text.encode(), headers=CSV)
    assert reply.json()["stored"] == 1 and refused(reply) == [(3, "row")]
    assert "later lines were not read" in reply.json()["refused"][0]["reason"]


def test_when_no_row_is_good_the_reply_is_a_problem_that_names_the_lines(msp: Msp) -> None:
    refused = problem(msp.http.post("/records/clients", json=[{}, 1]), 422)
    assert [error["field"] for error in refused["errors"]] == ["line 1: name", "line 2: row"]
    for content, headers in ((b"", CSV), (b"name\n", CSV), (b"\n\n", NDJSON), (b"[]", {})):
        reply = msp.http.post("/records/clients", content=content, headers=headers)
        problem(reply, reply.status_code, "body")
        assert reply.status_code in (400, 422)


MANY_BAD = {
    "JSON": (b"[" + b"1," * 400_000 + b"1]", "application/json"),
    "objects": (b'[{"name":1}' + b',{"name":1}' * 80_000 + b"]", "application/json"),
    "NDJSON": (b"1\n" * 450_000, "application/x-ndjson"),
    "CSV": (b"name\n" + b",\n" * 400_000, "text/csv"),
}


@pytest.mark.parametrize(("content", "media"), MANY_BAD.values(), ids=MANY_BAD)
def test_hundreds_of_thousands_of_bad_rows_get_a_short_answer(msp: Msp, content: bytes, media: str) -> None:
    reply = msp.http.post("/records/clients", content=content, headers={"content-type": media})
    problem(reply, 413, "body")
    assert reply.elapsed.total_seconds() < PROMPT_S
    assert msp.http.get("/health").status_code == 200


def test_text_that_is_not_utf8_is_a_problem(msp: Msp) -> None:
    problem(msp.http.post("/records/clients", content=b"name\n\xff\xfe", headers=CSV), 400, "body")
    problem(msp.http.post("/records/clients", content=b'{"name": "\xff"}'), 400, "body")


def test_of_thousands_of_bad_rows_the_first_are_told_and_all_are_counted(msp: Msp) -> None:
    rows = [{"name": "good"}, *([{"name": 1}] * 5_000), {"name": "also good"}]
    reply = msp.http.post("/records/clients", json=rows).json()
    assert (reply["received"], reply["stored"]) == (5_002, 2)
    assert [error["line"] for error in reply["refused"]] == list(range(2, 1_002))


def test_rows_of_another_type_are_refused(msp: Msp) -> None:
    reply = msp.http.post("/records/clients", content=b"x", headers={"content-type": "application/zip"})
    problem(reply, 415, "Content-Type")


def test_no_infinity_is_stored_in_a_column_of_ones_own(msp: Msp) -> None:
    problem(msp.http.post("/records/clients", content=b'{"name": "x", "own": 1e999}'), 400, "own")
    odd = msp.http.post("/records/clients", content=b'{"name": "y", "own": {"deep": [1, null, 1e300]}}')
    assert odd.json()["stored"] == 1
    (row,) = msp.http.get("/records/clients").json()["items"]
    assert row["own"] == {"deep": [1, None, 1e300]}


@pytest.mark.parametrize(
    "at", ["9999-12-31T23:59:59-23:00", "0001-01-01T00:00:00+23:00", 1e300, "1e300", -1e18]
)
def test_a_time_out_of_range_is_refused_and_named(msp: Msp, at: Any) -> None:
    problem(msp.http.post("/records/metrics", json={**metric(1), "at": at}), 422, "line 1: at")


def test_any_text_can_be_the_id_of_a_row(msp: Msp) -> None:
    from urllib.parse import quote

    for record_id in ("a/b", "a b", "ключ", "%2F", "?", "#", "'; --", "a/../b"):
        msp.http.post("/records/clients", json={"id": record_id, "name": "x"}).raise_for_status()
        path = f"/records/clients/{quote(record_id, safe='')}"
        assert msp.http.get(path).json()["id"] == record_id
        assert msp.http.delete(path).json() == {"removed": 1}


def test_a_forgotten_id_removes_nothing(msp: Msp) -> None:
    msp.http.post("/records/clients", json={"id": "c1", "name": "x"})
    reply = msp.http.delete("/records/clients/", follow_redirects=True)
    problem(reply, 404)
    assert len(msp.http.get("/records/clients").json()["items"]) == 1


def test_rows_can_be_had_by_window_and_client_a_page_at_a_time(msp: Msp) -> None:
    rows = [metric(n, client_id=f"c{n % 2}") for n in range(20)]
    msp.http.post("/records/metrics", json=rows).raise_for_status()
    found = walk(msp, "/records/metrics", limit=3)
    assert [row["id"] for row in found] == [f"m{n}" for n in range(20)]
    window = {"since": "2026-03-02T10:00:05Z", "until": "2026-03-02T10:00:15Z", "client_id": "c1", "limit": 2}
    assert [row["id"] for row in walk(msp, "/records/metrics", **window)] == ["m5", "m7", "m9", "m11", "m13"]


def test_clearing_removes_one_kind(msp: Msp) -> None:
    msp.http.post("/records/metrics", json=[metric(n) for n in range(5)])
    msp.http.post("/records/clients", json={"name": "x"})
    assert msp.http.delete("/records/metrics").json() == {"removed": 5}
    assert msp.http.get("/records/metrics").json()["items"] == []
    assert len(msp.http.get("/records/clients").json()["items"]) == 1


def test_a_write_sent_twice_with_one_key_is_done_once(msp: Msp) -> None:
    headers = {"idempotency-key": "k"}
    msp.http.post("/records/clients", json={"id": "c1", "name": "x"})
    first = msp.http.delete("/records/clients/c1", headers=headers)
    again = msp.http.delete("/records/clients/c1", headers=headers)
    assert first.json() == again.json() == {"removed": 1}


def exported(msp: Msp) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    path: str | None = "/export"
    pages = 0
    while path:
        reply = msp.http.get(path).raise_for_status()
        assert reply.headers["content-type"] == "application/x-ndjson"
        rows += [json.loads(line) for line in reply.text.splitlines()]
        path = reply.links.get("next", {}).get("url")
        pages += 1
        assert pages < 100
    return rows


def test_everything_can_be_taken_out_and_nothing_of_another(
    new_msp: NewMsp, agent: Agent, store: Platform
) -> None:
    mine, theirs = new_msp(), new_msp()
    theirs.http.post("/records/clients", json={"id": "not-mine", "name": "x"}).raise_for_status()
    for kind, row in GOOD.items():
        mine.http.post(f"/records/{kind}", json=row).raise_for_status()
    for start in range(0, 2_400, 800):
        rows = [metric(n) for n in range(start, start + 800)]
        mine.http.post("/records/metrics", json=rows).raise_for_status()
    question = dict(agent.examples[0].question)
    mine.http.post(agent.route, json=question).raise_for_status()
    for name in ("a/one", "a/two"):
        store.ports(mine.msp_id).blobs.put(name, name.encode())
    waiting = {"prefer": "respond-async"}
    job = mine.http.post(agent.route, json=question, headers=waiting).raise_for_status().json()["job_id"]
    while mine.http.get(f"/jobs/{job}").json()["state"] != "done":
        time.sleep(0.05)
    rows = exported(mine)
    counted = {
        part: sum(row["kind"] == part for row in rows) for part in (*KINDS, "results", "jobs", "blobs")
    }
    once = dict.fromkeys(KINDS, 1)
    assert counted == {**once, "metrics": 2_401, "results": 2, "jobs": 1, "blobs": 2}
    assert len({(row["kind"], row["row"].get("id")) for row in rows if row["kind"] in KINDS}) == 2_410
    files = [row["row"] for row in rows if row["kind"] == "blobs"]
    assert [b64decode(file["base64"]).decode() for file in files] == [file["name"] for file in files]
    assert all(row["row"].get("id") != "not-mine" for row in rows)


def test_erasing_takes_rows_answers_jobs_files_and_keys(
    new_msp: NewMsp, agent: Agent, store: Platform
) -> None:
    mine, theirs = new_msp(), new_msp()
    for msp in (mine, theirs):
        msp.http.post("/records/clients", json={"id": "c1", "name": "x"}).raise_for_status()
        msp.http.post(agent.route, json=dict(agent.examples[0].question)).raise_for_status()
        store.ports(msp.msp_id).blobs.put("a/b", b"x")
    assert mine.http.delete("/tenant").json()["erased"] >= 4
    problem(mine.http.get("/results"), 401)
    gone = store.ports(mine.msp_id)
    assert gone.records.find("clients", "c1") is None and not gone.blobs.names()
    assert not gone.results.page().items and not store.outbox.after(mine.msp_id, None)
    assert theirs.http.get("/records/clients/c1").status_code == 200
    assert store.ports(theirs.msp_id).blobs.names() == ["a/b"]


def test_two_rows_with_one_id_that_differ_are_told_of(msp: Msp) -> None:
    rows = [{"id": "c1", "name": "Alpha", "seats": 10}, {"id": "c1", "name": "Gamma", "seats": 10}] * 2
    stored = msp.http.post("/records/clients", json=[*rows[:3], rows[0]]).json()
    assert (stored["stored"], stored["merged"], stored["refused"]) == (1, 3, [])
    assert [(one["line"], one["field"]) for one in stored["contradicting"]] == [(2, "id"), (3, "id")]
    assert "c1 came on line 1 with another name" in stored["contradicting"][0]["reason"]
    assert msp.http.get("/records/clients/c1").json()["name"] == "Alpha"


def test_an_export_of_another_tool_is_taken_by_naming_it(msp: Msp) -> None:
    body = (
        "Number,Opened,Company,State\nINC1,2026-01-05 08:00,Birch,New\nINC1,2026-01-05 08:00,Birch,Closed\n"
    )
    stored = msp.http.post("/records/tickets?source=servicenow", content=body, headers=CSV).json()
    assert (stored["received"], stored["stored"], stored["merged"]) == (2, 1, 1)
    assert msp.http.get("/records/tickets/INC1").json()["status"] == "Closed"
    problem(msp.http.post("/records/tickets?source=nobody", content=body, headers=CSV), 404)
    problem(msp.http.post("/records/clients?source=servicenow", content=body, headers=CSV), 422)
