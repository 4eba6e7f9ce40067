"""A running mesh: a grave threat starts the response to it, and whoever listens sees it go step by step."""

import json
import time
from collections.abc import Iterator

import httpx
import pytest
from websockets.sync.client import connect

from mesh import registry
from mesh.kit.platform import Tenant
from tests.server import Server

PATIENCE_S = 90.0
TEXT = "Files were encrypted and a ransom note asks for payment; vssadmin delete shadows ran before."
pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.skipif(
        "threat_intelligence" not in registry.names(), reason="there is no threat intelligence"
    ),
]


@pytest.fixture
def key(server: Server) -> Iterator[str]:
    store = server.open()
    store.tenants.put(Tenant(msp_id="msp-runs", name="Runs"))
    yield store.keys.create("msp-runs")
    store.tenants.erase("msp-runs")
    store.close()


def test_a_grave_threat_starts_its_response_once_and_its_steps_are_pushed(server: Server, key: str) -> None:
    headers = {"x-api-key": key}
    with (
        httpx.Client(base_url=server.url, headers=headers, timeout=60) as http,
        connect(server.socket_url, additional_headers=headers) as socket,
    ):
        socket.send(json.dumps({"action": "subscribe", "topics": ["workflows"]}))
        assert json.loads(socket.recv(20))["type"] == "subscribed"
        chosen = {"playbooks": ["threat-response"]}
        assert http.post("/workflows/automatic", json=chosen).status_code == 200
        asked = http.post("/threat-intelligence/analyze", json={"text": TEXT}).raise_for_status().json()
        assert asked["answer"]["severity"] == "HIGH"
        told: list[dict[str, str]] = []
        deadline = time.monotonic() + PATIENCE_S
        while not told or told[-1]["type"] != "workflow.finished":
            told.append(json.loads(socket.recv(max(0.1, deadline - time.monotonic()))))
        assert told[0]["type"] == "workflow.started"
        assert {"step.done", "step.skipped"} <= {event["type"] for event in told}
        (line,) = http.get("/workflows/runs").json()["items"]
        run = http.get(line["href"]).json()
        assert (run["state"], run["begun_by"]) == ("finished", "event")
        threat = next(step for step in run["steps"] if step["name"] == "threat")
        assert threat["result_ids"] == [asked["result_id"]], "it is the answer that was there"
