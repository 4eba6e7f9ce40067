"""The network's churn model is of the world that the simulator makes today, or is to be made anew."""

import json
from datetime import timedelta

import pytest

from evals.data import ROOT
from mesh.adapters.models.store import check

churn = pytest.importorskip("mesh.agents.client_health.churn", reason="client health is not here")
world = pytest.importorskip("training.churn_world")
made = pytest.importorskip("training.make_client_health")

FOLDER = ROOT / "models" / churn.NETWORK


def test_the_simulated_world_is_the_one_that_the_networks_churn_model_learnt_from() -> None:
    """Where this fails: `python -m training.make_client_health`, then `./mesh eval client-health`."""
    assert made.WORLD in check(FOLDER).also
    assert world.changed(json.loads((FOLDER / made.WORLD).read_text()), made.sample()) == []


def test_another_world_is_told_apart_by_what_is_different_in_it() -> None:
    before = world.summary(world.simulated(made.SAMPLE, made.MONTHS, made.SEED, made.UNTIL, print))
    later_on = made.UNTIL + timedelta(days=40)
    later = world.summary(world.simulated(made.SAMPLE, made.MONTHS, made.SEED, later_on, print))
    told = world.changed(before, later)
    assert any(line.startswith("snapshots: ") for line in told)
    assert any(line.startswith("ticket_volume: ") for line in told)
    assert world.changed(before, dict(before)) == []
