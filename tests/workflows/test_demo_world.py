"""The three playbooks over the simulated world, with the real agents; and with some of them taken out."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from mesh import registry
from mesh.adapters.embedded.platform import open_platform
from mesh.demo.load import load
from mesh.kit.agent import Agent, Envelope
from mesh.kit.platform import Platform
from mesh.kit.problem import NotFound
from mesh.workflows import engine, inputs, library
from mesh.workflows.run import of_job
from tests.conftest import NewHome

# Two MSPs of the world, each with its real agents: minutes on a machine with much else to do.
pytestmark = pytest.mark.timeout(400)
CEDAR = "demo-cedar"
ATTACK = (
    "Files on FS01 are encrypted and a ransom note asks for payment. vssadmin delete shadows /all ran, then "
    "the host beaconed to evil-updates.example.net and 198.51.100.7 over HTTPS."
)
QUIET = "The backup of the file server ended without errors last night."


@pytest.fixture(scope="module")
def world(new_home: NewHome) -> Iterator[Platform]:
    platform = open_platform(new_home("workflows"))
    load(platform, 2, 24, say=lambda line: None)
    yield platform
    platform.close()


@pytest.fixture(scope="module")
def play(world: Platform) -> Callable[..., Envelope]:
    def play(name: str, given: Mapping[str, Any], find: Callable[[str], Agent] = registry.find) -> Envelope:
        playbook = library.find(name)
        checked = inputs.checked(playbook, given, world.ports(CEDAR))
        job = engine.opened(playbook, checked, world, CEDAR, mine=True)
        return engine.perform(job, world, find)

    return play


def states(ended: Envelope) -> dict[str, str]:
    return {step["step"]: step["state"] for step in ended.answer["steps"]}


def reasons(ended: Envelope) -> dict[str, str]:
    return {step["step"]: step["reason"] for step in ended.answer["steps"] if step["reason"]}


def section(ended: Envelope, title: str) -> list[str]:
    (found,) = [one for one in ended.answer["sections"] if one["title"] == title]
    return [sentence["text"] for sentence in found["sentences"]]


def answer(world: Platform, ended: Envelope, step: str) -> Mapping[str, Any]:
    (found,) = [one for one in ended.answer["steps"] if one["step"] == step]
    kept = world.ports(CEDAR).results.find(found["result_ids"][0])
    assert kept
    return kept.answer


def without(*names: str) -> Callable[[str], Agent]:
    """A mesh in which the folders of these agents were deleted."""

    def find(name: str) -> Agent:
        if name.replace("-", "_") in names:
            raise NotFound(f"There is no agent {name!r}.")
        return registry.find(name)

    return find


def missing(*names: str) -> bool:
    return not set(names) <= set(registry.names())


needs_all = pytest.mark.skipif(
    missing("threat_intelligence", "client_health", "revenue_optimization", "resource_allocation",
            "security_compliance", "collaboration", "anomaly_detection"),
    reason="an agent of the playbook is not installed",
)  # fmt: skip


@needs_all
def test_a_threat_leads_to_anomalies_duties_partners_and_a_visit_and_a_quiet_report_to_none(
    world: Platform, play: Callable[..., Envelope]
) -> None:
    watched = next(iter(world.ports(CEDAR).records.scan("metrics")))["client_id"]
    grave = play("threat-response", {"text": ATTACK, "client_id": watched})
    quiet = play("threat-response", {"text": QUIET, "client_id": watched})
    assert set(states(grave).values()) == {"done"}, reasons(grave)
    assert grave.simulated and "ransomware" in grave.answer["headline"]
    visit = answer(world, grave, "visit")
    assert visit["assignments"][0]["client_id"] == watched
    needs = answer(world, grave, "partners")["needs"]
    assert any("backups offline" in need for need in needs), "what to do now is what help is sought for"
    assert section(grave, "Duties if it is a breach") and section(grave, "Who else saw it")
    kept = {step: state for step, state in states(quiet).items() if state == "skipped"}
    assert {"partners", "visit", "duties", "compliance"} <= set(kept), states(quiet)
    assert reasons(quiet)["duties"] == "no threat was found"


@needs_all
def test_the_client_that_is_likeliest_to_leave_is_looked_into_unless_another_is_named(
    world: Platform, play: Callable[..., Envelope]
) -> None:
    first = play("client-retention", {})
    assert set(states(first).values()) == {"done"}, reasons(first)
    health = answer(world, first, "drivers")
    assert section(first, "Who is likeliest to leave")[0].startswith(f"1. {health['name']}: ")
    (scenario,) = answer(world, first, "stake")["scenarios"]
    assert scenario["difference"] < 0
    assert section(first, "What is at stake")[0].count(f"{abs(scenario['difference']):,.0f}") == 1
    stays = next(
        row for row in world.ports(CEDAR).records.scan("clients")
        if "left_at" not in row and row["id"] != health["client_id"]
    )  # fmt: skip
    other = play("client-retention", {"client_id": stays["id"], "period_days": 90})
    assert stays["name"] in other.answer["headline"]
    assert answer(world, other, "visit")["assignments"][0]["client_id"] == stays["id"]
    assert answer(world, other, "stake")["scenarios"] != [scenario]


@needs_all
def test_a_briefing_has_every_number_from_an_answer_and_goes_on_without_missing_agents(
    world: Platform, play: Callable[..., Envelope]
) -> None:
    ended = play(
        "full-intelligence",
        {"help_wanted": "Telephony for a new office", "period_days": 60},
        without("market_intelligence", "nlp_query", "federated_learning", "anomaly_detection"),
    )
    gone = {step for step, state in states(ended).items() if state == "skipped"}
    assert gone == {"market", "answers", "learning", "anomalies"}, reasons(ended)
    assert reasons(ended)["market"] == "the agent market-intelligence is not installed"
    told = answer(world, ended, "revenue")["total"]["expected"]
    assert f"{told:,.0f}" in ended.answer["headline"] and f"{told:,.0f}" in section(ended, "Revenue")[0]
    assert section(ended, "Market") == []
    for one in ended.answer["sections"]:
        for sentence in one["sentences"]:
            assert sentence["sources"], sentence


def test_a_run_leaves_nothing_with_another_tenant(world: Platform, play: Callable[..., Envelope]) -> None:
    find = without(*registry.names())
    ended = play("threat-response", {"text": QUIET}, find)
    assert set(states(ended).values()) == {"skipped"}
    other = next(one.msp_id for one in world.tenants.listing() if one.msp_id != CEDAR)
    assert world.ports(other).results.find(ended.result_id) is None
    assert not list(world.ports(other).records.scan("workflow-steps"))
    job = world.jobs.find(CEDAR, ended.result_id)
    assert job
    run = of_job(job, library.find("threat-response"), world)
    assert ended.answered_at - run.started_at < timedelta(minutes=5)
