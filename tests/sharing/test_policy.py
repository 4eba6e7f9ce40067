"""Every release, decided by one function: what no rule allows is not shared."""

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh.kit.records import Tlp
from mesh.sharing.policy import Consent, Distribution, Item, What, decide

AGREED = Consent(3, frozenset({("indicator", "defence")}))


def item(tlp: Tlp | None = "TLP:GREEN", distribution: Distribution = "mesh", *group: str) -> Item:
    return Item("indicator", "owner", tlp, distribution, frozenset(group))


@pytest.mark.parametrize(
    ("what", "released"),
    [
        (item("TLP:CLEAR"), True),
        (item("TLP:GREEN"), True),
        (item("TLP:AMBER"), False),
        (item("TLP:AMBER+STRICT"), False),
        (item("TLP:RED"), False),
        (item(None), False),
        (item("TLP:GREEN", "own"), False),
        (item("TLP:GREEN", "group"), False),
        (item("TLP:GREEN", "group", "someone-else"), False),
        (item("TLP:GREEN", "group", "reader"), True),
    ],
)
def test_each_rule_by_itself(what: Item, released: bool) -> None:
    decision = decide(what, AGREED, "reader", "defence")
    assert decision.released == released and decision.reason


def test_consent_is_for_one_kind_of_thing_and_one_purpose() -> None:
    assert decide(item(), AGREED, "reader", "defence").released
    assert not decide(item(), AGREED, "reader", "marketing").released
    assert not decide(item(), Consent(), "reader", "defence").released


Items = st.builds(
    Item,
    what=st.sampled_from(get_args(What)),
    owner=st.just("owner"),
    tlp=st.sampled_from([*get_args(Tlp), None]),
    distribution=st.sampled_from(get_args(Distribution)),
    group=st.frozensets(st.sampled_from(["reader", "other"])),
)


@given(Items, st.sampled_from(["defence", "matching"]))
def test_nothing_leaves_without_consent(what: Item, purpose: str) -> None:
    assert not decide(what, Consent(), "reader", purpose).released


@given(Items)
def test_whoever_gets_it_was_named_or_is_of_the_community(what: Item) -> None:
    everything = Consent(1, frozenset({(kind, "defence") for kind in get_args(What)}))
    if decide(what, everything, "reader", "defence").released:
        assert what.tlp in ("TLP:CLEAR", "TLP:GREEN") and what.distribution != "own"
        assert what.distribution == "mesh" or "reader" in what.group
    assert decide(what, Consent(), "owner", "anything").released


Consents = st.builds(
    Consent,
    version=st.just(1),
    granted=st.frozensets(st.tuples(st.sampled_from(get_args(What)), st.sampled_from(["defence", "feed"]))),
    unmarked=st.sampled_from([*get_args(Tlp), None]),
)


@given(Items, Consents)
def test_an_empty_group_is_nobody(what: Item, consent: Consent) -> None:
    empty = replace(what, distribution="group", group=frozenset())
    assert not decide(empty, consent, "reader", "defence").released


@given(Items, Consents)
def test_what_is_released_was_granted_for_that_purpose_and_has_a_tlp(what: Item, consent: Consent) -> None:
    if decide(what, consent, "reader", "defence").released:
        assert (what.what, "defence") in consent.granted
        assert what.tlp or (what.what == "indicator" and consent.unmarked in ("TLP:CLEAR", "TLP:GREEN"))


@given(Items, Consents, st.sampled_from(get_args(What)))
def test_less_consent_never_releases_more(what: Item, consent: Consent, dropped: What) -> None:
    less = replace(consent, granted=frozenset(key for key in consent.granted if key[0] != dropped))
    if decide(what, less, "reader", "defence").released:
        assert decide(what, consent, "reader", "defence").released


@given(Items, Consents)
def test_a_tlp_that_was_given_is_never_loosened_by_the_one_for_unmarked_things(
    what: Item, consent: Consent
) -> None:
    if what.tlp is not None:
        strict = decide(what, replace(consent, unmarked=None), "reader", "defence")
        assert decide(what, consent, "reader", "defence").released == strict.released
