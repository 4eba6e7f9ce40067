"""Several queries at once, where one after the other would add up."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
# The clients have connections for more.
AT_ONCE = 8


def side_by_side(read: Callable[[str], Sequence[T]], starts: Sequence[str]) -> dict[str, Sequence[T]]:
    """What is read for each start, of those that gave something; the first error that comes is raised."""
    asked = list(dict.fromkeys(starts))
    if len(asked) < 2:
        found = [read(start) for start in asked]
    else:
        with ThreadPoolExecutor(min(AT_ONCE, len(asked))) as pool:
            found = list(pool.map(read, asked))
    return {start: rows for start, rows in zip(asked, found, strict=True) if rows}
