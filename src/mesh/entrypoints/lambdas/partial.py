"""Saying which records of a batch failed, so that Lambda brings those again and no others.

Powertools has this as well; its import takes longer than the rest of such a function together.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from mesh.kit.trace import working_for

Failures = dict[str, list[dict[str, str]]]
log = logging.getLogger("mesh.lambdas")


def every_message(event: Mapping[str, Any], work: Callable[[Mapping[str, Any]], None]) -> Failures:
    """SQS: each message by itself; those that failed come again, and end in the dead letters."""
    failed = [record["messageId"] for record in event["Records"] if not _done(record, work)]
    return _told(failed)


def in_order(event: Mapping[str, Any], work: Callable[[Mapping[str, Any]], None], source: str) -> Failures:
    """Kinesis and DynamoDB streams (`source` names the part of a record): all from the first that failed."""
    for record in event["Records"]:
        if not _done(record, work):
            place = record[source]
            return _told([place.get("sequenceNumber") or place["SequenceNumber"]])
    return _told([])


def _done(record: Mapping[str, Any], work: Callable[[Mapping[str, Any]], None]) -> bool:
    # What the work finds out of a record's tenant is known until its failure is told.
    with working_for():
        try:
            work(record)
        except Exception:  # one record must not take the others of its batch down
            log.exception("a record failed and will be brought again")
            return False
    return True


def _told(failed: list[str]) -> Failures:
    return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}
