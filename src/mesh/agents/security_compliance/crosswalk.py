"""The same requirement in other frameworks, computed from the control topics that both name.

Likeness is the weighted Jaccard index of the two sets of topics (a topic that few requirements name counts
more), three parts, and the cosine of their wordings' stems, one part. It is no official mapping: it says
where else to look, and how alike the two are.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from mesh.agents.security_compliance.catalogue import Requirement, everything, frameworks
from mesh.agents.security_compliance.likeness import rarity
from mesh.agents.security_compliance.words import stems

LEAST = 0.35
MOST_EACH = 2


@dataclass(frozen=True, slots=True)
class Same:
    requirement: Requirement
    likeness: float


@lru_cache(maxsize=2_000)
def same(requirement: Requirement) -> Sequence[Same]:
    """The likest requirements of each other framework, two at most, of a likeness from .35 up."""
    near = {other for topic in requirement.topics for other in _by_topic()[topic]}
    found = []
    for framework in frameworks():
        if framework == requirement.framework:
            continue
        others = [Same(o, round(alike(requirement, o), 3)) for o in near if o.framework == framework]
        best = sorted(others, key=lambda s: (-s.likeness, s.requirement.id))[:MOST_EACH]
        found += [each for each in best if each.likeness >= LEAST]
    return found


def alike(one: Requirement, other: Requirement) -> float:
    """Likeness of two requirements, 0 to 1."""
    weigh = _topic_weights()
    first, second = set(one.topics), set(other.topics)
    shared = sum(weigh[topic] for topic in first & second)
    topics = shared / sum(weigh[topic] for topic in first | second)
    return 0.75 * topics + 0.25 * _cosine(_vector(one), _vector(other))


@cache
def _by_topic() -> Mapping[str, Sequence[Requirement]]:
    found: dict[str, list[Requirement]] = {}
    for each in everything():
        for topic in each.topics:
            found.setdefault(topic, []).append(each)
    return found


@cache
def _topic_weights() -> Mapping[str, float]:
    total = len(everything())
    return {topic: math.log(1 + total / len(held)) for topic, held in _by_topic().items()}


@lru_cache(maxsize=2_000)
def _vector(requirement: Requirement) -> Mapping[str, float]:
    weigh = rarity()
    return {stem: weigh[stem] for stem in set(stems(requirement.text))}


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    dot = sum(weight * other[stem] for stem, weight in one.items() if stem in other)
    lengths = math.sqrt(sum(w * w for w in one.values()) * sum(w * w for w in other.values()))
    return dot / lengths if lengths else 0.0
