"""Words as BM25 counts them: stems of what carries meaning (Porter's English stemmer by Snowball)."""

import re
from functools import cache, lru_cache

MOST_TEXTS = 60_000
WORD = re.compile(r"[a-z0-9]+")
# Words that say nothing of what is wanted.
EMPTY = frozenset(
    re.findall(
        r"\w+",
        "a an the of in on and or to for with is are be by at from as that this which it has have been what "
        "can how do does not any there was were will would should could may we our i you they their its into "
        "than then so such these those about between during more most some no",
    )
)


@lru_cache(maxsize=MOST_TEXTS)
def stems(text: str) -> tuple[str, ...]:
    """The stems in their order.

    >>> stems("Monitoring of the firewalls")
    ('monitor', 'firewal')
    """
    return tuple(_stem(word) for word in WORD.findall(text.lower()) if word not in EMPTY)


@cache
def _stem(word: str) -> str:
    stemmed: str = _stemmer().stemWord(word)
    return stemmed


@cache
def _stemmer():  # type: ignore[no-untyped-def]
    from snowballstemmer import stemmer

    return stemmer("english")
