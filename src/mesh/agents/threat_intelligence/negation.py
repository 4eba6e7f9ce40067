"""What a text says did not happen, found by cue phrases and their reach.

After NegEx (Chapman et al., A simple algorithm for identifying negated findings and diseases in discharge
summaries, J. Biomed. Inform. 34, 2001): a cue negates up to the end of its clause, forwards or backwards.
"""

import re
from bisect import bisect_left, bisect_right
from functools import lru_cache
from typing import Any

_DONE = (
    "found|seen|observed|detected|identified|noticed|confirmed|involved|used|present|successful|exploited"
    "|exfiltrated|encrypted|stolen|leaked|compromised|accessed|affected|infected|impacted|contacted|lost"
    "|taken|exposed|targeted"
)
_HARM = (
    "ransomware|malware|phishing|exfiltration|intrusion|breach|compromise|attacks?|infections?|exploitation"
    "|data loss|data theft|lateral movement|malicious|suspicious|vulnerabilit(?:y|ies)|incidents?"
)
_TRACE = "evidence|signs?|indications?|indicators?|traces?|proof|reports?|hints?|suggestion"
_WAS = "(?:was|were|is|are|has been|have been)"
_NEVER_DID = "(?:(?:did|does|do|could|can) not|(?:did|does|do|could)n['’]t)"
_NEVER_HAD = "(?:(?:have|has|had) not|(?:have|has|had)n['’]t)"
_WAS_NOT = "(?:(?:was|were|is|are) not|(?:was|were|is|are)n['’]t)"
_NOT = f"(?:{_NEVER_DID}|{_NEVER_HAD}|{_WAS_NOT})"
# Cues that deny what follows in their clause.
_FORWARD = (
    r"\b(?:"
    rf"(?:no|without|zero|neither) (?:[a-z]{{2,14}} ){{0,3}}?(?:{_TRACE}|{_HARM}|{_WAS} (?:{_DONE}))"
    rf"|(?:lack|absence) of (?:{_TRACE})"
    rf"|(?:nothing|none of [a-z ]{{2,40}}?) {_WAS} (?:{_DONE})"
    rf"|{_NEVER_DID} (?:yet )?(?:find|see|observe|detect|identify|notice|show|confirm|believe|think|result in"
    r"|lead to|involve|include|contain|attempt|encrypt|exfiltrate|steal|leak|exploit|use)"
    rf"|{_NEVER_HAD} (?:yet )?(?:found|seen|observed|detected|identified|noticed|confirmed)"
    rf"|(?:{_WAS_NOT}|{_NEVER_HAD} been) (?:yet )?(?:affected by|vulnerable|impacted by|infected (?:with|by)"
    rf"|exposed to|related to|caused by|due to|a case of|(?:an? )?(?:{_HARM}))"
    rf"|(?:ruled|rules|rule|ruling) out|(?:free|clean|clear) of (?:{_HARM})"
    rf"|never (?:been )?(?:{_DONE})"
    r")\b"
)
# Cues that deny what stands before them in the clause.
_BACKWARD = (
    rf"\b(?:{_NOT} (?:be |been )?(?:yet )?(?:{_DONE})"
    rf"|{_WAS} (?:ruled out|excluded|absent|a false positive|false positives))\b"
)
_BREAK = re.compile(
    r"[.!?;:](?=\s|$)|\n|\b(?:but|however|although|though|yet|except|instead|nevertheless)\b", re.IGNORECASE
)
# A clause longer than this is not one; text without any stop is not denied to its end.
_REACH = 300


def denied(text: str) -> list[tuple[int, int]]:
    """Spans of the text that it says did not happen, in order, without overlaps."""
    # Half of a surrogate pair cannot be encoded as UTF-8, which RE2 needs.
    written = text.encode("utf-8", "replace").decode("utf-8")
    backward, forward = _cues()
    before, after = list(backward.finditer(written)), list(forward.finditer(written))
    if not before and not after:
        return []
    stops = [(stop.start(), stop.end()) for stop in _BREAK.finditer(text)]
    spans = [(cue.start(), _clause_end(stops, cue.end(), len(text))) for cue in after]
    spans += [(_clause_start(stops, cue.start()), cue.end()) for cue in before]
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


@lru_cache(maxsize=1)
def _cues() -> tuple[Any, Any]:
    """What denies backwards, and what forwards. RE2 is linear in any text and much faster than re."""
    import re2  # type: ignore[import-untyped]

    options = re2.Options()
    options.case_sensitive = False
    return re2.compile(_BACKWARD, options), re2.compile(_FORWARD, options)


def without(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with those spans blanked, every other character at its old offset.

    >>> said = "No ransomware was seen but mail was read."
    >>> without(said, denied(said))
    '                       but mail was read.'
    """
    parts, at = [], 0
    for start, end in spans:
        # Line breaks stay, so that sentences are still found where they were.
        parts += [text[at:start], re.sub(r"[^\n]", " ", text[start:end])]
        at = end
    return "".join((*parts, text[at:]))


def covers(spans: list[tuple[int, int]], start: int, end: int) -> bool:
    """Whether the range lies within one of the spans, which are in order and do not overlap."""
    place = bisect_right(spans, start, key=lambda span: span[0])
    return place > 0 and end <= spans[place - 1][1]


def _clause_end(stops: list[tuple[int, int]], at: int, length: int) -> int:
    limit = min(length, at + _REACH)
    place = bisect_left(stops, (at, 0))
    return min(limit, stops[place][0]) if place < len(stops) else limit


def _clause_start(stops: list[tuple[int, int]], at: int) -> int:
    first = max(0, at - _REACH)
    place = bisect_left(stops, (at, 0))
    return max(first, stops[place - 1][1]) if place else first
