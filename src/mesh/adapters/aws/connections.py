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
GONE = ("GoneException", "410")


@dataclass(frozen=True, slots=True)
class Connection:
    """One socket. `key_id` is the key that opened it."""

    connection_id: str
    msp_id: str
    key_id: str
    topics: frozenset[str] = frozenset()


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
        """A tenant's connections, as its index lists them (a moment behind)."""
        values = {"t": tenant_key(msp_id)}
        return [
            _connection(i) for i in self.dynamo.query(CONNECTIONS, "#tenant = :t", values, index="by_tenant")
        ]

    def listen(self, connection_id: str, topics: frozenset[str]) -> bool:
        """Sets what a connection listens to; False when it is gone."""
        write = self.dynamo.changing(
            CONNECTIONS,
            {"connectionId": connection_id},
            "SET #topics = :topics",
            "attribute_exists(#connectionId)",
            {"topics": _written(topics)},
        )
        try:
            self.dynamo.write(write)
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
    )
