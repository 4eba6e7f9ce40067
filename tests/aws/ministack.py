"""MiniStack, the AWS that tests run against: installed once into its own environment, started once a
process.
"""

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from mesh.adapters.aws.clients import Clients

VERSION = "1.5.33"
ROOT = Path(__file__).resolve().parents[2]
# It pins its own botocore, so it cannot share an environment with the mesh.
VENV = ROOT / ".mesh" / "ministack"
INSTALL_S, START_S, STOP_S = 110.0, 30.0, 5.0
POLL_S = 0.05
REGION = "us-east-1"


class NotHere(Exception):
    """MiniStack cannot be installed or started; the text says why."""


def clients() -> Clients:
    """Clients of the running MiniStack, shared by all tests of a process. Skips the test where it cannot
    run.
    """
    try:
        return _clients()
    except NotHere as reason:
        pytest.skip(
            f"MiniStack {VERSION} is not here, so nothing was tested against AWS's interfaces: {reason}"
        )


@cache
def _clients() -> Clients:
    started = _started()
    if isinstance(started, NotHere):
        raise started
    # Any credentials pass.
    return Clients(
        endpoint_url=started, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test"
    )


@cache
def _started() -> str | NotHere:
    """Its address, or why there is none: tried once, since trying takes long where there is no network."""
    try:
        return _start(_installed())
    except NotHere as reason:
        return reason


def _start(program: Path) -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = Path(tempfile.mkdtemp(prefix="ministack-"))
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "S3_DATA_DIR": str(home / "s3"),
    }
    said = home / "said.log"
    with said.open("wb") as log:
        process = subprocess.Popen([program], env=environment, cwd=home, stdout=log, stderr=log)
    atexit.register(_stop, process, home)
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + START_S
    while not _answers(url):
        if process.poll() is not None or time.monotonic() > deadline:
            raise NotHere(f"it did not start: {said.read_text(errors='replace')[-500:]}")
        time.sleep(POLL_S)
    return url


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_ministack/health", timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _stop(process: "subprocess.Popen[bytes]", home: Path) -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    shutil.rmtree(home, ignore_errors=True)


def _installed() -> Path:
    """The program, installed by whichever process comes first while the others wait."""
    if os.name == "nt":
        raise NotHere("it is run on POSIX systems only")
    program = VENV / "bin" / "ministack"
    stamp = VENV / f".has-{VERSION}"
    if stamp.exists():
        return program
    VENV.parent.mkdir(exist_ok=True)
    with _alone(VENV.parent / ".installing-ministack"):
        if not stamp.exists():
            shutil.rmtree(VENV, ignore_errors=True)
            _run(sys.executable, "-m", "venv", str(VENV))
            _run(*_installer(), f"ministack=={VERSION}")
            stamp.touch()
    return program


def _installer() -> list[str]:
    uv = ROOT / ".mesh" / "bin" / "uv"
    python = str(VENV / "bin" / "python")
    if uv.exists():
        return [str(uv), "pip", "install", "--quiet", "--python", python]
    return [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotHere(f"{command[0]} failed: {error}") from error
    if done.returncode:
        raise NotHere(f"it could not be installed: {done.stderr.strip()[-500:]}")


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Held by one process at a time; given up by the system when that process ends."""
    import fcntl

    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
