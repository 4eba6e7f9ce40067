"""Topics of passages that name none by its usual terms, by the cosine of sentence embeddings.

Of our own wordings that hold no term, those whose nearest topic has a cosine from .55 up are nearest to
one of their own topics four times in five. That is a hint, and judged as one: it makes nothing met.
"""

from collections.abc import Sequence
from dataclasses import replace

from mesh.agents.security_compliance.catalogue import topics
from mesh.agents.security_compliance.evidence import Evidence
from mesh.agents.security_compliance.nearest import Near
from mesh.kit.ports import Embedder

LIKE = 0.55
# Each costs about 2 ms of a processor the first time.
MOST_PASSAGES = 80
FEWEST_WORDS = 4
MOST_MODELS, MOST_TEXTS = 4, 20_000
_ready: list[tuple[Embedder, Near, dict[str, str]]] = []


def with_meaning(evidence: Sequence[Evidence], embedder: Embedder) -> list[Evidence]:
    """The evidence, with a topic for passages that had none and are near one. Raises Unavailable."""
    bare = [each.quote for each in evidence if not each.topics and len(each.quote.split()) >= FEWEST_WORDS]
    wanted = list(dict.fromkeys(bare))[:MOST_PASSAGES]
    if not wanted:
        return list(evidence)
    known = _known(wanted, embedder)
    return [
        replace(each, topics=frozenset({known[each.quote]}), by_meaning=True)
        if not each.topics and known.get(each.quote)
        else each
        for each in evidence
    ]


def _known(texts: Sequence[str], embedder: Embedder) -> dict[str, str]:
    """The nearest topic of each text, empty where none is near; each text is looked at once in a process."""
    near, known = _of(embedder)
    fresh = [text for text in texts if text not in known]
    if len(known) + len(fresh) > MOST_TEXTS:
        known.clear()
        fresh = list(texts)
    if fresh:
        names = list(topics())
        cosines = near.meanings(fresh)
        for text, row in zip(fresh, cosines, strict=True):
            place = int(row.argmax())
            known[text] = names[place] if row[place] >= LIKE else ""
    return known


def _of(embedder: Embedder) -> tuple[Near, dict[str, str]]:
    for mine, near, known in _ready:
        if mine is embedder:
            return near, known
    near = Near([f"{each.name}. {each.met_when}" for each in topics().values()], embedder)
    _ready.append((embedder, near, {}))
    del _ready[:-MOST_MODELS]
    return _ready[-1][1:]
