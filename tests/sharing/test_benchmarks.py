"""Percentiles leave the mesh through the gate alone; each attack that is known of is tried here."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mesh.adapters.embedded.platform import open_platform
from mesh.kit.fakes import StoppedClock
from mesh.kit.platform import Platform
from mesh.kit.ports import Percentiles
from mesh.kit.problem import Unavailable
from mesh.sharing.benchmark_releases import Releases
from mesh.sharing.budgets import ALLOWANCE
from mesh.sharing.chain import exported, public_key_of, verify
from mesh.sharing.receipts import receipts_of
from mesh.sharing.revoking import Revoking
from tests.sharing.benchmark_world import NOW, World, released, withheld


def test_five_msps_that_agreed_are_enough_and_four_are_not() -> None:
    world = World()
    world.many(4)
    assert "not enough contributors" in withheld(world.ask())
    world.join("msp-04", 115)
    told = released(world.ask())
    assert told.p25 <= told.p50 <= told.p75 and told.p25 >= 50 and told.p75 <= 400
    assert told.cohort >= 5 and told.cohort % 5 == 0 and told.epsilon > 0 and told.as_of == "2026-06"
    assert not told.simulated


def test_who_did_not_agree_does_not_count_not_even_for_itself() -> None:
    world = World()
    world.many(4)
    world.join("msp-04", agrees=False)
    assert withheld(world.ask("msp-04"))
    assert world.spent("msp-04") == 0.0 and world.benchmarking.contributions.of("msp-04") is None


def test_the_median_of_many_is_near_the_truth() -> None:
    world = World()
    world.many(60)
    told = released(world.ask())
    assert told.p50 == pytest.approx(100 + 3 * 29.5, rel=0.15)


def test_prices_are_ninety_days_old_and_none_is_older_than_it_may_be() -> None:
    for month, reached in (("2026-07", False), ("2026-06", True), ("2026-01", False)):
        world = World()
        world.many(6, month=f"{month}-01T00:00:00Z")
        assert isinstance(world.ask(), Percentiles) is reached, month


def test_a_contribution_does_not_count_for_ever() -> None:
    world = World()
    world.many(6)
    world.clock.moment = NOW + timedelta(days=200)
    assert withheld(world.ask())


def test_another_currency_does_not_count() -> None:
    world = World()
    world.many(5, currency="EUR")
    assert withheld(world.ask())


def test_the_same_question_has_the_same_answer_whoever_asks_however_often_it_is_written() -> None:
    world = World()
    world.many(12)
    world.join("stranger", agrees=False)
    first = world.ask(segment="dental", region="us-west")
    cost = world.spent("msp-03")
    assert cost == released(first).epsilon
    for name in ("msp-00", "msp-07", "stranger"):
        for segment in ("dental", "Dental", "  DENTAL "):
            assert world.ask(name, segment=segment, region="US-west ") == first
    assert world.spent("msp-03") == cost


def test_asking_again_after_everything_stored_of_a_release_is_lost_gives_the_same_noise() -> None:
    world = World()
    world.many(12)
    first = world.ask()
    world.commons.remove("benchmark-releases", "real#price_per_seat#")
    assert world.ask() == first


def test_a_new_quarter_over_figures_of_the_same_month_draws_no_second_noise() -> None:
    world = World()
    world.clock.moment = datetime(2026, 9, 30, 12, tzinfo=UTC)
    world.many(8)
    first = world.ask()
    world.clock.moment = datetime(2026, 10, 1, 12, tzinfo=UTC)
    assert released(world.ask()) == first and len(world.cohorts()) == 2


def test_another_secret_gives_other_noise() -> None:
    told = set()
    for _ in range(4):
        world = World()
        world.many(6)
        told.add(released(world.ask()).p50)
    assert len(told) > 1


def test_a_second_question_over_the_very_same_msps_draws_no_second_noise() -> None:
    world = World()
    world.many(8)
    first = world.ask()
    assert world.ask(region="us-west") == first and len(world.cohorts()) == 1


def test_a_contributor_alone_or_among_few_in_a_region_or_segment_is_not_shown() -> None:
    world = World()
    world.many(8)
    world.join("alone", 390, region="ie", industry="legal")
    assert withheld(world.ask(region="ie")) == withheld(world.ask(segment="legal"))
    assert withheld(world.ask(segment="legal")) == withheld(world.ask(segment="never heard of"))


def test_an_msp_with_two_clients_in_a_segment_has_no_figure_there() -> None:
    world = World()
    world.many(6)
    few = [{"id": f"msp-00-{n}", "name": "x", "industry": "legal"} for n in range(2)]
    world.records["msp-00"].put("clients", few)
    world.agree("msp-00")
    mine = world.benchmarking.contributions.of("msp-00")
    assert mine is not None and list(mine.figures["price_per_seat"]) == [""]


def test_one_that_weighs_more_than_a_quarter_keeps_everything_back() -> None:
    world = World()
    world.many(5)
    world.join("giant", 300, seats=400)
    assert withheld(world.ask())
    # Changing one's own weight to feel for another's teaches nothing: the refusal stands for the quarter.
    for seats in (4_000, 400, 40, 100):
        world.join("msp-00", 100, seats=seats)
        assert withheld(world.ask())
    world.join("giant", 300, seats=100)
    assert withheld(world.ask())
    world.many(8, first=20)
    assert released(world.ask())


def test_two_cohorts_that_differ_by_one_are_never_both_released() -> None:
    world = World()
    world.many(9)
    world.join("victim", 390, region="us-east")
    released(world.ask())
    # All without the victim is the region us-west: to keep them apart, four of it are held back as well.
    told = released(world.ask(region="us-west"))
    whole, part = sorted(world.cohorts(), key=len, reverse=True)
    assert len(whole) == 10 and len(part) == 5 and "victim" not in part and told.cohort >= 5


def test_where_too_few_would_be_left_the_second_cohort_is_refused() -> None:
    world = World()
    world.many(7)
    world.join("victim", 390, region="us-east")
    released(world.ask())
    assert withheld(world.ask(region="us-west")) and len(world.cohorts()) == 1


def test_the_parts_of_a_whole_do_not_leave_over_a_few() -> None:
    world = World()
    world.many(8, region="us-west")
    world.many(8, first=10, region="us-east")
    world.join("victim", 390, region="ie")
    world.join("other", 390, region="ie")
    released(world.ask())
    released(world.ask(region="us-west"))
    assert withheld(world.ask(region="us-east")), "with it, the two of ie could be told from the whole"


def test_who_joins_after_a_release_waits_until_five_have() -> None:
    world = World()
    world.many(6)
    first = world.ask()
    for number in range(4):
        world.join(f"late-{number}", 390)
        assert world.ask() == first
    assert all(world.spent(f"late-{n}") == 0 for n in range(4))
    # A new quarter draws anew, over those who were there: four who joined would stand out.
    world.clock.moment = NOW + timedelta(days=80)
    told = released(world.ask())
    assert {frozenset(each) for each in world.cohorts()} == {frozenset(f"msp-{n:02}" for n in range(6))}
    world.join("late-4", 390)
    assert world.ask() == told


def test_a_withdrawn_contributor_stops_being_served_at_once() -> None:
    world = World()
    world.many(12)
    first = released(world.ask())
    world.agree("msp-05", False)
    after = world.ask()
    assert after != first
    assert all("msp-05" not in cohort for cohort in world.cohorts()[1:])
    # Whoever compares the two cannot tell who left: at least five are different.
    before, now = world.cohorts()[0], world.cohorts()[-1]
    assert len(before - now) >= 5 and not now - before
    assert world.benchmarking.contributions.of("msp-05") is None


def test_who_withdraws_where_too_few_are_left_takes_the_figure_along() -> None:
    world = World()
    world.many(8)
    released(world.ask())
    world.agree("msp-05", False)
    assert withheld(world.ask())
    world.agree("msp-05")
    assert released(world.ask()) and len(world.cohorts()) == 1


def test_an_erased_tenant_is_neither_served_nor_named() -> None:
    world = World()
    world.many(8)
    released(world.ask())
    for shelf in ("consents", "contributions", "budgets", "receipts", "receipt-heads"):
        for entry in list(world.commons.owned("msp-05", shelf)):
            world.commons.remove(shelf, entry.key)
    assert withheld(world.ask())
    assert all("msp-05" not in row.model_dump_json() for row in world.commons.scan("benchmark-releases"))


def test_simulated_and_real_msps_are_never_in_one_cohort() -> None:
    world = World()
    world.many(4)
    for number in range(6):
        world.join(f"demo-{number}", simulated=True)
    assert withheld(world.ask("msp-00"))
    assert released(world.ask("demo-0")).simulated
    world.join("msp-04", marked=True)
    assert withheld(world.ask("msp-00")), "rows that say they are simulated count for no real MSP"


def test_every_release_is_in_the_ledger_of_each_it_was_made_of_and_of_who_asked_once() -> None:
    world = World()
    names = world.many(6)
    world.join("stranger", agrees=False)
    told = released(world.ask("stranger"))
    assert {world.spent(name) for name in names} == {told.epsilon}
    assert world.spent("stranger", "asked") == told.epsilon and world.spent("stranger") == 0
    world.ask("msp-01")
    assert world.spent("msp-01", "asked") == told.epsilon and world.spent("msp-01") == told.epsilon


def spend_all(world: World, name: str, side: str) -> None:
    budgets, period = world.benchmarking.budgets, "2026Q4"
    assert budgets.charge(name, side, period, "earlier", ALLOWANCE)  # type: ignore[arg-type]


def test_a_contributor_whose_budget_is_spent_is_not_used_again_until_it_renews() -> None:
    world = World()
    names = world.many(6)
    spend_all(world, "msp-03", "shared")
    reason = withheld(world.ask())
    assert "2027-01-01" in reason
    assert all(world.spent(name) in (0.0, ALLOWANCE) for name in names)
    world.clock.moment = NOW + timedelta(days=80)
    assert released(world.ask())


def test_an_asker_whose_budget_is_spent_sees_nothing_new_and_keeps_what_it_saw() -> None:
    world = World()
    world.many(8)
    first = world.ask()
    left = world.benchmarking.budgets.of("msp-00", "asked", "2026Q4").left
    assert world.benchmarking.budgets.charge("msp-00", "asked", "2026Q4", "else", left)
    reason = withheld(world.ask(measure="mrr_per_client"))
    assert "2027-01-01" in reason and "your budget" in reason
    assert world.ask() == first and released(world.ask("msp-01", measure="mrr_per_client"))


def test_each_release_has_a_receipt_in_the_chain_of_each_contributor_and_names_no_one_who_asked() -> None:
    world = World()
    names = world.many(6)
    world.join("stranger", agrees=False)
    told = released(world.ask("stranger"))
    receipts = world.benchmarking.receipts
    for name in names:
        (line,) = receipts.chain(name)
        assert (line.what, line.recipient, line.purpose) == ("benchmark", "mesh", "benchmarks")
        assert line.epsilon == told.epsilon and line.released and line.consent_version == 1
        assert "stranger" not in line.model_dump_json()
        verdict = verify(exported(receipts, name), public_key_of(receipts.public_key()))
        assert verdict.complete and verdict.broken is None
    assert not list(receipts.chain("stranger"))


def test_a_revoked_receipt_takes_the_figure_back_for_the_quarter() -> None:
    world = World()
    world.many(12)
    first = released(world.ask())
    contributions = world.benchmarking.contributions
    hooks = {"benchmark": lambda line: contributions.revoke(line.msp_id, line.reference.split("/")[0])}
    Revoking(world.benchmarking.receipts, hooks).revoke("msp-03", 1)  # type: ignore[arg-type]
    assert world.ask() != first and "msp-03" not in world.cohorts()[-1]
    world.agree("msp-03")
    assert "msp-03" not in world.cohorts()[-1]
    assert (
        released(world.ask(measure="mrr_per_client")) and "msp-03" in world.cohorts()[-1] | world.cohorts()[0]
    )


def test_a_release_that_was_cut_off_is_finished_by_the_next_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    names = world.many(6)
    broken = World(world.commons, world.clock, world.tenants, world.secret, world.records)
    receipts = broken.benchmarking.receipts

    def fails() -> bytes:
        raise Unavailable("There is no key.")

    monkeypatch.setattr("mesh.sharing.signing.Ed25519.public_key", lambda self: fails())
    with pytest.raises(Unavailable):
        broken.ask()
    monkeypatch.undo()
    assert receipts.last("msp-00") is None
    world.clock.moment = NOW + timedelta(minutes=1)
    told = released(world.ask())
    assert all(len(list(world.benchmarking.receipts.chain(name))) == 1 for name in names)
    assert all(world.spent(name) == told.epsilon for name in names)


def test_what_is_no_measure_or_has_no_segments_is_said() -> None:
    world = World()
    assert "no measure" in withheld(world.ask(measure="secrets"))
    assert "segment" in withheld(world.ask(measure="technician_utilisation", segment="dental"))


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    opened = open_platform(tmp_path, clock=StoppedClock(NOW))
    yield opened
    opened.close()


def stored(platform: Platform) -> World:
    return World(platform.commons, StoppedClock(NOW), platform.tenants, platform.secrets("x"))


def test_many_who_ask_at_once_get_one_release_and_pay_for_it_once(platform: Platform) -> None:
    world = stored(platform)
    names = world.many(6)
    questions = [(name, where) for name in names for where in (None, "us-west", "dental")]

    def ask(question: tuple[str, str | None]) -> object:
        name, where = question
        return world.ask(name, segment=where if where == "dental" else None,
                         region=where if where == "us-west" else None)  # fmt: skip

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(ask, questions * 2))
    whole = {
        repr(answer) for (_, where), answer in zip(questions * 2, told, strict=True) if where != "dental"
    }
    assert len(whole) == 1
    for name in names:
        chain = list(receipts_of(platform).chain(name)) or list(world.benchmarking.receipts.chain(name))
        assert len(chain) == 2
        assert world.spent(name) == pytest.approx(sum(line.epsilon for line in chain), abs=2e-4)


def test_a_ledger_never_passes_its_allowance_however_many_charge_it_at_once(platform: Platform) -> None:
    budgets = stored(platform).benchmarking.budgets
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda n: budgets.charge("msp", "shared", "2026Q4", f"r{n}", 1.0), range(40)))
    assert done.count(True) == int(ALLOWANCE) and budgets.of("msp", "shared", "2026Q4").left == 0
    assert budgets.charge("msp", "shared", "2026Q4", "r0", 1.0) is done[0]


def test_two_places_of_a_row_do_not_overwrite_each_other(platform: Platform) -> None:
    world = stored(platform)
    world.many(7)
    world.many(7, first=10, region="us-east")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda region: world.ask(region=region), [None, "us-west", "us-east"] * 4))
    cohorts = world.cohorts()
    assert len(cohorts) == len(set(cohorts)) >= 2
    assert Releases(platform.commons)
