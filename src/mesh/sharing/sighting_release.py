"""What leaves of an MSP: what policy allows and the scrubber does not object to, with a receipt before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mesh.kit.platform import Commons, Directory
from mesh.kit.ports import Clock, Records, Sighted
from mesh.kit.problem import Conflict
from mesh.sharing.consent import FEED, MATCHING
from mesh.sharing.known import known_of
from mesh.sharing.matching import TECHNIQUE, Marks, canonical
from mesh.sharing.policy import Consent, Item, decide
from mesh.sharing.receipts import Receipt, Receipts
from mesh.sharing.scrubbing import Scrubber
from mesh.sharing.sighting_rows import SHELF, Seen, Verdict, entry_of, key_of, partners_of

_TRIES = 5


@dataclass(frozen=True, slots=True)
class Releasing:
    """Of one MSP, under one version of its consent."""

    msp_id: str
    consent: Consent
    simulated: bool
    commons: Commons
    directory: Directory
    records: Records
    receipts: Receipts
    marks: Marks
    clock: Clock

    def release(self, things: Sequence[Sighted], result_id: str) -> int:
        """Tell of what may leave; how many things left. What has no receipt has not left."""
        leaving = self._leaving(things)
        if not leaving:
            return 0
        told = self._issue(MATCHING, f"result {result_id}", "\n".join(sorted(leaving)).encode())
        fed = 0
        if ("indicator", FEED) in self.consent.granted:
            values = sorted(f"{thing.kind} {thing.value}" for thing in leaving.values())
            fed = self._issue(FEED, f"result {result_id}", "\n".join(values).encode()).number
        for mark, thing in leaving.items():
            self._note(mark, thing, "malicious", (told.number, fed))
        return len(leaving)

    def dispute(self, mark: str, thing: Sighted) -> None:
        """Tell that a thing is no threat."""
        told = self._issue(MATCHING, f"false positive {mark[:16]}", mark.encode())
        self._note(mark, thing, "false-positive", (told.number, 0))

    def take_back(self, mark: str) -> None:
        """Such a report, where there is one."""
        held = self.commons.find(SHELF, key_of(mark, self.msp_id))
        if held and Seen.model_validate(held.body).verdict == "false-positive":
            self.commons.remove(SHELF, held.key)

    def _leaving(self, things: Sequence[Sighted]) -> Mapping[str, Sighted]:
        """What may leave, by mark. What was seen stands before what was only imported."""
        allowed = [thing for thing in things if self._may_leave(thing)]
        if not allowed:
            return {}
        scrubber = Scrubber(known_of(self.records))
        clean = [thing for thing in allowed if scrubber.objection(thing.kind, thing.value) is None]
        clean.sort(key=lambda thing: not thing.imported_from)
        marked = ((self.marks.of(thing.kind, thing.value), thing) for thing in clean)
        return {mark: thing for mark, thing in marked if mark}

    def _may_leave(self, thing: Sighted) -> bool:
        """Whether there is anybody whom policy lets have it: in a group its members, else whoever it be."""
        grouped = self.consent.reach == "group"
        group = partners_of(self.directory, self.msp_id) if grouped else frozenset()
        item = Item("indicator", self.msp_id, thing.tlp, self.consent.reach, group)
        readers = group if grouped else {""}
        return any(decide(item, self.consent, reader, MATCHING).released for reader in readers)

    def _issue(self, purpose: str, reference: str, released: bytes) -> Receipt:
        recipient = "mesh" if self.consent.reach == "mesh" else "partners"
        return self.receipts.issue(
            self.msp_id, "indicator", recipient, purpose, reference=reference,
            consent_version=self.consent.version, released=released,
        )  # fmt: skip

    def _note(self, mark: str, thing: Sighted, verdict: Verdict, receipts: tuple[int, int]) -> None:
        """Write the row. What was said before lives on in its first day, or stays where it weighs more."""
        now = self.clock.now()
        fresh = Seen(
            kind=thing.kind, verdict=verdict, first=now, last=now, tlp=thing.tlp, reach=self.consent.reach,
            simulated=self.simulated, receipt=receipts[0], feed_receipt=receipts[1],
            imported_from=thing.imported_from,
            value=canonical(thing.kind, thing.value) if thing.kind == TECHNIQUE or receipts[1] else None,
        )  # fmt: skip
        version = 0
        for _ in range(_TRIES):
            if self.commons.put(entry_of(mark, self.msp_id, fresh), before=version):
                return
            held = self.commons.find(SHELF, key_of(mark, self.msp_id))
            version = held.version if held else 0
            if held:
                before = Seen.model_validate(held.body)
                if _stays(before, fresh, now):
                    return
                fresh = fresh.model_copy(update={"first": _since(before, fresh, now)})
        raise Conflict("The same thing is told again and again; try later.", retry_after_s=1)


def _stays(before: Seen, fresh: Seen, now: datetime) -> bool:
    """A report outlasts what is told after it, and what an MSP saw outlasts what it only imports."""
    if not before.is_alive(now) or fresh.verdict == "false-positive":
        return False
    return before.verdict == "false-positive" or bool(fresh.imported_from and not before.imported_from)


def _since(before: Seen, fresh: Seen, now: datetime) -> datetime:
    """A thing that was forgotten, was called something else or was only imported before begins anew."""
    same = (before.verdict, bool(before.imported_from)) == (fresh.verdict, bool(fresh.imported_from))
    return before.first if same and before.is_alive(now) else now
