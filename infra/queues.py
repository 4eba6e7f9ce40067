"""What all queues have in common, and the one for whatever could not be passed on."""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.names import arn, queue_arn
from infra.plan import EVENTS_DLQ, PREFIX

# Encrypted with SQS's own key, which is free; kept as long as SQS keeps anything.
PROPERTIES: dict[str, Any] = {
    "encryption": sqs.QueueEncryption.SQS_MANAGED,
    "enforce_ssl": True,
    "retention_period": Duration.days(14),
}


def failed_events(scope: Construct) -> sqs.Queue:
    """What streams, rules and schedules gave up on. Rules of other stacks send to it by its name."""
    queue = sqs.Queue(scope, "FailedEvents", queue_name=EVENTS_DLQ, **PROPERTIES)
    rules = iam.ServicePrincipal("events.amazonaws.com").with_conditions(
        {"ArnLike": {"aws:SourceArn": arn("events", f"rule/{PREFIX}-*")}}
    )
    queue.grant_send_messages(rules)
    return queue


def named_failed_events(scope: Construct) -> sqs.IQueue:
    """The same, for other stacks: known by name, so that they need nothing of the stack that made it."""
    return sqs.Queue.from_queue_arn(scope, "FailedEvents", queue_arn(EVENTS_DLQ))
