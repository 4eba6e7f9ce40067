"""Receipts and benchmarks: the same over every kind of platform."""

from dataclasses import replace

from mesh.kit.platform import Tenant
from mesh.kit.ports import Percentiles, Withheld
from mesh.sharing.benchmarks import benchmarking_of
from mesh.sharing.chain import exported, public_key_of, verify
from mesh.sharing.consent import BENCHMARKS, Consents
from mesh.sharing.receipts import receipts_of
from mesh.sharing.withdrawals import revoking
from tests.ports.conftest import Place
from tests.sharing.benchmark_world import MONTH, NOW

MSPS = [f"msp-{letter}" for letter in "abcdef"]


def joined(place: Place) -> None:
    """Six MSPs that agreed, each with four clients who pay for ten seats."""
    place.clock.moment = NOW
    platform = place.platform
    for number, msp_id in enumerate(MSPS):
        platform.tenants.put(Tenant(msp_id=msp_id, name=msp_id))
        rows = [
            {"id": f"r{n}", "at": MONTH, "client_id": f"c{n}", "service": "support", "seats": 10,
             "amount": 1_200.0 + 90 * number}
            for n in range(4)
        ]  # fmt: skip
        platform.ports(msp_id).records.put("revenue", rows)
        Consents(platform.commons, platform.clock).change(msp_id, {("benchmark", BENCHMARKS): True})
        records = platform.ports(msp_id).records
        assert benchmarking_of(platform).contributions.refresh(msp_id, records, simulated=False)


def test_a_release_is_the_same_for_all_and_signed_for_each_and_is_taken_back(place: Place) -> None:
    joined(place)
    told = [place.platform.ports(msp_id).benchmarks.percentiles("price_per_seat") for msp_id in MSPS]
    assert isinstance(told[0], Percentiles) and told == [told[0]] * len(MSPS)
    receipts = receipts_of(place.platform)
    key = public_key_of(receipts.public_key())
    for msp_id in MSPS:
        verdict = verify(exported(receipts, msp_id), key)
        assert (verdict.receipts, verdict.complete, verdict.broken) == (1, True, None)
    assert revoking(place.platform).revoke("msp-b", 1).number == 2
    again = place.platform.ports("msp-a").benchmarks.percentiles("price_per_seat")
    assert isinstance(again, Withheld)


def test_releases_and_keys_outlive_the_process_and_go_with_an_erased_tenant(place: Place) -> None:
    joined(place)
    told = place.platform.ports("msp-a").benchmarks.percentiles("price_per_seat")
    platform = place.reopen()
    assert platform.ports("msp-b").benchmarks.percentiles("price_per_seat") == told
    platform.tenants.erase("msp-c")
    assert isinstance(platform.ports("msp-a").benchmarks.percentiles("price_per_seat"), Withheld)
    assert receipts_of(platform).last("msp-c") is None and receipts_of(platform).last("msp-b") is not None


def test_a_platform_without_its_secret_releases_nothing(place: Place) -> None:
    joined(place)

    def none(name: str) -> str:
        raise LookupError(name)

    without = replace(place.platform, secrets=none)
    try:
        benchmarking_of(without).ask("msp-a", "price_per_seat", None, None)
    except LookupError:
        assert receipts_of(place.platform).last("msp-a") is None
    else:
        raise AssertionError("something was released without a secret")
