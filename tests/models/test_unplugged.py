"""Paid services away in every way, over HTTP: each agent answers, says what it went without, and no 5xx."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from mesh import registry
from mesh.adapters.embedded.platform import open_platform
from mesh.adapters.models import asking, comprehend
from mesh.entrypoints.http import application
from mesh.kit.platform import Tenant
from tests.models.faults import Fault, Service, serving
from tests.models.test_providers import BROKEN, FELT, SPOKEN

AGENTS = ("market-intelligence", "nlp-query", "collaboration", "security-compliance")
# Whoever runs the tests may have credentials and regions of their own.
OWN = ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION",
       "AWS_DEFAULT_REGION", "MESH_COMPREHEND_REGION", "MESH_BEDROCK_REGION")  # fmt: skip
POLICY = {
    "id": "p1",
    "at": "2026-06-01T00:00:00Z",
    "title": "Backup policy",
    "text": "Copies are kept for 30 days.",
}
QUESTIONS: Mapping[str, Mapping[str, Any]] = {
    "market-intelligence": {"query": "What do clients say?", "texts": ["Support is wonderful."]},
    "nlp-query": {"query": "How long are copies kept according to the backup policy?"},
}
Ask = Callable[[str], dict[str, Any]]


@pytest.fixture
def mesh(
    built_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Ask, pytest.MonkeyPatch]]:
    """Asks an agent of a mesh that was told to use both services; the models of this machine are there."""
    for name in OWN:
        monkeypatch.delenv(name, raising=False)
    told = {
        "MESH_SENTIMENT": "comprehend", "MESH_GENERATOR": "bedrock", "MESH_GENERATOR_TIMEOUT_S": "0.3",
        "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"), "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
    }  # fmt: skip
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(comprehend, "READ_S", 0.3)
    monkeypatch.setattr(asking, "CONNECT_S", 0.3)
    monkeypatch.setattr(asking, "TRIES", 1)
    home = tmp_path / "home"
    home.mkdir()
    (home / "models").symlink_to(built_models / "models")
    platform = open_platform(home)
    platform.tenants.put(Tenant(msp_id="msp-a", name="A"))
    platform.ports("msp-a").records.put("policies", [POLICY])
    headers = {"x-api-key": platform.keys.create("msp-a")}
    with TestClient(application(platform), headers=headers, raise_server_exceptions=False) as client:

        def ask(name: str) -> dict[str, Any]:
            agent = registry.find(name)
            assert agent is not None
            reply = client.post(agent.route, json=QUESTIONS.get(name) or agent.examples[0].question)
            assert reply.status_code == 200, reply.text
            answered: dict[str, Any] = reply.json()
            return answered

        yield ask, monkeypatch
    platform.close()


def pointed_at(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)


def without(ask: Ask, agent: str) -> str:
    """What the reply says of the service that did not answer; empty for an agent that asks none."""
    told = ask(agent)
    if agent == "market-intelligence":
        assert told["answer"]["sentiment"]["tone"] == "POSITIVE" and told["model"]["provider"] != "comprehend"
        return str(told["answer"]["instead_of"])
    if agent == "nlp-query":
        assert "30 days" in told["answer"]["answer"] and told["model"]["provider"] != "bedrock"
        return " ".join(told["answer"]["notes"])
    assert told["answer"] and told["model"]["provider"] not in ("comprehend", "bedrock")
    return ""


def plain(words: str, agent: str) -> bool:
    if agent in ("collaboration", "security-compliance"):
        return not words
    named = "Comprehend" if agent == "market-intelligence" else "Bedrock"
    return named in words and "Traceback" not in words and "http" not in words and len(words) < 400


@pytest.mark.parametrize("fault", BROKEN)
@pytest.mark.parametrize("agent", AGENTS)
def test_a_service_on_a_bad_day_is_done_without_and_named(mesh: Any, agent: str, fault: Fault) -> None:
    ask, monkeypatch = mesh
    with serving(Service(SPOKEN, [fault] * 3)) as service:
        pointed_at(service.url, monkeypatch)
        assert plain(without(ask, agent), agent)
        assert bool(service.asked) == (agent in QUESTIONS)


@pytest.mark.parametrize("agent", AGENTS)
def test_a_service_that_makes_everybody_wait_30_seconds_is_not_waited_for(mesh: Any, agent: str) -> None:
    ask, monkeypatch = mesh
    with serving(Service(SPOKEN, ["slow"], delay_s=30.0)) as service:
        pointed_at(service.url, monkeypatch)
        assert plain(without(ask, agent), agent)
        assert not service.over.is_set()


@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize("region", ["us-nowhere-1", "no region!", ""])
def test_a_wrong_region_is_a_plain_word(mesh: Any, agent: str, region: str) -> None:
    """One whose address no name server knows; one that makes no address; none at all."""
    ask, monkeypatch = mesh
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    if region == "us-nowhere-1":
        pointed_at(f"http://{region}.invalid", monkeypatch)
    words = without(ask, agent)
    assert plain(words, agent) and "cannot be read" not in words


@pytest.mark.parametrize("agent", AGENTS)
def test_no_credentials_is_a_plain_word(mesh: Any, agent: str) -> None:
    ask, monkeypatch = mesh
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with serving(Service(SPOKEN)) as service:
        pointed_at(service.url, monkeypatch)
        assert plain(without(ask, agent), agent)
        assert not service.asked


GOOD = (("market-intelligence", FELT, "comprehend"), ("nlp-query", SPOKEN, "bedrock"))


@pytest.mark.parametrize(("agent", "body", "provider"), GOOD)
def test_on_a_good_day_the_service_answers(mesh: Any, agent: str, body: Any, provider: str) -> None:
    ask, monkeypatch = mesh
    with serving(Service(body)) as service:
        pointed_at(service.url, monkeypatch)
        assert ask(agent)["model"]["provider"] == provider
