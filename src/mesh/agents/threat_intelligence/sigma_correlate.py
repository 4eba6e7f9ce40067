"""Sigma correlation rules: how often, how many different, or which together, in a window of time.

Windows slide over the events sorted by time, with two pointers: linear after sorting. Events without a time
cannot be placed in a window and are left out.
Specification: Sigma correlation rules 2.1.0, https://github.com/SigmaHQ/sigma-specification
"""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mesh.agents.threat_intelligence.events import Event


@dataclass(frozen=True, slots=True)
class Hit:
    """An event that one of the referenced rules matched."""

    rule: str
    position: int
    event: Event


@dataclass(frozen=True, slots=True)
class Together:
    """One group for which a correlation held: its events in time order, and the highest count reached."""

    positions: tuple[int, ...]
    count: int
    group: tuple[tuple[str, str], ...]
    values: tuple[str, ...]


def correlate(correlation: Mapping[str, Any], hits: Sequence[Hit]) -> list[Together]:
    """Groups of hits that fulfil the correlation, in the order of their first event."""
    groups: dict[tuple[str, ...], list[Hit]] = defaultdict(list)
    for hit in hits:
        key = _key(correlation, hit)
        if hit.event.seconds is not None and key is not None:
            groups[key].append(hit)
    found = [
        together
        for key, members in groups.items()
        if (
            together := _in_group(correlation, tuple(zip(correlation["group_by"], key, strict=True)), members)
        )
    ]
    return sorted(found, key=lambda together: together.positions[0])


def _key(correlation: Mapping[str, Any], hit: Hit) -> tuple[str, ...] | None:
    """The values to group by; None where the event lacks one of them, so that it belongs to no group."""
    parts = []
    for name in correlation["group_by"]:
        values = hit.event.values(correlation["aliases"].get(name, {}).get(hit.rule, name))
        if not values:
            return None
        parts.append(values[0])
    return tuple(parts)


def _in_group(
    correlation: Mapping[str, Any], group: tuple[tuple[str, str], ...], members: list[Hit]
) -> Together | None:
    members.sort(key=lambda hit: (hit.event.seconds or 0.0, hit.position))
    positions: dict[int, None] = {}
    values: dict[str, None] = {}
    most = 0
    for window, count, seen in _WINDOWS[correlation["type"]](correlation, members):
        if _HOLDS[correlation["op"]](count, correlation["count"]):
            most = max(most, count)
            # A window repeats most of the one before it: stop at the first event already noted.
            for hit in reversed(window):
                if hit.position in positions:
                    break
                positions[hit.position] = None
            values.update(dict.fromkeys(seen))
    if not most:
        return None
    return Together(tuple(sorted(positions)), most, group, tuple(values))


def _windows(
    correlation: Mapping[str, Any], members: Sequence[Hit]
) -> Iterator[tuple[deque[Hit], list[Hit]]]:
    """The hits of the `seconds` up to each hit, and those that left since the window before."""
    window: deque[Hit] = deque()
    for hit in members:
        window.append(hit)
        left = []
        while _seconds(window[0], hit) > correlation["seconds"]:
            left.append(window.popleft())
        yield window, left


def _seconds(earlier: Hit, later: Hit) -> float:
    return (later.event.seconds or 0.0) - (earlier.event.seconds or 0.0)


Windows = Iterator[tuple[deque[Hit], int, Sequence[str]]]


def _event_count(correlation: Mapping[str, Any], members: Sequence[Hit]) -> Windows:
    for window, _ in _windows(correlation, members):
        yield window, len(window), ()


def _value_count(correlation: Mapping[str, Any], members: Sequence[Hit]) -> Windows:
    """Distinct values of the fields (one after the other) in the window."""
    counts: Counter[str] = Counter()
    for window, left in _windows(correlation, members):
        counts.update(_values(correlation, window[-1]))
        counts.subtract(value for hit in left for value in _values(correlation, hit))
        for value in [value for hit in left for value in _values(correlation, hit) if counts[value] <= 0]:
            counts.pop(value, None)
        yield window, len(counts), tuple(counts) if len(counts) <= 64 else ()


def _values(correlation: Mapping[str, Any], hit: Hit) -> set[str]:
    return {value for name in correlation["fields"] for value in hit.event.values(name)}


def _temporal(correlation: Mapping[str, Any], members: Sequence[Hit]) -> Windows:
    counts: Counter[str] = Counter()
    for window, left in _windows(correlation, members):
        counts[window[-1].rule] += 1
        counts.subtract(hit.rule for hit in left)
        yield window, sum(count > 0 for count in counts.values()), ()


def _temporal_ordered(correlation: Mapping[str, Any], members: Sequence[Hit]) -> Windows:
    """How far along the list of rules the hits come, in order, within the window.

    For each rule the latest start of a chain that reaches it is kept: a later start never does worse.
    """
    order: Sequence[str] = correlation["rules"]
    start: list[Hit | None] = [None] * len(order)
    for window, _ in _windows(correlation, members):
        hit = window[-1]
        for at in range(len(order) - 1, -1, -1):
            if order[at] == hit.rule:
                start[at] = hit if at == 0 else start[at - 1]
        alive = [
            at for at, first in enumerate(start) if first and _seconds(first, hit) <= correlation["seconds"]
        ]
        done = hit.rule == order[-1] and len(order) - 1 in alive
        yield window, len(order) if done else max([*(min(at + 1, len(order) - 1) for at in alive), 0]), ()


_WINDOWS: Mapping[str, Callable[[Mapping[str, Any], Sequence[Hit]], Windows]] = {
    "event_count": _event_count,
    "value_count": _value_count,
    "temporal": _temporal,
    "temporal_ordered": _temporal_ordered,
}
_HOLDS: Mapping[str, Callable[[float, float], bool]] = {
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "eq": lambda a, b: a == b,
    "neq": lambda a, b: a != b,
}
