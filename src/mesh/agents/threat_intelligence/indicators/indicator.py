"""What an indicator is, and what the finders are given to look at."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from .refanging import Refanged, refang

# A dotted word. The look-behind stands after the first character, so that the search for one stays fast.
HOST = re.compile(r"\w(?<!\w\w)[\w-]{0,62}+(?:\.\w[\w-]{0,62}+)+(?!\w)")


class Indicator(NamedTuple):
    """One indicator at one place of a text.

    `value` is refanged and normalised; `start` and `end` are offsets of what was written in the original
    text. `benign` says that a warning list knows the value as harmless, `reason` names the list (it may also
    be filled for a value that is not benign, to say why a well-known host does not clear it). `port` belongs
    to addresses and domains. `inside` is "base64" where the value was read out of encoded text.
    """

    type: str
    value: str
    start: int
    end: int
    benign: bool = False
    reason: str = ""
    port: int | None = None
    defanged: bool = False
    inside: str = ""
    claims: bool = True  # False: other indicators may lie within its span


@dataclass(frozen=True)
class Source:
    """A text with its refanged form. `wanted` are the types to look for; `lenient` takes a value's shape for
    enough, without a second look at checksums, file names or version numbers; `one_per_line` lets a value
    with spaces run to the line's end."""

    raw: str
    wanted: frozenset[str]
    lenient: bool = False
    one_per_line: bool = False

    @cached_property
    def refanged(self) -> Refanged:
        return refang(self.raw)

    @property
    def clean(self) -> str:
        return self.refanged.text

    @cached_property
    def lowered(self) -> str:
        """For asking whether a word is in the text at all; its offsets need not be those of the text."""
        return self.raw.lower()

    @cached_property
    def dotted(self) -> list[tuple[int, str]]:
        """Dotted words of the refanged text and where they start."""
        return [(found.start(), found.group()) for found in HOST.finditer(self.clean)]

    def network(
        self, kind: str, value: str, start: int, end: int, port: int | None = None, claims: bool = True
    ) -> Indicator:
        """An indicator found at `start:end` of the refanged text."""
        first, last = self.refanged.span(start, end)
        defanged = self.refanged.changed(start, end)
        return Indicator(kind, value, first, last, port=port, defanged=defanged, claims=claims)
