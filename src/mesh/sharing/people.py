"""People in a text who stand in no list: found by how they are spoken of and by how names are written.

No name list and no model: whatever looks like a first and a last name goes, save for the field's own terms.
That takes too much rather than too little.
"""

import re
from collections.abc import Iterator
from importlib import resources

_UPPER = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĮİĶŁŃŅŇŌŐŒŘŚŞŠŤŪŮŰŲŹŻŽ"
_WORD = rf"(?<!\w)[{_UPPER}][\w’'-]{{0,40}}\w"
_PARTICLE = r"(?:van|von|der|den|de|da|di|del|della|dos|du|la|le|ter|ten|bin|ibn|al|el|af|av|zu|st)\.?"
_INITIAL = rf"[{_UPPER}]\."
_RUN = re.compile(rf"{_WORD}(?:[ \t]+(?:{_INITIAL}[ \t]+)?(?:{_PARTICLE}[ \t]+){{0,2}}{_WORD})+")
_INITIALED = re.compile(
    rf"(?<![\w.]){_INITIAL}[ \t]*(?:{_INITIAL}[ \t]*)?(?:{_PARTICLE}[ \t]+){{0,2}}{_WORD}"
)
_LISTED = re.compile(
    rf"(?<!\w){_WORD},[ \t]+{_WORD}(?!\w)(?=[ \t]*[);]|[ \t]+(?:from|of|in|at|has|was|is)\b)"
)
# After these words comes a person, even where only one name is given.
_CUE = re.compile(
    r"(?<!\w)(?:mr|mrs|ms|miss|mx|dr|prof|herr|frau|user|users|employee|colleague|technician|engineer|manager|"
    r"director|owner|accountant|receptionist|contact|caller|attn|dear|hi|hello|hey|regards|thanks|cheers|"
    r"reported by|opened by|assigned to|called by|sent by|signed by|spoke to|spoke with|talked to|per|"
    r"according to|on behalf of|belongs to|mailbox of|account of|laptop of|name is)[:,.]?[ \t\n]+"
    rf"(?P<who>{_WORD})(?P<rest>(?:[ \t]+(?:{_PARTICLE}[ \t]+){{0,2}}{_WORD}){{0,2}})",
    re.IGNORECASE,
)
_SAYS = re.compile(
    rf"(?<![\w.])(?P<who>{_WORD})(?=(?:’s|'s)?[ \t]+(?:says|said|called|reports|reported|clicked|opened|"
    r"typed|entered|rang|phoned|wrote|asked|asks|noticed|mailbox|laptop|desktop|phone|account|password|"
    r"from accounts|from payroll|from reception|in accounts|in payroll|at reception)\b)"
)
# Capitalised words that no person is called by, in this field.
_TERMS = frozenset(resources.files("mesh.sharing").joinpath("terms.txt").read_text("utf-8").split())


def found(text: str) -> Iterator[tuple[int, int]]:
    """Where people are named: start and end of each, in no order, possibly overlapping."""
    for match in _RUN.finditer(text):
        yield from _names(match.group(), match.start())
    for pattern in (_INITIALED, _LISTED):
        for match in pattern.finditer(text):
            if not _is_term(re.split(r"[ ,\t]+", match.group())[0]):
                yield match.span()
    for match in _CUE.finditer(text):
        # The words before are found in any case of letters; a name begins with a capital.
        if match["who"][0].isupper() and not _is_term(match["who"]):
            yield match.start("who"), match.end("rest")
    for match in _SAYS.finditer(text):
        if not _is_term(match["who"]):
            yield match.span("who")


def _names(run: str, start: int) -> Iterator[tuple[int, int]]:
    """The parts of a run of capitalised words between terms of the field, two words long or more."""
    begun: int | None = None
    end = words = 0
    for word in re.finditer(r"\S+", run):
        if _is_term(word.group()) or word.group().isupper():
            if begun is not None and words > 1:
                yield start + begun, start + end
            begun, words = None, 0
            continue
        if word.group()[0].isupper():
            begun = word.start() if begun is None else begun
            words, end = words + 1, word.end()
    if begun is not None and words > 1:
        yield start + begun, start + end


def _is_term(word: str) -> bool:
    bare = word.strip(".,:;'’").lower()
    return bare in _TERMS or bare.removesuffix("'s").removesuffix("’s") in _TERMS
