"""What an MSP's profile shows to others: kept in step with the profile itself, and failing closed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic_core import to_json

from mesh.kit.platform import Directory, Listing
from mesh.kit.ports import Extent, Page, Records, Row
from mesh.kit.records import listed

if TYPE_CHECKING:
    from mesh.sharing.receipts import Receipts

T = TypeVar("T")
PROFILE: Literal["profile"] = "profile"
MATCHING = "matching"
# Shown after both sides agreed, whatever `shared` says, and never before.
TOLD_LATER = frozenset({"name", "contact", "id", "shared", "tlp", "simulated"})


def card(profile: Row, msp_id: str) -> dict[str, Any]:
    """The fields that any other MSP may see; empty when it may see none.

    >>> card({"name": "Cedar", "region": "EU", "tlp": "TLP:GREEN", "shared": ["region", "name"]}, "cedar")
    {'region': 'EU'}
    >>> card({"name": "Cedar", "region": "EU", "tlp": "TLP:RED", "shared": ["region"]}, "cedar")
    {}
    """
    from mesh.sharing.policy import Consent, Item, decide

    fields = listed(profile.get("shared"))
    consent = Consent(1, frozenset({("profile", MATCHING)}) if fields else frozenset())
    item = Item("profile", msp_id, profile.get("tlp"), "mesh")
    # Asked as for someone who is nobody in particular: the card is the same for all.
    if not decide(item, consent, "", MATCHING).released:
        return {}
    return {name: profile[name] for name in fields if name in profile and name not in TOLD_LATER}


@dataclass(frozen=True, slots=True)
class PublishedRecords:
    """A tenant's records whose profile is shown in the directory as it is now.

    Before a profile changes, what was shown is withdrawn; so a change that is cut short leaves too little
    in the directory, never too much.
    """

    records: Records
    directory: Directory
    msp_id: str
    new_id: Callable[[], str]
    receipts: "Receipts | None" = None

    def put(self, kind: str, rows: Sequence[Row]) -> None:
        if kind != PROFILE:
            self.records.put(kind, rows)
            return
        self._changing(lambda: self.records.put(kind, rows))

    def remove(self, kind: str, record_id: str) -> bool:
        if kind != PROFILE:
            return self.records.remove(kind, record_id)
        return self._changing(lambda: self.records.remove(kind, record_id))

    def clear(self, kind: str) -> int:
        if kind != PROFILE:
            return self.records.clear(kind)
        return self._changing(lambda: self.records.clear(kind))

    def find(self, kind: str, record_id: str) -> Row | None:
        return self.records.find(kind, record_id)

    def page(
        self,
        kind: str,
        *,
        where: Mapping[str, str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page[Row]:
        return self.records.page(kind, where=where, since=since, until=until, limit=limit, cursor=cursor)

    def scan(
        self,
        kind: str,
        *,
        where: Mapping[str, str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[Row]:
        return self.records.scan(kind, where=where, since=since, until=until)

    def extent(self, kind: str) -> Extent:
        return self.records.extent(kind)

    def starting(self, kind: str, starts: Sequence[str]) -> Mapping[str, Sequence[Row]]:
        return self.records.starting(kind, starts)

    def _changing(self, change: Callable[[], T]) -> T:
        shown = self.directory.listing(self.msp_id)
        self.directory.withdraw(self.msp_id)
        done = change()
        # Of several profiles the one with the last id counts; most MSPs have one.
        profiles = list(self.records.scan(PROFILE))
        fields = card(profiles[-1], self.msp_id) if profiles else {}
        if "description" in fields:
            # It is the one free text that others see: names and addresses in it were hardly meant to be.
            from mesh.sharing.known import known_of
            from mesh.sharing.scrubbing import Scrubber

            scrubber = Scrubber(known_of(self.records))
            fields["description"] = scrubber.scrub(str(fields["description"]), guess=False).text
        if fields:
            profile = profiles[-1]
            listing = Listing(
                msp_id=self.msp_id,
                handle=shown.handle if shown else f"partner-{self.new_id()[:12]}",
                card=fields,
                name=profile["name"],
                contact=profile.get("contact"),
                simulated=bool(profile.get("simulated")),
            )
            if self.receipts and listing != shown:
                # A profile is its own consent, by its `shared` and `tlp`: it stands under no version.
                told = to_json(listing.card)
                self.receipts.issue(
                    self.msp_id, PROFILE, "mesh", MATCHING, 0.0, listing.handle, released=told
                )
            self.directory.publish(listing)
        return done
