"""Playbooks over HTTP, in this process: started, watched, listed, chosen, exported and erased."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.testclient import TestClient

from mesh import registry
from mesh.entrypoints.conversation import topics
from mesh.entrypoints.http import application
from mesh.entrypoints.work import work_off
from mesh.kit.platform import Tenant
from mesh.workflows.run import WORKFLOWS
from tests.workflows.conftest import MSP, Stage

START = "/workflows/threat-response"
TEXT = {"text": "Somebody reports a phishing mail with a link."}


@pytest.fixture
def client(stage: Stage) -> TestClient:
    return TestClient(application(stage.platform), headers={"x-api-key": stage.platform.keys.create(MSP)})


@contextmanager
def worker(stage: Stage) -> Iterator[None]:
    """Works off runs while the block lasts, as the server does."""
    stopping = threading.Event()

    def work() -> None:
        while not stopping.is_set():
            if not work_off(stage.platform, of=WORKFLOWS):
                stopping.wait(0.02)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def problem(reply: Any, status: int, field: str = "") -> None:
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    if field:
        assert field in [error["field"] for error in reply.json()["errors"]]


def test_the_playbooks_are_listed_with_what_each_step_asks_of_whom(client: TestClient) -> None:
    listed = {one["name"]: one for one in client.get("/workflows").json()["playbooks"]}
    assert set(listed) == {"threat-response", "client-retention", "full-intelligence"}
    steps = [step for stage in listed["threat-response"]["stages"] for step in stage]
    assert next(step for step in steps if step["name"] == "partners")["agent"] == "collaboration"
    known = {agent.slug for agent in registry.agents()}
    assert all(step["installed"] == (step["agent"] in known) for step in steps if step["agent"])


def test_a_run_is_taken_at_once_and_can_be_watched_to_its_end(client: TestClient, stage: Stage) -> None:
    taken = client.post(START, json=TEXT)
    assert taken.status_code == 202 and taken.headers["preference-applied"] == "respond-async"
    href = taken.headers["location"]
    assert href == taken.json()["href"] and taken.json()["state"] == "waiting"
    assert {step["state"] for step in taken.json()["steps"]} == {"waiting"}
    assert work_off(stage.platform)
    ended = client.get(href).json()
    assert ended["state"] == "finished" and ended["input"]["text"] == TEXT["text"]
    assert {step["state"] for step in ended["steps"]} <= {"done", "skipped"}
    threat = next(step for step in ended["steps"] if step["name"] == "threat")
    assert client.get(f"/results/{threat['result_ids'][0]}").json()["agent"] == "threat-intelligence"
    assert ended["report"]["headline"].endswith("of 100)")
    assert client.get(f"/jobs/{ended['run_id']}").json()["state"] == "done"


def test_who_is_willing_to_wait_gets_the_end_itself(client: TestClient, stage: Stage) -> None:
    with worker(stage):
        reply = client.post(START, json=TEXT, headers={"prefer": "wait=25"})
    assert (reply.status_code, reply.json()["state"]) == (200, "finished")
    assert reply.headers["preference-applied"] == "wait=25" and reply.json()["report"]


def test_whose_patience_ends_first_gets_the_run_as_it_stands(client: TestClient) -> None:
    reply = client.post(START, json=TEXT, headers={"prefer": "wait=0"})
    assert (reply.status_code, reply.json()["state"]) == (202, "waiting")
    reply = client.post(START, json=TEXT, headers={"prefer": "wait=1"})
    assert (reply.status_code, reply.json()["report"]) == (202, None)


def test_the_same_idempotency_key_starts_one_run(client: TestClient) -> None:
    ids = {client.post(START, json=TEXT, headers={"idempotency-key": "k"}).json()["run_id"] for _ in range(3)}
    assert len(ids) == 1 and len(client.get("/workflows/runs").json()["items"]) == 1


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("/workflows/no-such-playbook", b"{}", 404, "name"),
        ("/workflows/runs", b"{}", 404, "name"),
        (START, b"{", 400, "body"),
        (START, b"[]", 400, "body"),
        (START, b"{}", 422, "body"),
        (START, b'{"text": ""}', 422, "text"),
        (START, b'{"text": "x", "client_id": "nobody"}', 422, "client_id"),
        ("/workflows/client-retention", b'{"client_id": "nobody"}', 422, "client_id"),
        ("/workflows/automatic", b'{"playbooks": ["client-retention"]}', 422, "playbooks.0"),
        ("/workflows/automatic", b'{"playbooks": "all"}', 422, "playbooks"),
    ],
)
def test_bad_input_is_a_problem_that_names_the_field(
    client: TestClient, path: str, body: bytes, status: int, field: str
) -> None:
    problem(client.post(path, content=body, headers={"content-type": "application/json"}), status, field)
    assert client.get("/workflows/runs").json()["items"] == []


def test_runs_come_in_pages_newest_first_and_by_their_state(client: TestClient, stage: Stage) -> None:
    made = [client.post(START, json=TEXT).json()["run_id"] for _ in range(3)]
    client.post("/threat-intelligence/analyze", json=TEXT, headers={"prefer": "respond-async"})
    first = client.get("/workflows/runs", params={"limit": 2}).json()
    rest = client.get("/workflows/runs", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert sorted(one["run_id"] for one in first["items"] + rest["items"]) == sorted(made)
    assert work_off(stage.platform, of=WORKFLOWS)
    finished = client.get("/workflows/runs", params={"state": "finished"}).json()["items"]
    assert [one["state"] for one in finished] == ["finished"]
    problem(client.get("/workflows/runs", params={"state": "done"}), 422, "state")


def test_another_tenants_run_is_none_of_mine(client: TestClient, stage: Stage) -> None:
    stage.platform.tenants.put(Tenant(msp_id="msp-b", name="B"))
    key = stage.platform.keys.create("msp-b")
    href = client.post(START, json=TEXT).headers["location"]
    problem(client.get(href, headers={"x-api-key": key}), 404, "run_id")
    assert client.get("/workflows/runs", headers={"x-api-key": key}).json()["items"] == []
    problem(client.get("/workflows/runs/nothing"), 404, "run_id")


def test_which_playbooks_start_by_themselves_is_chosen_by_the_tenant(client: TestClient) -> None:
    assert client.get("/workflows/automatic").json() == {"playbooks": []}
    chosen = {"playbooks": ["threat-response"]}
    assert client.post("/workflows/automatic", json=chosen).json() == chosen
    assert client.get("/workflows/automatic").json() == chosen
    assert client.post("/workflows/automatic", json={"playbooks": []}).json() == {"playbooks": []}


def test_runs_are_in_the_export_and_go_with_the_tenant(client: TestClient, stage: Stage) -> None:
    client.post("/workflows/automatic", json={"playbooks": ["threat-response"]})
    client.post(START, json=TEXT)
    work_off(stage.platform, of=WORKFLOWS)
    reply, kinds = client.get("/export"), set()
    while True:
        kinds |= {json.loads(line)["kind"] for line in reply.text.splitlines()}
        link = reply.headers.get("link")
        if not link:
            break
        reply = client.get(link[1 : link.index(">")])
    assert {"workflow-steps", "workflow-settings", "results", "jobs"} <= kinds
    client.delete("/tenant").raise_for_status()
    records = stage.platform.ports(MSP).records
    assert not list(records.scan("workflow-steps")) and not list(records.scan("workflow-settings"))


def test_what_runs_keep_is_no_kind_of_records_that_anybody_sends(client: TestClient) -> None:
    problem(client.get("/records/workflow-steps"), 404, "kind")


def test_progress_can_be_listened_to_and_the_routes_are_described_with_examples(client: TestClient) -> None:
    assert "workflows" in topics()
    document = client.get("/openapi.json").json()
    for name in ("threat-response", "client-retention", "full-intelligence"):
        post = document["paths"][f"/workflows/{name}"]["post"]
        reference = post["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        schema = document["components"]["schemas"][reference.rsplit("/", 1)[1]]
        assert len(schema["examples"]) == 2 and {"200", "202", "404", "422"} <= set(post["responses"])
    assert "/workflows/runs/{run_id}" in document["paths"]
