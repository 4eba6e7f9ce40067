"""What the mesh holds between its tenants: the same over every kind of platform, and in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mesh.kit.fakes import MemoryCommons, StoppedClock
from mesh.kit.platform import Commons, Entry, Tenant
from tests.ports.conftest import MEMORY, PLATFORMS, Place


@pytest.fixture(params=[*PLATFORMS, MEMORY])
def commons(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Commons]:
    if request.param == MEMORY:
        yield MemoryCommons()
        return
    platform = PLATFORMS[request.param](tmp_path / "home", StoppedClock())
    yield platform.commons
    platform.close()


def entry(key: str, owner: str = "msp-a", shelf: str = "sightings", **body: object) -> Entry:
    return Entry(shelf=shelf, key=key, owner=owner, body=body)


def test_what_was_put_is_found_with_the_version_it_has_reached(commons: Commons) -> None:
    assert commons.find("sightings", "k") is None
    assert commons.put(entry("k", n=1.5)) and commons.put(entry("k", owner="msp-b", n=[2, None]))
    found = commons.find("sightings", "k")
    assert found == Entry(shelf="sightings", key="k", owner="msp-b", body={"n": [2, None]}, version=2)
    assert commons.find("receipts", "k") is None


def test_a_row_changes_only_from_the_version_that_is_named(commons: Commons) -> None:
    assert not commons.put(entry("k"), before=1)
    assert commons.put(entry("k", n=1), before=0) and not commons.put(entry("k", n=2), before=0)
    assert commons.put(entry("k", n=3), before=1) and not commons.put(entry("k", n=4), before=1)
    found = commons.find("sightings", "k")
    assert found and (found.body, found.version) == ({"n": 3}, 2)


def test_rows_of_one_shelf_come_by_key_and_by_the_start_of_it(commons: Commons) -> None:
    for key in ("b#1", "a#2", "a#1", "a\U0001f41d"):
        commons.put(entry(key))
    commons.put(entry("a#0", shelf="sightings-2"))
    assert [each.key for each in commons.scan("sightings")] == ["a#1", "a#2", "a\U0001f41d", "b#1"]
    assert [each.key for each in commons.scan("sightings", "a#")] == ["a#1", "a#2"]
    assert not list(commons.scan("sightings", "c"))


def test_more_rows_come_than_one_reading_holds(commons: Commons) -> None:
    for number in range(1_050):
        commons.put(entry(f"{number:05}", filler="x" * 1_000))
    assert [int(each.key) for each in commons.scan("sightings", "0")] == list(range(1_050))


def test_an_owners_rows_are_found_by_shelf(commons: Commons) -> None:
    commons.put(entry("2"))
    commons.put(entry("1"))
    commons.put(entry("3", owner="msp-b"))
    commons.put(entry("4", shelf="receipts"))
    assert [each.key for each in commons.owned("msp-a", "sightings")] == ["1", "2"]
    assert not list(commons.owned("msp-c", "sightings"))


def test_a_row_is_removed_once(commons: Commons) -> None:
    commons.put(entry("k"))
    assert commons.remove("sightings", "k") and not commons.remove("sightings", "k")
    assert commons.put(entry("k"), before=0)


def test_what_an_erased_tenant_owned_is_gone_and_what_others_own_stays(place: Place) -> None:
    commons = place.platform.commons
    place.platform.tenants.put(Tenant(msp_id="msp-a", name="A"))
    commons.put(entry("1"))
    commons.put(entry("2", owner="msp-b"))
    place.platform.tenants.erase("msp-a")
    assert [each.owner for each in commons.scan("sightings")] == ["msp-b"]


def test_rows_outlive_the_process(place: Place) -> None:
    place.platform.commons.put(entry("1", n=1))
    found = place.reopen().commons.find("sightings", "1")
    assert found and found.body == {"n": 1}
