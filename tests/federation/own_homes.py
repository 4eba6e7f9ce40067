"""Sites as processes of their own, each with a home, its MSP's rows and a key."""

import datetime
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mesh.adapters.embedded.platform import open_platform
from mesh.kit.platform import Platform, Tenant
from mesh.kit.ports import Ports
from mesh.kit.records import checked
from mesh.sharing.consent import TRAINING, Consents
from tests.server import CLEAN, MESH, mesh

CLIENTS, WAIT_S = 400, 300


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

    def close(self) -> None:
        for name, process in self.running.items():
            if process.poll() is None:
                self.end(name)


def until(true: Callable[[], bool], told: Callable[[], str], seconds: float = WAIT_S) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, told()
        time.sleep(0.2)


def agree(platform: Platform, members: Sequence[str]) -> None:
    """Simulated MSPs that take part in trainings."""
    consents = Consents(platform.commons, platform.clock)
    for msp_id in members:
        platform.tenants.put(Tenant(msp_id=msp_id, name=msp_id, simulated=True))
        consents.change(msp_id, {("model-update", TRAINING): True})


def own_home(home: Path, msp_id: str, seed: int) -> Path:
    """The MSP's own mesh, with its rows; the path of its site's key."""
    platform = open_platform(home)
    try:
        agree(platform, [msp_id])
        put_clients(platform.ports(msp_id), seed)
    finally:
        platform.close()
    made = mesh("site", "--home", str(home), "--new-key", str(home / "site.key"))
    assert made.returncode == 0 and made.stdout.startswith("ecdsa-sha2-"), made.stderr
    return home / "site.key"


def put_clients(ports: Ports, seed: int) -> None:
    """Rows from which there is something to learn: large clients leave, which no model in use expects."""
    now, draw = ports.clock.now(), np.random.default_rng(seed)
    ports.records.put("clients", [client(place, now, draw) for place in range(CLIENTS)])
    first = {"client_id": "c0", "at": days_before(now, 310), "simulated": True}
    ports.records.put("tickets", [checked("tickets", first)])


def client(place: int, now: datetime.datetime, draw: np.random.Generator) -> dict[str, Any]:
    """One that was there for years; of the larger half most left 80 days ago, of the others few."""
    seats = int(draw.integers(1, 160))
    gone = draw.random() < (0.9 if seats > 80 else 0.05)
    more = {"left_at": days_before(now, 80)} if gone else {}
    row = {"id": f"c{place}", "name": f"Client {place}", "seats": seats, "since": days_before(now, 900)}
    return checked("clients", {**row, **more, "simulated": True})


def days_before(now: datetime.datetime, days: int) -> str:
    return (now - datetime.timedelta(days=days)).isoformat()
