"""A partner's card as text: its fields in words, and the parts of it that can prove something."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mesh.kit.records import listed

SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


def head(card: Mapping[str, Any]) -> str:
    """What a partner is known by: services, certificates, segment and region; empty when none is shown."""
    words = [*listed(card.get("services")), *listed(card.get("certifications"))]
    return ", ".join([*words, *(str(card[name]) for name in ("segment", "region") if card.get(name))])


def body(told: str, card: Mapping[str, Any]) -> str:
    """The head, `told`, and the description: what the partner is ranked by."""
    return f"{told}. {card.get('description') or ''}".strip(". ")


def parts(card: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Field and words of everything on the card that can cover a need."""
    for field in ("services", "certifications"):
        yield from ((field, word) for word in listed(card.get(field)))
    for field in ("segment", "region"):
        if card.get(field):
            yield field, str(card[field])
    for sentence in SENTENCE.split(str(card.get("description") or "")):
        if sentence.strip():
            yield "description", sentence.strip()
