"""The event processor: counts each event once, and keeps the grave threats where they can be asked for."""

import base64
from collections.abc import Mapping
from typing import Any

from mesh.adapters.aws.intelligence import Intelligence
from mesh.entrypoints.lambdas.observed import observed
from mesh.entrypoints.lambdas.partial import in_order
from mesh.entrypoints.lambdas.process import process
from mesh.kit.event import Event
from mesh.kit.trace import know


@observed("batch")
def handler(event: Any, context: Any) -> Any:  # noqa: ARG001
    """A batch of Kinesis records."""
    kept = Intelligence(process().dynamo)
    return in_order(event, lambda record: keep(record, kept), "kinesis")


def keep(record: Mapping[str, Any], kept: Intelligence) -> None:
    """Raises ValueError for a record that is no event: Lambda bisects to it and takes it to its
    destination.
    """
    event = Event.model_validate_json(base64.b64decode(record["kinesis"]["data"]))
    know(msp_id=event.mspid)
    kept.count(event)
