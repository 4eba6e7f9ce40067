"""What is measured: a mesh, and a peer that serves the same function, each in a process of its own."""

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from mesh.adapters.embedded.platform import open_platform
from mesh.demo.first_start import prepare_models
from mesh.kit.platform import Tenant

ROOT = Path(__file__).resolve().parents[1]
LISTENS = re.compile(r"(http://127\.0\.0\.1:\d+)")
START_S = 90.0
STOP_S = 15.0
# Requests are spread over tenants, because a tenant alone is throttled at 1,000 a second.
TENANTS = 8


@dataclass
class Measured:
    """What a bench found: for machines, for people, and how many requests went wrong."""

    figures: dict[str, object]
    text: str
    errors: int = 0


@dataclass
class Mesh:
    """A running mesh with a key for each of some tenants."""

    url: str
    home: Path
    keys: list[str] = field(default_factory=list)


def say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


@contextmanager
def home() -> Iterator[Path]:
    """A fresh home with the models in it, gone afterwards."""
    with TemporaryDirectory(prefix="mesh-bench-") as folder:
        prepare_models(Path(folder), say)
        yield Path(folder)


@contextmanager
def process(command: list[str], log: Path) -> Iterator[str]:
    """The address that a started server says it listens on; it is ended afterwards."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    with log.open("wb") as out:
        running = subprocess.Popen(command, stdout=out, stderr=out, env=environment, cwd=ROOT)
    try:
        deadline = time.monotonic() + START_S
        while not (found := LISTENS.search(log.read_text(errors="replace"))):
            if running.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[2]} did not start: {log.read_text(errors='replace')[-500:]}")
            time.sleep(0.05)
        yield found[1]
    finally:
        running.terminate()
        try:
            running.wait(STOP_S)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


@contextmanager
def mesh(folder: Path) -> Iterator[Mesh]:
    """A mesh over the home, as `./mesh up` starts it."""
    command = [sys.executable, "-m", "mesh.entrypoints.cli", "up", "--home", str(folder), "--port", "0"]
    with process(command, folder / "mesh.log") as url:
        platform = open_platform(folder)
        keys = []
        for number in range(TENANTS):
            platform.tenants.put(Tenant(msp_id=f"bench-{number}", name="Bench"))
            keys.append(platform.keys.create(f"bench-{number}"))
        platform.close()
        yield Mesh(url, folder, keys)


@contextmanager
def peer(folder: Path, agent: str) -> Iterator[str]:
    """Plain FastAPI over its own home: the same function, without keys, throttle, limits or replay."""
    with process([sys.executable, "-m", "bench.peer", str(folder), agent], folder / "peer.log") as url:
        yield url


async def until_answered(url: str, message: bytes) -> None:
    """Returns once a request is answered, and the server is warm."""
    from bench.wire import Connection

    line = Connection(url)
    deadline = time.monotonic() + START_S
    while await line.send(message) != 200:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{url} does not answer")
        await asyncio.sleep(0.1)
    for _ in range(20):
        await line.send(message)
    await line.close()
