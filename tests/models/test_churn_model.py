"""The network's churn model is of the world that the simulator makes today, or is to be made anew."""

import json
from datetime import timedelta

from evals.data import ROOT
from mesh.adapters.models.store import check
from mesh.agents.client_health.churn import NETWORK
from training.churn_world import changed, simulated, summary
from training.make_client_health import MONTHS, SAMPLE, SEED, UNTIL, WORLD, sample

FOLDER = ROOT / "models" / NETWORK


def test_the_simulated_world_is_the_one_that_the_networks_churn_model_learnt_from() -> None:
    """Where this fails: `python -m training.make_client_health`, then `./mesh eval client-health`."""
    assert WORLD in check(FOLDER).also
    assert changed(json.loads((FOLDER / WORLD).read_text()), sample()) == []


def test_another_world_is_told_apart_by_what_is_different_in_it() -> None:
    before = summary(simulated(SAMPLE, MONTHS, SEED, UNTIL, print))
    later = summary(simulated(SAMPLE, MONTHS, SEED, UNTIL + timedelta(days=40), print))
    told = changed(before, later)
    assert any(line.startswith("snapshots: ") for line in told)
    assert any(line.startswith("ticket_volume: ") for line in told)
    assert changed(before, dict(before)) == []
