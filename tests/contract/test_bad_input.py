"""What no client should send and every mesh is sent: each gets a problem document that names the field."""

import http.client
import json
import socket
from urllib.parse import urlsplit

import httpx
import pytest

from mesh import registry
from mesh.kit.agent import Agent
from tests.contract.conftest import Msp, NewMsp, problem
from tests.hostile import HOSTILE, texts
from tests.server import Server

JSON = {"content-type": "application/json"}
# Generous for a loaded machine: what explodes does not end at all.
PROMPT_S = 20.0

UNREADABLE = {
    "empty": b"",
    "blank": b" \r\n\t",
    "not JSON": b"hello",
    "cut off": b'{"text": "abc',
    "two documents": b"{}{}",
    "an array": b"[1, 2]",
    "a text": b'"text"',
    "a number": b"7",
    "null": b"null",
    "a lone NaN": b"NaN",
    "not UTF-8": b'{"text": "\xff\xfe\xfa"}',
    "UTF-16": '{"text": "a"}'.encode("utf-16"),
    "a lone surrogate": b'{"text": "\\ud800"}',
    "nested arrays": b"[" * 100_000,
    "closed nested arrays": b"[" * 20_000 + b"]" * 20_000,
    "nested objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "a NUL": b"\x00",
    "a form": b"text=abc&x=1",
    "XML": b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
}
NOT_NUMBERS = ["NaN", "Infinity", "-Infinity", "1e999", "-1e400", "1" * 400 + ".5"]


def ask(msp: Msp, agent: Agent, body: bytes, **headers: str) -> httpx.Response:
    return msp.http.post(agent.route, content=body, headers={**JSON, **headers}, timeout=PROMPT_S)


@pytest.mark.parametrize("agent", registry.names(), indirect=True)
class TestEveryAgent:
    @pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
    def test_a_body_that_cannot_be_read_is_a_problem_of_the_body(
        self, msp: Msp, agent: Agent, body: bytes
    ) -> None:
        problem(ask(msp, agent, body), 400, "body")

    @pytest.mark.parametrize("number", NOT_NUMBERS)
    def test_what_is_no_finite_number_is_refused_wherever_it_stands(
        self, msp: Msp, agent: Agent, number: str
    ) -> None:
        written = json.dumps({**agent.examples[0].question, "odd": [{"deep": 12345.5}]})
        refused = problem(ask(msp, agent, written.replace("12345.5", number).encode()), 400)
        assert refused["errors"][0]["field"] in ("body", "odd.0.deep")

    def test_a_field_of_the_wrong_type_is_named(self, msp: Msp, agent: Agent) -> None:
        for example in agent.examples:
            for name in example.question:
                wrong = {**example.question, name: {"\x00": ["not", {"the": "type"}]}}
                reply = ask(msp, agent, json.dumps(wrong).encode())
                problem(reply, 422, name)

    def test_no_field_at_all_is_a_problem(self, msp: Msp, agent: Agent) -> None:
        problem(ask(msp, agent, b"{}"), 422)

    def test_another_media_type_is_refused(self, msp: Msp, agent: Agent) -> None:
        body = json.dumps(agent.examples[0].question).encode()
        for media in ("text/plain", "application/xml", "multipart/form-data; boundary=x", "x" * 2_000):
            problem(ask(msp, agent, body, **{"content-type": media}), 415, "Content-Type")
        problem(ask(msp, agent, body, **{"content-encoding": "gzip"}), 415, "Content-Encoding")

    def test_an_unknown_format_or_parameter_is_named(self, msp: Msp, agent: Agent) -> None:
        body = json.dumps(agent.examples[0].question).encode()
        route = agent.route
        for query, field in (
            ("format=docx", "format"),
            ("nope=1", "nope"),
            ("format=json&format=json", "format"),
        ):
            reply = msp.http.post(f"{route}?{query}", content=body, headers=JSON)
            problem(reply, 422 if "&" not in query else reply.status_code, field)

    @pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
    def test_hostile_text_is_answered_or_refused_and_does_nothing(
        self, msp: Msp, agent: Agent, text: str
    ) -> None:
        for example in agent.examples:
            for question in texts(dict(example.question), text):
                reply = ask(msp, agent, json.dumps(question).encode())
                if reply.status_code == 200:
                    assert reply.headers["content-type"] == "application/json"
                else:
                    problem(reply, reply.status_code)
                    assert reply.status_code in (400, 413, 422), reply.text[:300]
                    assert text[:30] not in reply.text or len(reply.text) < 5_000

    def test_a_very_long_list_of_errors_is_cut_short(self, msp: Msp, agent: Agent) -> None:
        for example in agent.examples:
            for name, value in example.question.items():
                if isinstance(value, list):
                    wrong = {**example.question, name: [{}] * 200_000}
                    reply = ask(msp, agent, json.dumps(wrong).encode())
                    problem(reply, reply.status_code)
                    assert reply.status_code in (413, 422) and len(reply.content) < 100_000


def test_five_megabytes_are_refused_before_they_are_read(msp: Msp, agent: Agent) -> None:
    problem(ask(msp, agent, b'{"text": "' + b"a" * 5_000_000 + b'"}'), 413, "body")


def test_five_megabytes_without_a_length_are_refused_as_well(msp: Msp, agent: Agent) -> None:
    chunks = (b"a" * 100_000 for _ in range(50))
    try:
        problem(msp.http.post(agent.route, content=chunks, headers=JSON), 413, "body")
    except httpx.WriteError:
        # The server may hang up on a client that goes on sending; it must go on serving.
        assert msp.http.get("/health").status_code == 200


def test_an_agent_that_is_not_there_is_not_found(msp: Msp) -> None:
    problem(msp.http.post("/no-such-agent/analyze", json={}), 404)
    problem(msp.http.get("/results", params={"agent": "no-such-agent"}), 404)


def test_a_path_the_mesh_does_not_have_is_not_found(msp: Msp) -> None:
    for path in ("/nothing", "/results/", "/%00", "/..%2f..%2fetc/passwd", "/records/clients/", "/é"):
        problem(msp.http.get(path), 404)


def test_a_method_a_path_does_not_take_is_told_with_those_it_takes(msp: Msp) -> None:
    refused = msp.http.patch("/records/clients")
    problem(refused, 405)
    assert {"GET", "POST", "DELETE"} <= set(refused.headers["allow"].split(", "))
    problem(msp.http.put("/health"), 405)
    problem(msp.http.request("PROPFIND", "/results"), 405)


@pytest.mark.parametrize("key", [None, "", "nonsense", "mesh_0_0", "x" * 5_000, "mesh_' OR 1=1_"])
def test_without_a_live_key_nothing_is_told(server: Server, key: str | None) -> None:
    headers = {} if key is None else {"x-api-key": key}
    for path in ("/results", "/agents/status", "/records/clients", "/export", "/jobs/x"):
        reply = httpx.get(server.url + path, headers=headers, timeout=PROMPT_S)
        problem(reply, 401, "x-api-key")
        assert "www-authenticate" in reply.headers


def test_a_revoked_key_is_refused_at_once(server: Server, new_msp: NewMsp) -> None:
    msp = new_msp()
    assert msp.http.get("/results").status_code == 200
    assert msp.http.get("/results").status_code == 200
    server.revoke(msp.key.split("_")[1])
    problem(msp.http.get("/results"), 401, "x-api-key")


def test_another_tenants_things_are_not_found_rather_than_forbidden(new_msp: NewMsp, agent: Agent) -> None:
    mine, theirs = new_msp(), new_msp()
    result_id = mine.http.post(agent.route, json=dict(agent.examples[0].question)).json()["result_id"]
    job = mine.http.post(
        agent.route, json=dict(agent.examples[0].question), headers={"prefer": "respond-async"}
    ).json()
    mine.http.post("/records/clients", json=[{"id": "c1", "name": "Harbor"}])
    assert mine.http.get(f"/results/{result_id}").status_code == 200
    for method, path in (
        ("GET", f"/results/{result_id}"),
        ("GET", job["href"]),
        ("POST", f"{job['href']}/redrive"),
        ("GET", "/records/clients/c1"),
        ("DELETE", "/records/clients/c1"),
    ):
        problem(theirs.http.request(method, path), 404)
    assert theirs.http.get("/results").json()["items"] == []
    assert theirs.http.get("/jobs").json()["items"] == []
    assert theirs.http.delete("/records/clients").json() == {"removed": 0}
    assert theirs.http.get("/export").text == ""
    assert mine.http.get("/records/clients/c1").status_code == 200


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/results?limit=0", "limit"),
        ("/results?limit=201", "limit"),
        ("/results?limit=many", "limit"),
        ("/results?cursor=nonsense", "cursor"),
        ("/results?since=yesterday", "since"),
        ("/results?since=9999-12-31T23:59:59-23:00", "since"),
        ("/results?nope=1", "nope"),
        ("/results?limit=1&limit=2", "limit"),
        ("/jobs?state=odd", "state"),
        ("/jobs?cursor=%00", "cursor"),
        ("/records/clients?cursor=WyJhIl0", "cursor"),
        ("/records/clients?limit=1001", "limit"),
        ("/records/clients?until=never", "until"),
        ("/export?cursor=x", "cursor"),
        ("/export?cursor=WyJub3BlIiwiIl0", "cursor"),
        ("/export?cursor=WyJjbGllbnRzIiwieCJd", "cursor"),
        ("/export?other=1", "other"),
    ],
)
def test_a_bad_parameter_is_named(msp: Msp, path: str, field: str) -> None:
    reply = msp.http.get(path)
    assert reply.status_code in (400, 422)
    problem(reply, reply.status_code, field)


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_bad_idempotency_key_is_named(msp: Msp, key: str) -> None:
    reply = msp.http.post("/records/clients", json={"name": "x"}, headers={"idempotency-key": key})
    problem(reply, 422, "Idempotency-Key")


def test_what_is_no_http_at_all_ends_that_connection_alone(server: Server, msp: Msp) -> None:
    place = urlsplit(server.url)
    for sent in (
        b"\x16\x03\x01\x00",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x00" * 1_000,
        b"POST /results HTTP/1.1\r\n",
    ):
        with socket.create_connection((place.hostname or "", place.port or 0), timeout=5) as line:
            line.sendall(sent)
    assert msp.http.get("/health").status_code == 200


def test_a_client_that_goes_away_half_way_harms_nobody(server: Server, msp: Msp, agent: Agent) -> None:
    place = urlsplit(server.url)
    for _ in range(5):
        line = http.client.HTTPConnection(place.hostname or "", place.port, timeout=5)
        line.putrequest("POST", agent.route)
        line.putheader("x-api-key", msp.key)
        line.putheader("content-length", "5000")
        line.endheaders()
        line.send(b'{"text": "')
        line.close()
    assert msp.http.get("/health").status_code == 200


def test_after_all_that_the_mesh_still_answers(msp: Msp, agent: Agent) -> None:
    reply = msp.http.post(agent.route, json=dict(agent.examples[0].question))
    assert reply.status_code == 200 and reply.json()["agent"] == agent.slug
