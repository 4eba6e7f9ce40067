"""Six simulated MSPs over HTTP: what four of them tell turns up with a fifth, every release has a receipt
that verifies offline, and playbooks pass real answers on.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mesh import registry
from mesh.demo.first_start import mark
from mesh.demo.load import load
from mesh.demo.world import SEED
from tests.conftest import NewHome
from tests.server import Server, mesh

MSPS, MONTHS = 6, 12
PATIENCE_S = 120.0
REPORT = "Ransomware on a file server: files are encrypted, and the host beacons to {value} every minute."
AGENTS = {"threat_intelligence", "client_health", "revenue_optimization", "resource_allocation",
          "security_compliance", "collaboration", "anomaly_detection"}  # fmt: skip
pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(not set(registry.names()) >= AGENTS, reason="an agent is not installed"),
]


@pytest.fixture(scope="module")
def meshed(new_home: NewHome) -> Iterator[dict[str, httpx.Client]]:
    """Clients of the simulated MSPs by name, of a server that runs over them."""
    home = new_home("msps")
    server = Server(home)
    with_world = server.open()
    done = load(with_world, MSPS, MONTHS, say=lambda line: None)
    keys = {one.msp_id: with_world.keys.create(one.msp_id) for one in with_world.tenants.listing()}
    with_world.close()
    mark(home, MSPS, MONTHS, SEED, done.until.isoformat())
    server.start()
    made = {
        msp_id: httpx.Client(base_url=server.url, headers={"x-api-key": key}, timeout=PATIENCE_S)
        for msp_id, key in keys.items()
    }
    yield made
    for client in made.values():
        client.close()
    assert server.end() == 0


def indicator(client: httpx.Client, value: str, **more: str) -> dict[str, Any]:
    """What a threat answer says of it."""
    reply = client.post("/threat-intelligence/analyze", json={"text": REPORT.format(value=value), **more})
    assert reply.status_code == 200, reply.text
    (found,) = [one for one in reply.json()["answer"]["indicators"] if one["value"] == value]
    return dict(found)


def run(client: httpx.Client, playbook: str, **given: object) -> dict[str, Any]:
    """A run to its end, with what it found."""
    reply = client.post(f"/workflows/{playbook}", json=given, headers={"prefer": "wait=25"})
    where = reply.headers.get("location") or f"/workflows/runs/{reply.json()['run_id']}"
    for _ in range(20):
        found = client.get(where, headers={"prefer": "wait=20"}).json()
        if found["state"] in ("finished", "failed"):
            break
    assert found["state"] == "finished", found
    return dict(found)


def test_what_four_saw_turns_up_nameless_with_a_fifth_and_what_is_outside_its_tlp_does_not(
    meshed: dict[str, httpx.Client],
) -> None:
    *four, fifth = list(meshed.values())[:5]
    for client in four:
        indicator(client, "45.77.12.9", tlp="TLP:GREEN")
        indicator(client, "45.77.12.10", tlp="TLP:AMBER")
    found = indicator(fifth, "45.77.12.9", tlp="TLP:AMBER")
    assert (found["seen_by"], found["seen_simulated"], found["imported_from"]) == (4, True, [])
    assert indicator(fifth, "45.77.12.10", tlp="TLP:AMBER")["seen_by"] is None
    said = fifth.get("/mesh/sightings").text + fifth.get("/mesh/campaigns").text + str(found)
    assert "45.77.12.9" in said and "45.77.12.10" not in said
    names = [name for name, client in meshed.items() if client in four]
    assert not any(name in said for name in names)


def test_every_release_has_a_receipt_and_every_chain_verifies_with_the_public_key_alone(
    meshed: dict[str, httpx.Client], tmp_path: Path
) -> None:
    for number, (msp_id, client) in enumerate(meshed.items()):
        indicator(client, f"45.77.13.{number + 1}", tlp="TLP:CLEAR")
        told = client.get("/mesh/sightings/told", params={"limit": 1_000}).json()["items"]
        page = client.get("/mesh/receipts", params={"limit": 200}).json()
        numbers = {line["number"] for line in page["items"] if line["what"] == "indicator"}
        assert told and {row["receipt"] for row in told} <= numbers, msp_id
        chain = tmp_path / f"{number}.ndjson"
        chain.write_bytes(client.get("/mesh/receipts/export").content)
        verified = mesh("receipts", "verify", str(chain), "--key", page["public_key"])
        assert verified.returncode == 0, verified.stderr
        tampered = tmp_path / "tampered.ndjson"
        tampered.write_bytes(chain.read_bytes().replace(b'"purpose":"matching"', b'"purpose":"feed"', 1))
        assert mesh("receipts", "verify", str(tampered), "--key", page["public_key"]).returncode == 1


def test_another_report_leads_to_another_end_of_the_response(meshed: dict[str, httpx.Client]) -> None:
    client = next(iter(meshed.values()))
    watched = client.get("/records/metrics", params={"limit": 1}).json()["items"][0]["client_id"]
    attack = REPORT.format(value="45.77.12.9") + " vssadmin delete shadows /all ran before."
    grave = run(client, "threat-response", text=attack, client_id=watched)
    quiet = run(client, "threat-response", text="The nightly backup ended well.", client_id=watched)
    done = {one["name"] for one in grave["steps"] if one["state"] == "done"}
    assert {"threat", "anomalies", "duties", "compliance", "partners", "visit"} <= done, grave["steps"]
    assert {one["name"] for one in quiet["steps"] if one["state"] == "skipped"} >= {"duties", "visit"}
    visit = next(one for one in grave["steps"] if one["name"] == "visit")
    planned = client.get(f"/results/{visit['result_ids'][0]}").json()["answer"]
    assert planned["assignments"][0]["client_id"] == watched
    assert grave["report"]["headline"] != quiet["report"]["headline"]


def test_retention_looks_into_whom_it_is_told_to(meshed: dict[str, httpx.Client]) -> None:
    client = list(meshed.values())[1]
    first, *_, last = client.get("/client-health/ranking").json()["clients"]
    likeliest, named = (
        run(client, "client-retention"),
        run(client, "client-retention", client_id=last["client_id"]),
    )
    assert first["name"] in likeliest["report"]["headline"]
    assert last["name"] in named["report"]["headline"]


def test_a_briefing_is_put_together_from_the_answers_of_all_agents(meshed: dict[str, httpx.Client]) -> None:
    client = list(meshed.values())[2]
    found = run(client, "full-intelligence", help_wanted="Telephony for a new office")
    asked = {one["name"]: one for one in found["steps"]}
    assert sum(one["state"] == "done" for one in asked.values()) >= 8, found["steps"]
    expected = client.get(f"/results/{asked['revenue']['result_ids'][0]}").json()["answer"]["total"][
        "expected"
    ]
    assert f"{expected:,.0f}" in found["report"]["headline"]
