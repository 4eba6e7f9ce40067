"""How much of a requirement's own wording a passage holds: the share of its stems, rare ones counting more.

A passage that speaks of a topic is taken to mean the topic's usual words as well; what is particular to the
requirement (the media, a clearinghouse, a terminal) it must say itself.
"""

import math
from collections.abc import Mapping
from functools import cache, lru_cache

from mesh.agents.security_compliance.catalogue import Requirement, everything, frameworks, rows, topics
from mesh.agents.security_compliance.words import stems

# Words of every policy; in a wording they say little of what it is about.
_COMMON = frozenset(stems(
    "system systems security secure information organisation control controls policy policies procedure "
    "process manage managed define defined document documented establish established use used data access "
    "review reviewed set protect protected identify identified requirements maintained keep kept make "
    "made done within accordance appropriate people person staff work time need needed regular regularly "
    "follow change know known understood accurate accurately thorough thoroughly electronic record plan "
    "role own own owner asset assets service activity activities measure measures mechanism enterprise "
    "business critical create created against limit"
))  # fmt: skip
_LIGHT = 0.25


@cache
def rarity() -> Mapping[str, float]:
    """Inverse document frequency of stems over all requirements, in nats."""
    return _rarity([each.text for each in everything()])


@cache
def _rarity_within(framework: str) -> Mapping[str, float]:
    return _rarity([each.text for each in frameworks()[framework].requirements])


def _rarity(texts: list[str]) -> Mapping[str, float]:
    often: dict[str, int] = {}
    for text in texts:
        for stem in set(stems(text)):
            often[stem] = often.get(stem, 0) + 1
    return {stem: math.log(1 + len(texts) / count) for stem, count in often.items()}


@cache
def vocabulary(topic: str) -> frozenset[str]:
    """Stems that go without saying where the topic is spoken of."""
    known = topics()[topic]
    return frozenset(stems(f"{known.name} {known.met_when} {_terms()[topic]}"))


@cache
def _terms() -> Mapping[str, str]:
    return {row["topic"]: row["terms"] for row in rows("terms.tsv")}


@lru_cache(maxsize=2_000)
def _weights(requirement: Requirement) -> tuple[tuple[str, float], ...]:
    """What each stem counts: words common in the framework (health, card) are as light as common words."""
    everywhere, here = rarity(), _rarity_within(requirement.framework)
    held = sorted(set(stems(requirement.text)))
    return tuple((s, min(everywhere[s], here[s]) * (_LIGHT if s in _COMMON else 1.0)) for s in held)


@lru_cache(maxsize=50_000)
def likeness(
    requirement: Requirement, words: frozenset[str], spoken_of: frozenset[str] = frozenset()
) -> float:
    """From 0, no word in common, to 1, all words of title and wording; `spoken_of`: topics of the passage."""
    weights = _weights(requirement)
    implied = frozenset().union(*(vocabulary(topic) for topic in spoken_of))
    held = sum(weight for stem, weight in weights if stem in words or stem in implied)
    return held / sum(weight for _, weight in weights)


@lru_cache(maxsize=2_000)
def rarest(requirement: Requirement) -> str:
    """The stem that counts most in its wording: what says all of the wording holds it, or nearly all."""
    return max(_weights(requirement), key=lambda each: (each[1], each[0]))[0]
