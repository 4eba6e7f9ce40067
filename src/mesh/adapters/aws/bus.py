"""The events table's stream as a bus inside one process: for a mesh on AWS that is served from a lasting
machine, and for tests. Functions get the same stream from Lambda itself, and never start this.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

from mesh.adapters.aws.dynamo import Dynamo
from mesh.adapters.aws.failures import call
from mesh.adapters.aws.items import from_item
from mesh.adapters.aws.outbox import DynamoOutbox, is_event
from mesh.adapters.aws.tables import EVENTS
from mesh.adapters.subscribers import Deliver, Subscribers
from mesh.kit.event import Event
from mesh.kit.problem import Problem, Unavailable

# A shard may be read five times a second.
POLL_S = 0.2
AFTER_TROUBLE_S = 2.0
log = logging.getLogger("mesh.aws")


class StreamBus:
    """Follows the stream from the first subscription on."""

    def __init__(self, dynamo: Dynamo, outbox: DynamoOutbox):
        self._dynamo = dynamo
        self._outbox = outbox
        self._subscribers = Subscribers()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        # Where reading goes on, by shard; None when a shard was read to its end.
        self._places: dict[str, str | None] = {}
        self._stream = ""

    def subscribe(self, deliver: Deliver) -> Callable[[], None]:
        with self._lock:
            if self._thread is None:
                self._stream = self._arn()
                self._look("LATEST")
                self._thread = threading.Thread(target=self._run, name="stream-bus", daemon=True)
                self._thread.start()
        return self._subscribers.add(deliver)

    def close(self) -> None:
        self._closing.set()
        if self._thread:
            self._thread.join()

    def _arn(self) -> str:
        table = self._dynamo.settings.table(EVENTS.name)
        found = call(self._dynamo.clients.dynamodb.describe_table, TableName=table)
        arn = found["Table"].get("LatestStreamArn")
        if not arn:
            raise Unavailable(f"The table {table} has no stream: deploy the mesh again.")
        return arn

    def _look(self, start: Any) -> None:
        """Find shards that are new; those that appear later are read from their start, so that none is
        missed.
        """
        streams = self._dynamo.clients.streams
        asked: dict[str, Any] = {"StreamArn": self._stream}
        while True:
            found = call(streams.describe_stream, **asked)["StreamDescription"]
            for shard in found["Shards"]:
                name = shard["ShardId"]
                if name in self._places:
                    continue
                answer = call(
                    streams.get_shard_iterator, StreamArn=self._stream, ShardId=name, ShardIteratorType=start
                )
                self._places[name] = answer.get("ShardIterator")
            if not (last := found.get("LastEvaluatedShardId")):
                return
            asked["ExclusiveStartShardId"] = last

    def _run(self) -> None:
        from botocore.exceptions import ClientError

        while not self._closing.is_set():
            try:
                for event in self._new():
                    self._subscribers.tell(event)
                wait = POLL_S
            except Problem as problem:
                log.warning("the stream was not read: %s", problem.detail)
                wait = AFTER_TROUBLE_S
            except ClientError as error:
                # After 15 minutes without a call (a machine that slept) a place in the stream is not known
                # any more; the outbox still has what was missed.
                log.warning("the stream is followed anew: %s", error)
                self._places.clear()
                wait = AFTER_TROUBLE_S
            self._closing.wait(wait)

    def _new(self) -> Iterator[Event]:
        if not self._places:
            self._look("LATEST")
        for shard, place in list(self._places.items()):
            if place is None:
                continue
            answer = call(self._dynamo.clients.streams.get_records, ShardIterator=place)
            for record in answer["Records"]:
                item = from_item(record["dynamodb"].get("NewImage", {}))
                if record["eventName"] == "INSERT" and is_event(item):
                    yield self._outbox.event(item)
            self._places[shard] = answer.get("NextShardIterator")
            if self._places[shard] is None:
                self._look("TRIM_HORIZON")
