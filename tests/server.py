"""A mesh in a process of its own, as a person starts it, and the command line beside it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import httpx

from mesh.adapters.embedded.platform import open_platform
from mesh.kit.platform import Platform

MESH = [sys.executable, "-m", "mesh.entrypoints.cli"]
LISTENS = re.compile(r"listens on (http://[^\s]+)")
PATIENCE_S = 120.0
# Whatever the person who runs the tests has set must not reach the mesh under test.
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("MESH_")}


def mesh(
    *arguments: str,
    stdin: str = "",
    timeout_s: float = PATIENCE_S,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end; `environment` is added to what it is run in."""
    return subprocess.run(
        [*MESH, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        env={**CLEAN, **environment},
        check=False,
    )


@dataclass
class Server:
    """`mesh up` over a home folder, on a port the system chose."""

    home: Path
    url: str = ""
    process: "subprocess.Popen[bytes] | None" = None
    starts: int = field(default=0)
    # A command that the mesh is started through: `prlimit ...`
    through: tuple[str, ...] = ()
    # The dashboard takes a while to build, and few tests look at it.
    options: tuple[str, ...] = ("--no-web",)
    # Added to what it is run in.
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def socket_url(self) -> str:
        return self.url.replace("http", "ws", 1) + "/ws"

    def open(self) -> Platform:
        """The running server's own home, opened by this process as well."""
        return open_platform(self.home)

    @property
    def said(self) -> Path:
        return self.home.parent / f"{self.home.name}.{self.starts}.log"

    def start(self) -> "Server":
        """Returns when /health answers."""
        self.starts += 1
        place = ["--home", str(self.home), "--port", "0"]
        command = [*self.through, *MESH, "up", *place, "--demo", "2", *self.options]
        with self.said.open("wb") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                env={**CLEAN, **self.environment},
            )  # fmt: skip
        deadline = time.monotonic() + PATIENCE_S
        while not self._answers():
            words = self.said.read_text(errors="replace")
            assert self.process.poll() is None, f"the server ended: {words}"
            if time.monotonic() > deadline:
                self.end(signal.SIGKILL)
                raise AssertionError(f"the server does not answer: {words}")
            time.sleep(0.02)
        return self

    def _answers(self) -> bool:
        found = LISTENS.search(self.said.read_text(errors="replace"))
        if not found:
            return False
        self.url = found[1]
        try:
            return httpx.get(f"{self.url}/health", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def end(self, how: signal.Signals = signal.SIGTERM, within_s: float = 15.0) -> int:
        """Send a signal and wait; the exit status."""
        assert self.process
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def key(self, msp_id: str) -> str:
        """A new key, made by the command line while the server runs."""
        made = mesh("keys", "--home", str(self.home), "create", msp_id)
        assert made.returncode == 0, made.stderr
        return made.stdout.strip()

    def revoke(self, key_id: str) -> None:
        """By the command line, while the server runs."""
        ended = mesh("keys", "--home", str(self.home), "revoke", key_id)
        assert ended.returncode == 0, ended.stderr
