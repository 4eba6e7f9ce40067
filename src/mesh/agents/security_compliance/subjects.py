"""Which control topics a passage speaks of, by the trade's own terms (`catalogues/terms.tsv`).

A term is a phrase ("access review"), or words that must all stand in the passage ("review+access rights").
"""

from collections.abc import Iterable, Mapping
from functools import cache

from mesh.agents.security_compliance.catalogue import rows
from mesh.agents.security_compliance.words import stems

Phrase = tuple[str, ...]


def subjects(text: str) -> frozenset[str]:
    """The topics that the text names by one of their terms.

    >>> sorted(subjects("Access rights are reviewed every quarter, and MFA is required."))
    ['access-review', 'mfa']
    """
    words = stems(text)
    held = set(words)
    near = _by_rarest_word()
    found = set()
    for word in held:
        for topic, phrases in near.get(word, ()):
            if topic not in found and all(_within(phrase, words, held) for phrase in phrases):
                found.add(topic)
    return frozenset(found)


def _within(phrase: Phrase, words: Phrase, held: Iterable[str]) -> bool:
    if len(phrase) == 1:
        return phrase[0] in held
    return any(words[at : at + len(phrase)] == phrase for at in range(len(words) - len(phrase) + 1))


@cache
def _terms() -> tuple[tuple[str, tuple[Phrase, ...]], ...]:
    return tuple(
        (row["topic"], tuple(stems(part) for part in term.split("+")))
        for row in rows("terms.tsv")
        for term in row["terms"].split(";")
    )


@cache
def _by_rarest_word() -> Mapping[str, tuple[tuple[str, tuple[Phrase, ...]], ...]]:
    """Terms by the word of theirs that fewest terms have: a text is compared with few of them."""
    often: dict[str, int] = {}
    for _, phrases in _terms():
        for word in {w for phrase in phrases for w in phrase}:
            often[word] = often.get(word, 0) + 1
    near: dict[str, list[tuple[str, tuple[Phrase, ...]]]] = {}
    for topic, phrases in _terms():
        rarest = min((w for phrase in phrases for w in phrase), key=lambda w: (often[w], w))
        near.setdefault(rarest, []).append((topic, phrases))
    return {word: tuple(terms) for word, terms in near.items()}
