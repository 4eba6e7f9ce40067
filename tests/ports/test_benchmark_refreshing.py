"""Figures are brought up to date by a clock; two that do so at once, and one who takes a figure back."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mesh.entrypoints.housekeeping import chores_of, keep_house
from mesh.kit.platform import Entry, Platform
from mesh.kit.ports import Percentiles, Ports
from mesh.kit.problem import Unavailable
from mesh.sharing.benchmark_contributions import SHELF
from mesh.sharing.benchmark_refreshing import Refreshed, refresh_all
from mesh.sharing.benchmarks import benchmarking_of
from mesh.sharing.budgets import quarter
from mesh.sharing.consent import BENCHMARKS, Consents
from mesh.sharing.receipts import receipts_of
from tests.ports.conftest import PLATFORMS, Place
from tests.ports.test_benchmarks import MSPS, joined
from tests.sharing.benchmark_world import MONTH, NOW


def figures(platform: Platform) -> dict[str, float]:
    held = platform.commons.scan(SHELF)
    return {each.owner: each.body["figures"]["price_per_seat"][""]["value"] for each in held}


def raise_prices(platform: Platform) -> None:
    for msp_id in MSPS:
        rows = [
            {"id": f"r{n}", "at": MONTH, "client_id": f"c{n}", "service": "support", "seats": 10,
             "amount": 3_000.0}
            for n in range(4)
        ]  # fmt: skip
        platform.ports(msp_id).records.put("revenue", rows)


def agree(platform: Platform, msp_id: str, yes: bool) -> None:
    Consents(platform.commons, platform.clock).change(msp_id, {("benchmark", BENCHMARKS): yes})


def test_what_is_a_day_old_is_computed_anew_and_what_is_not_stays(place: Place) -> None:
    joined(place)
    before = figures(place.platform)
    raise_prices(place.platform)
    assert refresh_all(place.platform) == Refreshed(6, 6) and figures(place.platform) == before
    place.later(86_401)
    assert refresh_all(place.platform) == Refreshed(6, 6)
    assert set(figures(place.platform).values()) == {300.0}


def test_who_did_not_agree_or_withdrew_contributes_nothing(place: Place) -> None:
    joined(place)
    agree(place.platform, "msp-c", yes=False)
    assert refresh_all(place.platform) == Refreshed(5, 6)
    assert "msp-c" not in figures(place.platform)


def test_one_whose_rows_cannot_be_read_keeps_its_figures_and_stops_nobody(place: Place) -> None:
    joined(place)
    raise_prices(place.platform)
    platform = place.platform

    def ports(msp_id: str) -> Ports:
        if msp_id == "msp-b":
            raise Unavailable("busy")
        return platform.ports(msp_id)

    assert refresh_all(replace(platform, ports=ports), force=True) == Refreshed(5, 6, failed=1)
    found = figures(platform)
    assert found.pop("msp-b") < 200 and set(found.values()) == {300.0}


def test_what_there_was_no_time_for_is_done_the_next_time(place: Place) -> None:
    joined(place)
    place.later(86_401)
    raise_prices(place.platform)
    asked: list[int] = []

    def enough() -> bool:
        asked.append(1)
        return len(asked) > 3

    assert refresh_all(place.platform, enough=enough) == Refreshed(3, 6, left=3)
    assert refresh_all(place.platform) == Refreshed(6, 6)
    assert set(figures(place.platform).values()) == {300.0}


def test_two_that_refresh_and_ask_at_once_leave_one_release_one_receipt_and_one_charge(place: Place) -> None:
    joined(place)
    platform = place.platform

    def work(number: int) -> object:
        if number % 2:
            refresh_all(platform, force=True)
        return platform.ports(MSPS[number % 6]).benchmarks.percentiles("price_per_seat")

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(work, range(8)))
    assert isinstance(told[0], Percentiles) and told == [told[0]] * 8
    epsilon, period = told[0].epsilon, quarter(NOW)
    for msp_id in MSPS:
        budget = benchmarking_of(platform).budgets.of(msp_id, "shared", period)
        assert len(budget.releases) == 1 and budget.spent == pytest.approx(epsilon, abs=2e-4)
        assert [line.what for line in receipts_of(platform).chain(msp_id)] == ["benchmark"]


class Between:
    """A commons in which something happens just before the first row of a shelf is put."""

    def __init__(self, platform: Platform, happens: Callable[[], None]):
        self._commons, self._happens, self._done = platform.commons, happens, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._commons, name)

    def put(self, entry: Entry, before: int | None = None) -> bool:
        if entry.shelf == SHELF and not self._done:
            self._done = True
            self._happens()
        return self._commons.put(entry, before)


def test_a_figure_taken_back_while_it_is_computed_anew_stays_taken_back(place: Place) -> None:
    joined(place)
    platform = place.platform

    def taken_back() -> None:
        benchmarking_of(platform).contributions.revoke("msp-a", "price_per_seat")

    between: Any = Between(platform, taken_back)
    refresh_all(replace(platform, commons=between), force=True)
    (held,) = platform.commons.owned("msp-a", SHELF)
    assert held.body["revoked"] == {"price_per_seat": quarter(NOW)}


def test_who_withdraws_while_its_rows_are_read_leaves_nothing_behind(place: Place) -> None:
    joined(place)
    platform = place.platform
    between: Any = Between(platform, lambda: agree(platform, "msp-a", yes=False))
    assert refresh_all(replace(platform, commons=between), force=True) == Refreshed(5, 6)
    assert "msp-a" not in figures(platform)


def test_a_lasting_process_does_it_by_itself_and_ends_when_it_is_told(tmp_path: Any) -> None:
    place = Place(PLATFORMS["embedded"], tmp_path)
    joined(place)
    place.clock.moment += timedelta(days=2)
    raise_prices(place.platform)
    stopping = threading.Event()
    worker = keep_house(place.platform, stopping, first_s=0.0, every_s=0.01)
    for _ in range(1_000):
        if set(figures(place.platform).values()) == {300.0}:
            break
        stopping.wait(0.01)
    else:
        raise AssertionError("nothing was computed")
    stopping.set()
    worker.join(10)
    assert not worker.is_alive()
    chores_of(place.platform, threading.Event())
    place.platform.close()
