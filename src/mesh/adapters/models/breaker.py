"""Leaves a provider alone for a while after it failed several times in a row.

A state machine of three states (Nygard, Release It!, 2007). It is written here because the libraries at hand
do otherwise: Powertools keeps the state in a table of its own, and others retry as well, which botocore's
standard mode already does, with jitter.
"""

import time
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

from mesh.kit.problem import Unavailable

T = TypeVar("T")
FAILURES, REST_S = 3, 30.0


class Breaker:
    """Closed: calls go through. Open: they do not. After the rest, one call tries; the others wait for it.

    A failure is Unavailable; anything else is no word on the provider. `monotonic` gives seconds.
    """

    def __init__(
        self,
        name: str,
        *,
        failures: int = FAILURES,
        rest_s: float = REST_S,
        monotonic: Callable[[], float] = time.monotonic,
    ):
        self._name, self._most, self._rest_s, self._monotonic = name, failures, rest_s, monotonic
        self._lock = Lock()
        self._failed = 0
        self._closed_from = 0.0

    def call(self, work: Callable[[], T]) -> T:
        """What `work` gives. Raises Unavailable without calling it while the provider rests."""
        self._enter()
        try:
            given = work()
        except Unavailable:
            with self._lock:
                self._failed += 1
                self._closed_from = self._monotonic() + self._rest_s
            raise
        with self._lock:
            self._failed = 0
        return given

    def _enter(self) -> None:
        with self._lock:
            left = self._closed_from - self._monotonic()
            if self._failed < self._most:
                return
            if left > 0:
                failed = f"{self._name} failed {self._failed} times in a row"
                raise Unavailable(f"{failed} and is not asked again for {left:.0f} s.")
            # This call tries; until it is over, the others find the provider still resting.
            self._closed_from = self._monotonic() + self._rest_s
