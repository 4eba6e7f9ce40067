"""Sightings: an MSP tells what it saw, and is told how many others saw the same, and never who.

What leaves is a keyed hash with a type and a day; the value leaves only where the owner agreed to that too.
Whoever asks does not count: "seen by three" is three others. Nothing is sent anywhere: a row of the
commons is read again by whoever asks next, under the owner's consent as it is then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mesh.kit.platform import Commons, Directory, Platform, Tenants
from mesh.kit.ports import Clock, Records, Sighted, Sighting
from mesh.kit.problem import Conflict, FieldError, Invalid, Unavailable
from mesh.sharing.consent import MATCHING, Consents
from mesh.sharing.imported import sources_of
from mesh.sharing.matching import Marks
from mesh.sharing.policy import Consent
from mesh.sharing.receipts import Receipts, receipts_of
from mesh.sharing.scrubbing import Scrubber
from mesh.sharing.sighting_release import Releasing
from mesh.sharing.sighting_rows import Row, View, rows_of_many, rows_owned

# More of one answer is a list that somebody pasted.
MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class SharedSightings:
    """The Sightings port of one tenant over the commons."""

    msp_id: str
    commons: Commons
    directory: Directory
    tenants: Tenants
    records: Records
    receipts: Receipts
    marks: Marks
    clock: Clock

    @property
    def _consents(self) -> Consents:
        return Consents(self.commons, self.clock)

    def view(self) -> View:
        """What this tenant may know now."""
        tenant = self.tenants.find(self.msp_id)
        simulated = tenant is not None and tenant.simulated
        return View(self.msp_id, simulated, self.clock.now(), self._consents, self.directory)

    def seen_by(self, indicator_type: str, value: str) -> int | None:
        found = self.seen([(indicator_type, value)])
        return next((each.msps for each in found.values()), None)

    def seen(self, things: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], Sighting]:
        scrubber = Scrubber()
        # What never leaves is never there.
        asked = [thing for thing in dict.fromkeys(things) if scrubber.objection(*thing) is None]
        try:
            marks = {thing: mark for thing in asked if (mark := self.marks.of(*thing))}
        except Unavailable:
            return {}  # a mesh without its key has seen nothing
        rows = rows_of_many(self.commons, list(marks.values()))
        if not rows:
            return {}
        view = self.view()
        found = {thing: view.sighting(rows[mark]) for thing, mark in marks.items() if mark in rows}
        return {thing: sighting for thing, sighting in found.items() if sighting}

    def imported(self, things: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], Sequence[str]]:
        return sources_of(self.records, things, self.clock.now())

    def tell(self, things: Sequence[Sighted], result_id: str, *, simulated: bool = False) -> int:
        releasing = self._releasing(self._consents.of(self.msp_id))
        # Made-up rows of a real MSP say nothing to others.
        if releasing is None or (simulated and not releasing.simulated):
            return 0
        return releasing.release(things[:MOST_AT_ONCE], result_id)

    def report(self, kind: str, value: str, *, false_positive: bool) -> None:
        """Say that a thing is no threat, or take that back. It counts against the sightings of others.

        Raises Invalid for what never leaves, Conflict while the tenant shares no indicators.
        """
        if objection := Scrubber().objection(kind, value):
            raise Invalid("That is not in the mesh.", errors=[FieldError("value", objection)])
        releasing = self._releasing(self._consents.of(self.msp_id))
        if releasing is None:
            reason = "a report is told to others: agree to share indicators for matching first"
            raise Conflict("You share no indicators.", errors=[FieldError("consent", reason)])
        mark = self.marks.of(kind, value)
        assert mark is not None, "what has no mark was refused before"
        if false_positive:
            # Reporting is telling: it was marked for the community by being reported.
            releasing.dispute(mark, Sighted(kind, value, "TLP:GREEN"))
        else:
            releasing.take_back(mark)

    def own(self) -> list[Row]:
        """What this tenant told, newest first."""
        rows = rows_owned(self.commons, self.msp_id)
        return sorted(rows, key=lambda row: (row.seen.last, row.mark), reverse=True)

    def _releasing(self, consent: Consent) -> Releasing | None:
        """None where the tenant shares no indicators."""
        tenant = self.tenants.find(self.msp_id)
        if tenant is None or ("indicator", MATCHING) not in consent.granted:
            return None
        return Releasing(
            self.msp_id, consent, tenant.simulated, self.commons, self.directory, self.records, self.receipts,
            self.marks, self.clock,
        )  # fmt: skip


def sightings_of(platform: Platform, msp_id: str) -> SharedSightings:
    """The port of a tenant with all that the platform's own routes may ask of it."""
    return SharedSightings(
        msp_id, platform.commons, platform.directory, platform.tenants, platform.ports(msp_id).records,
        receipts_of(platform), Marks(platform.secrets), platform.clock,
    )  # fmt: skip
