"""WebSockets: who is connected, and what is told to them."""

from infra.grants.allowing import Statements, allow, bodies, items
from mesh.adapters.aws.tables import API_KEYS, CONNECTIONS, EVENTS


def open_socket() -> Statements:
    return [items(CONNECTIONS, "PutItem")]


def close_socket() -> Statements:
    return [items(CONNECTIONS, "DeleteItem")]


def hear_socket(connections: str) -> Statements:
    """`connections` is the ARN of the API's connections."""
    return [
        items(CONNECTIONS, "GetItem", "UpdateItem", "DeleteItem"),
        items(API_KEYS, "GetItem"),
        items(EVENTS, "GetItem", "Query"),
        bodies("GetObject"),
        allow(["execute-api:ManageConnections"], [connections]),
    ]


def broadcast(connections: str) -> Statements:
    return [
        items(CONNECTIONS, "BatchGetItem", "DeleteItem", "GetItem", "UpdateItem"),
        items(CONNECTIONS, "Query", index="by_tenant"),
        items(API_KEYS, "GetItem"),
        items(EVENTS, "GetItem", "Query"),
        bodies("GetObject"),
        allow(["execute-api:ManageConnections"], [connections]),
    ]


def end_sockets(connections: str) -> Statements:
    return [
        items(CONNECTIONS, "BatchGetItem", "DeleteItem"),
        items(CONNECTIONS, "Query", index="by_key"),
        items(API_KEYS, "GetItem"),
        allow(["execute-api:ManageConnections"], [connections]),
    ]
