"""Sightings: an MSP tells what it saw, and is told how many others saw the same, and never who.

What leaves is a keyed hash with a type and a day; the value leaves only where the owner agreed to that too.
Whoever asks does not count: "seen by three" is three others. Nothing is sent anywhere: a row of the
commons is read again by whoever asks next, under the owner's consent as it is then.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mesh.kit.platform import Commons, Directory, Entry, Platform, Tenants
from mesh.kit.ports import Clock, Records, Sighted, Sighting
from mesh.kit.problem import Conflict, FieldError, Invalid, Unavailable
from mesh.sharing.consent import FEED, MATCHING, Consents
from mesh.sharing.matching import TECHNIQUE, Marks, canonical
from mesh.sharing.policy import Consent, Item, decide
from mesh.sharing.receipts import Receipt, Receipts, receipts_of
from mesh.sharing.scrubbing import Scrubber, known_of
from mesh.sharing.sighting_rows import (
    SHELF,
    Row,
    Seen,
    Verdict,
    View,
    everything,
    key_of,
    partners_of,
    row_of,
    rows_of,
)

# More of one answer is a list that somebody pasted.
MOST_AT_ONCE = 200
_TRIES = 5
_Leaving = Mapping[str, Sighted]


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
        return View(self.msp_id, self._is_simulated(), self.clock.now(), self._consents, self.directory)

    def seen_by(self, indicator_type: str, value: str) -> int | None:
        found = self.seen([(indicator_type, value)])
        return next((each.msps for each in found.values()), None)

    def seen(self, things: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], Sighting]:
        scrubber, found = Scrubber(), {}
        view: View | None = None
        for thing in dict.fromkeys(things):
            # What never leaves is never there.
            if scrubber.objection(*thing) is not None:
                continue
            try:
                mark = self.marks.of(*thing)
            except Unavailable:
                return {}  # a mesh without its key has seen nothing
            rows = rows_of(self.commons, mark) if mark else []
            if rows:
                view = view or self.view()
                if sighting := view.sighting(rows):
                    found[thing] = sighting
        return found

    def tell(self, things: Sequence[Sighted], result_id: str, *, simulated: bool = False) -> int:
        consent = self._consents.of(self.msp_id)
        if ("indicator", MATCHING) not in consent.granted:
            return 0
        tenant = self.tenants.find(self.msp_id)
        # Made-up rows of a real MSP say nothing to others.
        if tenant is None or (simulated and not tenant.simulated):
            return 0
        leaving = self._leaving(things[:MOST_AT_ONCE], consent)
        return self._release(leaving, consent, result_id, simulated=tenant.simulated) if leaving else 0

    def report(self, kind: str, value: str, *, false_positive: bool) -> None:
        """Say that a thing is no threat, or take that back. It counts against the sightings of others.

        Raises Invalid for what never leaves, Conflict while the tenant shares no indicators.
        """
        if objection := Scrubber().objection(kind, value):
            raise Invalid("That is not in the mesh.", errors=[FieldError("value", objection)])
        consent = self._consents.of(self.msp_id)
        tenant = self.tenants.find(self.msp_id)
        if ("indicator", MATCHING) not in consent.granted or tenant is None:
            reason = "a report is told to others: agree to share indicators for matching first"
            raise Conflict("You share no indicators.", errors=[FieldError("consent", reason)])
        mark = self.marks.of(kind, value)
        assert mark is not None, "what has no mark was refused before"
        if not false_positive:
            self._take_back(mark)
            return
        # Reporting is telling: it was marked for the community by being reported.
        thing = Sighted(kind, value, "TLP:GREEN")
        told = self._issue(consent, MATCHING, f"false positive {mark[:16]}", mark.encode())
        self._note(
            mark, thing, consent, "false-positive", simulated=tenant.simulated, receipts=(told.number, 0)
        )

    def own(self) -> list[Row]:
        """What this tenant told, newest first."""
        rows = [row_of(entry) for entry in self.commons.owned(self.msp_id, SHELF)]
        return sorted(rows, key=lambda row: (row.seen.last, row.mark), reverse=True)

    def _is_simulated(self) -> bool:
        tenant = self.tenants.find(self.msp_id)
        return tenant is not None and tenant.simulated

    def _leaving(self, things: Sequence[Sighted], consent: Consent) -> _Leaving:
        """What policy lets go and the scrubber has nothing against, by mark."""
        allowed = [thing for thing in things if self._may_leave(thing, consent)]
        if not allowed:
            return {}
        scrubber = Scrubber(known_of(self.records))
        clean = [thing for thing in allowed if scrubber.objection(thing.kind, thing.value) is None]
        marked = ((self.marks.of(thing.kind, thing.value), thing) for thing in clean)
        return {mark: thing for mark, thing in marked if mark}

    def _may_leave(self, thing: Sighted, consent: Consent) -> bool:
        """Whether there is anybody whom policy lets have it: in a group its members, else whoever it be."""
        group = partners_of(self.directory, self.msp_id) if consent.reach == "group" else frozenset()
        item = Item("indicator", self.msp_id, thing.tlp, consent.reach, group)
        readers = group if consent.reach == "group" else {""}
        return any(decide(item, consent, reader, MATCHING).released for reader in readers)

    def _release(self, leaving: _Leaving, consent: Consent, result_id: str, *, simulated: bool) -> int:
        """A receipt first: what has none has not left."""
        told = self._issue(consent, MATCHING, f"result {result_id}", "\n".join(sorted(leaving)).encode())
        fed = 0
        if ("indicator", FEED) in consent.granted:
            values = sorted(f"{thing.kind} {thing.value}" for thing in leaving.values())
            fed = self._issue(consent, FEED, f"result {result_id}", "\n".join(values).encode()).number
        for mark, thing in leaving.items():
            self._note(mark, thing, consent, "malicious", simulated=simulated, receipts=(told.number, fed))
        return len(leaving)

    def _issue(self, consent: Consent, purpose: str, reference: str, released: bytes) -> Receipt:
        recipient = "mesh" if consent.reach == "mesh" else "partners"
        return self.receipts.issue(
            self.msp_id, "indicator", recipient, purpose, reference=reference,
            consent_version=consent.version, released=released,
        )  # fmt: skip

    def _note(
        self,
        mark: str,
        thing: Sighted,
        consent: Consent,
        verdict: Verdict,
        *,
        simulated: bool,
        receipts: tuple[int, int],
    ) -> None:
        """Write the row; what was said before lives on in its first day, and a report in its verdict."""
        now = self.clock.now()
        fresh = Seen(
            kind=thing.kind, verdict=verdict, first=now, last=now, tlp=thing.tlp, reach=consent.reach,
            simulated=simulated, receipt=receipts[0], feed_receipt=receipts[1],
            value=canonical(thing.kind, thing.value) if thing.kind == TECHNIQUE or receipts[1] else None,
        )  # fmt: skip
        key, version = key_of(mark, self.msp_id), 0
        for _ in range(_TRIES):
            entry = Entry(shelf=SHELF, key=key, owner=self.msp_id, body=fresh.model_dump(mode="json"))
            if self.commons.put(entry, before=version):
                return
            held = self.commons.find(SHELF, key)
            version = held.version if held else 0
            if held:
                before = Seen.model_validate(held.body)
                if before.verdict == "false-positive" and verdict == "malicious" and before.is_alive(now):
                    return
                fresh = fresh.model_copy(update={"first": _since(before, verdict, now)})
        raise Conflict("The same thing is told again and again; try later.", retry_after_s=1)

    def _take_back(self, mark: str) -> None:
        held = self.commons.find(SHELF, key_of(mark, self.msp_id))
        if held and Seen.model_validate(held.body).verdict == "false-positive":
            self.commons.remove(SHELF, held.key)


def sightings_of(platform: Platform, msp_id: str) -> SharedSightings:
    """The port of a tenant with all that the platform's own routes may ask of it."""
    return SharedSightings(
        msp_id, platform.commons, platform.directory, platform.tenants, platform.ports(msp_id).records,
        receipts_of(platform), Marks(platform.secrets), platform.clock,
    )  # fmt: skip


def _since(before: Seen, verdict: Verdict, now: datetime) -> datetime:
    """A thing that was forgotten, or was called something else, begins anew."""
    return before.first if before.is_alive(now) and before.verdict == verdict else now


def forget(commons: Commons, msp_id: str, granted: Consent) -> int:
    """Remove what an MSP no longer agrees to have in the commons; how many rows changed.

    It was served to nobody from the moment the consent changed: this leaves nothing behind.
    """
    matching = ("indicator", MATCHING) in granted.granted
    feed = matching and ("indicator", FEED) in granted.granted

    def value(row: Row) -> bool:
        return not feed and row.seen.kind != TECHNIQUE

    return _withdraw(commons, msp_id, lambda _: not matching, value)


def revoke(commons: Commons) -> Callable[[Receipt], None]:
    """Makes what a receipt tells of stop being served; what was told again since has its own receipt."""

    def withdraw(line: Receipt) -> None:
        _withdraw(
            commons, line.msp_id,
            lambda row: line.purpose == MATCHING and row.seen.receipt == line.number,
            lambda row: line.purpose == FEED and row.seen.feed_receipt == line.number,
        )  # fmt: skip

    return withdraw


def _withdraw(
    commons: Commons, msp_id: str, whole: Callable[[Row], bool], value: Callable[[Row], bool]
) -> int:
    """Remove the MSP's rows that `whole` picks, and the values of those that `value` picks."""
    changed = 0
    # The whole shelf, as it is now: an index by owner may lag behind.
    for row in [row for rows in everything(commons) for row in rows if row.owner == msp_id]:
        key = key_of(row.mark, msp_id)
        if whole(row):
            changed += commons.remove(SHELF, key)
        elif row.seen.value and value(row):
            kept = row.seen.model_copy(update={"value": None, "feed_receipt": 0})
            entry = Entry(shelf=SHELF, key=key, owner=msp_id, body=kept.model_dump(mode="json"))
            changed += commons.put(entry, before=row.version)
    return changed
