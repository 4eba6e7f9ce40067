"""The answer of threat intelligence: what was seen, how bad it is and why, what to do, what is not known."""

import hashlib
from collections.abc import Sequence

from mesh.agents.threat_intelligence import findings, mitigations, severity, vulnerabilities
from mesh.agents.threat_intelligence.model import (
    Answer,
    EditionUsed,
    IndicatorFound,
    Question,
    Span,
    VulnerabilityFound,
)
from mesh.agents.threat_intelligence.reading import Seen, read_events, read_text
from mesh.agents.threat_intelligence.threat_type import threat_type
from mesh.kit.agent import Answered, ModelUsed
from mesh.kit.ports import Knowledge, Ports

# Changes with the rules of severity, threat type and mitigations.
VERSION = "1.0"
_FEEDS = {
    "attack": "ATT&CK", "kev": "CISA's catalogue of exploited vulnerabilities", "epss": "EPSS",
    "cvss": "NVD's CVSS",
}  # fmt: skip


def answer(ask: Question, ports: Ports) -> Answered[Answer]:
    """Analyse a text, events, or both. Whatever is missing is said in `not_known`; nothing is guessed."""
    seen = Seen(sets=["attack"])
    _say_missing(seen, "attack", ports.knowledge)
    of_text = read_text(ask.text, seen, ports) if ask.text else []
    of_events = read_events(ask.events, seen, ports) if ask.events else []
    seen.indicators = _sighted(findings.merged(of_text, of_events), seen, ports)
    seen.techniques = findings.one_of_each(seen.techniques)
    known = _vulnerabilities(seen, ask.text or "", ports.knowledge)
    made_up = any(one.seen_simulated for one in seen.indicators)
    return Answered(_concluded(ask, seen, known, ports.knowledge), _by(seen, ports.knowledge), made_up)


def _sighted(found: list[IndicatorFound], seen: Seen, ports: Ports) -> list[IndicatorFound]:
    left_out = len(found) - findings.MOST_INDICATORS
    if left_out > 0:
        seen.not_known.append(f"{left_out} more indicators were found than an answer lists.")
    return findings.with_sightings(found[: findings.MOST_INDICATORS], ports.sightings)


def _vulnerabilities(seen: Seen, text: str, knowledge: Knowledge) -> list[VulnerabilityFound]:
    named = _named(seen, knowledge)
    known = vulnerabilities.lookup(named, frozenset(seen.denied_cves), text, knowledge)
    if named:
        seen.sets += ["kev", "epss", "cvss"]
        for name in ("kev", "epss", "cvss"):
            _say_missing(seen, name, knowledge)
        unscored = [v.cve for v in known if v.cve and v.cvss is None]
        if unscored and knowledge.edition("cvss"):
            more = f" and {len(unscored) - 10} more" if len(unscored) > 10 else ""
            seen.not_known.append(f"The loaded CVSS vectors have none for {', '.join(unscored[:10])}{more}.")
    return known


def _named(seen: Seen, knowledge: Knowledge) -> dict[str, list[Span]]:
    """The CVEs to look up: all, or of very many those first that are known to be exploited."""
    left_out = len(seen.cves) - findings.MOST_VULNERABILITIES
    if left_out <= 0:
        return seen.cves
    seen.not_known.append(f"{left_out} more CVEs are named than an answer lists.")
    ranked = sorted(seen.cves, key=lambda cve: knowledge.find("kev", cve) is None)
    return {cve: seen.cves[cve] for cve in ranked[: findings.MOST_VULNERABILITIES]}


def _concluded(ask: Question, seen: Seen, known: list[VulnerabilityFound], knowledge: Knowledge) -> Answer:
    parts = (seen.indicators, seen.techniques, seen.detections, known)
    grade, score, reasons = severity.assess(*parts)
    kind, confidence = threat_type(seen.asserted, *parts)
    return Answer(
        threat_type=kind,
        severity=grade,
        severity_score=score,
        confidence=None if kind in ("none", "unknown") else confidence,
        reasons=tuple(reasons),
        summary=_summary(kind, grade, score, seen, known),
        client_id=ask.client_id,
        tlp=ask.tlp,
        indicators=tuple(seen.indicators),
        techniques=tuple(seen.techniques),
        detections=tuple(seen.detections),
        vulnerabilities=tuple(known),
        mitigations=tuple(mitigations.advise(kind, *parts, knowledge)),
        knowledge=tuple(_editions(seen, knowledge)),
        not_known=tuple(dict.fromkeys(seen.not_known)),
    )


def _summary(kind: str, grade: str, score: float, seen: Seen, known: Sequence[VulnerabilityFound]) -> str:
    if kind == "none":
        return "No sign of a threat was found."
    exploited = sum(bool(v.in_kev) for v in known)
    counts = (
        (len(seen.techniques), "technique"),
        (len(seen.detections), "detection"),
        (sum(severity.is_malicious(one) for one in seen.indicators), "indicator that no warning list knows"),
        (len(known), "vulnerability"),
    )
    listed = ", ".join(f"{count} {_plural(noun) if count > 1 else noun}" for count, noun in counts if count)
    tail = f", {exploited} of them known to be exploited" if exploited else ""
    return f"{kind.replace('-', ' ').capitalize()}, {grade} ({score:g} of 100): {listed}{tail}."


def _plural(noun: str) -> str:
    if noun.startswith("indicator"):
        return noun.replace("indicator", "indicators", 1)
    return noun[:-1] + "ies" if noun.endswith("y") else noun + "s"


def _say_missing(seen: Seen, name: str, knowledge: Knowledge) -> None:
    if knowledge.edition(name) is None:
        seen.not_known.append(f"{_FEEDS[name]} is not loaded: run ./mesh feeds refresh {name}.")


def _editions(seen: Seen, knowledge: Knowledge) -> list[EditionUsed]:
    found = [knowledge.edition(name) for name in seen.sets]
    return [
        EditionUsed(name=e.name, version=e.version, published=e.published, loaded_at=e.loaded_at, rows=e.rows)
        for e in found
        if e is not None
    ]


def _by(seen: Seen, knowledge: Knowledge) -> ModelUsed:
    """The version names all that an answer depends on besides the question: rules, classifier, editions."""
    editions = [f"{e.name}={e.version}@{e.loaded_at.isoformat()}" for e in _editions(seen, knowledge)]
    mark = hashlib.sha256("\n".join([VERSION, seen.classifier, *editions]).encode()).hexdigest()[:8]
    version = "+".join(filter(None, [VERSION, seen.classifier, mark]))
    return ModelUsed(
        name="threat-intelligence", version=version, provider="onnx" if seen.classifier else "rules"
    )
