"""Reads the question: what the finders see in its text and in its events, before anything is concluded."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesh.agents.threat_intelligence import findings, negation
from mesh.agents.threat_intelligence.model import DetectionFound, IndicatorFound, Span, TechniqueFound
from mesh.kit.ports import Ports
from mesh.kit.problem import Unavailable

if TYPE_CHECKING:
    from mesh.agents.threat_intelligence.techniques import Classifier

# Techniques and denials are read in this many characters, some 15,000 words; indicators in all of the text.
MOST_READ = 100_000


@dataclass
class Seen:
    """What was found so far, the editions it rests on, and what could not be known."""

    indicators: list[IndicatorFound] = field(default_factory=list)
    techniques: list[TechniqueFound] = field(default_factory=list)
    detections: list[DetectionFound] = field(default_factory=list)
    cves: dict[str, list[Span]] = field(default_factory=dict)
    denied_cves: set[str] = field(default_factory=set)
    asserted: str = ""
    sets: list[str] = field(default_factory=list)
    not_known: list[str] = field(default_factory=list)
    classifier: str = ""


def read_text(text: str, seen: Seen, ports: Ports) -> list[IndicatorFound]:
    """The indicators of a text; techniques, CVEs and what was not read are added to `seen`."""
    from mesh.agents.threat_intelligence.indicators import extract

    head = text[:MOST_READ]
    if len(text) > MOST_READ:
        seen.not_known.append(
            f"Techniques were read in the first {MOST_READ:,} characters of {len(text):,}, indicators in all."
        )
    denied = negation.denied(head)
    seen.asserted = negation.without(head, denied)
    found = extract(text)
    if overlong := sum(len(one.value) > findings.LONGEST_VALUE for one in found):
        seen.not_known.append(f"{overlong} indicators longer than any real one were left out.")
    seen.techniques += findings.stated(found, denied, ports.knowledge)
    seen.techniques += _classified(text, seen, ports)
    seen.techniques += findings.told(seen.asserted, text, ports.knowledge)
    for one in found:
        if one.type == "cve":
            seen.cves.setdefault(one.value, []).append(Span(start=one.start, end=one.end))
    of_text = findings.indicators(found, denied, "text")
    seen.denied_cves |= {one.value for one in of_text if one.type == "cve" and one.negated}
    return of_text


def _classified(text: str, seen: Seen, ports: Ports) -> list[TechniqueFound]:
    """Techniques that the classifier reads in what the text asserts; evidence is in the text's own words."""
    from mesh.agents.threat_intelligence.techniques import MODEL, recognise

    try:
        card = ports.models.card(MODEL)
        classifier = _classifier(ports.models.path(MODEL), str(card["sha256"]))
        reading = recognise(seen.asserted, classifier, ports.embedder)
    except Unavailable as missing:
        seen.not_known.append(f"The classifier of techniques could not read the text: {missing.detail}")
        return []
    seen.classifier = f"{card['name']}-{card['version']}"
    if reading.unread:
        seen.not_known.append(f"{reading.unread} sentences that may show a technique were left unread.")
    found = [
        findings.classified(ports.knowledge, each.technique, each.confidence, each.spans, text)
        for each in reading.shown
    ]
    return [technique for technique in found if technique is not None]


@lru_cache(maxsize=2)
def _classifier(folder: Path, _sha256: str) -> "Classifier":
    from mesh.agents.threat_intelligence.techniques import load

    return load(folder)


def read_events(raw: Sequence[Any], seen: Seen, ports: Ports) -> list[IndicatorFound]:
    """The indicators of events; detections, their techniques and CVEs are added to `seen`."""
    from mesh.agents.threat_intelligence.events import normalise
    from mesh.agents.threat_intelligence.indicators import extract
    from mesh.agents.threat_intelligence.sigma import detect, rules_from

    events = normalise(raw)
    rules, edition = rules_from(ports.knowledge)
    seen.sets.append("sigma")
    if edition is None:
        seen.not_known.append(
            f"Events were matched with the {len(rules)} rules that come with the mesh. "
            "SigmaHQ's are not loaded: run ./mesh feeds refresh sigma."
        )
    unread = sum(event.shape == "unknown" for event in events)
    if unread:
        seen.not_known.append(f"{unread} of {len(events)} events have a form that no rule reads.")
    if any(event.cut for event in events):
        seen.not_known.append("Some events were too large to be read whole.")
    seen.detections = [findings.detection(found, events) for found in detect(events, rules)]
    seen.techniques += findings.tagged(seen.detections, ports.knowledge)
    _say_untold(seen)
    asked = {value for event in events for value in event.values("eventSource")}  # AWS's own end points
    found = [one for one in extract("\n".join(event.text for event in events)) if one.value not in asked]
    for one in found:
        if one.type == "cve":
            seen.cves.setdefault(one.value, [])
            seen.denied_cves.discard(one.value)
    return findings.indicators(found, [], "events")


def _say_untold(seen: Seen) -> None:
    told = {technique.id for technique in seen.techniques}
    left = sorted({key for each in seen.detections for key in each.techniques} - told)
    if left and told:
        seen.not_known.append(
            f"Rules are tagged with {', '.join(left)}, which the loaded ATT&CK does not have."
        )
