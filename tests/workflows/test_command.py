"""./mesh run, as a person types it."""

import json
from pathlib import Path

import pytest

from mesh import registry
from mesh.adapters.embedded.platform import open_platform
from mesh.entrypoints.cli import main
from mesh.kit.agent import Envelope
from mesh.kit.platform import Tenant
from mesh.workflows import library

TEXT = "Somebody reports a phishing mail with a link to a false sign-in page."


@pytest.fixture
def home(tmp_path: Path) -> str:
    platform = open_platform(tmp_path / "home")
    platform.tenants.put(Tenant(msp_id="msp-a", name="A"))
    platform.close()
    return str(tmp_path / "home")


def test_without_a_playbook_those_there_are_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run"]) == 0
    listed = capsys.readouterr().out
    assert [line.split()[0] for line in listed.splitlines()] == list(library.names())


@pytest.mark.skipif("threat_intelligence" not in registry.names(), reason="there is no threat intelligence")
def test_progress_goes_to_stderr_and_the_report_to_stdout(
    home: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask = ["run", "threat-response", "--home", home, "--msp", "msp-a"]
    assert main([*ask, "--text", TEXT]) == 0
    said = capsys.readouterr()
    assert "What attacks, and how bad it is: done" in said.err and "no client was named" in said.err
    assert "phishing" in said.out.splitlines()[0] and "[threat]" in said.out
    (tmp_path / "input.json").write_text(json.dumps({"text": TEXT}), encoding="utf-8")
    assert main([*ask, "--input", str(tmp_path / "input.json"), "--json"]) == 0
    envelope = Envelope.model_validate_json(capsys.readouterr().out)
    assert (envelope.agent, envelope.answer["playbook"]) == ("workflows", "threat-response")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["no-such-playbook"], "must be one of"),
        (["threat-response", "--msp", "nobody", "--text", "x"], "--msp"),
        (["threat-response", "--msp", "msp-a"], "give text, events or result_id"),
        (["threat-response", "--msp", "msp-a", "--text", "x", "--client-id", "nobody"], "client_id"),
        (["threat-response", "--msp", "msp-a", "--input", "/no/such/file"], "--input"),
        (["client-retention", "--msp", "msp-a", "--period-days", "soon"], "period_days"),
    ],
)
def test_bad_use_is_status_2_and_names_what_is_wrong(
    home: str, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name, *rest = arguments
    assert main(["run", name, *(["--home", home] if rest else []), *rest]) == 2
    said = capsys.readouterr().err
    assert said.startswith("mesh: ") and told in said and "Traceback" not in said
