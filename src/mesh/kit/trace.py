"""What is known of a request while it is worked on, and what is told of each piece of work when it is over.

Logs, metrics and traces are all made from these two, so none of them knows more than the others. Neither
has room for a body, a key or what was asked.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

Outcome = Literal["done", "refused", "failed"]
# https://www.w3.org/TR/trace-context/#traceparent-header-field-values, and the Root of X-Ray's header, which
# holds the same 32 digits in two parts.
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_ROOT = re.compile(r"Root=1-([0-9a-f]{8})-([0-9a-f]{24})")


@dataclass(frozen=True, slots=True)
class Origin:
    """For whom work is done and what ties its traces together; empty where it is not known."""

    msp_id: str = ""
    correlation_id: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """One piece of work that is over.

    `kind` (request, job, socket ...) and `outcome` are of few values and may become dimensions of a metric;
    `what` is a route or a function's name, never an id. `counts` are figures worth keeping beside the time.
    """

    kind: str
    what: str
    outcome: Outcome
    took_ms: float
    counts: Mapping[str, float] = field(default_factory=dict)


class Observer(Protocol):
    def worked(self, work: Work) -> None:
        """Told once for each piece of work, with `origin()` still set. Never raises, never blocks."""


_UNKNOWN = Origin()
_ORIGIN: ContextVar[Origin] = ContextVar("mesh.origin", default=_UNKNOWN)


def origin() -> Origin:
    """Of the work under way in this thread or task."""
    return _ORIGIN.get()


@contextmanager
def working_for(**known: str) -> Iterator[Origin]:
    """Adds what is known to the origin, for as long as the block lasts.

    >>> with working_for(correlation_id="c1"), working_for(msp_id="msp-a"):
    ...     origin()
    Origin(msp_id='msp-a', correlation_id='c1', request_id='')
    """
    token = _ORIGIN.set(replace(_ORIGIN.get(), **known))
    try:
        yield _ORIGIN.get()
    finally:
        _ORIGIN.reset(token)


def know(**known: str) -> None:
    """Adds what was found out since to the origin, until the enclosing `working_for` ends; outside of one
    there is nobody to know it.

    >>> with working_for(correlation_id="c1"):
    ...     know(msp_id="msp-a")
    ...     origin().msp_id, origin().correlation_id
    ('msp-a', 'c1')
    >>> origin().msp_id
    ''
    """
    if _ORIGIN.get() is not _UNKNOWN:
        _ORIGIN.set(replace(_ORIGIN.get(), **known))


def correlation_of(headers: Mapping[str, str]) -> str:
    """The trace a request belongs to, as 32 hexadecimal digits; empty when its headers (names in lower case)
    name none that is well formed.

    >>> correlation_of({"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"})
    '4bf92f3577b34da6a3ce929d0e0e4736'
    >>> correlation_of({"x-amzn-trace-id": "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"})
    '5759e988bd862e3fe1be46a994272793'
    >>> correlation_of({"traceparent": "<script>"})
    ''
    """
    if found := _TRACEPARENT.fullmatch(headers.get("traceparent", "")):
        return found[1]
    root = _ROOT.match(headers.get("x-amzn-trace-id", ""))
    return root[1] + root[2] if root else ""
