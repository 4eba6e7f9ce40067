"""WebSockets: connect, message and disconnect, in the same conversation as on the embedded server."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from mesh.adapters.aws.connections import Connection
from mesh.entrypoints.conversation import SUBPROTOCOL, Conversation
from mesh.entrypoints.lambdas.observed import observed
from mesh.entrypoints.lambdas.process import Process, process
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
    reply, resume = talk.hear(text)
    if talk.topics != connection.topics:
        at.connections.listen(connection_id, frozenset(talk.topics))
    lines = [json.dumps(reply)]
    _post(lines, connection_id, at)
    if resume is not None:
        _post(_missed(talk, connection.msp_id, resume, at), connection_id, at)


def _missed(talk: Conversation, msp_id: str, last_id: str, at: Process) -> Iterable[str]:
    """What was committed since; or the problem, when the id is not one."""
    try:
        while page := at.outbox.after(msp_id, last_id):
            yield from (event.model_dump_json() for event in page if talk.wants(event))
            last_id = page[-1].id
    except Problem as problem:
        yield json.dumps({"type": "problem", "problem": problem.document()})


def _post(lines: Iterable[str], connection_id: str, at: Process) -> None:
    for line in lines:
        if not at.sockets.post(connection_id, line):
            at.connections.close(connection_id)
            return
