"""Embeddings of words that come again: a partner's card changes seldom, and is weighed in every question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesh.agents.collaboration.cards import body, head
from mesh.kit.ports import Embedder, Partner

MOST_TEXTS = 60_000
MOST_MODELS = 4


@dataclass(eq=False)
class Memory:
    """Embeds each text once as long as the process lives. Two memories are the same only if they are one."""

    embedder: Embedder
    held: dict[str, NDArray[np.float32]] = field(default_factory=dict)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), width)."""
        fresh = [text for text in dict.fromkeys(texts) if text not in self.held]
        if fresh:
            if len(self.held) + len(fresh) > MOST_TEXTS:
                self.held.clear()
                fresh = list(dict.fromkeys(texts))
            self.held.update(zip(fresh, self.embedder.embed(fresh), strict=True))
        return np.stack([self.held[text] for text in texts])


_memories: list[Memory] = []
_texts: dict[str, tuple[Mapping[str, Any], tuple[str, str]]] = {}


def texts_of(partner: Partner) -> tuple[str, str]:
    """Head and body of the partner's card; put together again only when the card is another."""
    known = _texts.get(partner.handle)
    if known is not None and known[0] == partner.card:
        return known[1]
    if len(_texts) >= MOST_TEXTS:
        _texts.clear()
    told = head(partner.card)
    texts = told, body(told, partner.card)
    _texts[partner.handle] = partner.card, texts
    return texts


def memory_of(embedder: Embedder) -> Memory:
    """The memory of this very embedder."""
    for memory in _memories:
        if memory.embedder is embedder:
            return memory
    _memories.append(Memory(embedder))
    del _memories[:-MOST_MODELS]
    return _memories[-1]
