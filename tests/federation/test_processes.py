"""Five sites as processes of their own, a SuperLink with TLS that knows their keys, and one of them killed;
the others serve what was learnt.

It takes minutes where the machine is busy, and runs where MESH_TEST_PROCESSES is set.
"""

import datetime
import ipaddress
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mesh.adapters.embedded.platform import open_platform
from mesh.kit.platform import Tenant
from mesh.kit.records import checked
from mesh.sharing.consent import TRAINING, Consents
from tests.server import CLEAN

client_health = pytest.importorskip("mesh.agents.client_health", reason="client health is not here")

# A message may take as long as the slowest site on a busy machine; a killed one is waited for once or twice.
SITES, ROUNDS, PATIENCE_S, CLIENTS = 5, 4, 60, 400
BIN = Path(sys.executable).parent
APP = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "mesh-training"
version = "1.0.0"
description = "One training over several MSPs"
license = "MIT"
dependencies = []
[tool.flwr.app]
publisher = "mesh"
[tool.flwr.app.components]
serverapp = "mesh.adapters.federation.served:app"
clientapp = "mesh.adapters.federation.served:app"
[tool.flwr.app.config]
model-type = "churn"
inputs = 18
classes = 2
epsilon = 8.0
rounds = {rounds}
strategy = "fedavgm"
sites = {sites}
patience = {patience}
out = "{out}"
"""

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        not os.environ.get("MESH_TEST_PROCESSES"), reason="takes minutes; set MESH_TEST_PROCESSES=1 to run it"
    ),
]


class Processes:
    """What runs, each with its log; all of it ends with the test."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.address = folder, ""
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.environment = {
            **CLEAN, "PATH": f"{BIN}:{os.environ['PATH']}", "FLWR_HOME": str(folder / "flower"),
            "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "src"),
            "FLWR_TELEMETRY_ENABLED": "0", "FLWR_DISABLE_UPDATE_CHECK": "1", "OMP_NUM_THREADS": "1",
        }  # fmt: skip

    def start(self, name: str, *command: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            self.running[name] = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, env=self.environment, start_new_session=True,
                cwd=self.folder,
            )  # fmt: skip

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def kill(self, name: str) -> None:
        os.killpg(self.running.pop(name).pid, signal.SIGKILL)

    def left_behind(self) -> list[int]:
        """What a SuperLink started and does not end: known by our own port on its command line."""
        found = []
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                if self.address and self.address.encode() in entry.read_bytes():
                    found.append(int(entry.parent.name))
        return found

    def run(self, *command: str) -> None:
        ended = subprocess.run(
            command, capture_output=True, env=self.environment, timeout=200, cwd=self.folder, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    made = Processes(tmp_path)
    yield made
    if "superlink" in made.running:
        # It ends what it started, if it is asked to.
        made.running["superlink"].terminate()
        with suppress(subprocess.TimeoutExpired):
            made.running["superlink"].wait(20)
    for name in list(made.running):
        if made.running[name].poll() is None:
            made.kill(name)
    for left in made.left_behind():
        with suppress(ProcessLookupError):
            os.kill(left, signal.SIGKILL)


def until(true: Callable[[], bool], told: Callable[[], str], seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, told()
        time.sleep(0.5)


def certificates(folder: Path) -> tuple[Path, Path, Path]:
    """An authority of our own, and a certificate of it for this machine."""
    now = datetime.datetime.now(datetime.UTC)
    root, mine = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])

    def signed(key: ec.EllipticCurvePrivateKey, subject: x509.Name, *, authority: bool) -> x509.Certificate:
        builder = x509.CertificateBuilder(
            name, subject, key.public_key(), 1 + int(authority), now, now + datetime.timedelta(days=1)
        )
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        limits = x509.BasicConstraints(ca=authority, path_length=None)
        return builder.add_extension(names, False).add_extension(limits, True).sign(root, hashes.SHA256())

    paths = folder / "ca.pem", folder / "server.pem", folder / "server.key"
    pem = serialization.Encoding.PEM
    paths[0].write_bytes(signed(root, name, authority=True).public_bytes(pem))
    host = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    paths[1].write_bytes(signed(mine, host, authority=False).public_bytes(pem))
    paths[2].write_bytes(
        mine.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


def sites_of(home: Path) -> list[str]:
    """Simulated MSPs that agree to take part; their large clients leave, which no model in use expects."""
    members = [f"site-{number}" for number in range(SITES)]
    platform = open_platform(home)
    try:
        consents, now = Consents(platform.commons, platform.clock), platform.clock.now()
        for number, msp_id in enumerate(members):
            platform.tenants.put(Tenant(msp_id=msp_id, name=msp_id, simulated=True))
            records, draw = platform.ports(msp_id).records, np.random.default_rng(number)
            records.put("clients", [client(place, now, draw) for place in range(CLIENTS)])
            first = {"client_id": "c0", "at": days_before(now, 310), "simulated": True}
            records.put("tickets", [checked("tickets", first)])
            consents.change(msp_id, {("model-update", TRAINING): True})
    finally:
        platform.close()
    return members


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
    processes: Processes, tmp_path: Path
) -> None:
    ca, certificate, key = certificates(tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    processes.address = address
    out, app = tmp_path / "out.json", tmp_path / "app"
    app.mkdir()
    (app / "pyproject.toml").write_text(
        APP.format(rounds=ROUNDS, sites=SITES, patience=PATIENCE_S, out=out), encoding="utf-8"
    )
    (tmp_path / "flower").mkdir()
    (tmp_path / "flower" / "config.toml").write_text(
        f'[superlink]\ndefault = "m"\n[superlink.m]\naddress = "{address}"\nroot-certificates = "{ca}"\n',
        encoding="utf-8",
    )
    host, _, port = address.partition(":")
    processes.start(
        "superlink", sys.executable, "-m", "mesh.adapters.federation.superlink", "--ssl-ca-certfile", str(ca),
        "--ssl-certfile", str(certificate), "--ssl-keyfile", str(key), "--enable-supernode-auth", "--host",
        host, "--port", port, "--disable-runtime-dependency-installation",
    )  # fmt: skip
    members = sites_of(tmp_path / "home")
    until(lambda: "Uvicorn running" in processes.log("superlink"), lambda: processes.log("superlink"))
    mesh = (sys.executable, "-m", "mesh.entrypoints.cli", "site", "--home", str(tmp_path / "home"))
    for msp_id in members:
        mine = tmp_path / f"{msp_id}.pem"
        processes.start(f"{msp_id}.pub", *mesh, "--new-key", str(mine))
    for msp_id in members:
        assert processes.running.pop(f"{msp_id}.pub").wait(120) == 0
        public = tmp_path / f"{msp_id}.pub.log"
        processes.run(str(BIN / "flwr"), "supernode", "register", str(public), "m")
        processes.start(
            msp_id, *mesh, "--msp", msp_id, "--superlink", address, "--ca", str(ca), "--key",
            str(tmp_path / f"{msp_id}.pem"),
        )  # fmt: skip

    def told() -> dict[str, Any]:
        try:
            return json.loads(out.read_text()) if out.exists() else {"rounds": []}
        except ValueError:
            return {"rounds": []}  # it is being written

    def logs() -> str:
        return "\n".join(f"== {name}\n{processes.log(name)[-1500:]}" for name in ("superlink", *members))

    processes.run(str(BIN / "flwr"), "run", str(app), "m")
    until(lambda: len(told()["rounds"]) >= 1, logs)
    processes.kill(members[-1])
    until(lambda: "delivered" in told() or told().get("kept") is False, logs, 500)
    ended = told()
    assert [one["round"] for one in ended["rounds"]] == list(range(1, ROUNDS + 1))
    assert ended["rounds"][0]["sites_in"] == 5 and ended["rounds"][-1]["sites_in"] == 4
    assert len(ended["weights"]) == 19 and ended["sites"] == 5
    assert ended["kept"] and ended["delivered"] == 4, ended["why"] + logs()
    assert ended["not_delivered"] == ["did not answer"]
    until(lambda: all("is in use now" in processes.log(msp_id) for msp_id in members[:-1]), logs, 60)
    used = {msp_id: answering(tmp_path / "home", msp_id) for msp_id in members}
    assert used == {**dict.fromkeys(members, ended["version"]), members[-1]: "network"}


def answering(home: Path, msp_id: str) -> str:
    """The shared version that client health answers the MSP by, or `network`."""
    platform = open_platform(home)
    try:
        done = client_health.judge(client_health.Question(ticket_volume=9.0), platform.ports(msp_id))
    finally:
        platform.close()
    return str(done.by.version if done.answer.learnt.scope == "shared" else done.answer.learnt.scope)
