"""Open WebSockets: who is at the other end, what they listen to, and how something is said to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json, to_json

from mesh.adapters.aws.clients import Clients
from mesh.adapters.aws.dynamo import ConditionFailed, Dynamo
from mesh.adapters.aws.failures import call
from mesh.adapters.aws.items import Item, tenant_key, tenant_of
from mesh.adapters.aws.tables import CONNECTIONS, EXPIRY
from mesh.kit.ports import Clock
from mesh.kit.problem import Unavailable

# API Gateway ends a connection after two hours; what it did not tell us of is forgotten soon after.
LONGEST_S = 2 * 3_600 + 600
# As long as it may take to tell a socket one page of what it missed: one that took longer died over it.
RESUMING_S = 45
GONE = ("GoneException", "410")


@dataclass(frozen=True, slots=True)
class Connection:
    """One socket. `key_id` is the key that opened it. While `resumes_until` (a time in seconds) is set, it is
    being told what it missed; `told` is the newest event that it was told of then.
    """

    connection_id: str
    msp_id: str
    key_id: str
    topics: frozenset[str] = frozenset()
    resumes_until: int = 0
    told: int = 0


@dataclass(frozen=True, slots=True)
class Connections:
    dynamo: Dynamo
    clock: Clock

    def open(self, connection: Connection) -> None:
        item: Item = {
            "connectionId": connection.connection_id,
            "tenant": tenant_key(connection.msp_id),
            "key_id": connection.key_id,
            "topics": _written(connection.topics),
            EXPIRY: int(self.clock.now().timestamp()) + LONGEST_S,
        }
        self.dynamo.write(self.dynamo.putting(CONNECTIONS, item))

    def find(self, connection_id: str) -> Connection | None:
        item = self.dynamo.get(CONNECTIONS, {"connectionId": connection_id})
        return _connection(item) if item else None

    def of(self, msp_id: str) -> Sequence[Connection]:
        """A tenant's connections as they are now; one that was just opened may not be listed yet."""
        return self._listed("tenant", tenant_key(msp_id), "by_tenant")

    def opened_by(self, key_id: str) -> Sequence[Connection]:
        """Those that a key opened."""
        return self._listed("key_id", key_id, "by_key")

    def _listed(self, attribute: str, value: str, index: str) -> Sequence[Connection]:
        found = self.dynamo.query(CONNECTIONS, f"#{attribute} = :v", {"v": value}, index=index)
        keys = [{"connectionId": item["connectionId"]} for item in found]
        # The index is a moment behind: what a connection listens to is read where it was written.
        items = self.dynamo.get_many(CONNECTIONS, keys)
        return sorted(map(_connection, items), key=lambda one: one.connection_id)

    def listen(self, connection_id: str, topics: frozenset[str]) -> bool:
        """Sets what a connection listens to; False when it is gone."""
        there = "attribute_exists(#connectionId)"
        return self._change(connection_id, "SET #topics = :topics", there, {"topics": _written(topics)})

    def resume(self, connection_id: str, topics: frozenset[str]) -> bool:
        """As `listen`, for one that is told first what it missed: until `resumed`, what is committed is put
        off instead of told, so that nothing is told twice or out of order. False when it is gone.
        """
        return self._change(
            connection_id, "SET #topics = :topics, #resumes_until = :until REMOVE #put_off",
            "attribute_exists(#connectionId)", {"topics": _written(topics), "until": self._until},
        )  # fmt: skip

    def go_on(self, connection_id: str) -> bool:
        """There is more to tell; False when that has ended."""
        resuming = "attribute_exists(#resumes_until)"
        change = "SET #resumes_until = :until"
        return self._change(connection_id, change, resuming, {"until": self._until})

    @property
    def _until(self) -> int:
        return int(self.clock.now().timestamp()) + RESUMING_S

    def put_off(self, connection_id: str, number: int) -> bool:
        """Leave the events up to `number` to whoever tells it what it missed; False when that has ended."""
        resuming = "attribute_exists(#resumes_until)"
        return self._change(connection_id, "SET #put_off = :number", resuming, {"number": number})

    def resumed(self, connection_id: str, told: int, *, anyway: bool = False) -> bool:
        """It was told of everything up to `told`, and hears what is committed from now on. False where more
        was put off meanwhile, unless `anyway`.
        """
        nothing_left = "(attribute_not_exists(#put_off) OR #put_off <= :told)"
        when = "attribute_exists(#connectionId)" + ("" if anyway else f" AND {nothing_left}")
        change = "SET #told = :told REMOVE #resumes_until, #put_off"
        return self._change(connection_id, change, when, {"told": told})

    def _change(self, connection_id: str, change: str, when: str, values: Item) -> bool:
        key = {"connectionId": connection_id}
        try:
            self.dynamo.write(self.dynamo.changing(CONNECTIONS, key, change, when, values))
        except ConditionFailed:
            return False
        return True

    def close(self, connection_id: str) -> None:
        self.dynamo.write(self.dynamo.removing(CONNECTIONS, {"connectionId": connection_id}))


@dataclass(frozen=True, slots=True)
class Sockets:
    """The other ends of the connections, through API Gateway."""

    clients: Clients
    url: str

    def post(self, connection_id: str, text: str) -> bool:
        """Say something; False when nobody is there any more. Raises Unavailable when it cannot be said."""
        from botocore.exceptions import ClientError

        try:
            client = self.clients.sockets(self.url)
            call(client.post_to_connection, ConnectionId=connection_id, Data=text.encode())
        except ClientError as error:
            if error.response["Error"]["Code"] in GONE:
                return False
            raise Unavailable("The message could not be sent to the socket.") from error
        return True

    def hang_up(self, connection_id: str) -> None:
        """End the connection; one that is gone already stays gone."""
        from botocore.exceptions import ClientError

        try:
            call(self.clients.sockets(self.url).delete_connection, ConnectionId=connection_id)
        except ClientError as error:
            if error.response["Error"]["Code"] not in GONE:
                raise


def _written(topics: frozenset[str]) -> str:
    return to_json(sorted(topics)).decode()


def _connection(item: Mapping[str, Any]) -> Connection:
    return Connection(
        connection_id=item["connectionId"],
        msp_id=tenant_of(item["tenant"]),
        key_id=item["key_id"],
        topics=frozenset(from_json(item["topics"])),
        resumes_until=item.get("resumes_until", 0),
        told=item.get("told", 0),
    )
