"""The mesh as a process: how it starts, stops, and shares a home with the command line."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from mesh.adapters.embedded.platform import open_platform
from mesh.kit.platform import Tenant
from tests.conftest import NewHome
from tests.server import CLEAN, Server, mesh

STARTS_IN_S = 5.0
STOPS_IN_S = 5.0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_and_soon_even_with_lines_open(
    new_home: NewHome, how: signal.Signals
) -> None:
    server = Server(new_home("signal")).start()
    key = server.key("msp-a")
    with connect(server.url.replace("http", "ws") + "/ws", additional_headers={"x-api-key": key}) as line:
        line.send('{"action": "subscribe"}')
        line.recv(5)
        begun = time.monotonic()
        assert server.end(how) == 0
        assert time.monotonic() - begun < STOPS_IN_S
        with pytest.raises(ConnectionClosed):
            line.recv(5)
    assert "Traceback" not in server.said.read_text()


@pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="this system does not say what a process used"
)
def test_from_the_second_start_on_it_answers_within_five_seconds(new_home: NewHome) -> None:
    server = Server(new_home("second"))
    used = []
    for _ in range(3):
        server.start()
        assert server.process
        used.append(processor_s(server.process.pid))
        assert server.end() == 0
    # Starting is all computing, so this is how long it takes on a machine that does nothing else.
    assert min(used[1:]) < STARTS_IN_S, used


def processor_s(pid: int) -> float:
    """Seconds of processor time a process has used (proc(5): utime and stime)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_the_first_start_makes_two_simulated_tenants_once(server: Server) -> None:
    platform = open_platform(server.home)
    try:
        demo = [tenant for tenant in platform.tenants.listing() if tenant.msp_id.startswith("demo-")]
        assert len(demo) == 2 and all(tenant.simulated for tenant in demo)
        for tenant in demo:
            rows = list(platform.ports(tenant.msp_id).records.scan("metrics"))
            assert rows and all(row["simulated"] for row in rows)
    finally:
        platform.close()


def test_a_taken_port_is_one_line_and_a_status(new_home: NewHome) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        home = new_home("taken")
        ended = mesh("up", "--home", str(home), "--port", str(port))
    assert ended.returncode == 1 and ended.stdout == ""
    last = ended.stderr.strip().splitlines()[-1]
    assert last.startswith("mesh: ") and str(port) in last and "--port" in last
    assert "Traceback" not in ended.stderr


def test_bad_use_is_one_line_and_status_2(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    for arguments in (
        ["up", "--home", home, "--port", "70000"],
        ["up", "--port", "many"],
        ["keys", "--home", home, "create", "No Such Name!"],
        ["keys", "--home", home, "revoke", "nothing"],
        ["ask", "no-such-agent"],
        ["no-such-command"],
        [],
    ):
        ended = mesh(*arguments)
        assert ended.returncode == 2, (arguments, ended.stderr)
        assert ended.stderr and "Traceback" not in ended.stderr and ended.stdout == ""


def test_a_home_that_cannot_be_written_is_one_line_and_a_status(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for arguments in (["up"], ["keys", "list"]):
        command = [arguments[0], "--home", str(tmp_path / "file" / "home"), *arguments[1:]]
        ended = mesh(*command)
        assert ended.returncode == 1, ended.stderr
        assert "Traceback" not in ended.stderr and ended.stderr.startswith("mesh: ")


def test_a_new_key_stands_alone_on_stdout_is_never_listed_and_dies_when_revoked(server: Server) -> None:
    home = ["--home", str(server.home)]
    made = mesh("keys", *home, "create", "msp-keys", "--label", "laptop")
    assert made.returncode == 0
    (key,) = made.stdout.split()
    assert made.stdout == f"{key}\n"
    listed = mesh("keys", *home, "list")
    (row,) = [line for line in listed.stdout.splitlines() if "msp-keys" in line]
    key_id = key.split("_")[1]
    assert row.split()[0] == key_id and "live" in row and "laptop" in row
    # An MSP's first key looks after those after it.
    assert row.split()[2] == "admin" and "never used" in row
    second = mesh("keys", *home, "create", "msp-keys").stdout.split("_")[1]
    third = mesh("keys", *home, "create", "msp-keys", "--role", "admin").stdout.split("_")[1]
    roles = {line.split()[0]: line.split()[2] for line in mesh("keys", *home, "list").stdout.splitlines()}
    assert (roles[second], roles[third]) == ("member", "admin")
    assert key.split("_", 2)[2] not in listed.stdout + listed.stderr

    def status() -> int:
        return httpx.get(f"{server.url}/results", headers={"x-api-key": key}).status_code

    assert status() == 200
    assert mesh("keys", *home, "revoke", key_id).returncode == 0
    assert status() == 401
    assert mesh("keys", *home, "revoke", key_id).returncode == 2
    assert "revoked" in mesh("keys", *home, "list").stdout


WRITE = """
import sys
from pathlib import Path
from mesh.adapters.embedded.platform import open_platform
platform = open_platform(Path(sys.argv[1]))
rows = platform.ports("msp-two").records
for n in range(100):
    rows.put("clients", [{"id": f"{sys.argv[2]}-{n}", "name": "x"}])
platform.close()
"""


def test_several_processes_may_write_to_one_home(server: Server) -> None:
    platform = open_platform(server.home)
    platform.tenants.put(Tenant(msp_id="msp-two", name="Two"))
    key = platform.keys.create("msp-two")

    def process(name: str) -> int:
        command = [sys.executable, "-c", WRITE, str(server.home), name]
        return subprocess.run(command, env=CLEAN, timeout=60, check=False).returncode

    try:
        with (
            ThreadPoolExecutor(3) as pool,
            httpx.Client(base_url=server.url, headers={"x-api-key": key}) as http,
        ):
            ends = [pool.submit(process, name) for name in ("one", "two")]
            for n in range(100):
                http.post(
                    "/records/clients", json={"id": f"http-{n}", "name": "x"}, timeout=30
                ).raise_for_status()
            assert [end.result() for end in ends] == [0, 0]
            rows = list(platform.ports("msp-two").records.scan("clients"))
        assert len(rows) == 300
    finally:
        platform.close()


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="this system has no prlimit")
def test_more_lines_can_be_open_than_a_shell_would_allow_files(new_home: NewHome) -> None:
    server = Server(new_home("lines"), through=("prlimit", "--nofile=100:2000")).start()
    key = server.key("msp-a")
    address = server.url.replace("http", "ws") + "/ws"
    with ExitStack() as lines:
        for _ in range(150):
            line = lines.enter_context(connect(address, additional_headers={"x-api-key": key}))
            line.send('{"action": "ping"}')
            assert "pong" in str(line.recv(10))
        assert httpx.get(f"{server.url}/health").status_code == 200
    assert server.end() == 0


def test_the_log_is_a_line_of_json_for_each_request_and_holds_no_key(server: Server) -> None:
    key = server.key("msp-log")
    httpx.get(f"{server.url}/results?cursor=x", headers={"x-api-key": key})
    lines = [line for line in server.said.read_text().splitlines() if line.startswith("{")]
    (line,) = [json.loads(line) for line in lines if '"msp-log"' in line]
    assert (line["what"], line["status"]) == ("GET /results", 400)
    assert key not in server.said.read_text()
