"""Cuts a text into sentences, each with its place. Linear in the length of the text."""

import re
from dataclasses import dataclass

LONGEST = 600
_STOP = re.compile(r"[.!?]+[\"'”’)\]]{0,2}(?=\s)|[\r\n]+")
# Endings before which a stop belongs to the word. The last is an initial; a lone "I" ends sentences too.
_SHORT = re.compile(r"(?:\b(?:e\.g|i\.e|vs|no|mr|mrs|ms|dr|inc|ltd|corp|co|approx|u\.s)|\b[A-HJ-Z])\.$", re.I)


@dataclass(frozen=True, slots=True)
class Sentence:
    """`text` is the whole text's own characters from `start` up to `end`."""

    text: str
    start: int
    end: int


def sentences(text: str) -> list[Sentence]:
    """The sentences in their order, without the blanks around them; longer ones are cut at 600 characters.

    >>> [s.text for s in sentences("Prices rose, e.g. at Acme Inc. in May. Clients left!")]
    ['Prices rose, e.g. at Acme Inc. in May.', 'Clients left!']
    """
    found: list[Sentence] = []
    start = 0
    for end in [*_ends(text), len(text)]:
        while start < end:
            cut = min(end, start + LONGEST)
            if cut < end:
                cut = max(text.rfind(" ", start + LONGEST // 2, cut), start + LONGEST // 2)
            piece = text[start:cut].strip()
            if any(letter.isalnum() for letter in piece):
                left = start + len(text[start:cut]) - len(text[start:cut].lstrip())
                found.append(Sentence(piece, left, left + len(piece)))
            start = cut
    return found


def _ends(text: str) -> list[int]:
    return [
        stop.end()
        for stop in _STOP.finditer(text)
        if not (stop[0] == "." and _SHORT.search(text[max(0, stop.end() - 8) : stop.end()]))
    ]
