"""Words as they are counted: stems of what carries meaning (Porter's English stemmer by Snowball)."""

import re
from functools import cache, lru_cache

WORD = re.compile(r"[a-z0-9]+")
EMPTY = frozenset(
    re.findall(
        r"\w+",
        "a an the of in on and or to for with is are be by at from as that this which it has have been "
        "what can how do does not any there was were will would should could may we our i you they their "
        "its into than then so such these those about between during more most some no all each every "
        "who when where must shall ",
    )
)
# British and American spellings of one word.
_SPELLING = re.compile(r"(?<=[a-z]{3})is(?=(?:e[sd]?|ing|ation)$)")


@lru_cache(maxsize=20_000)
def stems(text: str) -> tuple[str, ...]:
    """The stems in their order.

    >>> stems("Authorised users, synchronizing the clocks")
    ('author', 'user', 'synchron', 'clock')
    """
    return tuple(_stem(word) for word in WORD.findall(text.lower()) if word not in EMPTY)


@cache
def _stemmer():  # type: ignore[no-untyped-def]
    from snowballstemmer import stemmer

    return stemmer("english")


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    stemmed: str = _stemmer().stemWord(_SPELLING.sub("iz", word))
    return stemmed
