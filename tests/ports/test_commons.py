"""What the mesh holds between its tenants: the same over every kind of platform, and in memory."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mesh.kit.fakes import NOON, MemoryCommons, StoppedClock
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


def test_rows_of_many_starts_come_by_start_and_only_of_those_there_are(commons: Commons) -> None:
    for number in range(30):
        commons.put(entry(f"{number:02}#a"))
        commons.put(entry(f"{number:02}#b"))
    found = commons.scan_many("sightings", [f"{number:02}#" for number in (3, 7, 3, 29, 30, 99)])
    assert {start: [each.key for each in rows] for start, rows in found.items()} == {
        f"{number:02}#": [f"{number:02}#a", f"{number:02}#b"] for number in (3, 7, 29)
    }
    assert not commons.scan_many("sightings", [])


def test_what_an_owner_has_is_what_was_put_and_not_removed_up_to_this_moment(commons: Commons) -> None:
    for round_ in range(3):
        for number in range(8):
            assert commons.put(entry(f"k{number}", n=round_), before=0 if round_ == 0 else None)
            assert [each.key for each in commons.owned("msp-a", "sightings")][: number + 1] == [
                f"k{one}" for one in range(number + 1)
            ]
    for number in range(8):
        assert commons.remove("sightings", f"k{number}")
        assert len(list(commons.owned("msp-a", "sightings"))) == 7 - number
    assert commons.put(entry("k0"), before=0)
    assert [(each.key, each.version) for each in commons.owned("msp-a", "sightings")] == [("k0", 1)]


def test_a_row_that_passes_to_another_owner_is_that_owners_alone(commons: Commons) -> None:
    commons.put(entry("k"))
    commons.put(entry("k", owner="msp-b"))
    assert not list(commons.owned("msp-a", "sightings"))
    assert [each.version for each in commons.owned("msp-b", "sightings")] == [2]


def test_a_row_with_an_end_is_changed_as_any_other(commons: Commons) -> None:
    end = NOON + timedelta(days=1)
    ending = entry("k").model_copy(update={"until": end})
    assert (
        commons.put(ending, before=0) and commons.put(ending, before=1) and not commons.put(ending, before=1)
    )
    assert commons.put(entry("k", n=1), before=2) and commons.put(ending)
    assert [(each.key, each.version) for each in commons.owned("msp-a", "sightings")] == [("k", 4)]
    assert commons.remove("sightings", "k") and not list(commons.owned("msp-a", "sightings"))


def test_what_came_to_its_end_goes_and_what_was_put_again_since_stays(place: Place) -> None:
    """Here with the next write; on AWS by the service itself, to which the end is told (tests/aws)."""
    if place.kind != "embedded":
        pytest.skip("DynamoDB removes what has expired by itself")
    commons = place.platform.commons
    for key, days in (("short", 1), ("long", 3), ("renewed", 1)):
        commons.put(entry(key).model_copy(update={"until": NOON + timedelta(days=days)}))
    commons.put(entry("renewed"))
    place.later(2 * 86_400)
    assert len(list(commons.scan("sightings"))) == 3
    commons.put(entry("another", shelf="receipts"))
    assert [each.key for each in commons.scan("sightings")] == ["long", "renewed"]


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
