"""Passing committed events on: to Kinesis for what counts and learns, to EventBridge for rules and alerts.

The broadcaster calls this for what the events table's stream brings, so an event that was committed is
passed on at least once; receivers know it again by its id.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from mesh.adapters.aws.backoff import Backoff
from mesh.adapters.aws.clients import Clients
from mesh.adapters.aws.failures import BUSY_RETRY_S, call
from mesh.adapters.aws.settings import Settings
from mesh.kit.event import Event
from mesh.kit.problem import Unavailable

# The most that one call takes.
RECORDS_A_CALL, ENTRIES_A_CALL = 500, 10


@dataclass(frozen=True, slots=True)
class Relay:
    clients: Clients
    settings: Settings
    backoff: Backoff = field(default_factory=Backoff)

    def to_stream(self, events: Sequence[Event]) -> None:
        """Into Kinesis, a tenant's events to one shard and in order while none is refused."""
        records = [{"Data": e.model_dump_json().encode(), "PartitionKey": e.mspid[:256]} for e in events]

        def put(part: Sequence[Any]) -> list[bool]:
            answer = call(
                self.clients.kinesis.put_records, StreamName=self.settings.events_stream, Records=part
            )
            return ["ErrorCode" in record for record in answer["Records"]]

        self._send(records, RECORDS_A_CALL, put)

    def to_bus(self, events: Sequence[Event]) -> None:
        """Into EventBridge; `detail` is the CloudEvent, so that rules can look at `data.severity`."""
        entries = [
            {
                "Source": event.source.strip("/"),
                "DetailType": event.type,
                "Detail": event.model_dump_json(),
                "Time": event.time,
                "EventBusName": self.settings.event_bus,
            }
            for event in events
        ]

        def put(part: Sequence[Any]) -> list[bool]:
            return [
                "ErrorCode" in entry
                for entry in call(self.clients.events.put_events, Entries=part)["Entries"]
            ]

        self._send(entries, ENTRIES_A_CALL, put)

    def _send(self, rows: Sequence[Any], at_once: int, put: Callable[[Sequence[Any]], list[bool]]) -> None:
        """Both services take a part and refuse a part: what was refused, and only that, is sent again."""
        for start in range(0, len(rows), at_once):
            rest = rows[start : start + at_once]
            for _ in self.backoff.attempts():
                refused = put(rest)
                rest = [row for row, no in zip(rest, refused, strict=True) if no]
                if not rest:
                    break
            else:
                raise Unavailable(
                    "The event stream is busy; events are tried again.", retry_after_s=BUSY_RETRY_S
                )
