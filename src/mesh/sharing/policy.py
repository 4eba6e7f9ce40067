"""One function decides every release. What no rule allows is not shared.

TLP 2.0 (FIRST, August 2022): RED is for the named recipients alone, AMBER+STRICT for the organisation,
AMBER for the organisation and its clients, GREEN for the community, CLEAR for everyone. Another MSP is of
the community: it is neither the organisation nor its client.
"""

from dataclasses import dataclass, field
from typing import Literal

from mesh.kit.records import Tlp

What = Literal["indicator", "benchmark", "profile", "model-update"]
Distribution = Literal["own", "group", "mesh"]
COMMUNITY: frozenset[Tlp] = frozenset({"TLP:CLEAR", "TLP:GREEN"})


@dataclass(frozen=True, slots=True)
class Item:
    """What would be released. An empty `group` is nobody."""

    what: What
    owner: str
    tlp: Tlp | None
    distribution: Distribution
    group: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Consent:
    """What the owner agreed to share, and for which purposes; nothing by default.

    `unmarked` is the TLP that the owner gave beforehand to indicators that come without any; None: none.
    `reach` is how far its indicators go at most.
    """

    version: int = 0
    granted: frozenset[tuple[What, str]] = field(default_factory=frozenset)
    unmarked: Tlp | None = None
    reach: Distribution = "mesh"


@dataclass(frozen=True, slots=True)
class Decision:
    released: bool
    reason: str


def decide(item: Item, consent: Consent, recipient: str, purpose: str) -> Decision:
    """Whether `recipient` (a tenant) may have the item for `purpose`, and which rule said so."""
    if recipient == item.owner:
        return Decision(True, "it is the recipient's own")
    if (item.what, purpose) not in consent.granted:
        return Decision(False, f"its owner did not agree to share a {item.what} for {purpose}")
    tlp = item.tlp or (consent.unmarked if item.what == "indicator" else None)
    if tlp is None:
        return Decision(False, "it has no TLP marking")
    if tlp not in COMMUNITY:
        return Decision(False, f"{tlp} does not reach other MSPs")
    if item.distribution == "mesh":
        return Decision(True, f"{tlp}, to the whole mesh, with consent {consent.version}")
    if item.distribution == "group" and recipient in item.group:
        return Decision(True, f"{tlp}, to a group of the recipient's, with consent {consent.version}")
    if item.distribution == "group":
        return Decision(False, "the recipient is not in its group")
    return Decision(False, "it is its owner's alone")
