"""Which rules an event could match at all, found without running them.

A rule is reached through its log source and through an anchor: tests on one or a few fields, one of which
must pass whenever the rule does. Thousands of rules then cost an event some dictionary look-ups and substring
searches instead of thousands of evaluations.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from mesh.agents.threat_intelligence.sigma_match import NoLinearRegex, Test, View, predicate_of
from mesh.agents.threat_intelligence.sigma_rule import Compiled, Node

_TEXTUAL = {"is", "has", "starts", "ends"}
# Fewer terms than this are looked for one by one; more go into one automaton.
_FEW = 24
# Bound on what one automaton may cache of itself, in bytes.
_AUTOMATON = 32 << 20


@dataclass
class Ready:
    """A rule and, from its first use, its test."""

    rule: Compiled
    why_not: str = ""

    @cached_property
    def test(self) -> Test:
        """The rule as a function; one that cannot be evaluated never matches and says why in `why_not`."""
        try:
            return predicate_of(self.rule.test or ["never", "no detection"])
        except (NoLinearRegex, ValueError) as why:
            self.why_not = str(why)
            return lambda _: False


def anchor_of(node: Node) -> list[Node] | None:
    """Text tests of which at least one passes whenever the tree does; None where there are none such."""
    kind = node[0]
    if kind in _TEXTUAL:
        return [node] if all(node[3]) else None
    if kind == "like":
        pieces = [
            max((part for part in parts if part not in (0, 1)), key=len, default="") for parts in node[3]
        ]
        return [["has", node[1], node[2], pieces]] if all(pieces) else None
    if kind == "all":
        found = [anchor for each in node[1:] if (anchor := anchor_of(each))]
        return max(found, key=_selectivity) if found else None
    if kind == "any":
        parts = [anchor_of(each) for each in node[1:]]
        if any(part is None for part in parts):
            return None
        return [leaf for part in parts for leaf in part or ()]
    return None


def _selectivity(anchor: Sequence[Node]) -> tuple[bool, int, int]:
    """Exact tests before others, then long terms before short ones, then few terms before many."""
    terms = [term for leaf in anchor for term in leaf[3]]
    return (all(leaf[0] == "is" for leaf in anchor), min(len(term) for term in terms), -len(terms))


@dataclass
class Group:
    """The rules of one log source, by their anchors."""

    always: list[Ready] = field(default_factory=list)
    exact: dict[str, dict[str, list[Ready]]] = field(default_factory=dict)
    inside: dict[str, dict[str, list[Ready]]] = field(default_factory=dict)
    last: dict[str, dict[str, list[Ready]]] = field(default_factory=dict)

    def add(self, ready: Ready) -> None:
        anchor = anchor_of(ready.rule.test or ["never", ""])
        if anchor is None:
            self.always.append(ready)
            return
        for kind, name, _, terms in anchor:
            for term in terms:
                self._shelf(kind, term).setdefault(name, {}).setdefault(_key(kind, term), []).append(ready)

    def _shelf(self, kind: str, term: str) -> dict[str, dict[str, list[Ready]]]:
        if kind == "is":
            return self.exact
        return self.last if kind == "ends" and _is_file_name(term) else self.inside

    def reached(self, view: View) -> Iterable[Ready]:
        """Rules whose anchor the event meets; a rule may come twice."""
        yield from self.always
        for name, by_value in self.exact.items():
            for value in view.folded(name):
                yield from by_value.get(value, ())
        for name, by_file in self.last.items():
            for value in view.folded(name):
                yield from by_file.get(_file_name(value), ())
        for name, terms in self._terms.items():
            for value in view.folded(name):
                yield from terms.in_value(value)

    @cached_property
    def _terms(self) -> dict[str, "Terms"]:
        """The searched terms of each field, made ready when the group is first asked."""
        return {name: Terms(by_term) for name, by_term in self.inside.items()}


class Terms:
    """Many terms looked for in a value at once, by an RE2 set in time linear in the value; or one by one."""

    def __init__(self, by_term: Mapping[str, list[Ready]]) -> None:
        self._by_term = by_term
        self._rules = list(by_term.values())
        self._set = _automaton(by_term) if len(by_term) > _FEW else None

    def in_value(self, value: str) -> Iterable[Ready]:
        """The rules of every term that the value contains."""
        if self._set is not None:
            return (ready for at in self._set.Match(value) or () for ready in self._rules[at])
        return (ready for term, rules in self._by_term.items() if term in value for ready in rules)


def _automaton(terms: Collection[str]) -> Any:
    """An RE2 set of the terms as literals, in their order; None where RE2 is missing or lacks the room."""
    try:
        import re2  # type: ignore[import-untyped]
    except ImportError:
        return None
    options = re2.Options()
    options.literal = True
    options.max_mem = _AUTOMATON
    options.log_errors = False
    automaton = re2.Set.SearchSet(options)
    try:
        for term in terms:
            automaton.Add(term)
        automaton.Compile()
    except re2.error:
        return None
    # A set that has no room to run reports no match rather than an error: the longest term tells.
    return automaton if automaton.Match(max(terms, key=len)) else None


def _key(kind: str, term: str) -> str:
    folded = term.casefold()
    return _file_name(folded) if kind == "ends" and _is_file_name(term) else folded


def _is_file_name(term: str) -> bool:
    """A path separator and then one whole component: the last component of a value must equal it."""
    return term[0] in "\\/" and len(term) > 1 and _file_name(term) == term[1:]


def _file_name(value: str) -> str:
    return value[max(value.rfind("\\"), value.rfind("/")) + 1 :]
