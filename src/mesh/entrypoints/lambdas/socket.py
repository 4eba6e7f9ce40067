"""WebSockets: connect, message and disconnect, in the same conversation as on the embedded server."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mesh.adapters.aws.connections import Connection
from mesh.entrypoints.conversation import SUBPROTOCOL, Conversation
from mesh.entrypoints.lambdas.observed import observed
from mesh.entrypoints.lambdas.process import Process, process
from mesh.kit.event import Event
from mesh.kit.problem import Problem
from mesh.kit.trace import know

OK = {"statusCode": 200}


@observed("socket")
def handler(event: Any, context: Any) -> Any:  # noqa: ARG001
    """One event of a WebSocket API."""
    return handled(event, process())


def handled(event: Mapping[str, Any], at: Process) -> dict[str, Any]:
    """By the route that API Gateway chose."""
    connection_id = event["requestContext"]["connectionId"]
    route = event["requestContext"]["routeKey"]
    if route == "$connect":
        return _connect(event, connection_id, at)
    if route == "$disconnect":
        at.connections.close(connection_id)
    else:
        _message(event.get("body") or "", connection_id, at)
    return OK


def _connect(event: Mapping[str, Any], connection_id: str, at: Process) -> dict[str, Any]:
    who = event["requestContext"].get("authorizer") or {}
    if "msp_id" not in who:
        return {"statusCode": 401}
    at.connections.open(Connection(connection_id, who["msp_id"], who["key_id"]))
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    offered = [name.strip() for name in headers.get("sec-websocket-protocol", "").split(",")]
    # A browser ends the connection unless one of the protocols it offered is taken up.
    return {**OK, "headers": {"Sec-WebSocket-Protocol": SUBPROTOCOL}} if SUBPROTOCOL in offered else OK


def _message(text: str, connection_id: str, at: Process) -> None:
    connection = at.connections.find(connection_id)
    if connection is None or not at.is_live(connection.key_id):
        at.connections.close(connection_id)
        at.sockets.hang_up(connection_id)
        return
    know(msp_id=connection.msp_id)
    talk = Conversation(set(connection.topics))
    reply, last_id = talk.hear(text)
    told = [json.dumps(reply)]
    if last_id is not None:
        try:
            page = at.outbox.after(connection.msp_id, last_id)
        except Problem as problem:
            told.append(json.dumps({"type": "problem", "problem": problem.document()}))
        else:
            there = at.connections.resume(connection_id, frozenset(talk.topics))
            if there and _post(told, connection_id, at):
                _tell_missed(page, int(last_id), talk, connection, at)
            return
    if talk.topics != connection.topics:
        at.connections.listen(connection_id, frozenset(talk.topics))
    _post(told, connection_id, at)


def _tell_missed(
    page: Sequence[Event], last: int, talk: Conversation, connection: Connection, at: Process
) -> None:
    """What was committed since, and what is committed meanwhile; the broadcaster goes on from there."""
    name, connections = connection.connection_id, at.connections
    while True:
        while page:
            if not _post((e.model_dump_json() for e in page if talk.wants(e)), name, at):
                return
            last = int(page[-1].id)
            page = at.outbox.after(connection.msp_id, str(last))
            if page and not connections.go_on(name):
                return
        if connections.resumed(name, last):
            return
        page = at.outbox.after(connection.msp_id, str(last))
        if not page:
            # It is gone, or what was put off is: the tenant was erased.
            connections.resumed(name, last, anyway=True)
            return


def _post(lines: Iterable[str], connection_id: str, at: Process) -> bool:
    for line in lines:
        if not at.sockets.post(connection_id, line):
            at.connections.close(connection_id)
            return False
    return True
