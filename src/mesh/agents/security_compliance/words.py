"""Words as they are counted: stems of what carries meaning, British and American spellings as one."""

import re
from functools import lru_cache

from mesh.kit.stems import EMPTY, WORD, stem

# Policies say these of everything.
_SAYS_NOTHING = EMPTY | {"all", "each", "every", "must", "shall", "when", "where", "who"}
# British and American spellings of one word.
_SPELLING = re.compile(r"(?<=[a-z]{3})is(?=(?:e[sd]?|ing|ation)$)")


@lru_cache(maxsize=20_000)
def stems(text: str) -> tuple[str, ...]:
    """The stems in their order.

    >>> stems("Authorised users, synchronizing the clocks")
    ('author', 'user', 'synchron', 'clock')
    """
    return tuple(_stem(word) for word in WORD.findall(text.lower()) if word not in _SAYS_NOTHING)


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    return stem(_SPELLING.sub("iz", word))
