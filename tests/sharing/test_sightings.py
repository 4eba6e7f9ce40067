"""An indicator that several MSPs saw is told to another, nameless; and everything that must keep it back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple, cast

import pytest

from mesh.kit.platform import Commons, Entry
from mesh.kit.ports import Sighted
from mesh.kit.problem import Conflict, Invalid, Unavailable
from mesh.kit.records import Tlp
from mesh.sharing.campaigns import campaigns
from mesh.sharing.consent import FEED, MATCHING
from mesh.sharing.feed import released
from mesh.sharing.matching import Marks
from mesh.sharing.receipts import receipts_of
from mesh.sharing.revoking import Revoking
from mesh.sharing.sighting_withdrawal import forget, revoke
from mesh.sharing.signing import Ed25519
from tests.sharing.conftest import BAD, Mesh

FOUR = ("alder", "birch", "cedar", "dogwood")


def no_secret(name: str) -> str:
    raise Unavailable("not set up")


def test_what_four_saw_is_told_to_a_fifth_with_its_days_and_without_a_name(mesh: Mesh) -> None:
    assert mesh.saw(*FOUR) == [1, 1, 1, 1]
    told = mesh.told("elm")
    assert told and (told.msps, told.since, told.weight, told.simulated) == (
        4, mesh.clock.now().date(), 4.0, False,
    )  # fmt: skip
    assert not any(name in repr(told) for name in FOUR)


def test_another_way_to_write_it_is_the_same_thing(here: Mesh) -> None:
    here.saw(*FOUR)
    port = here.msp("elm")
    assert port.seen_by("domain", "EVIL-LOGIN.test.") == 4
    assert port.seen_by("url", "https://evil-login.test/") is None


def test_the_commons_holds_a_keyed_hash_and_no_value(mesh: Mesh) -> None:
    mesh.saw(*FOUR)
    stored = "".join(each.model_dump_json() for each in mesh.platform.commons.scan("sightings"))
    assert "evil" not in stored and stored.count('"domain"') == 4
    receipts = "".join(each.model_dump_json() for each in mesh.platform.commons.scan("receipts"))
    assert "evil" not in receipts


@pytest.mark.parametrize("tlp", ["TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED", None])
def test_what_is_outside_its_tlp_or_has_none_does_not_leave(mesh: Mesh, tlp: Tlp | None) -> None:
    assert mesh.saw(*FOUR, tlp=tlp) == [0, 0, 0, 0]
    assert mesh.told("elm") is None and not list(mesh.platform.commons.scan("sightings"))
    assert not list(mesh.platform.commons.scan("receipts"))


def test_an_owner_may_say_beforehand_what_unmarked_things_are_and_take_it_back(here: Mesh) -> None:
    for name in FOUR:
        here.msp(name)
        here.consents.change(name, {}, unmarked_tlp="TLP:GREEN")
    assert here.saw(*FOUR, tlp=None) == [1, 1, 1, 1] and here.told("elm")
    assert here.saw("fir", tlp="TLP:AMBER") == [0]
    for name in FOUR[:2]:
        here.consents.change(name, {}, unmarked_tlp=None)
    assert here.told("elm") is None


def test_two_are_nobody_and_whoever_asks_does_not_count(here: Mesh) -> None:
    here.saw("alder", "birch")
    assert here.told("elm") is None
    here.saw("elm")
    assert here.told("elm") is None and here.told("fir") is not None


def test_who_did_not_agree_tells_nothing_and_who_takes_it_back_counts_no_more(mesh: Mesh) -> None:
    mesh.msp("zelkova", agrees=False)
    assert mesh.saw("zelkova") == [0]
    mesh.saw("alder", "birch", "cedar")
    assert mesh.told("elm")
    mesh.consents.change("alder", {("indicator", MATCHING): False})
    assert mesh.told("elm") is None


def test_the_same_msp_ten_times_is_one(here: Mesh) -> None:
    for _ in range(10):
        here.saw("alder", "birch")
    assert here.told("elm") is None
    assert len(list(here.platform.commons.scan("sightings"))) == 2


def test_every_release_leaves_a_receipt_before_it(mesh: Mesh) -> None:
    mesh.feeds("alder")
    mesh.saw("alder")
    matching, feed = receipts_of(mesh.platform).chain("alder")
    assert (matching.what, matching.purpose, matching.recipient, matching.epsilon) == (
        "indicator", "matching", "mesh", 0.0,
    )  # fmt: skip
    assert feed.purpose == "feed" and matching.reference == "result result-of-alder"


def test_without_a_key_to_sign_with_nothing_leaves(here: Mesh) -> None:
    port = here.msp("alder")
    port = replace(port, receipts=replace(port.receipts, signer=Ed25519(lambda: no_secret("x"))))
    with pytest.raises(Unavailable):
        port.tell([Sighted(*BAD, "TLP:GREEN")], "r")
    assert not list(here.platform.commons.scan("sightings"))


def test_a_revoked_receipt_takes_back_what_it_tells_of(mesh: Mesh) -> None:
    mesh.saw("alder", "birch", "cedar")
    receipts = receipts_of(mesh.platform)
    Revoking(receipts, {"indicator": revoke(mesh.platform.commons)}).revoke("alder", 1)
    assert mesh.told("elm") is None
    mesh.saw("alder")
    assert mesh.told("elm")


def test_sightings_fade_by_their_kind_and_count_no_more_after_three_half_lives(here: Mesh) -> None:
    here.saw(*FOUR, what=("ipv4", "45.77.12.9"))
    here.saw(*FOUR, what=("sha256", "ab" * 32))
    here.later(7)
    faded = here.told("elm", ("ipv4", "45.77.12.9"))
    assert faded and (faded.msps, faded.weight) == (4, 2.0)
    here.later(15)
    assert here.told("elm", ("ipv4", "45.77.12.9")) is None
    lasting = here.told("elm", ("sha256", "ab" * 32))
    assert lasting and lasting.weight > 3.5


def test_a_late_joiner_is_told_what_is_alive_and_nothing_that_has_faded(mesh: Mesh) -> None:
    mesh.saw(*FOUR)
    mesh.saw(*FOUR, what=("ipv4", "45.77.12.9"))
    mesh.later(40)
    assert mesh.told("newcomer") and mesh.told("newcomer", ("ipv4", "45.77.12.9")) is None


def test_seen_again_it_is_fresh_but_began_when_it_began(here: Mesh) -> None:
    begun = here.clock.now().date()
    here.saw(*FOUR)
    here.later(30)
    here.saw(*FOUR[:3])
    told = here.told("elm")
    assert told and (told.since, told.last_seen) == (begun, begun + timedelta(days=30))
    assert told.weight == 3.5
    here.later(400)
    here.saw(*FOUR)
    again = here.told("elm")
    assert again and again.since == here.clock.now().date()


def test_reports_of_a_false_positive_count_against_it(mesh: Mesh) -> None:
    mesh.saw(*FOUR)
    mesh.msp("fir").report(*BAD, false_positive=True)
    told = mesh.told("elm")
    assert told and (told.msps, told.weight) == (3, 3.0)
    mesh.msp("gingko").report(*BAD, false_positive=True)
    assert mesh.told("elm") is None
    mesh.msp("gingko").report(*BAD, false_positive=False)
    assert mesh.told("elm")


def test_who_calls_it_a_false_positive_does_not_tell_it_again(here: Mesh) -> None:
    here.saw(*FOUR)
    here.msp("alder").report(*BAD, false_positive=True)
    here.saw("alder")
    assert here.told("elm") is None


def test_a_report_needs_consent_and_a_thing_that_could_be_shared(here: Mesh) -> None:
    with pytest.raises(Conflict):
        here.msp("zelkova", agrees=False).report(*BAD, false_positive=True)
    with pytest.raises(Invalid):
        here.msp("alder").report("ipv4", "10.0.0.4", false_positive=True)


def test_simulated_sightings_are_told_to_simulated_msps_alone(mesh: Mesh) -> None:
    mesh.saw(*(f"demo-{n}" for n in range(4)), simulated=True)
    assert mesh.told("elm") is None
    told = mesh.told("demo-9", simulated=True)
    assert told and (told.msps, told.simulated) == (4, True)


def test_real_sightings_are_not_told_to_simulated_msps_nor_made_up_ones_of_real_msps(here: Mesh) -> None:
    here.saw(*FOUR)
    assert here.told("demo-1", simulated=True) is None
    thing = Sighted("domain", "made-up.test", "TLP:GREEN")
    assert here.msp("alder").tell([thing], "r", simulated=True) == 0


@pytest.mark.parametrize(
    "what",
    [
        ("ipv4", "192.168.1.4"),
        ("ipv6", "fd00::5"),
        ("domain", "files.corp.local"),
        ("domain", "portal.harbor-dental.test"),
        ("domain", "harbordental-login.test"),
        ("domain", "mail.hd-clinic.test"),
        ("url", "https://evil.test/?e=jo@client.test"),
        ("url", "https://10.0.0.4/a"),
        ("url", "https://user:pw@evil.test/a"),
        ("email", "attacker@evil.test"),
        ("file_path", r"C:\Users\jdoe\evil.exe"),
        ("aws_access_key_id", "AKIAIOSFODNN7EXAMPLE"),
        ("domain", ""),
    ],
)
def test_what_names_the_inside_or_a_client_never_leaves(here: Mesh, what: tuple[str, str]) -> None:
    client = {"id": "c", "name": "Harbor Dental Inc.", "email": "front@hd-clinic.test"}
    here.has("alder", "clients", client)
    assert here.saw("alder", what=what) == [0]


class Looked(NamedTuple):
    """Passes on to a commons, and remembers which shelves were read as a whole."""

    commons: Commons
    scanned: list[str]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.commons, name)

    def scan(self, shelf: str, prefix: str = "") -> Iterator[Entry]:
        self.scanned.append(shelf)
        return self.commons.scan(shelf, prefix)


def test_taking_back_reads_the_owners_rows_and_no_others(mesh: Mesh) -> None:
    mesh.feeds("alder")
    mesh.saw(*FOUR)
    last = receipts_of(mesh.platform).last("alder")
    looked = Looked(mesh.platform.commons, [])
    assert last
    revoke(cast("Commons", looked))(last)
    assert not any(row.seen.value for row in mesh.msp("alder").own())
    mesh.consents.change("alder", {("indicator", MATCHING): False})
    assert forget(cast("Commons", looked), "alder", mesh.consents.of("alder")) == 1
    assert not mesh.msp("alder").own() and len(mesh.msp("birch").own()) == 1 and not looked.scanned


def test_what_has_faded_is_kept_for_its_owner_for_a_week_and_then_goes(here: Mesh) -> None:
    """An address counts for three half-lives of a week."""
    address = ("ipv4", "198.51.100.7")
    here.saw("alder", what=address)
    here.saw("alder")
    here.later(21.5)
    here.saw("birch")
    faded = [row for row in here.msp("alder").own() if row.seen.kind == "ipv4"]
    assert faded and not faded[0].seen.is_alive(here.clock.now())
    here.later(7)
    here.saw("birch")
    assert [row.seen.kind for row in here.msp("alder").own()] == ["domain"]


def test_what_is_seen_again_is_kept_from_then_on(here: Mesh) -> None:
    address = ("ipv4", "198.51.100.7")
    here.saw("alder", what=address)
    here.later(20)
    here.saw("alder", what=address)
    here.later(20)
    here.saw("birch")
    assert [row.seen.kind for row in here.msp("alder").own()] == ["ipv4"]


def test_forgetting_removes_rows_and_values_that_are_no_longer_agreed_to(mesh: Mesh) -> None:
    mesh.feeds("alder")
    mesh.saw("alder", "birch")

    def values() -> list[object]:
        return [each.body["value"] for each in mesh.platform.commons.scan("sightings")]

    assert sorted(map(str, values())) == ["None", "evil-login.test"]
    after = mesh.consents.change("alder", {("indicator", FEED): False})
    assert forget(mesh.platform.commons, "alder", after) == 1 and values() == [None, None]
    after = mesh.consents.change("alder", {("indicator", MATCHING): False})
    assert forget(mesh.platform.commons, "alder", after) == 1
    assert [each.owner for each in mesh.platform.commons.scan("sightings")] == ["birch"]


# What MISP had to mend in its sharing groups, and what must not happen here.


def test_an_empty_group_is_nobody(mesh: Mesh) -> None:
    for name in FOUR:
        mesh.reaches(name, "partners")
    assert mesh.saw(*FOUR) == [0, 0, 0, 0]
    assert mesh.told("elm") is None


def test_who_is_no_member_reads_nothing_and_members_do(mesh: Mesh) -> None:
    for name in FOUR:
        mesh.meet(name, "elm")
        mesh.reaches(name, "partners")
    mesh.saw(*FOUR)
    told = mesh.told("elm")
    assert told and told.msps == 4
    assert mesh.told("outsider") is None


def test_through_no_door_is_one_who_is_no_member_shown_what_went_to_a_group(mesh: Mesh) -> None:
    """By value, by list, as a campaign: each reads the same rows, each has to ask the policy."""
    for name in FOUR:
        mesh.feeds(name)
        mesh.meet(name, "elm")
        mesh.reaches(name, "partners")
    mesh.saw(*FOUR)
    shown = {}
    for name in ("elm", "fir"):
        view = mesh.msp(name).view()
        listed = [each.value for each in released(mesh.platform.commons, view)]
        rising = [one.value for each in campaigns(mesh.platform.commons, view, 7) for one in each.indicators]
        shown[name] = (bool(mesh.told(name)), listed, rising)
    assert shown == {"elm": (True, [BAD[1]], [BAD[1]]), "fir": (False, [], [])}


def test_who_joins_a_group_later_reads_what_is_alive_in_it_and_nothing_that_has_faded(here: Mesh) -> None:
    old = ("ipv4", "198.51.100.7")
    for name in FOUR:
        here.reaches(name, "partners")
        here.meet(name, "elm")
    here.saw(*FOUR, what=old)
    here.later(22)
    here.saw(*FOUR)
    assert here.told("gum") is None
    for name in FOUR:
        here.meet(name, "gum")
    assert here.told("gum") and here.told("gum", old) is None


def test_what_went_to_a_group_stays_there_when_the_owner_widens_its_reach(here: Mesh) -> None:
    for name in FOUR:
        here.meet(name, "elm")
        here.reaches(name, "partners")
    here.saw(*FOUR)
    for name in FOUR:
        here.reaches(name, "mesh")
    assert here.told("outsider") is None
    here.saw(*FOUR)
    assert here.told("outsider")


def test_what_went_to_all_is_narrowed_at_once(here: Mesh) -> None:
    here.saw(*FOUR)
    for name in FOUR[:2]:
        here.reaches(name, "partners")
    assert here.told("elm") is None


def test_a_group_names_none_of_its_members(here: Mesh) -> None:
    for name in FOUR:
        here.meet(name, "elm")
        here.reaches(name, "partners")
    here.saw(*FOUR)
    receipt = receipts_of(here.platform).last("alder")
    assert receipt and receipt.recipient == "partners"
    assert not any(name in repr(here.told("elm")) for name in (*FOUR, "elm"))


def test_the_row_of_one_msp_cannot_take_the_place_of_anothers(here: Mesh) -> None:
    """Ids that look alike, or hold the sign that parts a key, stay apart."""
    for name in ("a", "a#b", "a%23b", "a/b"):
        here.saw(name)
    told = here.told("elm")
    assert told and told.msps == 4


def test_a_row_that_is_changed_at_the_same_time_is_told_in_the_end(here: Mesh) -> None:
    here.saw(*FOUR)
    (row, *_) = here.platform.commons.scan("sightings")
    here.platform.commons.put(Entry(shelf=row.shelf, key=row.key, owner=row.owner, body=row.body))
    assert here.saw(row.owner) == [1]
    told = here.told("elm")
    assert told and told.msps == 4


def test_without_the_key_of_the_mesh_nothing_was_seen(here: Mesh) -> None:
    here.saw(*FOUR)
    assert replace(here.msp("elm"), marks=Marks(no_secret)).seen([BAD]) == {}
