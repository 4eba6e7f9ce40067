"""What was imported from other tools is told apart from what an MSP saw itself, whoever asks."""

from datetime import timedelta

from mesh.kit.ports import Sighted
from mesh.kit.records import checked
from mesh.sharing.imported import identity
from tests.sharing.conftest import BAD, Mesh

FOUR = ("alder", "birch", "cedar", "dogwood")


def imports(mesh: Mesh, *names: str, what: tuple[str, str] = BAD, source: str = "north feed") -> None:
    for name in names:
        mesh.msp(name).tell([Sighted(*what, "TLP:GREEN", source)], f"import {source}")


def has_list(
    mesh: Mesh, name: str, *things: tuple[str, str], source: str = "north feed", **more: object
) -> None:
    for kind, value in things:
        row = {"id": identity(kind, value, source), "type": kind, "value": value, "source": source, **more}
        mesh.has(name, "indicators", row)


def test_who_has_it_from_a_list_alone_is_no_other_msp_that_saw_it(mesh: Mesh) -> None:
    imports(mesh, *FOUR)
    assert mesh.told("elm") is None
    mesh.saw("elm", "fir")
    assert mesh.told("gum") is None
    mesh.saw("hazel")
    told = mesh.told("gum")
    assert told and (told.msps, told.imported, told.weight) == (3, 4, 3.0)


def test_that_fewer_than_three_imported_it_is_not_told(here: Mesh) -> None:
    here.saw(*FOUR)
    imports(here, "elm", "fir")
    told = here.told("gum")
    assert told and (told.msps, told.imported) == (4, 0)


def test_what_was_seen_after_it_was_imported_counts_from_that_day_on(here: Mesh) -> None:
    imports(here, *FOUR)
    here.later(2)
    here.saw(*FOUR)
    told = here.told("elm")
    assert told and (told.msps, told.since, told.imported) == (4, here.clock.now().date(), 0)


def test_what_was_seen_stays_seen_when_a_list_brings_it_too(here: Mesh) -> None:
    here.saw(*FOUR)
    first = here.clock.now().date()
    here.later(2)
    imports(here, *FOUR)
    told = here.told("elm")
    assert told and (told.msps, told.since, told.last_seen, told.imported) == (4, first, first, 0)
    assert not any(row.seen.imported_from for row in here.msp("alder").own())


def test_its_owner_is_shown_from_which_list_it_told_it_and_others_are_not(here: Mesh) -> None:
    imports(here, *FOUR)
    here.saw("elm", "fir", "gum")
    assert [row.seen.imported_from for row in here.msp("alder").own()] == ["north feed"]
    assert "north" not in repr(here.told("hazel"))


def test_what_is_only_imported_rises_nowhere(here: Mesh) -> None:
    from mesh.sharing.campaigns import campaigns

    imports(here, *FOUR)
    assert not campaigns(here.platform.commons, here.msp("elm").view(), 7)


def test_a_tenants_own_lists_are_named_with_what_they_hold(mesh: Mesh) -> None:
    has_list(mesh, "alder", BAD, ("ipv6", "2001:db8::1"))
    has_list(mesh, "alder", BAD, source="south feed")
    port = mesh.msp("alder")
    spelt = ("domain", "EVIL-LOGIN.test.")
    assert port.imported([spelt, ("ipv6", "2001:DB8:0::1"), ("domain", "other.test")]) == {
        spelt: ["north feed", "south feed"], ("ipv6", "2001:DB8:0::1"): ["north feed"],
    }  # fmt: skip
    assert not mesh.msp("birch").imported([BAD])


def test_a_list_that_has_run_out_says_nothing_any_more(here: Mesh) -> None:
    has_list(here, "alder", BAD, valid_until=(here.clock.now() + timedelta(days=1)).isoformat())
    assert here.msp("alder").imported([BAD])
    here.later(2)
    assert not here.msp("alder").imported([BAD])


def test_a_row_that_was_sent_without_an_id_is_found_as_well(here: Mesh) -> None:
    here.has(
        "alder", "indicators", checked("indicators", {"type": BAD[0], "value": BAD[1], "source": "ours"})
    )
    assert here.msp("alder").imported([BAD]) == {BAD: ["ours"]}


def test_values_that_differ_in_letters_alone_are_two_rows() -> None:
    one, other = (identity("url", f"https://evil.test/{path}", "north") for path in ("A", "a"))
    assert one != other and one[:24] == other[:24]
