"""Ends the sockets of a key as soon as it is revoked, or removed with its tenant."""

from collections.abc import Mapping
from typing import Any

from mesh.adapters.aws.items import from_image
from mesh.entrypoints.lambdas.observed import observed
from mesh.entrypoints.lambdas.process import Process, process


@observed("batch")
def handler(event: Any, context: Any) -> None:  # noqa: ARG001
    """A batch of the keys table's stream; when it fails, all of it comes again."""
    hang_up(event, process())


def hang_up(event: Mapping[str, Any], at: Process) -> None:
    """The stream says that a key changed; whether it is live is read, since records may come late."""
    for record in event["Records"]:
        key_id = from_image(record["dynamodb"]["Keys"])["key_id"]
        if record["eventName"] == "INSERT" or at.is_live(key_id):
            continue
        for connection in at.connections.opened_by(key_id):
            # Forgotten last: one that could not be ended is found again when the batch comes again.
            at.sockets.hang_up(connection.connection_id)
            at.connections.close(connection.connection_id)
