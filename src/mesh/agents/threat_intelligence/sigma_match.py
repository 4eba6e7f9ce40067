"""Tests of compiled Sigma rules against the fields of one event, in memory.

Text is compared without regard to case unless the rule says `cased`; a field with several values passes when
one of them does; an absent field passes nothing but `null` (Sigma rules specification 2.1.0).
"""

import ipaddress
import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from mesh.agents.threat_intelligence.sigma_rule import Node

Test = Callable[["View"], bool]
# Longer values are cut before a pattern with wildcards or a regular expression reads them.
LONGEST = 32_768


class View:
    """The fields of one event as rules read them: names without case, values as text, folded on demand."""

    __slots__ = ("_folded", "_values", "text")

    def __init__(self, values: Mapping[str, Sequence[str]], text: str) -> None:
        self._values = values
        self._folded: dict[str, Sequence[str]] = {}
        self.text = text

    def values(self, field: str) -> Sequence[str]:
        """The values as they stand; the field `""` is the whole text."""
        return self._values.get(field.casefold(), ()) if field else (self.text,)

    def folded(self, field: str) -> Sequence[str]:
        """The values without case. `field` as the rule writes it."""
        found = self._folded.get(field)
        if found is None:
            found = self._folded[field] = tuple(value.casefold() for value in self.values(field))
        return found


def predicate_of(node: Node) -> Test:
    """A rule's tree as one function of an event."""
    kind = node[0]
    if kind in {"all", "any"}:
        tests = [predicate_of(each) for each in node[1:]]
        if kind == "all":
            return lambda view: all(test(view) for test in tests)
        return lambda view: any(test(view) for test in tests)
    if kind == "not":
        inner = predicate_of(node[1])
        return lambda view: not inner(view)
    if kind == "never":
        return lambda _: False
    return _leaf_test(node)


def evidence(node: Node, view: View) -> list[tuple[str, str]]:
    """(field, value) of every positive test that the event passes, in the rule's order."""
    if node[0] in {"all", "any"}:
        return [pair for each in node[1:] if predicate_of(each)(view) for pair in evidence(each, view)]
    if node[0] in {"not", "never", "null"} or not node[1]:
        return [("text", term) for term in _terms_found(node, view)]
    passing = predicate_of(node)
    values = view.values(node[1])
    alone = [value for value in values if passing(View({node[1].casefold(): (value,)}, ""))]
    return [(node[1], value) for value in alone or values]


def _terms_found(node: Node, view: View) -> list[str]:
    if node[0] != "has" or node[1]:
        return []
    text = view.text if node[2] else view.folded("")[0]
    return [term for term in node[3] if term in text]


def _leaf_test(node: Node) -> Test:
    kind, field = node[0], node[1]
    if kind in {"is", "has", "starts", "ends", "like"}:
        read = View.values if node[2] else View.folded
        passes = _text_passes(kind, node[3])
        return lambda view: any(passes(value) for value in read(view, field))
    if kind == "re":
        patterns = [_pattern(each) for each in node[2]]
        return lambda view: any(
            p.search(v[:LONGEST]) is not None for v in view.values(field) for p in patterns
        )
    if kind == "cidr":
        networks = [ipaddress.ip_network(each) for each in node[2]]
        return lambda view: any(_inside(value, networks) for value in view.values(field))
    if kind == "cmp":
        compare = _COMPARE[node[2]]
        return lambda view: any(compare(_number(value), node[3]) for value in view.values(field))
    if kind == "null":
        return lambda view: not view.values(field)
    if kind == "exists":
        return lambda view: bool(view.values(field)) is node[2]
    if kind == "same":
        return lambda view: any(
            _alike(node[3], a, b) for a in view.folded(field) for b in view.folded(node[2])
        )
    raise ValueError(f"unknown test {kind!r}")


def _text_passes(kind: str, terms: Sequence[Any]) -> Callable[[str], bool]:
    if kind == "is":
        return frozenset(terms).__contains__
    if kind == "has":
        if len(terms) == 1:
            only = terms[0]
            return lambda value: only in value
        return lambda value: any(term in value for term in terms)
    if kind in {"starts", "ends"}:
        prefixes = tuple(terms)
        if kind == "starts":
            return lambda value: value.startswith(prefixes)
        return lambda value: value.endswith(prefixes)
    return lambda value: any(like(parts, value[:LONGEST]) for parts in terms)


def like(parts: Sequence[str | int], value: str) -> bool:
    """Whether the whole value fits text with wildcards: `0` any characters, `1` one character.

    The leftmost fit of each piece between two `0` is enough, so there is no backtracking over pieces.
    """
    pieces: list[list[str]] = [[]]
    for part in parts:
        if part == 0:
            pieces.append([])
        else:
            pieces[-1].extend([""] if part == 1 else str(part))  # one entry a character, "" for any
    start, end = 0, len(value)
    if not _fits(pieces[0], value, 0):
        return False
    if len(pieces) == 1:
        return end == len(pieces[0])
    start, end = len(pieces[0]), end - len(pieces[-1])
    if end < start or not _fits(pieces[-1], value, end):
        return False
    for piece in pieces[1:-1]:
        found = _leftmost(piece, value, start, end)
        if found < 0:
            return False
        start = found + len(piece)
    return True


def _fits(piece: Sequence[str], value: str, at: int) -> bool:
    return at + len(piece) <= len(value) and all(c in ("", value[at + i]) for i, c in enumerate(piece))


def _leftmost(piece: Sequence[str], value: str, start: int, end: int) -> int:
    if "" not in piece:
        return value.find("".join(piece), start, end)
    return next((at for at in range(start, end - len(piece) + 1) if _fits(piece, value, at)), -1)


class NoLinearRegex(RuntimeError):
    """A rule needs a regular expression, and the engine that reads one in linear time is missing."""


@lru_cache(maxsize=4096)
def _pattern(expression: str) -> Any:
    """The pattern under RE2, whose time grows linearly with the text whatever the pattern is.

    Raises NoLinearRegex where RE2 is missing or refuses the pattern (back-references, look-around).
    """
    try:
        import re2  # type: ignore[import-untyped]
    except ImportError as missing:
        raise NoLinearRegex("google-re2 is not installed") from missing
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(expression, options)
    except re2.error as why:
        raise NoLinearRegex(f"{expression!r} cannot be matched in linear time: {why}") from why


_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "eq": lambda a, b: a == b,
    "neq": lambda a, b: a == a and a != b,
}


def _number(value: str) -> float:
    """The number, or NaN, which passes no comparison."""
    try:
        return float(int(value, 16)) if value[:2].lower() == "0x" else float(value)
    except (ValueError, OverflowError):
        return math.nan


def _inside(value: str, networks: Sequence[Any]) -> bool:
    try:
        address = ipaddress.ip_address(value.strip())
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any(each in network for network in networks for each in (address, mapped) if each is not None)


def _alike(how: str, value: str, other: str) -> bool:
    if how == "is":
        return value == other
    return value.startswith(other) if how == "starts" else value.endswith(other)
