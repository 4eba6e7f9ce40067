"""The broadcaster: from the events table's stream to the sockets of each tenant, in the order of the
events' ids.

The stream says that something was committed; what is sent is read from the table behind the last event that
was sent, as everywhere else. So a client that resumes from the newest event it saw misses none.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from mesh.adapters.aws.connections import Connection
from mesh.adapters.aws.items import from_image, tenant_of
from mesh.adapters.aws.outbox import is_event
from mesh.entrypoints.conversation import Conversation
from mesh.entrypoints.lambdas.observed import observed
from mesh.entrypoints.lambdas.process import Process, process
from mesh.kit.event import Event
from mesh.kit.problem import Problem
from mesh.kit.trace import working_for

AT_ONCE = 16
# A writer takes milliseconds from its number to its commit: waiting for it here beats having the batch again.
SETTLING_TRIES, SETTLING_S = 20, 0.05
REMEMBERED = 1_000
log = logging.getLogger("mesh.lambdas")


class NotSettled(Exception):
    """An earlier event is still being committed: the batch must come again."""


@observed("batch")
def handler(event: Any, context: Any) -> None:  # noqa: ARG001
    """A batch of the stream; when it fails, all of it comes again."""
    _broadcaster().broadcast(event)


@cache
def _broadcaster() -> "Broadcaster":
    return Broadcaster(process())


def committed(event: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Items of the events that a batch of the stream brings."""
    for record in event["Records"]:
        item = from_image(record["dynamodb"].get("NewImage", {}))
        if record["eventName"] == "INSERT" and is_event(item):
            yield item


@dataclass(slots=True)
class Sent:
    """What of one tenant this function sent: all up to `last`, of which the newest numbers are known."""

    last: int
    numbers: deque[int] = field(default_factory=lambda: deque(maxlen=REMEMBERED))


@dataclass(slots=True)
class Broadcaster:
    at: Process
    sleep: Callable[[float], None] = time.sleep
    # By tenant; a new function starts before the first event it is brought.
    _sent: dict[str, Sent] = field(default_factory=dict)

    def broadcast(self, event: Mapping[str, Any]) -> None:
        """Send what a batch brings, tenant by tenant; what was sent is not sent again with it."""
        by_tenant: dict[str, list[dict[str, Any]]] = {}
        for item in committed(event):
            by_tenant.setdefault(tenant_of(item["msp_id"]), []).append(item)
        for msp_id, items in by_tenant.items():
            with working_for(msp_id=msp_id):
                self._send(msp_id, items)

    def _send(self, msp_id: str, items: Sequence[Mapping[str, Any]]) -> None:
        sent = self._sent.setdefault(msp_id, Sent(min(item["prior"] for item in items)))
        numbers = sorted(item["seq"] for item in items)
        late = [n for n in numbers if n <= sent.last and n not in sent.numbers]
        events = [event for n in late if (event := self.at.outbox.find(msp_id, n))]
        events += self._settled(msp_id, sent.last, numbers[-1])
        connections = self._live(msp_id) if events else []
        if connections:
            with ThreadPoolExecutor(min(AT_ONCE, len(connections))) as pool:
                list(pool.map(lambda connection: self._tell(connection, events), connections))
        sent.numbers.extend(int(event.id) for event in events)
        sent.last = max([sent.last, *sent.numbers])

    def _settled(self, msp_id: str, start: int, newest: int) -> list[Event]:
        """The tenant's events behind `start`, up to `newest` at least. Raises NotSettled."""
        events: list[Event] = []
        for attempt in range(SETTLING_TRIES):
            if attempt:
                self.sleep(SETTLING_S)
            events = self._behind(msp_id, start)
            if newest <= start or (events and int(events[-1].id) >= newest):
                return events
        if self.at.outbox.find(msp_id, newest) is None:
            # The tenant was erased since.
            return events
        raise NotSettled

    def _behind(self, msp_id: str, start: int) -> list[Event]:
        events: list[Event] = []
        last = str(start) if start else None
        while page := self.at.outbox.after(msp_id, last):
            events += page
            last = page[-1].id
        return events

    def _live(self, msp_id: str) -> list[Connection]:
        """The tenant's connections; those whose key was revoked are ended."""
        connections = self.at.connections.of(msp_id)
        live = {key: self.at.is_live(key) for key in {c.key_id for c in connections}}
        for connection in connections:
            if not live[connection.key_id]:
                self._end(connection)
        return [connection for connection in connections if live[connection.key_id]]

    def _tell(self, connection: Connection, events: Sequence[Event]) -> None:
        """A socket that cannot be written to is ended: it blocks nobody, and resumes when it comes back."""
        hearing = self._hearing(connection, max(int(event.id) for event in events))
        if hearing is None:
            return
        name, talk = hearing.connection_id, Conversation(set(hearing.topics))
        try:
            for event in events:
                new = int(event.id) > hearing.told
                if new and talk.wants(event) and not self.at.sockets.post(name, event.model_dump_json()):
                    self.at.connections.close(name)
                    return
        except Problem as problem:
            with working_for(msp_id=connection.msp_id):
                log.warning("a socket is ended: %s", problem.detail)
            self._end(connection)

    def _hearing(self, connection: Connection, newest: int) -> Connection | None:
        """The connection, when it hears events from here. One that is being told what it missed hears these
        as well there; one that was left in the middle of that is ended, and resumes when it comes back.
        """
        if not connection.resumes_until:
            return connection
        if connection.resumes_until < self.at.platform.clock.now().timestamp():
            self._end(connection)
            return None
        if self.at.connections.put_off(connection.connection_id, newest):
            return None
        return self.at.connections.find(connection.connection_id)

    def _end(self, connection: Connection) -> None:
        self.at.connections.close(connection.connection_id)
        self.at.sockets.hang_up(connection.connection_id)
