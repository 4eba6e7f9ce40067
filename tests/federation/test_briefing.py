"""The briefing over all ten agents, after a training that MSPs of the simulated world really held."""

from collections.abc import Iterator
from typing import Any

import pytest

from mesh import registry
from mesh.adapters.embedded.platform import open_platform
from mesh.demo.load import load
from mesh.kit.agent import Envelope
from mesh.kit.platform import Platform
from mesh.sharing.consent import TRAINING, Consents
from mesh.workflows import engine, inputs, library
from tests.conftest import NewHome

BOOK = library.find("full-intelligence")
ASKED = {step.agent.replace("-", "_") for step in BOOK.steps if step.agent}
pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(not set(registry.names()) >= ASKED, reason="an agent of the playbook is not here"),
]
CEDAR = "demo-cedar"


@pytest.fixture(scope="module")
def world(new_home: NewHome) -> Iterator[Platform]:
    platform = open_platform(new_home("briefing"))
    load(platform, 5, 24, say=lambda line: None)
    for tenant in platform.tenants.listing():
        Consents(platform.commons, platform.clock).change(tenant.msp_id, {("model-update", TRAINING): True})
    yield platform
    platform.close()


def briefing(world: Platform) -> Envelope:
    checked = inputs.checked(BOOK, {"help_wanted": "Telephony for a new office"}, world.ports(CEDAR))
    return engine.perform(engine.opened(BOOK, checked, world, CEDAR, mine=True), world, registry.find)


def learning(ended: Envelope) -> list[str]:
    (found,) = [one for one in ended.answer["sections"] if one["title"] == "Learning together"]
    return [sentence["text"] for sentence in found["sentences"]]


def test_all_ten_agents_are_asked_and_what_was_learnt_together_is_told(world: Platform) -> None:
    assert len(ASKED) == 10
    before = briefing(world)
    assert learning(before) == ["You have taken part in no training yet"]
    agent = registry.find("federated_learning")
    question: Any = registry.checked(agent, {"model_type": "churn", "rounds": 3, "privacy_epsilon": 8})
    told = registry.ask(agent, question, world, CEDAR)
    ended = briefing(world)
    steps = {step["step"]: step["state"] for step in ended.answer["steps"]}
    reasons = {step["step"]: step["reason"] for step in ended.answer["steps"] if step["reason"]}
    assert set(steps.values()) == {"done"}, reasons
    state = told.answer["status"].replace("_", " ")
    assert learning(ended) == [f"Training of churn: {state}, 3 of 3 rounds"]
    assert ended.simulated
