"""AWS's errors as the mesh tells them.

A table that throttles us is 503, not 429: the tenant stayed within its own limit, and a job that met it is
to be tried again. Nothing AWS says is passed on to the caller, since it may hold names of roles and
accounts.
"""

import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from mesh.kit.problem import Problem, Unavailable

P = ParamSpec("P")
T = TypeVar("T")
log = logging.getLogger("mesh.aws")

BUSY_RETRY_S = 1.0
THROTTLED = {
    "ProvisionedThroughputExceededException", "ThrottlingException", "Throttling", "RequestLimitExceeded",
    "ThrottledException", "TooManyRequestsException", "RequestThrottled", "SlowDown", "KmsThrottled",
    "LimitExceededException", "ThrottlingError", "ProvisionedThroughputExceeded",
    "TransactionInProgressException",
}  # fmt: skip
DOWN = {
    "InternalServerError",
    "InternalFailure",
    "InternalError",
    "ServiceUnavailable",
    "ServiceUnavailableException",
}
REFUSED = {
    "AccessDenied", "AccessDeniedException", "UnrecognizedClientException", "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId", "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidSignatureException",
    "MissingAuthenticationTokenException",
}  # fmt: skip
MISSING = {
    "ResourceNotFoundException",
    "NoSuchBucket",
    "AWS.SimpleQueueService.NonExistentQueue",
    "QueueDoesNotExist",
}


def call(operation: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run one operation of a client. Raises Unavailable for what waiting or an operator can mend.

    Other errors (a failed condition, an invalid parameter) pass as botocore raises them.
    """
    from botocore import exceptions as failed

    try:
        return operation(*args, **kwargs)
    except failed.ClientError as error:
        problem = told(error.response["Error"].get("Code", ""), error.operation_name)
        if problem is None:
            raise
        log.warning("%s: %s", error.operation_name, error)
        raise problem from error
    except (
        failed.ConnectionError,
        failed.HTTPClientError,
        failed.NoCredentialsError,
        failed.PartialCredentialsError,
        failed.CredentialRetrievalError,
        failed.NoRegionError,
    ) as error:
        log.warning("AWS was not reached: %s", error)
        detail = (
            "AWS cannot be reached from here, or there is no region or no credentials for it; see the log."
        )
        raise Unavailable(detail, retry_after_s=BUSY_RETRY_S) from error


def told(code: str, operation: str) -> Problem | None:
    """The problem for an error code, or None when it is the caller's to handle."""
    if code in THROTTLED:
        return Unavailable("The mesh's storage is busy; send the request again.", retry_after_s=BUSY_RETRY_S)
    if code in DOWN:
        return Unavailable("A service of AWS failed; send the request again.", retry_after_s=BUSY_RETRY_S)
    if code in REFUSED:
        return Unavailable(f"AWS refused {operation}: the credentials or the role's policy do not allow it.")
    if code in MISSING:
        return Unavailable(
            f"{operation} found its table, bucket, queue or secret missing: deploy the mesh again."
        )
    return None
