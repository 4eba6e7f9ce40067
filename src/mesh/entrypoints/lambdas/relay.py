"""Passes committed events on: all to Kinesis, the grave ones to EventBridge, whose rule alerts people."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from mesh.adapters.aws.intelligence import GRAVE, severity
from mesh.adapters.aws.relay import Relay
from mesh.entrypoints.lambdas.observed import observed
from mesh.entrypoints.lambdas.process import Process, process
from mesh.entrypoints.lambdas.stream import committed


@observed("batch")
def handler(event: Any, context: Any) -> None:  # noqa: ARG001
    """A batch of the events table's stream; when it fails, all of it comes again."""
    pass_on(event, process(), _relay())


@cache
def _relay() -> Relay:
    return Relay(process().clients, process().settings)


def pass_on(event: Mapping[str, Any], at: Process, relay: Relay) -> None:
    """Both receivers know an event again by its id, so that a batch may come twice."""
    events = [at.outbox.event(item) for item in committed(event)]
    relay.to_stream(events)
    relay.to_bus([e for e in events if severity(e) in GRAVE])
