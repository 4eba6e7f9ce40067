"""Who counts in a released benchmark, and when nothing is released. Pure, and about sets of MSPs alone.

Five MSPs, none with more than a quarter of the weight and prices of 90 days ago are the bounds of the
antitrust safety zone for exchanges of price information (US DOJ and FTC, Statements of Antitrust
Enforcement Policy in Health Care, 1996, statement 6; withdrawn as policy in 2023, still a known bound).
Releases over the same figures differ by nobody or by at least as many MSPs, so that no difference of two is
about fewer (Denning and Schloerer 1980, "A fast procedure for finding a tracker", on why the complement has
to be looked at too).
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

FLOOR = 5
LARGEST_SHARE = 0.25
Reason = Literal["few", "dominated", "differencing"]


@dataclass(frozen=True, slots=True)
class Cohort:
    """`members` are released together; None where nothing may be, for the reason."""

    members: frozenset[str] | None
    reason: Reason | None = None


def choose(live: Mapping[str, float], order: Sequence[str], earlier: Collection[frozenset[str]]) -> Cohort:
    """The largest part of `live` (names with their weights) that may be released after `earlier` ones.

    A few who joined wait until they are five; where a few left, others are held back with them, first
    those that come first in `order`, which must be a secret.
    """
    if len(live) < FLOOR:
        return Cohort(None, "few")
    members = apart(frozenset(live), order, earlier)
    if len(members) < FLOOR or close(members, earlier):
        return Cohort(None, "differencing")
    if dominated([live[name] for name in members]):
        return Cohort(None, "dominated")
    return Cohort(members)


def apart(
    members: frozenset[str], order: Sequence[str], earlier: Collection[frozenset[str]]
) -> frozenset[str]:
    """Members less those who would stand out against an earlier release."""
    while True:
        kept = members
        for release in earlier:
            joined, left = kept - release, release - kept
            if 0 < len(joined) < FLOOR:
                kept = kept - joined
            elif 0 < len(left) < FLOOR:
                both = [name for name in order if name in kept and name in release]
                kept = kept - set(both[: FLOOR - len(left)])
        if kept == members:
            return members
        members = kept


def close(members: frozenset[str], earlier: Collection[frozenset[str]]) -> bool:
    """Whether this release and earlier ones, taken together, single out fewer than five MSPs.

    Of each release, what the releases inside of it leave over must be nobody, or five.
    """
    releases = {*earlier, members}
    for whole in releases:
        inside = [part for part in releases if part < whole]
        for rest in (*(whole - part for part in inside), whole.difference(*inside)):
            if inside and 0 < len(rest) < FLOOR:
                return True
    return any(
        0 < len(one - members) < FLOOR or 0 < len(members - one) < FLOOR for one in earlier if one & members
    )


def dominated(weights: Sequence[float]) -> bool:
    """Whether one of them weighs more than a quarter of all; so do weights that cannot be compared.

    >>> dominated([1, 1, 1, 1, 1]), dominated([1, 1, 1, 1, 2])
    (False, True)
    """
    total = math.fsum(weights)
    return not (total > 0 and math.isfinite(total) and max(weights) <= LARGEST_SHARE * total * (1 + 1e-9))
