"""Cuts a report into sentences, each with its place in the text. Linear in the length of the text."""

import re
from dataclasses import dataclass

# Longer pieces are cut at a blank: a model reads 256 word pieces, and evidence of a page is no evidence.
LONGEST = 400
# Fewer letters than this say nothing: numbering, hashes, table rules.
FEWEST_LETTERS = 6
# A stop so soon after another ends no sentence: it is part of a name, a number or a row of dots.
SHORTEST = 10
# A stop ends a sentence when a blank and then the start of another follow. Bounded, no nested repetition.
_STOP = re.compile(r"[.!?][\"'”’)\]]{0,2}(?=\s)|[\r\n]+|[;•▪●|](?=\s)|\t")
_ABBREVIATION = re.compile(
    r"\b(?:e\.g|i\.e|etc|vs|cf|al|fig|no|mr|mrs|ms|dr|inc|ltd|corp|co|approx|ver|u\.s|a\.k\.a|[a-z])\.$",
    re.IGNORECASE,
)
# What may stand before a sentence and is no part of it: blanks, bullets, the end of a table cell.
_BEFORE = " \t\r\n\f\v\u00a0•▪●|;*-–"
_LETTERS = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Sentence:
    """`text` is the report's own characters from `start` up to `end`."""

    text: str
    start: int
    end: int


def sentences(text: str) -> list[Sentence]:
    """The sentences of a report, in order; headings, table cells and list items count as sentences.

    >>> [s.text for s in sentences("It runs cmd.exe, e.g. from Word. Then it waits.")]
    ['It runs cmd.exe, e.g. from Word.', 'Then it waits.']
    """
    found = []
    start = 0
    for end in [*_stops(text), len(text)]:
        found += [piece for piece in _pieces(text, start, end) if _says_something(piece.text)]
        start = end
    return found


def _stops(text: str) -> list[int]:
    """Where sentences end, and lines that no sentence runs across."""
    ends: list[int] = []
    last = 0
    for stop in _STOP.finditer(text):
        mark = text[stop.start()]
        if stop.end() - last < (3 if mark in "\r\n" else SHORTEST):
            continue
        if mark in "\r\n" and _runs_on(text, stop.start(), stop.end()):
            continue
        if mark == "." and _ABBREVIATION.search(text[max(0, stop.start() - 8) : stop.start() + 1]):
            continue
        last = stop.end()
        ends.append(last)
    return ends


def _runs_on(text: str, before: int, after: int) -> bool:
    """Whether one line break only stands inside a sentence: a long line, and the next starts small."""
    single = text[before:after].count("\n") == 1
    return single and after < len(text) and text[after].islower() and text[max(0, before - 1)] != ":"


def _pieces(text: str, start: int, end: int) -> list[Sentence]:
    """text[start:end] without the blanks around it, cut into pieces of at most LONGEST characters."""
    pieces = []
    while start < end:
        cut = end
        if end - start > LONGEST:
            blank = text.rfind(" ", start + LONGEST // 2, start + LONGEST)
            cut = blank + 1 if blank > 0 else start + LONGEST
        raw = text[start:cut]
        inner = raw.lstrip(_BEFORE).rstrip()
        if inner:
            left = start + len(raw) - len(raw.lstrip(_BEFORE))
            pieces.append(Sentence(inner, left, left + len(inner)))
        start = cut
    return pieces


def _says_something(text: str) -> bool:
    return sum(len(word) for word in _LETTERS.findall(text)) >= FEWEST_LETTERS and " " in text
