"""MiniStack, an AWS on this machine: installed once into its own environment, started on a port of its own.

It pins a botocore, so it cannot share an environment with the mesh. Its Lambdas are processes of its own
interpreter, which find the mesh and its packages where this process has them (`python_path`).
"""

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mesh.kit.problem import Unavailable

VERSION = "1.5.33"
ROOT = Path(__file__).resolve().parents[5]
TOOLS = ROOT / ".mesh"
VENV = TOOLS / f"ministack-{sys.version_info[0]}.{sys.version_info[1]}"
STAMP = f".has-{VERSION}"
INSTALL_S, START_S, STOP_S = 110.0, 30.0, 5.0
POLL_S = 0.05
REGION, ACCOUNT = "us-east-1", "000000000000"
# Any credentials pass.
CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


class NotHere(Unavailable):
    """MiniStack cannot be installed or started; the text says why."""


@dataclass(frozen=True, slots=True)
class Running:
    """`url` takes AWS's calls; `front` is another name of the same place, free to be a domain of the API."""

    url: str
    front: str
    home: Path
    process: "subprocess.Popen[bytes]"

    def stop(self) -> None:
        """Ends it and the functions it started, and removes what it stored."""
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)


def start(port: int = 0) -> Running:
    """Starts an empty one; port 0 is any that is free. Raises NotHere."""
    return _start(installed(), port or _free_port())


def python_path() -> str:
    """Where functions find the mesh and its packages: the sources, and this environment's packages."""
    packages = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    return os.pathsep.join([str(ROOT / "src"), *sorted(packages)])


def _start(program: Path, port: int) -> Running:
    home = Path(tempfile.mkdtemp(prefix="ministack-"))
    url = f"http://localhost:{port}"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": os.environ.get("MINISTACK_LOG_LEVEL", "WARNING"),
        "S3_DATA_DIR": str(home / "s3"),
        # A function stays warm for as long as anybody works here.
        "LAMBDA_WARM_TTL_SECONDS": "3600",
        # By this name, since the API may have the other as its domain.
        "AWS_ENDPOINT_URL": url,
    }
    said = home / "said.log"
    with said.open("wb") as log:
        process = subprocess.Popen([program], env=environment, cwd=home, stdout=log, stderr=log)  # noqa: S603
    running = Running(url, f"http://127.0.0.1:{port}", home, process)
    deadline = time.monotonic() + START_S
    while not _answers(url):
        if process.poll() is not None or time.monotonic() > deadline:
            words = said.read_text(errors="replace")[-500:]
            running.stop()
            raise NotHere(f"MiniStack did not start: {words}")
        time.sleep(POLL_S)
    return running


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_ministack/health", timeout=1) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def installed() -> Path:
    """The program, installed by whichever process comes first while the others wait. Raises NotHere."""
    if os.name == "nt":
        raise NotHere("MiniStack is run on POSIX systems only.")
    program = VENV / "bin" / "ministack"
    stamp = VENV / STAMP
    if stamp.exists():
        return program
    TOOLS.mkdir(exist_ok=True)
    with alone(TOOLS / ".installing-ministack"):
        if not stamp.exists():
            shutil.rmtree(VENV, ignore_errors=True)
            _run(sys.executable, "-m", "venv", str(VENV))
            _run(*_installer(), f"ministack=={VERSION}")
            stamp.touch()
    return program


def _installer() -> list[str]:
    uv = TOOLS / "bin" / "uv"
    python = str(VENV / "bin" / "python")
    if uv.exists():
        return [str(uv), "pip", "install", "--quiet", "--python", python]
    return [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]


def _run(*command: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, timeout=INSTALL_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotHere(f"MiniStack could not be installed: {error}") from error
    if done.returncode:
        raise NotHere(f"MiniStack could not be installed: {done.stderr.strip()[-500:]}")


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Held by one process at a time; given up by the system when that process ends."""
    import fcntl

    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
