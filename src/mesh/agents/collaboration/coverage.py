"""What a partner's card covers of each need, in the card's own words."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesh.agents.collaboration.cards import parts
from mesh.agents.collaboration.glossary import services
from mesh.agents.collaboration.model import Covered
from mesh.agents.collaboration.words import stems

# Cosine from which words on a card count as speaking of a need. Of twenty requests in other words than the
# simulated world's cards have, what names another service stays below, and some of the same service too.
LIKE = 0.5
# Between "much alike" and "the same words".
SAME_SERVICE = 0.9
OFFERS = ("services", "description")

Vectors = Mapping[str, NDArray[np.float32]]


def covered(needs: Sequence[str], card: Mapping[str, Any], vectors: Vectors) -> list[Covered]:
    """For each need that something on the card speaks of, the part that does so best.

    `vectors` hold needs and parts of cards by their words; without them only equal words count.
    """
    shown = list(parts(card))
    found = [_best(need, shown, vectors) for need in needs]
    return [each for each in found if each is not None]


def _best(need: str, shown: Sequence[tuple[str, str]], vectors: Vectors) -> Covered | None:
    best: Covered | None = None
    for field, words in shown:
        likeness = _likeness(need, field, words, vectors)
        if likeness >= LIKE and (best is None or likeness > best.likeness):
            best = Covered(need=need, field=field, quote=words, likeness=round(likeness, 3))
    return best


def _likeness(need: str, field: str, words: str, vectors: Vectors) -> float:
    wanted, said = stems(need), stems(words)
    # "HIPAA" on a card covers "incident response under HIPAA" no more than in part: every word of the
    # shorter side must be there, and it must be half of the longer one.
    both = set(wanted) & set(said)
    if both and len(both) == min(len(set(wanted)), len(set(said))) and 2 * len(both) >= len(set(wanted)):
        return 1.0
    # A certificate says what its holder keeps to, not what it offers to others.
    if field in OFFERS and services(need) & services(words):
        return SAME_SERVICE
    if need in vectors and words in vectors:
        return float(vectors[need] @ vectors[words])
    return 0.0
