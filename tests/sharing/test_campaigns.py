"""What rises across MSPs together, and the list of what was released: values only where an owner lets go."""

from mesh.kit.platform import Platform
from mesh.sharing.campaigns import Campaign, campaigns
from mesh.sharing.consent import FEED
from mesh.sharing.feed import released
from tests.sharing.conftest import BAD, Mesh

FOUR = ("alder", "birch", "cedar", "dogwood")
FILE = ("sha256", "ab" * 32)
ENCRYPTS = ("technique", "T1486")


def rising(mesh: Mesh, reader: str = "elm", days: int = 7) -> list[Campaign]:
    return campaigns(mesh.platform.commons, mesh.msp(reader).view(), days)


def values(mesh: Mesh, reader: str = "elm") -> list[tuple[str, int]]:
    platform: Platform = mesh.platform
    return [(one.value, one.sighting.msps) for one in released(platform.commons, mesh.msp(reader).view())]


def test_what_the_same_msps_begin_to_see_together_is_one_campaign(mesh: Mesh) -> None:
    for what in (BAD, FILE, ENCRYPTS):
        mesh.saw(*FOUR, what=what)
    (one,) = rising(mesh)
    assert (one.msps, one.since) == (4, mesh.clock.now().date())
    assert [each.kind for each in one.indicators] == ["domain", "sha256"]
    assert [(each.value, each.msps, each.before) for each in one.techniques] == [("T1486", 4, None)]
    assert [each.value for each in one.indicators] == [None, None]


def test_things_that_different_msps_see_are_campaigns_of_their_own(here: Mesh) -> None:
    here.saw("alder", "birch", "cedar", what=BAD)
    here.saw("fir", "gingko", "hazel", what=FILE)
    assert [each.msps for each in rising(here)] == [3, 3]


def test_what_was_seen_all_along_does_not_rise(here: Mesh) -> None:
    here.saw(*FOUR)
    here.later(8)
    here.saw("fir", "gingko", "hazel")
    assert not rising(here), "three after four is no rise"
    here.later(2)
    here.saw(*(f"msp-{n}" for n in range(5)))
    (one,) = rising(here)
    assert (one.indicators[0].msps, one.indicators[0].before) == (8, 4)


def test_what_fewer_than_three_others_see_is_no_campaign(here: Mesh) -> None:
    here.saw("alder", "birch", "elm")
    assert not rising(here) and not values(here)


def test_ones_own_part_is_shown_but_not_counted(here: Mesh) -> None:
    here.saw(*FOUR, "elm")
    (one,) = rising(here)
    assert one.indicators[0].seen_by_you and one.msps == 4


def test_a_value_goes_on_only_from_an_owner_who_lets_it_and_once_three_saw_it(mesh: Mesh) -> None:
    mesh.feeds("alder")
    mesh.saw("alder", "birch")
    assert not values(mesh)
    mesh.saw("cedar")
    assert values(mesh) == [("evil-login.test", 3)]
    assert rising(mesh)[0].indicators[0].value == "evil-login.test"
    mesh.consents.change("alder", {("indicator", FEED): False})
    assert not values(mesh) and rising(mesh)[0].indicators[0].value is None


def test_a_disputed_thing_is_no_longer_released(here: Mesh) -> None:
    here.feeds("alder")
    here.saw("alder", "birch", "cedar")
    here.msp("fir").report(*BAD, false_positive=True)
    assert not values(here) and not rising(here)


def test_simulated_campaigns_are_not_told_to_real_msps(here: Mesh) -> None:
    here.saw(*(f"demo-{n}" for n in range(5)), simulated=True)
    assert not rising(here)
    here.msp("demo-9", simulated=True)
    assert len(rising(here, "demo-9")) == 1
