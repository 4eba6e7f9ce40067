"""From a POST to a model in the store: over the routes, with simulated MSPs and their own stored rows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from mesh import registry
from mesh.adapters.embedded.platform import open_platform
from mesh.demo.load import load
from mesh.entrypoints.http import application
from mesh.entrypoints.work import work_off
from mesh.kit.platform import Platform
from mesh.sharing.consent import TRAINING, Consents

# One mesh from the first test to the last: what one does, the next finds.
pytestmark = pytest.mark.skipif(
    not {"federated_learning", "client_health"} <= set(registry.names()),
    reason="the agent that trains, or the one whose model it is, is not here",
)
QUESTION = {"model_type": "churn", "privacy_epsilon": 8.0, "rounds": 4}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    opened = open_platform(tmp_path_factory.mktemp("federated") / "home")
    load(opened, msps=6, months=18, say=lambda _: None)
    yield opened
    opened.close()


@pytest.fixture
def client(platform: Platform) -> TestClient:
    (first, *_) = sorted(tenant.msp_id for tenant in platform.tenants.listing())
    key = platform.keys.create(first)
    return TestClient(application(platform, of=registry.agents()), headers={"x-api-key": key})


def agree(platform: Platform, *, to: bool) -> None:
    for tenant in platform.tenants.listing():
        Consents(platform.commons, platform.clock).change(tenant.msp_id, {("model-update", TRAINING): to})


def job(client: TestClient, platform: Platform) -> dict[str, Any]:
    taken = client.post("/federated/train", json=QUESTION)
    assert taken.status_code == 202 and taken.json()["href"] == taken.headers["location"]
    assert work_off(platform)
    found: dict[str, Any] = client.get(taken.headers["location"]).json()
    return found


def test_nobody_takes_part_who_did_not_agree(client: TestClient, platform: Platform) -> None:
    agree(platform, to=False)
    ended = job(client, platform)
    assert ended["state"] == "dead" and ended["problem"]["status"] == 422
    assert ended["problem"]["errors"][0]["field"] == "participating_msps"
    (failed, *_) = client.get("/federated/status").json()["trainings"]
    assert failed["state"] == "failed" and "agreed" in failed["why"]


def test_a_training_is_a_job_whose_rounds_and_price_show_in_the_status(
    client: TestClient, platform: Platform, tmp_path: Path
) -> None:
    agree(platform, to=True)
    ended = job(client, platform)
    assert ended["state"] == "done", ended
    envelope = client.get(f"/results/{ended['result_id']}").json()
    answer = envelope["answer"]
    assert envelope["simulated"] and len(answer["rounds"]) == 4 and answer["sites_in"] >= 3
    assert all(0 < site["epsilon"] <= 8 for site in answer["sites"] if site["why_out"] is None)
    assert answer["pooled"]["auc"] is None and "other MSPs' rows" in answer["pooled"]["note"]
    (told, *_) = client.get("/federated/status", params={"model_type": "churn"}).json()["trainings"]
    assert told["model_version"] == answer["model_version"] and len(told["rounds"]) == 4
    for tenant in platform.tenants.listing():
        assert tenant.msp_id not in str(answer) and tenant.name not in str(answer)
    lines = [entry for entry in platform.commons.scan("receipts") if "model-update" in str(entry.body)]
    assert len(lines) == answer["sites_in"]


def test_an_update_is_taken_back_by_its_receipt(client: TestClient) -> None:
    lines = client.get("/mesh/receipts", params={"what": "model-update"}).json()["items"]
    number = next(line["number"] for line in lines if line["what"] == "model-update")
    taken = client.post(f"/mesh/receipts/{number}/revoke")
    assert taken.status_code == 200 and taken.json()["revokes"] == number
    assert not any(v["in_use"] for v in client.get("/federated/status").json()["versions"]["churn"])
    assert client.get(f"/mesh/receipts/{number}").json()["revoked"]


def test_a_rehearsal_is_answered_at_once(client: TestClient) -> None:
    (example, _) = registry.find("federated_learning").examples
    reply = client.post("/federated/train", json=dict(example.question))
    assert reply.status_code == 200 and reply.json()["answer"]["status"] == "rehearsed"


def test_a_roll_back_needs_a_version_in_use(client: TestClient) -> None:
    reply = client.post("/federated/rollback", json={"model_type": "threat_techniques"})
    assert reply.status_code == 404
    assert client.post("/federated/rollback", json={"model_type": "prices"}).status_code == 422


def test_what_was_taken_back_stays_so_when_the_msp_that_did_it_is_erased(platform: Platform) -> None:
    (run, *_) = [entry.key for entry in platform.commons.scan("withdrawn-trainings")]
    (first, *_) = sorted(tenant.msp_id for tenant in platform.tenants.listing())
    platform.tenants.erase(first)
    assert platform.commons.find("withdrawn-trainings", run)
