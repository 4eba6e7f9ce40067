"""A mesh and five sites as processes of their own, with TLS and keys; one site is killed half-way, and the
others serve what was learnt."""

import datetime
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from mesh.adapters.embedded.platform import open_platform
from mesh.kit.platform import Tenant
from mesh.kit.records import checked
from mesh.sharing.consent import TRAINING, Consents
from mesh.sharing.receipts import receipts_of
from tests.server import CLEAN, MESH, Server, mesh

client_health = pytest.importorskip("mesh.agents.client_health", reason="client health is not here")

pytestmark = pytest.mark.timeout(600)
SITES, ROUNDS, CLIENTS, WAIT_S = 5, 4, 400, 300
MEMBERS = [f"site-{number}" for number in range(SITES)]
DOOR = {
    "MESH_SITES_ADDRESS": "127.0.0.1", "MESH_SITES_LISTEN": "127.0.0.1:0", "MESH_SITES_WAIT_S": "240",
}  # fmt: skip


class Processes:
    """Sites that run, each with its log; all of them end with the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *arguments: str, **environment: str) -> None:
        told = {**CLEAN, "OMP_NUM_THREADS": "1", **environment}
        with (self.folder / f"{name}.log").open("wb") as log:
            self.running[name] = subprocess.Popen(
                [*MESH, "site", *arguments], stdout=log, stderr=subprocess.STDOUT, env=told
            )

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def logs(self) -> str:
        return "\n".join(f"== {name}\n{self.log(name)[-1500:]}" for name in self.running)

    def end(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        os.kill(self.running[name].pid, how)
        self.running[name].wait(30)


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    made = Processes(tmp_path)
    yield made
    for name, process in made.running.items():
        if process.poll() is None:
            made.end(name)


@pytest.fixture
def coordinator(tmp_path: Path) -> Iterator[Server]:
    """A mesh that knows the five, has none of their rows, and has a door for sites."""
    home = tmp_path / "coordinator"
    agreed(home, MEMBERS)
    server = Server(home, environment=DOOR).start()
    yield server
    server.end(signal.SIGKILL)


def until(true: Callable[[], bool], told: Callable[[], str], seconds: float = WAIT_S) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, told()
        time.sleep(0.2)


def agreed(home: Path, members: list[str]) -> None:
    """Simulated MSPs that agree to take part, in one home."""
    platform = open_platform(home)
    try:
        consents = Consents(platform.commons, platform.clock)
        for msp_id in members:
            platform.tenants.put(Tenant(msp_id=msp_id, name=msp_id, simulated=True))
            consents.change(msp_id, {("model-update", TRAINING): True})
    finally:
        platform.close()


def site_of(home: Path, msp_id: str, seed: int) -> None:
    """The MSP's own mesh, with its rows: its large clients leave, which no model in use expects."""
    agreed(home, [msp_id])
    platform = open_platform(home)
    try:
        records, now = platform.ports(msp_id).records, platform.clock.now()
        draw = np.random.default_rng(seed)
        records.put("clients", [client(place, now, draw) for place in range(CLIENTS)])
        first = {"client_id": "c0", "at": days_before(now, 310), "simulated": True}
        records.put("tickets", [checked("tickets", first)])
    finally:
        platform.close()


def client(place: int, now: datetime.datetime, draw: np.random.Generator) -> dict[str, Any]:
    """One that was there for years; of the larger half most left 80 days ago, of the others few."""
    seats = int(draw.integers(1, 160))
    gone = draw.random() < (0.9 if seats > 80 else 0.05)
    more = {"left_at": days_before(now, 80)} if gone else {}
    row = {"id": f"c{place}", "name": f"Client {place}", "seats": seats, "since": days_before(now, 900)}
    return checked("clients", {**row, **more, "simulated": True})


def days_before(now: datetime.datetime, days: int) -> str:
    return (now - datetime.timedelta(days=days)).isoformat()


def test_five_processes_finish_a_training_with_one_killed_half_way_and_the_others_serve_it(
    processes: Processes, coordinator: Server, tmp_path: Path
) -> None:
    keys = {msp_id: coordinator.key(msp_id) for msp_id in MEMBERS}
    for seed, msp_id in enumerate(MEMBERS):
        home = tmp_path / msp_id
        site_of(home, msp_id, seed)
        made = mesh("site", "--home", str(home), "--new-key", str(home / "site.key"))
        assert made.returncode == 0 and made.stdout.startswith("ecdsa-sha2-"), made.stderr
        processes.start(
            msp_id, "--home", str(home), "--msp", msp_id, "--mesh", coordinator.url, "--key",
            str(home / "site.key"), "--register", MESH_API_KEY=keys[msp_id],
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
