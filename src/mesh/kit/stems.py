"""Words brought to their stems, and the words that say nothing of what a text is about.

Porter's English stemmer as Snowball keeps it (Porter: An algorithm for suffix stripping, 1980).
"""

import re
from functools import cache, lru_cache

WORD = re.compile(r"[a-z0-9]+")
EMPTY = frozenset(
    re.findall(
        r"\w+",
        "a an the of in on and or to for with is are be by at from as that this which it has have been what "
        "can how do does not any there was were will would should could may we our i you they their its into "
        "than then so such these those about between during more most some no",
    )
)


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of a word in small letters.

    >>> stem("monitoring"), stem("firewalls")
    ('monitor', 'firewal')
    """
    stemmed: str = _stemmer().stemWord(word)
    return stemmed


@cache
def _stemmer():  # type: ignore[no-untyped-def]
    from snowballstemmer import stemmer

    return stemmer("english")
