"""What CloudFormation says when a deployment fails, as one line that says what to do."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from mesh.kit.problem import Conflict, Problem, Unavailable

# What one failure does to the others: not a reason.
CARRIED_ALONG = (
    "Resource creation cancelled",
    "Resource update cancelled",
    "The following resource(s) failed",
)
TAKEN = re.compile(
    r"already exists?\b|AlreadyExists|AlreadyOwnedByYou|identical name|name conflict", re.IGNORECASE
)
UNKNOWN_SERVICE = ("SubscriptionRequiredException", "OptInRequired", "not activated")
LIMIT = re.compile(r"LimitExceeded|quota|limit exceeded|maximum number", re.IGNORECASE)
NOT_ALLOWED = re.compile(r"not authorized to perform:? ?([\w-]+:\w+)?|AccessDenied", re.IGNORECASE)
AGAIN = "Run ./mesh aws deploy again: it goes on from here."


def of(stack: str, status: str | None, events: Iterable[Mapping[str, Any]]) -> Problem:
    """The problem of a stack that ended in `status`, from the first resource that failed by itself."""
    for event in events:
        reason = event.get("ResourceStatusReason", "")
        failed = event["ResourceStatus"].endswith("_FAILED") and event["LogicalResourceId"] != stack
        if failed and not any(words in reason for words in CARRIED_ALONG):
            return _told(stack, event["LogicalResourceId"], event["ResourceType"], reason, event)
    return Unavailable(f"The stack {stack} ended as {status}. {AGAIN}")


def refused(stack: str, reason: str) -> Problem:
    """The problem of a change set that CloudFormation would not make."""
    if TAKEN.search(reason):
        return Conflict(f"{_first(reason)} {_make_way(stack)}")
    return Unavailable(f"CloudFormation refuses the stack {stack}: {_first(reason)}")


def taken(stack: str, kind: str, name: str) -> str:
    """The sentence for a thing of that name that is not the mesh's."""
    return f"{name} ({kind}) exists in this account and is not this mesh's. {_make_way(stack)}"


def _told(stack: str, logical: str, kind: str, reason: str, event: Mapping[str, Any]) -> Problem:
    if TAKEN.search(reason):
        return Conflict(taken(stack, kind, event.get("PhysicalResourceId") or logical))
    if LIMIT.search(reason):
        return Unavailable(
            f"The account's limit for {kind} is reached ({logical} in {stack}): ask for more in the console "
            f"under Service Quotas. {_first(reason)}"
        )
    if denied := NOT_ALLOWED.search(reason):
        what = f" {denied[1]}" if denied[1] else ""
        return Unavailable(
            f"{logical} in {stack} was refused: these credentials lack the right{what}. {_first(reason)}"
        )
    if any(words in reason for words in UNKNOWN_SERVICE):
        return Unavailable(f"The account has no access to {kind} yet: open the service once in the console.")
    return Unavailable(f"{logical} ({kind}) in {stack} failed: {_first(reason)} {AGAIN}")


def _make_way(stack: str) -> str:
    return f"Rename or remove it, or deploy to another region or account; {stack} was left as it was before."


def _first(reason: str) -> str:
    """The reason without the request ids that AWS appends, on one line."""
    words = re.sub(r"\s*\(Service: .*", "", " ".join(reason.split()))
    return words if words.endswith(".") else f"{words}."
