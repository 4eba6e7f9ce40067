"""What is publicly known of the CVEs named: CVSS, known exploitation, predicted exploitation.

CVSS by the specifications of FIRST, versions 2.0 to 4.0 (https://www.first.org/cvss/), as the package `cvss`
computes them; known exploitation from CISA's catalogue; prediction by EPSS (https://www.first.org/epss/).
"""

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import islice

from mesh.agents.threat_intelligence.model import Cvss, Epss, Exploited, Span, VulnerabilityFound
from mesh.kit.ports import Knowledge, Row

_VECTOR = re.compile(
    r"(?<![\w/])(?:CVSS:(?P<version>[34]\.[0-9])/[A-Z]{1,3}:[A-Z](?:/[A-Z]{1,3}:[A-Za-z]{1,6}){7,40}"
    r"|AV:[LAN]/AC:[LMH]/Au:[MSN]/C:[NPC]/I:[NPC]/A:[NPC](?:/[A-Z]{1,3}:[A-Z]{1,4}){0,8})(?![\w/])"
)
# A vector belongs to the CVE written within this many characters of it.
_NEAR = 300
_MOST_SPANS = 20
# Vectors are read up to this many; a text with more is a listing.
_MOST_VECTORS = 500


def lookup(
    named: Mapping[str, Sequence[Span]], denied: frozenset[str], text: str, knowledge: Knowledge
) -> list[VulnerabilityFound]:
    """What is known of each CVE in `named` (id to its places), and of vectors in the text that name none.

    `denied` are the CVEs that the text says do not apply.
    """
    written = _written(text, named)
    found = [
        VulnerabilityFound(
            cve=cve,
            negated=cve in denied,
            spans=tuple(spans[:_MOST_SPANS]),
            cvss=_published(knowledge.find("cvss", cve)) or written.pop(cve, (None,))[0],
            in_kev=None if knowledge.edition("kev") is None else knowledge.find("kev", cve) is not None,
            kev=_exploited(knowledge.find("kev", cve)),
            epss=_predicted(knowledge, cve),
        )
        for cve, spans in named.items()
    ]
    unnamed = [
        VulnerabilityFound(cve=None, cvss=cvss, spans=tuple(spans))
        for key, (cvss, *spans) in written.items()
        if key not in named
    ]
    return sorted(found, key=lambda v: (v.negated, not v.in_kev, -(v.cvss.score if v.cvss else 0))) + unnamed


def score(vector: str) -> Cvss | None:
    """The base score of a vector of CVSS 2.0, 3.0, 3.1 or 4.0; None where it is no valid vector.

    >>> score("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H").score
    9.8
    """
    from cvss import CVSS2, CVSS3, CVSS4
    from cvss.exceptions import CVSSError

    version = vector[5:8] if vector.startswith("CVSS:") else "2.0"
    kind = {"2": CVSS2, "3": CVSS3, "4": CVSS4}.get(version[0])
    if kind is None:
        return None
    try:
        read = kind(vector)
    except (CVSSError, KeyError):
        return None
    base, rating = float(read.scores()[0]), str(read.severities()[0]).upper()
    return Cvss.model_validate(
        {"version": version, "score": base, "rating": rating, "vector": vector, "source": "text"}
    )


def _written(text: str, named: Mapping[str, Sequence[Span]]) -> dict[str, tuple[Cvss, Span]]:
    """Vectors in the text by the CVE they belong to, or by themselves where none is near."""
    places = sorted((span.start, span.end, cve) for cve, spans in named.items() for span in spans)
    found: dict[str, tuple[Cvss, Span]] = {}
    for place in islice(_VECTOR.finditer(text), _MOST_VECTORS):
        if (cvss := score(place.group())) is not None:
            owner = _beside(places, place.start(), place.end()) or place.group()
            found.setdefault(owner, (cvss, Span(start=place.start(), end=place.end())))
    return found


def _beside(places: Sequence[tuple[int, int, str]], start: int, end: int) -> str | None:
    """The CVE written last before the place, else first after it, where one is near."""
    at = bisect_left(places, (start, 0, ""))
    if at and start - places[at - 1][1] <= _NEAR:
        return places[at - 1][2]
    if at < len(places) and places[at][0] - end <= _NEAR:
        return places[at][2]
    return None


def _published(row: Row | None) -> Cvss | None:
    """The first assessment of the row, its score computed anew from the vector."""
    for entry in row["vectors"] if row else ():
        if entry["vector"] and (cvss := score(entry["vector"])):
            return cvss.model_copy(update={"source": "nvd"})
        if entry["score"] is not None:
            value = float(entry["score"])
            return Cvss.model_validate(
                {
                    "version": entry["version"] or "unknown",
                    "score": value,
                    "rating": _rating(value),
                    "source": "nvd",
                }
            )
    return None


def _rating(value: float) -> str:
    """Qualitative rating of a score (CVSS 3.1, section 5)."""
    steps = ((9.0, "CRITICAL"), (7.0, "HIGH"), (4.0, "MEDIUM"), (0.1, "LOW"))
    return next((name for least, name in steps if value >= least), "NONE")


def _exploited(row: Row | None) -> Exploited | None:
    if row is None:
        return None
    return Exploited(
        name=row["name"], date_added=row["date_added"], due_date=row["due_date"],
        ransomware=row["ransomware"], action=row["action"],
    )  # fmt: skip


def _predicted(knowledge: Knowledge, cve: str) -> Epss | None:
    row, edition = knowledge.find("epss", cve), knowledge.edition("epss")
    if row is None or edition is None:
        return None
    return Epss(score=row["epss"], percentile=row.get("percentile"), date=edition.published)
