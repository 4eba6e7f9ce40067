"""Waiting before the next try: exponential with full jitter, so that those who wait do not return together.

https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
"""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

# Differs between processes that start together from one snapshot; tests give their own.
_SYSTEM = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Backoff:
    """`jitter` gives numbers from 0 up to 1. Seconds."""

    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = _SYSTEM.random
    tries: int = 8
    first_s: float = 0.02
    longest_s: float = 0.5

    def attempts(self) -> Iterator[int]:
        """Counts the tries from 0, and sleeps between them."""
        for attempt in range(self.tries):
            if attempt:
                self.sleep(self.jitter() * min(self.longest_s, self.first_s * 2**attempt))
            yield attempt
