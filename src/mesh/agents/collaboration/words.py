"""Words as BM25 counts them: stems of what carries meaning."""

from functools import lru_cache

from mesh.kit.stems import EMPTY, WORD, stem

MOST_TEXTS = 60_000


@lru_cache(maxsize=MOST_TEXTS)
def stems(text: str) -> tuple[str, ...]:
    """The stems in their order.

    >>> stems("Monitoring of the firewalls")
    ('monitor', 'firewal')
    """
    return tuple(stem(word) for word in WORD.findall(text.lower()) if word not in EMPTY)
