"""Asking from a terminal, without a server: what is printed, and what the exit status says."""

import json
import subprocess
from pathlib import Path

import pytest

from mesh import registry
from mesh.kit.agent import Agent, Envelope
from tests.conftest import NewHome
from tests.server import CLEAN, MESH, mesh

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def home(new_home: NewHome) -> str:
    return str(new_home("ask"))


@pytest.fixture
def agent(request: pytest.FixtureRequest) -> Agent:
    return registry.find(request.param)


def clean_failure(ended: subprocess.CompletedProcess[str], status: int) -> None:
    assert ended.returncode == status, ended.stderr
    assert "Traceback" not in ended.stderr and ended.stderr.strip()


@pytest.mark.parametrize("agent", registry.names(), indirect=True)
class TestEveryAgent:
    def test_its_help_names_its_flags(self, agent: Agent) -> None:
        ended = mesh("ask", agent.slug, "--help")
        assert ended.returncode == 0
        assert all(f"--{flag.name}" in ended.stdout for flag in agent.terminal.flags)

    def test_bad_use_is_status_2(self, agent: Agent, home: str, tmp_path: Path) -> None:
        (tmp_path / "not-text").write_bytes(b"\xff\xfe\xfa")
        for arguments in (["--no-such-flag"], ["--format", "pdf"], [str(tmp_path / "not-text")], []):
            clean_failure(mesh("ask", agent.slug, "--home", home, *arguments), 2)

    def test_a_file_that_is_not_there_is_one_line(self, agent: Agent, home: str) -> None:
        ended = mesh("ask", agent.slug, "--home", home, "/no/such/file")
        assert ended.returncode in (1, 2) and ended.stderr.strip().splitlines()[-1].startswith("mesh: ")


REPORT = "The actor ran PsExec to move laterally from 203.0.113.9 and beaconed to evil-updates[.]xyz."


def needs(name: str) -> None:
    if name not in registry.names():
        pytest.skip(f"there is no {name}")


def test_a_report_is_read_from_a_flag_a_file_or_standard_input(home: str, tmp_path: Path) -> None:
    needs("threat_intelligence")
    file = tmp_path / "report.txt"
    file.write_text(REPORT, encoding="utf-8")
    ask = ["ask", "threat-intelligence", "--home", home]
    ways = [mesh(*ask, "--text", REPORT), mesh(*ask, str(file)), mesh(*ask, stdin=REPORT)]
    for ended in ways:
        assert ended.returncode == 0, ended.stderr
        assert "evil-updates.xyz" in ended.stdout.replace("[.]", ".")
    assert len({ended.stdout for ended in ways}) == 1


def test_an_answer_for_machines_is_the_envelope(home: str) -> None:
    needs("threat_intelligence")
    ended = mesh("ask", "threat-intelligence", "--home", home, "--text", REPORT, "--json")
    assert ended.returncode == 0
    envelope = Envelope.model_validate_json(ended.stdout)
    assert (envelope.agent, envelope.msp_id) == ("threat-intelligence", "local")
    stix = mesh("ask", "threat-intelligence", "--home", home, "--text", REPORT, "--format", "stix")
    assert json.loads(stix.stdout)["type"] == "bundle"


def table(path: Path, rows: int) -> str:
    loads = [90 if n == 500 else 10 + n % 3 for n in range(rows)]
    lines = [f"2026-03-02T{n // 60:02}:{n % 60:02}:00Z,{load}" for n, load in enumerate(loads)]
    path.write_text("time,load\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def test_a_table_is_judged_and_the_anomaly_is_shown(home: str, tmp_path: Path) -> None:
    needs("anomaly_detection")
    csv = table(tmp_path / "load.csv", 600)
    flags = ["--csv", csv, "--value", "load", "--time", "time"]
    ended = mesh("ask", "anomaly-detection", "--home", home, *flags)
    assert ended.returncode == 0, ended.stderr
    assert "08:20" in ended.stdout
    for_machines = mesh("ask", "anomaly-detection", "--home", home, *flags, "--json")
    assert "2026-03-02T08:20" in for_machines.stdout
    Envelope.model_validate_json(for_machines.stdout)


def test_no_answer_is_status_1_with_the_reason(home: str, tmp_path: Path) -> None:
    needs("anomaly_detection")
    csv = table(tmp_path / "short.csv", 3)
    ended = mesh(
        "ask", "anomaly-detection", "--home", home, "--csv", csv, "--value", "load", "--time", "time"
    )
    clean_failure(ended, 1)
    assert ended.stderr.strip().splitlines()[-1].startswith("mesh: no answer: ")


def test_a_column_that_is_not_there_is_status_2_and_names_those_that_are(home: str, tmp_path: Path) -> None:
    needs("anomaly_detection")
    csv = table(tmp_path / "load.csv", 30)
    ended = mesh("ask", "anomaly-detection", "--home", home, "--csv", csv, "--value", "lode")
    clean_failure(ended, 2)
    assert "load" in ended.stderr


def test_a_reader_that_goes_away_is_no_error(home: str) -> None:
    needs("threat_intelligence")
    ask = [*MESH, "ask", "threat-intelligence", "--home", home, "--text", REPORT, "--json"]
    with subprocess.Popen(ask, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=CLEAN) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        said = process.stderr.read().decode()
        assert process.wait(60) == 0, said
    assert "Traceback" not in said
