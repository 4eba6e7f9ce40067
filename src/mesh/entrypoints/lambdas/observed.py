"""What every function does around its work: knows which event it is, and says what became of it."""

import os
import time
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from mesh.adapters.aws.telemetry import Telemetry
from mesh.kit.trace import Observer, Outcome, Work, correlation_of, working_for

Handler = Callable[[Any, Any], Any]


class Refused(Exception):
    """The work was done, and the answer is no."""


def observed(kind: str, observer: Observer | None = None) -> Callable[[Handler], Handler]:
    """A handler that tells of each event as work of that kind; `kind` is a dimension, so there are few."""
    told_to = observer or Telemetry()

    def around(handle: Handler) -> Handler:
        @wraps(handle)
        def handled(event: Any, context: Any) -> Any:
            started = time.perf_counter()
            outcome: Outcome = "failed"
            counts: Mapping[str, float] = {}
            with working_for(**known(context)):
                try:
                    answer = handle(event, context)
                    outcome, counts = _became(event, answer)
                    return answer
                except Refused:
                    outcome = "refused"
                    raise
                finally:
                    took_ms = (time.perf_counter() - started) * 1000
                    told_to.worked(Work(kind, _name(context), outcome, took_ms, counts))

        return handled

    return around


def known(context: Any) -> dict[str, str]:
    """What Lambda says of an event beside it."""
    # Set by Lambda anew for each event.
    trace = correlation_of({"x-amzn-trace-id": os.environ.get("_X_AMZN_TRACE_ID", "")})
    return {"request_id": getattr(context, "aws_request_id", ""), "correlation_id": trace}


def _name(context: Any) -> str:
    return str(getattr(context, "function_name", "function"))


def _became(event: Any, answer: Any) -> tuple[Outcome, Mapping[str, float]]:
    """A batch with records that must come again failed, though its function did not."""
    records = event.get("Records") if isinstance(event, Mapping) else None
    if records is None:
        return "done", {}
    again = len(answer["batchItemFailures"]) if isinstance(answer, Mapping) else 0
    return ("failed" if again else "done"), {"records": len(records), "again": again}
