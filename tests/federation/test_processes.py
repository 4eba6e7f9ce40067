"""A mesh and five sites as processes of their own, with TLS and keys; one site is killed half-way, and the
others serve what was learnt."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mesh.adapters.embedded.platform import open_platform
from mesh.sharing.receipts import receipts_of
from tests.federation.own_homes import Processes, agree, own_home, until
from tests.server import Server

client_health = pytest.importorskip("mesh.agents.client_health", reason="client health is not here")

pytestmark = pytest.mark.timeout(600)
ROUNDS = 4
MEMBERS = [f"site-{number}" for number in range(5)]
DOOR = {
    "MESH_SITES_ADDRESS": "127.0.0.1", "MESH_SITES_LISTEN": "127.0.0.1:0", "MESH_SITES_WAIT_S": "240",
}  # fmt: skip


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    made = Processes(tmp_path)
    yield made
    made.close()


@pytest.fixture
def coordinator(tmp_path: Path) -> Iterator[Server]:
    """A mesh that knows the five, has none of their rows, and has a door for sites."""
    home = tmp_path / "coordinator"
    platform = open_platform(home)
    agree(platform, MEMBERS)
    platform.close()
    server = Server(home, environment=DOOR).start()
    yield server
    server.end(signal.SIGKILL)


def test_five_processes_finish_a_training_with_one_killed_half_way_and_the_others_serve_it(
    processes: Processes, coordinator: Server, tmp_path: Path
) -> None:
    keys = {msp_id: coordinator.key(msp_id) for msp_id in MEMBERS}
    for seed, msp_id in enumerate(MEMBERS):
        home = tmp_path / msp_id
        key = own_home(home, msp_id, seed)
        processes.start(
            msp_id, "--home", str(home), "--msp", msp_id, "--mesh", coordinator.url, "--key", str(key),
            "--register", MESH_KEY=keys[msp_id],
        )  # fmt: skip
    until(lambda: all("Waiting for" in processes.log(m) for m in MEMBERS), processes.logs)

    http = httpx.Client(base_url=coordinator.url, headers={"x-api-key": keys["site-0"]}, timeout=30)
    question = {
        "model_type": "churn", "participating_msps": MEMBERS, "privacy_epsilon": 8, "rounds": ROUNDS,
    }  # fmt: skip
    asked = http.post("/federated/train", json=question)
    assert asked.status_code == 202, asked.text

    def progress() -> dict[str, Any]:
        told = http.get("/federated/status", params={"model_type": "churn"}).json()["trainings"]
        return told[0] if told else {"rounds": [], "state": "running"}

    until(lambda: len(progress()["rounds"]) >= 1, lambda: processes.logs() + coordinator.said.read_text())
    processes.end(MEMBERS[-1])
    until(lambda: progress()["state"] != "running", lambda: processes.logs() + coordinator.said.read_text())
    ended = progress()
    assert ended["state"] == "kept", ended
    assert [one["round"] for one in ended["rounds"]] == list(range(1, ROUNDS + 1))
    assert ended["rounds"][0]["sites_in"] == 5 and ended["rounds"][-1]["sites_in"] == 4
    assert "came to 4 of 5 sites elsewhere" in ended["why"]
    until(lambda: all("is in use now" in processes.log(m) for m in MEMBERS[:-1]), processes.logs, 60)
    used = {msp_id: answering(tmp_path / msp_id, msp_id) for msp_id in MEMBERS}
    assert used == {**dict.fromkeys(MEMBERS, ended["model_version"]), MEMBERS[-1]: "network"}
    # The door is shut, each has its receipt, and no rows ever lay with the coordinator.
    assert http.get("/mesh/site").json()["invitations"] == []
    platform = coordinator.open()
    try:
        for msp_id in MEMBERS:
            assert [line.what for line in receipts_of(platform).after(msp_id, 0)] == ["model-update"]
            assert list(platform.ports(msp_id).records.scan("clients")) == []
    finally:
        platform.close()


def answering(home: Path, msp_id: str) -> str:
    """The shared version that client health answers the MSP by, or `network`."""
    platform = open_platform(home)
    try:
        done = client_health.judge(client_health.Question(ticket_volume=9.0), platform.ports(msp_id))
    finally:
        platform.close()
    return str(done.by.version if done.answer.learnt.scope == "shared" else done.answer.learnt.scope)
