"""Consent is nothing by default, counted by version, and withdrawn at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh.kit.fakes import MemoryCommons, StoppedClock
from mesh.kit.platform import Entry
from mesh.kit.problem import Conflict, Invalid
from mesh.sharing.consent import BENCHMARKS, FEED, MATCHING, SWITCHES, TRAINING, Consents
from mesh.sharing.policy import Consent

KEYS = [(switch.what, switch.purpose) for switch in SWITCHES]


@pytest.fixture
def consents() -> Consents:
    return Consents(MemoryCommons(), StoppedClock())


def test_who_said_nothing_agreed_to_nothing(consents: Consents) -> None:
    assert consents.of("alder") == Consent() and not consents.all()
    (only,) = consents.versions("alder")
    assert (only.version, only.at, only.granted) == (0, None, ())


def test_a_withdrawal_holds_at_once_and_leaves_the_other_switches(consents: Consents) -> None:
    consents.change("alder", {("indicator", MATCHING): True, ("indicator", FEED): True})
    after = consents.change("alder", {("indicator", FEED): False})
    assert after == consents.of("alder") == Consent(2, frozenset({("indicator", MATCHING)}))
    assert consents.all() == {"alder": after}


def test_every_version_can_be_read_again_and_a_change_of_nothing_makes_none(consents: Consents) -> None:
    consents.change("alder", {("benchmark", BENCHMARKS): True}, unmarked_tlp="TLP:GREEN")
    consents.change("alder", {("benchmark", BENCHMARKS): True})
    consents.change("alder", {("model-update", TRAINING): True}, unmarked_tlp=None)
    told = [(each.version, len(each.granted), each.unmarked_tlp) for each in consents.versions("alder")]
    assert told == [(2, 2, None), (1, 1, "TLP:GREEN")]


def test_one_consent_is_no_word_of_another_tenant(consents: Consents) -> None:
    consents.change("alder", {("indicator", MATCHING): True})
    assert not consents.of("birch").granted


def test_what_is_no_switch_and_a_tlp_that_reaches_nobody_are_refused(consents: Consents) -> None:
    with pytest.raises(Invalid, match="agreed"):
        consents.change("alder", {("profile", MATCHING): True})
    with pytest.raises(Invalid, match="shared"):
        consents.change("alder", {}, unmarked_tlp="TLP:AMBER")
    assert consents.of("alder") == Consent()


def test_of_two_changes_at_once_neither_is_lost() -> None:
    class Racing(MemoryCommons):
        """Another change gets in before the first write."""

        raced = False

        def put(self, entry: Entry, before: int | None = None) -> bool:
            if not self.raced:
                self.raced = True
                Consents(self, StoppedClock()).change("alder", {("indicator", FEED): True})
            return super().put(entry, before)

    consents = Consents(Racing(), StoppedClock())
    consents.change("alder", {("indicator", MATCHING): True})
    assert consents.of("alder").granted == {("indicator", MATCHING), ("indicator", FEED)}


def test_a_change_that_never_gets_through_says_so() -> None:
    class Taken(MemoryCommons):
        def put(self, entry: Entry, before: int | None = None) -> bool:
            return False

    with pytest.raises(Conflict):
        Consents(Taken(), StoppedClock()).change("alder", {("indicator", MATCHING): True})


@given(st.lists(st.dictionaries(st.sampled_from(KEYS), st.booleans(), min_size=1), max_size=8))
def test_in_force_is_what_was_said_last_of_each_switch(said: list[dict]) -> None:  # type: ignore[type-arg]
    consents = Consents(MemoryCommons(), StoppedClock())
    last: dict[object, bool] = {}
    for changes in said:
        consents.change("alder", changes)
        last |= changes
    assert consents.of("alder").granted == {key for key, granted in last.items() if granted}
