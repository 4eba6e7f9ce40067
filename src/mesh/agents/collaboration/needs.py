"""Requirements in plain words, as clauses that can be met one by one."""

import re
from collections.abc import Iterator

# What introduces a wish without being part of it.
OPENING = re.compile(
    r"^(?:(?:we|i|our clients?|they)\s+(?:(?:also|urgently|currently|would)\s+)*"
    r"(?:need|want|require|seek|like|look(?:ing)? for|are looking for)|looking for|seeking|needed:?|"
    r"please|must have|must|should|with|and|or|also|help (?:with|to)|someone (?:for|who|with)|"
    r"a partner (?:for|who|with|that)|to|for|the|an?|some)\b[\s:,]*",
    re.IGNORECASE,
)
BREAK = re.compile(
    r"(?<=[.!?;])\s+|[;\n]+|,\s+(?:and\s+|or\s+)?|\s+(?:and|as well as|plus)\s+(?=with\b|for\b|help\b)"
)
LEAST_LETTERS = 3
MOST_NEEDS = 30


def needs(requirements: str) -> list[str]:
    """The clauses, at most 30, in their order and in their own words, without what only introduces them.

    >>> needs("We need a SOC at night, and incident response under HIPAA.")
    ['SOC at night', 'incident response under HIPAA']
    """
    found: dict[str, str] = {}
    for part in _parts(requirements):
        clause = _bare(part.strip(" \t.,;:!?-*"))
        if sum(map(str.isalnum, clause)) >= LEAST_LETTERS:
            found.setdefault(clause.casefold(), clause)
    return list(found.values())[:MOST_NEEDS] or [requirements.strip()]


def _parts(requirements: str) -> Iterator[str]:
    """Clauses; "and" parts two of them where both sides have several words: "backup and recovery" is one."""
    for part in BREAK.split(requirements):
        left, found, right = part.partition(" and ")
        if found and len(left.split()) > 1 and len(right.split()) > 1:
            yield left
            yield from _parts(right)
        else:
            yield part


def _bare(clause: str) -> str:
    while True:
        shorter = OPENING.sub("", clause, count=1).strip()
        if shorter == clause or not shorter:
            return clause
        clause = shorter
