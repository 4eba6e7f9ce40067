"""Questions that are answered later: taking them in, working them off, reminding of them."""

from collections.abc import Iterable

from infra.grants.allowing import Statements, allow, bodies, items
from infra.names import queue_arn
from infra.plan import JOBS_DLQ, JOBS_QUEUE
from mesh.adapters.aws.tables import EVENTS, JOBS, RESULTS


def queue_jobs() -> Statements:
    """Taking a question in, to be answered later."""
    return [
        items(JOBS, "GetItem", "PutItem", "DeleteItem"),
        allow(["sqs:SendMessage"], [queue_arn(JOBS_QUEUE)]),
    ]


def work_off_jobs() -> Statements:
    """Taking a job up and ending it, with the event that says so."""
    return [
        items(JOBS, "UpdateItem"),
        items(EVENTS, "PutItem", "UpdateItem"),
        allow(["sqs:SendMessage"], [queue_arn(JOBS_DLQ)]),
    ]


def hand_on_jobs(functions: Iterable[str]) -> Statements:
    """The async processor holds no agent: it has the function of the job's own agent answer it. `functions`
    are ARNs, with the alias where one is called.
    """
    return [
        items(JOBS, "GetItem"),
        # A job whose agent is not there any more is ended by the processor itself.
        *work_off_jobs(),
        items(RESULTS, "GetItem"),
        bodies("GetObject"),
        allow(["sqs:SendMessage"], [queue_arn(JOBS_QUEUE)]),
        allow(["lambda:InvokeFunction"], functions),
    ]


def remind_of_jobs() -> Statements:
    return [
        items(JOBS, "Query", index="due"),
        items(JOBS, "GetItem"),
        bodies("GetObject"),
        allow(["sqs:SendMessage"], [queue_arn(JOBS_QUEUE)]),
    ]


def receive(queue: str) -> Statements:
    """What Lambda needs to bring a queue's messages."""
    read = ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes", "ChangeMessageVisibility"]
    return [allow([f"sqs:{one}" for one in read], [queue_arn(queue)])]
