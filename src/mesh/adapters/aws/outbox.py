"""Events in DynamoDB, committed with what they announce, in an order that a reader can rely on.

Ids must grow in the order events can be read, or a client that resumes from the newest it saw would miss an
older one that was committed later. A counter inside each transaction would keep that order, but all writers
of a tenant would then conflict on it. Here a writer takes its numbers first, by one write that never
conflicts, together with the number given out before its own; then it commits. A reader follows these links:
it stops before a number whose predecessor is not there yet, until that one comes, or is so late that its
writer cannot be alive. A writer that failed fills its numbers with voids itself.

Numbers are the time in microseconds, and one more than the last where clocks disagree: they fit into a
JavaScript number, and stay good when a tenant is erased and made again. Ids are texts of their decimal
digits.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic_core import from_json, to_json

from mesh.adapters.aws.bodies import Bodies
from mesh.adapters.aws.dynamo import WRITES_A_TRANSACTION, ConditionFailed, Dynamo
from mesh.adapters.aws.items import tenant_key, tenant_of
from mesh.adapters.aws.tables import EVENTS, EXPIRY
from mesh.kit.event import Draft, Event
from mesh.kit.ports import Clock
from mesh.kit.problem import FieldError, Malformed, Problem
from mesh.kit.records import sortable

COUNTER = 0
FIRST_ID = 1_577_836_800_000_000  # 2020-01-01 in microseconds: no number is smaller
LONGEST_ID = len(str(FIRST_ID))
# Longer than a writer can take from its numbers to its commit: time-outs and retries together stay below 20
# s.
SETTLED_AFTER_S = 30.0
NEW = "attribute_not_exists(#seq)"
log = logging.getLogger("mesh.aws")


def _microseconds() -> int:
    return time.time_ns() // 1_000


@dataclass(frozen=True, slots=True)
class DynamoOutbox:
    """`ticks` is the machine's time in microseconds; `clock` is what the mesh calls now, and dates the
    events.
    """

    dynamo: Dynamo
    bodies: Bodies
    clock: Clock
    ticks: Callable[[], int] = field(default=_microseconds)

    def add(self, msp_id: str, drafts: Sequence[Draft]) -> None:
        self.commit(msp_id, [], drafts)

    def commit(self, msp_id: str, writes: Sequence[Mapping[str, Any]], drafts: Sequence[Draft]) -> None:
        """All writes and all events, or none. Raises ConditionFailed, or ValueError for what is no JSON."""
        now = self.clock.now()
        events = [self._attributes(msp_id, draft, now) for draft in drafts]
        if len(writes) + len(events) > WRITES_A_TRANSACTION:
            raise ValueError(f"more than {WRITES_A_TRANSACTION} writes cannot be one")
        places = self._places(msp_id, len(events)) if events else []
        committed = False
        try:
            put = [self._putting(place, event) for place, event in zip(places, events, strict=True)]
            if put or writes:
                self.dynamo.transact([*writes, *put])
            committed = True
        finally:
            if not committed:
                self._void(places)

    def after(self, msp_id: str, last_id: str | None, limit: int = 500) -> Sequence[Event]:
        start = self._checked(msp_id, last_id) if last_id is not None else COUNTER
        events: list[Event] = []
        for item in self._settled(msp_id, start, limit):
            events.append(self.event(item))
            if len(events) == limit:
                break
        return events

    def find(self, msp_id: str, number: int) -> Event | None:
        """One event by its number, or None."""
        item = self.dynamo.get(EVENTS, _key(tenant_key(msp_id), number))
        return self.event(item) if item and is_event(item) else None

    def event(self, item: Mapping[str, Any]) -> Event:
        """The event of an item, as the table or its stream holds it."""
        msp_id = tenant_of(item["msp_id"])
        return Event(
            id=str(item["seq"]),
            type=item["type"],
            subject=item["subject"],
            time=datetime.fromisoformat(item["time"]),
            mspid=msp_id,
            topic=item["topic"],
            data=from_json(self.bodies.read(msp_id, item)),
        )

    def _settled(self, msp_id: str, seen: int, limit: int) -> Iterator[dict[str, Any]]:
        """Items of events behind `seen`, up to the first number that may still be filled."""
        values: dict[str, Any] = {"m": tenant_key(msp_id), "seen": seen}
        old = self.ticks() - int(SETTLED_AFTER_S * 1e6)
        for item in self.dynamo.query(EVENTS, "#msp_id = :m AND #seq > :seen", values, page=limit):
            if item["prior"] > seen and item["numbered_at"] > old:
                return
            seen = item["seq"]
            if is_event(item):
                yield item

    def _checked(self, msp_id: str, last_id: str) -> int:
        """The number of an id that may be one of ours: of this tenant, or of one that was erased. 0 stands
        before them all.
        """
        if last_id == str(COUNTER):
            return COUNTER
        if last_id.isascii() and last_id.isdigit() and len(last_id) == LONGEST_ID:
            number = int(last_id)
            counter = self.dynamo.get(EVENTS, _key(tenant_key(msp_id), COUNTER)) or {"last": 0}
            if FIRST_ID <= number <= max(counter["last"], self.ticks()):
                return number
        errors = [FieldError("last_event_id", "not an event id")]
        raise Malformed("Resume from an event id you received.", errors=errors)

    def _attributes(self, msp_id: str, draft: Draft, now: datetime) -> dict[str, Any]:
        body = self.bodies.write(msp_id, to_json(draft.data))
        return {
            "type": draft.type,
            "topic": draft.topic,
            "subject": draft.subject,
            "time": sortable(now),
            **body,
        }

    def _places(self, msp_id: str, count: int) -> list[dict[str, Any]]:
        """Keys for `count` events, each linked to the number before it."""
        now, tenant = self.ticks(), tenant_key(msp_id)
        counter = _key(tenant, COUNTER)
        by_time = "SET #prior = if_not_exists(#last, :none), #last = :last"
        unused = "attribute_not_exists(#last) OR #last < :now"
        values = {"none": COUNTER, "last": now + count - 1, "now": now}
        write = self.dynamo.changing(EVENTS, counter, by_time, unused, values)
        try:
            given = self.dynamo.write(write, returning="UPDATED_NEW")
        except ConditionFailed:
            by_one = "SET #prior = #last, #last = #last + :count"
            write = self.dynamo.changing(EVENTS, counter, by_one, values={"count": count})
            given = self.dynamo.write(write, returning="UPDATED_NEW")
        first = given["last"] - count + 1
        return [
            {**_key(tenant, n), "prior": n - 1 if n > first else given["prior"], "numbered_at": now}
            for n in range(first, first + count)
        ]

    def _putting(self, place: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
        kept_until = place["numbered_at"] // 1_000_000 + self.dynamo.settings.events_kept_days * 86_400
        return self.dynamo.putting(EVENTS, {**place, EXPIRY: kept_until, **event}, NEW)

    def _void(self, places: Sequence[Mapping[str, Any]]) -> None:
        """Let readers pass numbers that were not used; those whose commit happened after all are left
        alone.
        """
        for place in places:
            try:
                self.dynamo.write(self._putting(place, {}))
            except ConditionFailed:
                continue
            except Problem:
                # Readers wait until the number is old; nothing else depends on it.
                log.warning("number %d of a tenant's events stays open", place["seq"])


def is_event(item: Mapping[str, Any]) -> bool:
    """Whether an item of the table is an event, not the count or a number that was not used."""
    return "type" in item


def _key(tenant: str, number: int) -> dict[str, Any]:
    return {"msp_id": tenant, "seq": number}
