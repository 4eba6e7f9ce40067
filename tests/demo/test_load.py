"""Putting the simulated world into a home and taking it out again, with other people's rows in between."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mesh.adapters.embedded.platform import open_platform
from mesh.demo import devices, first_start
from mesh.demo.load import load, remove
from mesh.demo.world import msp
from mesh.entrypoints.cli import main
from mesh.kit.fakes import StoppedClock
from mesh.kit.platform import Platform, Tenant
from mesh.kit.problem import Conflict, Invalid
from mesh.kit.records import KINDS, checked

NOW = datetime(2026, 11, 18, 15, 20, tzinfo=UTC)
LATER = datetime(2026, 12, 3, 9, 5, tzinfo=UTC)
REAL = checked("clients", {"id": "mine", "name": "Typed in by hand"})


def quiet(line: str) -> None:
    """Nobody reads along."""


@pytest.fixture(autouse=True)
def one_day_of_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most rows of a small world are readings of devices; a day of them shows as much here as a fortnight."""
    monkeypatch.setattr(devices, "DAYS", 1)


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    made = open_platform(tmp_path / "home", clock=StoppedClock(NOW))
    yield made
    made.close()


def held(platform: Platform, msp_id: str) -> dict[str, dict[str, object]]:
    records = platform.ports(msp_id).records
    return {kind: {row["id"]: row for row in records.scan(kind)} for kind in KINDS}


def rows_of(number: int, months: int, until: datetime) -> dict[str, dict[str, object]]:
    return {kind: {r["id"]: r for r in rows} for kind, rows in msp(number, months, until=until).rows.items()}


def test_what_is_loaded_is_the_world_up_to_now(platform: Platform) -> None:
    done = load(platform, 1, 3, say=quiet)
    assert held(platform, "demo-cedar") == rows_of(0, 3, NOW)
    assert done.msps == 1 and done.rows.total() == sum(len(r) for r in rows_of(0, 3, NOW).values())
    assert [(t.msp_id, t.simulated) for t in platform.tenants.listing()] == [("demo-cedar", True)]


def test_loading_again_replaces_the_simulated_rows_and_leaves_what_was_typed_in(platform: Platform) -> None:
    load(platform, 1, 4, say=quiet)
    key = platform.keys.create("demo-cedar")
    platform.ports("demo-cedar").records.put("clients", [REAL])
    load(platform, 1, 3, until=LATER, say=quiet)
    expected = rows_of(0, 3, LATER)
    expected["clients"]["mine"] = REAL
    assert held(platform, "demo-cedar") == expected
    tenant = platform.keys.tenant_of(key)
    assert tenant and tenant.msp_id == "demo-cedar"


def test_a_smaller_world_takes_the_msps_beyond_it_out(platform: Platform) -> None:
    load(platform, 2, 3, say=quiet)
    load(platform, 1, 3, say=quiet)
    assert [tenant.msp_id for tenant in platform.tenants.listing()] == ["demo-cedar"]
    assert not any(held(platform, "demo-harbor").values())


def test_an_msp_that_is_not_simulated_is_refused_by_name_and_nothing_changes(platform: Platform) -> None:
    platform.tenants.put(Tenant(msp_id="demo-harbor", name="A real one"))
    platform.ports("demo-harbor").records.put("clients", [REAL])
    with pytest.raises(Conflict, match="demo-harbor"):
        load(platform, 2, 3, say=quiet)
    assert platform.tenants.find("demo-cedar") is None
    assert not any(held(platform, "demo-cedar").values())
    told: list[str] = []
    assert remove(platform, told.append) == 0
    assert held(platform, "demo-harbor")["clients"] == {"mine": REAL} and "demo-harbor" in told[0]


@pytest.mark.parametrize("world", [(0, 24, 7), (100_000, 24, 7), (2, 0, 7), (2, 2_000, 7), (2, 24, -1)])
def test_a_world_of_impossible_size_is_refused(platform: Platform, world: tuple[int, int, int]) -> None:
    with pytest.raises(Invalid) as refused:
        load(platform, *world, say=quiet)
    assert refused.value.errors


def test_taking_it_out_leaves_no_simulated_row_and_keeps_what_was_typed_in(platform: Platform) -> None:
    load(platform, 2, 3, say=quiet)
    platform.ports("demo-harbor").records.put("clients", [REAL])
    platform.tenants.put(Tenant(msp_id="demo-of-mine", name="Not simulated"))
    told: list[str] = []
    assert remove(platform, told.append) > 1_000
    assert [tenant.msp_id for tenant in platform.tenants.listing()] == ["demo-harbor", "demo-of-mine"]
    assert not any(held(platform, "demo-cedar").values())
    assert held(platform, "demo-harbor") == {kind: {} for kind in KINDS} | {"clients": {"mine": REAL}}
    assert len(told) == 2


def test_the_commands_load_tell_and_remove(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = ["--home", str(tmp_path / "home")]
    assert main(["demo", "load", *home, "--msps", "1", "--months", "3", "--seed", "5"]) == 0
    told = capsys.readouterr().out
    assert all(kind in told for kind in KINDS) and "1 simulated MSPs" in told
    assert main(["demo", "remove", *home]) == 0
    assert "Removed" in capsys.readouterr().out
    assert main(["demo", "load", *home, "--msps", "0"]) == 2
    assert "--msps" in capsys.readouterr().err


class TestFirstStart:
    @pytest.fixture(autouse=True)
    def without_models(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Building them takes seconds and is another suite's matter."""
        monkeypatch.setattr(first_start, "prepare_models", lambda home, say: None)

    def start(self, home: Path, msps: int | None = 1) -> list[str]:
        told: list[str] = []
        first_start.prepare(home, told.append, msps)
        return told

    def test_the_world_is_loaded_once_with_words_about_it(self, tmp_path: Path) -> None:
        told = self.start(tmp_path)
        assert "1 simulated MSPs" in told[0] and "./mesh keys create demo-cedar" in told[-1]
        assert self.start(tmp_path) == []

    def test_a_start_that_was_cut_off_loads_again(self, tmp_path: Path) -> None:
        self.start(tmp_path)
        platform = open_platform(tmp_path)
        whole = len(list(platform.ports("demo-cedar").records.scan("tickets")))
        platform.ports("demo-cedar").records.clear("tickets")
        platform.close()
        first_start.unmark(tmp_path)
        assert self.start(tmp_path)
        platform = open_platform(tmp_path)
        assert len(list(platform.ports("demo-cedar").records.scan("tickets"))) == whole
        platform.close()

    def test_what_was_removed_does_not_come_back(self, tmp_path: Path) -> None:
        self.start(tmp_path)
        assert main(["demo", "remove", "--home", str(tmp_path)]) == 0
        assert self.start(tmp_path) == []

    def test_none_is_loaded_where_none_is_wanted(self, tmp_path: Path) -> None:
        assert self.start(tmp_path, 0) == [] and not (tmp_path / "mesh.db").exists()

    def test_an_msp_of_such_a_name_that_is_not_simulated_does_not_keep_the_mesh_from_starting(
        self, tmp_path: Path
    ) -> None:
        platform = open_platform(tmp_path)
        platform.tenants.put(Tenant(msp_id="demo-cedar", name="A real one"))
        platform.close()
        assert "demo-cedar" in self.start(tmp_path)[-1]
