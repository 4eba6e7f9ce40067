"""What must hold: a partner that does not meet it, or does not show that it does, is left out."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mesh.agents.collaboration.model import Question
from mesh.kit.records import listed

Holds = Callable[[Mapping[str, Any]], bool]


def constraints(ask: Question) -> Iterator[tuple[str, Holds]]:
    """Each constraint of the question in words, and how it is checked on a card."""
    if ask.region is not None:
        region = folded(ask.region)
        yield f"region {ask.region}", lambda card: folded(str(card.get("region") or "")) == region
    for wanted in ask.certifications:
        yield f"certification {wanted}", _certified(folded(wanted))
    if ask.capacity_hours is not None:
        hours = ask.capacity_hours
        yield f"at least {hours:g} free hours", lambda card: _hours(card) >= hours


def _certified(wanted: str) -> Holds:
    return lambda card: any(folded(held) == wanted for held in listed(card.get("certifications")))


def _hours(card: Mapping[str, Any]) -> float:
    value = card.get("capacity_hours")
    return float(value) if isinstance(value, int | float) else -1.0


def folded(name: str) -> str:
    """As names are compared: `ISO/IEC 27001` is `iso 27001`, `SOC 2` is `SOC2`.

    >>> folded("SOC 2") == folded("soc2"), folded("ISO/IEC 27001:2022") == folded("ISO 27001")
    (True, True)
    """
    plain = re.sub(r":\s*(?:19|20)\d\d\b|\biec\b|\btype\s+(?:i{1,2}|[12])\b", " ", name.casefold())
    return re.sub(r"[^\w]+", "", plain)
