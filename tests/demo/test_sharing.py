"""The simulated MSPs share with each other, and with no one else."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mesh import registry
from mesh.adapters.embedded.platform import open_platform
from mesh.demo import devices
from mesh.demo.company import tenant
from mesh.demo.load import load, remove
from mesh.kit.fakes import StoppedClock
from mesh.kit.platform import Platform, Tenant
from mesh.sharing.chain import exported, public_key_of, verify
from mesh.sharing.consent import BENCHMARKS, Consents
from mesh.sharing.receipts import receipts_of

NOW = datetime(2026, 11, 18, 15, 20, tzinfo=UTC)
MSPS = 9


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    home: Path = tmp_path_factory.mktemp("shared") / "home"
    made = open_platform(home, clock=StoppedClock(NOW))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(devices, "DAYS", 1)
        load(made, MSPS, 5, say=lambda line: None)
    made.tenants.put(Tenant(msp_id="real", name="Real"))
    yield made
    made.close()


def price(platform: Platform, msp_id: str) -> tuple[dict[str, Any], bool]:
    agent = registry.find("market-intelligence")
    question = registry.checked(agent, {"query": "How do our prices compare with those of others?"})
    told = registry.ask(agent, question, platform, msp_id)
    return told.answer["price"], told.simulated


def test_a_simulated_msp_learns_where_its_price_stands_among_simulated_ones(platform: Platform) -> None:
    found, simulated = price(platform, "demo-cedar")
    assert simulated and found["withheld"] is None and found["own"] > 0
    assert found["p25"] <= found["p50"] <= found["p75"] and found["position"]
    assert found["cohort"] >= 5 and found["as_of"] == "2026-07"
    again, _ = price(platform, tenant(1).msp_id)
    assert [again[name] for name in ("p25", "p50", "p75")] == [found[name] for name in ("p25", "p50", "p75")]


def test_a_real_msp_gets_no_figure_made_of_simulated_ones(platform: Platform) -> None:
    Consents(platform.commons, platform.clock).change("real", {("benchmark", BENCHMARKS): True})
    found, simulated = price(platform, "real")
    assert found["p50"] is None and "not enough contributors" in found["withheld"] and not simulated


def test_every_release_stands_in_a_chain_that_verifies(platform: Platform) -> None:
    price(platform, "demo-cedar")
    receipts = receipts_of(platform)
    key = public_key_of(receipts.public_key())
    for number in range(MSPS):
        msp_id = tenant(number).msp_id
        assert any(line.what == "benchmark" for line in receipts.chain(msp_id)), msp_id
        verdict = verify(exported(receipts, msp_id), key)
        assert verdict.broken is None and verdict.complete


def test_what_a_simulated_msp_shares_goes_with_it(platform: Platform) -> None:
    price(platform, "demo-cedar")
    remove(platform, lambda line: None)
    for shelf in ("consents", "contributions", "receipts", "budgets", "benchmark-releases"):
        left = [entry.model_dump_json() for entry in platform.commons.scan(shelf)]
        assert not any("demo-" in line for line in left), shelf
