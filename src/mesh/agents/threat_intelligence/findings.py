"""What the finders saw, in the words of the answer: merged, placed, and marked where the text denies it."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from mesh.agents.threat_intelligence.model import (
    DetectionFound,
    Evidence,
    IndicatorFound,
    Span,
    TechniqueFound,
)
from mesh.agents.threat_intelligence.negation import covers
from mesh.kit.ports import Knowledge, Row, Sighting, Sightings

if TYPE_CHECKING:
    from mesh.agents.threat_intelligence.events import Event
    from mesh.agents.threat_intelligence.indicators import Indicator
    from mesh.agents.threat_intelligence.sigma import Detection

# An answer lists no more than this; what is beyond is counted and said.
MOST_INDICATORS = 1_000
MOST_VULNERABILITIES = 200
# No indicator that means anything is longer (browsers stop at some 2,000 characters for a URL).
LONGEST_VALUE = 4_096
_MOST_SPANS = 20
_MOST_EVIDENCE = 3
_MOST_EVENTS_NAMED = 20
_LONGEST = 400
# Kinds that are told elsewhere in the answer, or that say nothing of an attacker.
_TOLD_ELSEWHERE = frozenset({"attack_technique", "attack_tactic", "attack_mitigation"})
# How sure a technique is that a Sigma rule is tagged with, by the rule's level.
_TAGGED: Mapping[str, float] = {"informational": 0.2, "low": 0.4, "medium": 0.6, "high": 0.8, "critical": 0.9}
_SOURCES = ("stated", "phrase", "classifier", "sigma")

Finding = tuple[str, str]


def indicators(
    found: Iterable["Indicator"], denied: list[tuple[int, int]], source: Literal["text", "events"]
) -> list[IndicatorFound]:
    """One entry for each type and value, in the order they first stand."""
    places: dict[Finding, list[Indicator]] = {}
    for one in found:
        if one.type not in _TOLD_ELSEWHERE and len(one.value) <= LONGEST_VALUE:
            places.setdefault((one.type, one.value), []).append(one)
    return [
        IndicatorFound(
            type=kind,
            value=value,
            benign=all(one.benign for one in ones),
            reason=next((one.reason for one in ones if one.reason), ""),
            negated=source == "text" and all(covers(denied, one.start, one.end) for one in ones),
            source=source,
            spans=tuple(Span(start=one.start, end=one.end) for one in ones[:_MOST_SPANS])
            if source == "text"
            else (),
        )
        for (kind, value), ones in places.items()
    ]


def merged(of_text: Sequence[IndicatorFound], of_events: Sequence[IndicatorFound]) -> list[IndicatorFound]:
    """Those of the text, then what only events have; the harmful before the harmless."""
    known = {(one.type, one.value) for one in of_text}
    both = [*of_text, *(one for one in of_events if (one.type, one.value) not in known)]
    return sorted(both, key=lambda one: (one.benign, one.negated))


def with_sightings(found: Iterable[IndicatorFound], sightings: Sightings) -> list[IndicatorFound]:
    """Each with how many other MSPs saw it and when, and from which lists the tenant imported it; of the
    harmless neither is asked.
    """
    listed = list(found)
    asked = [(one.type, one.value) for one in listed if not one.benign]
    seen, imported = sightings.seen(asked), sightings.imported(asked)
    told = [_as_seen(one, seen.get((one.type, one.value))) for one in listed]
    return [_as_imported(one, imported.get((one.type, one.value), ())) for one in told]


def _as_imported(one: IndicatorFound, sources: Sequence[str]) -> IndicatorFound:
    return one.model_copy(update={"imported_from": tuple(sources)}) if sources and not one.benign else one


def _as_seen(one: IndicatorFound, by_others: Sighting | None) -> IndicatorFound:
    if by_others is None or one.benign:
        return one
    told = {"seen_by": by_others.msps, "seen_since": by_others.since, "last_seen": by_others.last_seen}
    return one.model_copy(update=told | {"seen_simulated": by_others.simulated})


def stated(
    found: Iterable["Indicator"], denied: list[tuple[int, int]], knowledge: Knowledge
) -> list[TechniqueFound]:
    """Techniques that the text gives by their id; revoked ids give the technique that replaced them."""
    places: dict[str, list[Evidence]] = {}
    for one in found:
        if one.type == "attack_technique" and not covers(denied, one.start, one.end):
            listed = places.setdefault(one.value, [])
            if len(listed) < _MOST_EVIDENCE:
                listed.append(Evidence(text=one.value, start=one.start, end=one.end))
    rows = {key: _live(knowledge, key) for key in places}
    return [_technique(row, 1.0, "stated", *places[key]) for key, row in rows.items() if row is not None]


def classified(
    knowledge: Knowledge, key: str, confidence: float, spans: Sequence[tuple[int, int]], text: str
) -> TechniqueFound | None:
    """A technique that the classifier read; None where the loaded edition has no such id."""
    if (row := _live(knowledge, key)) is None:
        return None
    evidence = [Evidence(text=text[start:end][:_LONGEST], start=start, end=end) for start, end in spans]
    return _technique(row, confidence, "classifier", *evidence)


def told(asserted: str, text: str, knowledge: Knowledge) -> list[TechniqueFound]:
    """Techniques told in plain words: what tickets say of an act, and the phrases that reports use."""
    from mesh.agents.threat_intelligence import acts, phrases
    from mesh.agents.threat_intelligence.sentences import sentences

    whole = sentences(asserted)
    places = [(one.technique, one.confidence, one.start, one.end) for one in phrases.stated(asserted, whole)]
    for key, confidence, start, end in acts.told(asserted):
        # An act is two phrases near each other: the sentence of the first is what shows it.
        at = bisect_right(whole, start, key=lambda sentence: sentence.start) - 1
        holds = at >= 0 and end <= whole[at].end
        places.append((key, confidence, *((whole[at].start, whole[at].end) if holds else (start, end))))
    found = []
    for key, confidence, start, end in places:
        if (row := _live(knowledge, key)) is not None:
            evidence = Evidence(text=text[start:end][:_LONGEST], start=start, end=end)
            found.append(_technique(row, confidence, "phrase", evidence))
    return found


def detection(found: "Detection", events: Sequence["Event"]) -> DetectionFound:
    """A rule's match with the paths of its events; `events` is what the rules were asked with."""
    products = sorted({product for at in found.events for product in events[at].source.products})
    return DetectionFound(
        rule_id=found.rule_id,
        title=found.title,
        level=found.level,
        product=products[0] if products else "",
        catalogue=found.catalogue,
        techniques=found.techniques,
        events=tuple(events[at].origin for at in found.events[:_MOST_EVENTS_NAMED]),
        count=max(1, found.count),
        fields=tuple((each.field, each.value[:_LONGEST]) for each in found.evidence),
        description=found.description,
        falsepositives=found.falsepositives,
        author=found.author,
    )


def tagged(detections: Iterable[DetectionFound], knowledge: Knowledge) -> list[TechniqueFound]:
    """Techniques that the matching rules are tagged with, as sure as the rule is grave."""
    techniques = []
    for each in detections:
        shown = ", ".join(f"{field}={value}" if field else value for field, value in each.fields[:4])
        evidence = Evidence(text=f"{each.title}: {shown}"[:_LONGEST] if shown else each.title)
        for key in each.techniques:
            if (row := _live(knowledge, key)) is not None:
                techniques.append(_technique(row, _TAGGED[each.level], "sigma", evidence))
    return techniques


def one_of_each(techniques: Iterable[TechniqueFound]) -> list[TechniqueFound]:
    """One entry for each technique with the best evidence of every source, the surest first."""
    grouped: dict[str, list[TechniqueFound]] = {}
    for each in techniques:
        grouped.setdefault(each.id, []).append(each)
    found = []
    for same in grouped.values():
        same.sort(key=lambda each: (_SOURCES.index(each.source), -each.confidence))
        evidence = tuple(dict.fromkeys(shown for each in same for shown in each.evidence))[:_MOST_EVIDENCE]
        best = max(each.confidence for each in same)
        found.append(same[0].model_copy(update={"confidence": best, "evidence": evidence}))
    found = [each for each in found if each.source == "stated" or not _is_said_closer(each, found)]
    return sorted(found, key=lambda each: (-each.confidence, each.id))


def _is_said_closer(technique: TechniqueFound, others: Iterable[TechniqueFound]) -> bool:
    """Whether all its evidence lies where one of its own sub-techniques is shown as well."""
    below = [e for other in others if other.id.startswith(f"{technique.id}.") for e in other.evidence]

    def covered(shown: Evidence) -> bool:
        return any(
            shown.start is not None and e.start is not None and e.start <= shown.start < (e.end or 0)
            for e in below
        )

    return bool(technique.evidence) and all(map(covered, technique.evidence))


def _technique(
    row: Row,
    confidence: float,
    source: Literal["stated", "phrase", "classifier", "sigma"],
    *evidence: Evidence,
) -> TechniqueFound:
    return TechniqueFound(
        id=row["id"], name=row["name"], tactics=tuple(row["tactics"]), confidence=round(confidence, 3),
        source=source, evidence=evidence, url=row["url"],
    )  # fmt: skip


def _live(knowledge: Knowledge, key: str) -> Row | None:
    row = knowledge.find("attack", key)
    if row is None:
        row = next((each for each in knowledge.rows("attack") if key in each.get("formerly", ())), None)
    return row
