"""Requests of a tenant by day and month: counted in memory, kept over a restart, gone with the tenant."""

from datetime import timedelta
from pathlib import Path

from mesh.adapters.embedded.platform import open_platform
from mesh.kit.fakes import NOON, StoppedClock
from mesh.kit.platform import Platform, Tenant, Use


def opened(home: Path, clock: StoppedClock) -> Platform:
    platform = open_platform(home, clock=clock)
    for msp_id in ("msp-a", "msp-b"):
        platform.tenants.put(Tenant(msp_id=msp_id, name=msp_id))
    return platform


def ask(platform: Platform, times: int, msp_id: str = "msp-a") -> None:
    for _ in range(times):
        platform.throttle.take(msp_id)


def use(platform: Platform, clock: StoppedClock, msp_id: str = "msp-a") -> Use:
    return platform.throttle.use(msp_id, clock.now())


def test_requests_are_counted_by_minute_day_and_month_for_each_tenant(tmp_path: Path) -> None:
    clock = StoppedClock()
    platform = opened(tmp_path / "home", clock)
    ask(platform, 5)
    ask(platform, 2, "msp-b")
    found = use(platform, clock)
    assert (found.this_minute, found.today, found.this_month, found.refused_today) == (5, 5, 5, 0)
    assert found.since == NOON and (found.requests_a_second, found.burst) == (1_000, 2_000)
    clock.moment += timedelta(minutes=1)
    assert use(platform, clock).this_minute == 0 and use(platform, clock).today == 5
    clock.moment += timedelta(days=1)
    ask(platform, 3)
    found = use(platform, clock)
    assert (found.this_minute, found.today, found.this_month) == (3, 3, 8)
    clock.moment += timedelta(days=31)
    assert (use(platform, clock).today, use(platform, clock).this_month) == (0, 0)
    assert use(platform, clock, "msp-b").this_month == 0
    platform.close()


def test_what_was_refused_for_its_rate_is_counted_apart(tmp_path: Path) -> None:
    clock = StoppedClock()
    platform = opened(tmp_path / "home", clock)
    # The bucket fills by a clock that does not stop, so a few more than the burst may pass.
    ask(platform, 6_000)
    found = use(platform, clock)
    assert found.today is not None and found.refused_today is not None
    assert found.today >= 2_000 and found.refused_today > 0 and found.today + found.refused_today == 6_000
    platform.close()


def test_a_stop_forgets_nothing_and_an_erased_tenant_is_forgotten(tmp_path: Path) -> None:
    clock = StoppedClock()
    platform = opened(tmp_path / "home", clock)
    ask(platform, 7)
    platform.close()
    platform = opened(tmp_path / "home", clock)
    ask(platform, 1)
    assert use(platform, clock).today == 8
    platform.tenants.erase("msp-a")
    platform.tenants.put(Tenant(msp_id="msp-a", name="Another"))
    assert use(platform, clock).this_month == 0
    platform.close()
