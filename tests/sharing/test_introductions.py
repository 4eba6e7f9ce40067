"""Two MSPs meet only when both agreed, and only while both show themselves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mesh.adapters.embedded.platform import open_platform
from mesh.kit.platform import Platform, Tenant
from mesh.kit.ports import Ports
from mesh.kit.problem import Conflict, NotFound


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    made = open_platform(tmp_path)
    for name in ("alder", "birch", "cedar"):
        made.tenants.put(Tenant(msp_id=name, name=name))
    yield made
    made.close()


def shown(platform: Platform, msp_id: str) -> Ports:
    ports = platform.ports(msp_id)
    profile = {
        "id": "p", "name": msp_id.title(), "contact": f"{msp_id}@example.com", "region": "EU",
        "tlp": "TLP:GREEN", "shared": ["region"],
    }  # fmt: skip
    ports.records.put("profile", [profile])
    return ports


def test_names_and_contacts_show_to_both_once_the_asked_side_accepts(platform: Platform) -> None:
    alder, birch = shown(platform, "alder"), shown(platform, "birch")
    (other,) = alder.partners.others()
    asked = alder.partners.introduce(other.handle, "Shall we share the night shift?")
    assert (asked.state, asked.name, asked.contact) == ("open", None, None)
    (waiting,) = birch.partners.introductions()
    assert not waiting.asked_by_me and waiting.name is None and "night shift" in waiting.message
    accepted = birch.partners.answer(waiting.id, accept=True)
    assert (accepted.name, accepted.contact) == ("Alder", "alder@example.com")
    (mine,) = alder.partners.introductions()
    assert (mine.state, mine.name, mine.contact) == ("accepted", "Birch", "birch@example.com")


def test_a_declined_introduction_names_nobody_and_may_be_asked_again(platform: Platform) -> None:
    alder, birch = shown(platform, "alder"), shown(platform, "birch")
    handle = alder.partners.others()[0].handle
    first = alder.partners.introduce(handle, "Hello")
    assert birch.partners.answer(first.id, accept=False).name is None
    assert alder.partners.introductions()[0].contact is None
    assert alder.partners.introduce(handle, "Hello again").state == "open"


def test_only_the_asked_side_answers_and_only_once(platform: Platform) -> None:
    alder, birch = shown(platform, "alder"), shown(platform, "birch")
    asked = alder.partners.introduce(alder.partners.others()[0].handle, "Hello")
    for stranger in (alder, shown(platform, "cedar")):
        with pytest.raises(NotFound):
            stranger.partners.answer(asked.id, accept=True)
    birch.partners.answer(asked.id, accept=True)
    with pytest.raises(Conflict):
        birch.partners.answer(asked.id, accept=False)


def test_who_shows_nothing_cannot_ask_and_who_is_not_shown_cannot_be_asked(platform: Platform) -> None:
    alder = shown(platform, "alder")
    hidden = platform.ports("cedar")
    with pytest.raises(NotFound):
        alder.partners.introduce("partner-nobody", "Hello")
    with pytest.raises(Conflict):
        hidden.partners.introduce(hidden.partners.others()[0].handle, "Hello")


def test_while_one_stands_a_second_is_refused(platform: Platform) -> None:
    alder, birch = shown(platform, "alder"), shown(platform, "birch")
    alder.partners.introduce(alder.partners.others()[0].handle, "Hello")
    with pytest.raises(Conflict):
        birch.partners.introduce(birch.partners.others()[0].handle, "Hello back")


def test_who_withdraws_the_profile_is_named_no_more_even_to_those_that_met(platform: Platform) -> None:
    alder, birch = shown(platform, "alder"), shown(platform, "birch")
    asked = alder.partners.introduce(alder.partners.others()[0].handle, "Hello")
    birch.partners.answer(asked.id, accept=True)
    birch.records.clear("profile")
    (mine,) = alder.partners.introductions()
    assert (mine.name, mine.contact, mine.partner) == (None, None, "withdrawn")
