"""Partners as one tenant sees them, and introductions to which both sides have to agree."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mesh.kit.platform import Directory, Listing, Meeting
from mesh.kit.ports import Clock, Introduction, Partner
from mesh.kit.problem import Conflict, FieldError, NotFound


@dataclass(frozen=True, slots=True)
class DirectoryPartners:
    """The Partners port of one tenant over the directory."""

    msp_id: str
    directory: Directory
    clock: Clock
    new_id: Callable[[], str]

    def others(self) -> Sequence[Partner]:
        return [
            Partner(listing.handle, listing.card, listing.simulated)
            for listing in self.directory.listings()
            if listing.msp_id != self.msp_id
        ]

    def introduce(self, handle: str, message: str) -> Introduction:
        listings = self.directory.listings()
        other = next((x for x in listings if x.handle == handle and x.msp_id != self.msp_id), None)
        if other is None:
            reason = "is not a partner that shows itself now"
            raise NotFound("There is no such partner.", errors=[FieldError("partner", reason)])
        if all(listing.msp_id != self.msp_id for listing in listings):
            reason = "share something of your own profile first: who is asked must see who asks"
            raise Conflict("You show nothing of yourself.", errors=[FieldError("profile", reason)])
        for known in self.directory.meetings(self.msp_id):
            if other.msp_id in (known.asking, known.asked) and known.state != "declined":
                reason = f"is {known.state} already, as introduction {known.id}"
                raise Conflict("You need not ask again.", errors=[FieldError("partner", reason)])
        meeting = Meeting(
            id=self.new_id(),
            asking=self.msp_id,
            asked=other.msp_id,
            message=message,
            opened_at=self.clock.now(),
        )
        self.directory.keep(meeting, None)
        return self._seen(meeting, listings)

    def answer(self, introduction_id: str, *, accept: bool) -> Introduction:
        mine = self.directory.meetings(self.msp_id)
        meeting = next((m for m in mine if m.id == introduction_id and m.asked == self.msp_id), None)
        if meeting is None:
            reason = "is not one that waits for your answer"
            raise NotFound("There is no such introduction.", errors=[FieldError("introduction_id", reason)])
        state = "accepted" if accept else "declined"
        answered = meeting.model_copy(update={"state": state, "answered_at": self.clock.now()})
        if not self.directory.keep(answered, "open"):
            raise Conflict(f"The introduction is {meeting.state} already.")
        return self._seen(answered, self.directory.listings())

    def introductions(self) -> Sequence[Introduction]:
        listings = self.directory.listings()
        return [self._seen(meeting, listings) for meeting in self.directory.meetings(self.msp_id)]

    def _seen(self, meeting: Meeting, listings: Sequence[Listing]) -> Introduction:
        """As this side may see it. Who withdrew their profile is no longer named, agreed or not."""
        asked_by_me = meeting.asking == self.msp_id
        other_id = meeting.asked if asked_by_me else meeting.asking
        other = next((listing for listing in listings if listing.msp_id == other_id), None)
        agreed = meeting.state == "accepted" and other is not None
        return Introduction(
            id=meeting.id,
            partner=other.handle if other else "withdrawn",
            asked_by_me=asked_by_me,
            state=meeting.state,
            message=meeting.message,
            opened_at=meeting.opened_at,
            answered_at=meeting.answered_at,
            name=other.name if agreed and other else None,
            contact=other.contact if agreed and other else None,
        )
