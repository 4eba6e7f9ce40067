"""The cue phrases of `stance.py`, as data: `catalogues/cues.tsv` holds one pattern a row, by what it says.

A row whose kind stands in angle brackets is part of others, which name it so.
"""

import re
from functools import cache

from mesh.agents.security_compliance.catalogue import rows


@cache
def cue(kind: str) -> re.Pattern[str]:
    """What finds any cue of that kind, as whole words."""
    return re.compile(r"(?<!\w)(?:" + "|".join(_patterns(kind)) + r")(?!\w)", re.IGNORECASE)


def has(kind: str, text: str) -> bool:
    """Whether the text holds a cue of that kind.

    >>> has("plan", "We plan to encrypt laptops"), has("plan", "Laptops are encrypted")
    (True, False)
    """
    return cue(kind).search(text) is not None


def _patterns(kind: str) -> list[str]:
    held = rows("cues.tsv")
    parts = {row["kind"]: row["pattern"] for row in held if row["kind"].startswith("<")}
    found = [row["pattern"] for row in held if row["kind"] == kind]
    for name, pattern in parts.items():
        found = [each.replace(name, pattern) for each in found]
    return found
