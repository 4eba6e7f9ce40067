"""Cuts a policy into passages that can be quoted: sentences, list items and clauses, each with its place.

A heading and the line that leads into a list say how what stands below them is meant: "We plan to:" makes
plans of all its items.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Text without a stop is cut at a blank: evidence of a page is no evidence.
LONGEST = 400
MOST_PASSAGES = 4_000
# A line as long as this was broken by whoever set the text, not by whoever wrote it.
WRAPPED = 62
_STOP = re.compile(r"[.!?](?=[\"'”’)\]]{0,2}\s)|\n|\r")
_ABBREVIATION = re.compile(
    r"\b(?:e\.g|i\.e|etc|vs|cf|al|no|mr|mrs|ms|dr|inc|ltd|corp|co|approx|[a-z])\.$", re.I
)
_LIST = re.compile(r"(?:[-*•▪●–]|\(?[a-z0-9]{1,3}[.)]|\d{1,2}(?:\.\d{1,2}){1,3}\.?|☐|☑|☒|\[[ xX]\])\s+")
# Where one sentence says two things that must be judged apart.
_FEW = r"(?:we|they|it|this|these|staff|the|our|others?|servers?|laptops?|\w{3,12})"
_APART = re.compile(
    r";\s+(?=\w)|(?:,\s*|\s+)(?:but|however|although|though|whereas)\s+(?=\w)"
    rf"|(?:,\s*|\s+)and\s+(?=(?:{_FEW}\s+)?(?:will|plan|plans|intend|intends|hope|aim|aims|"
    r"(?:are|is|do|does|have|has)\s+not|(?:are|is)n['’]t|should|"
    r"do(?:es)?n['’]t|never)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Passage:
    """`text` is the document's own characters from `start` up to `end`.

    `under` is the heading it stands under, `lead` the line that leads into its list; `joined` says what
    joins it to the part of the sentence before it ("and", "but", ";"); empty where a sentence begins.
    """

    text: str
    start: int
    end: int
    under: str = ""
    lead: str = ""
    heading: bool = False
    joined: str = ""


def passages(text: str) -> list[Passage]:
    """The passages of a document in order, at most 4,000.

    >>> [p.text for p in passages("Laptops are encrypted, but servers are not. Logs are kept.")]
    ['Laptops are encrypted', 'servers are not.', 'Logs are kept.']
    """
    found: list[Passage] = []
    under = lead = ""
    for start, end in _lines(text):
        line = text[start:end]
        item = _LIST.match(line) is not None
        if _is_heading(line, text, end):
            under, lead = line.strip("#*_: \t"), ""
            found.append(Passage(line, start, end, heading=True))
            continue
        if not item and lead and not line[:1].islower():
            lead = ""
        found += _clauses(text, start, end, under, lead if item or line[:1].islower() else "")
        if line.endswith(":"):
            lead = line
        if len(found) >= MOST_PASSAGES:
            break
    return found[:MOST_PASSAGES]


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Sentences and lines, without blanks and marks around them; a line that goes on below is one."""
    start = 0
    for stop in _STOP.finditer(text):
        mark = text[stop.start()]
        if mark in "\r\n" and _runs_on(text, start, stop.start()):
            continue
        if mark == "." and _ABBREVIATION.search(text[max(start, stop.start() - 8) : stop.start() + 1]):
            continue
        yield from _pieces(text, start, stop.end())
        start = stop.end()
    yield from _pieces(text, start, len(text))


def _runs_on(text: str, start: int, at: int) -> bool:
    """Whether a line break stands inside a sentence: the line is open, and what follows goes on with it."""
    line = text[start:at].rstrip()
    after = text[at + 1 : at + 40].lstrip(" \t")
    if len(line) <= 30 or line[-1:] in ".:;!?|" or not after or after[0] in "\r\n" or _LIST.match(after):
        return False
    long = len(line) - line.rfind("\n") > WRAPPED
    return after[0].islower() or (long and (after[0].isalnum() or after[0] in "(\"'`“"))


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        cut = end
        if end - start > LONGEST:
            blank = text.rfind(" ", start + LONGEST // 2, start + LONGEST)
            cut = blank + 1 if blank > 0 else start + LONGEST
        raw = text[start:cut]
        left = start + len(raw) - len(raw.lstrip(" \t\r\n\f\v\u00a0|>"))
        right = start + len(raw.rstrip(" \t\r\n\f\v\u00a0|"))
        if right - left > 3:
            yield left, right
        start = cut


def _is_heading(line: str, text: str, end: int) -> bool:
    """Short, with no stop at its end, and marked as one or alone on its line in the manner of a title."""
    if line.startswith("#"):
        return True
    words = line.strip("*_ ").rstrip(":").split()
    if not 1 <= len(words) <= 9 or line[-1:] in ".!?;," or _LIST.match(line) or line.endswith(":"):
        return line.startswith("**") and line.rstrip(":").endswith("**")
    alone = end >= len(text) or text[end : end + 1] in "\r\n"
    titled = sum(word[:1].isupper() or len(word) < 4 for word in words) >= 0.7 * len(words)
    return alone and (titled or text[end : end + 2] == "\n\n") and not _says(line)


_SAYS = re.compile(
    r"\b(?:is|are|was|were|has|have|must|shall|will|should|may|can|do|does|not|no|yes|enabled|enforced)\b",
    re.I,
)


def _says(line: str) -> bool:
    return _SAYS.search(line) is not None


def _clauses(text: str, start: int, end: int, under: str, lead: str) -> Iterator[Passage]:
    at, joined = start, ""
    for cut in _APART.finditer(text, start, end):
        # Both sides must be able to stand alone.
        if cut.start() - at < 12 or end - cut.end() < 6:
            continue
        yield Passage(text[at : cut.start()], at, cut.start(), under, lead, joined=joined)
        at, joined = cut.end(), cut.group().strip(" ,\t\n").lower()
    yield Passage(text[at:end], at, end, under, lead, joined=joined)
