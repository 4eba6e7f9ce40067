"""What MSPs show one another, and introductions: the same over every kind of platform."""

from datetime import timedelta

from mesh.kit.fakes import NOON
from mesh.kit.platform import Listing, Meeting, Platform


def listing(msp_id: str, handle: str, **card: str) -> Listing:
    return Listing(msp_id=msp_id, handle=handle, card=card, name=msp_id.upper())


def meeting(number: int, asking: str = "msp-a", asked: str = "msp-b") -> Meeting:
    at = NOON + timedelta(minutes=number)
    return Meeting(id=f"m{number}", asking=asking, asked=asked, message="Hello", opened_at=at)


def test_what_is_published_is_listed_by_handle_until_it_is_withdrawn(platform: Platform) -> None:
    platform.directory.publish(listing("msp-b", "p1", region="EU"))
    platform.directory.publish(listing("msp-a", "p2", region="US"))
    assert [(each.msp_id, each.card) for each in platform.directory.listings()] == [
        ("msp-b", {"region": "EU"}),
        ("msp-a", {"region": "US"}),
    ]
    platform.directory.publish(listing("msp-b", "p1", region="UK"))
    platform.directory.withdraw("msp-a")
    platform.directory.withdraw("msp-a")
    assert [each.card for each in platform.directory.listings()] == [{"region": "UK"}]


def test_one_listing_is_found_without_the_others(platform: Platform) -> None:
    platform.directory.publish(listing("msp-a", "p2", region="US"))
    platform.directory.publish(listing("msp-b", "p1", region="EU"))
    found = platform.directory.listing("msp-b")
    assert found == listing("msp-b", "p1", region="EU")
    platform.directory.withdraw("msp-b")
    assert platform.directory.listing("msp-b") is None and platform.directory.listing("msp-c") is None


def test_a_meeting_is_seen_by_both_sides_and_no_other_newest_first(platform: Platform) -> None:
    assert platform.directory.keep(meeting(1), None) and platform.directory.keep(meeting(2), None)
    assert platform.directory.keep(meeting(3, "msp-a", "msp-c"), None)
    assert [m.id for m in platform.directory.meetings("msp-a")] == ["m3", "m2", "m1"]
    assert [m.id for m in platform.directory.meetings("msp-b")] == ["m2", "m1"]
    assert not platform.directory.meetings("msp-d")


def test_a_meeting_changes_only_from_the_state_that_is_named(platform: Platform) -> None:
    first = meeting(1)
    assert platform.directory.keep(first, None) and not platform.directory.keep(first, None)
    accepted = first.model_copy(update={"state": "accepted"})
    assert platform.directory.keep(accepted, "open") and not platform.directory.keep(first, "open")
    assert platform.directory.meetings("msp-b") == [accepted]


def test_an_erased_tenant_is_listed_no_more_and_met_nobody(platform: Platform) -> None:
    platform.directory.publish(listing("msp-a", "p1"))
    platform.directory.keep(meeting(1), None)
    platform.tenants.erase("msp-a")
    assert not platform.directory.listings() and not platform.directory.meetings("msp-b")


def test_a_profile_is_shown_as_far_as_its_owner_says(platform: Platform) -> None:
    mine, theirs = platform.ports("msp-a"), platform.ports("msp-b")
    profile = {"id": "p", "name": "Alder IT", "region": "EU", "contact": "x@example.com", "tlp": "TLP:GREEN"}
    mine.records.put("profile", [profile])
    assert not theirs.partners.others()
    mine.records.put("profile", [{**profile, "shared": ["region", "name"]}])
    (partner,) = theirs.partners.others()
    assert partner.card == {"region": "EU"} and not mine.partners.others()
    mine.records.put("profile", [{**profile, "shared": ["region"], "description": "new"}])
    assert [other.handle for other in theirs.partners.others()] == [partner.handle]
    mine.records.put("profile", [{**profile, "shared": ["region"], "tlp": "TLP:AMBER"}])
    assert not theirs.partners.others()
    mine.records.put("profile", [{**profile, "shared": ["region"]}])
    assert mine.records.remove("profile", "p") and not theirs.partners.others()
