"""How bad it is: points of 100 from evidence, each with its reason. The tables are explained in README.md."""

from collections.abc import Iterable, Mapping, Sequence

from mesh.agents.threat_intelligence.model import (
    DetectionFound,
    IndicatorFound,
    Reason,
    Severity,
    TechniqueFound,
    VulnerabilityFound,
)

# ATT&CK tactics by how much harm is done once an adversary has come so far.
TACTICS: Mapping[str, float] = {
    "impact": 60, "exfiltration": 55, "credential-access": 45, "lateral-movement": 45,
    "command-and-control": 40, "privilege-escalation": 36, "initial-access": 34, "persistence": 34,
    "execution": 30, "defense-evasion": 28, "collection": 28, "discovery": 12, "reconnaissance": 12,
    "resource-development": 8,
}  # fmt: skip
# Sigma's own levels (Sigma rules specification 2.1.0, level).
LEVELS: Mapping[str, float] = {"informational": 0, "low": 6, "medium": 24, "high": 45, "critical": 65}
# What an indicator that no warning list knows is worth, standing alone.
INDICATORS: Mapping[str, float] = {
    "aws_access_key_id": 15, "onion": 12, "imphash": 10, "authentihash": 10, "md5": 10, "sha1": 10,
    "sha224": 10,
    "sha256": 10, "sha384": 10, "sha512": 10, "ssdeep": 10, "tlsh": 10, "ja3": 8, "ja3s": 8, "jarm": 8,
    "url": 8, "domain": 8, "ipv4": 8, "ipv6": 8, "ipv4_cidr": 6, "ipv6_cidr": 6, "bitcoin": 8, "monero": 12,
    "ethereum": 8, "email": 4, "xmpp": 6, "yara_rule": 4, "registry_key": 3, "file_path": 2,
}  # fmt: skip
_MOST_TECHNIQUES, _MOST_DETECTIONS, _MOST_VULNERABILITIES, _MOST_INDICATORS = 70.0, 70.0, 65.0, 33.0
# Further evidence of the same kind adds this share of its own points.
_FURTHER = 0.25
_SEEN_BY_OTHERS = 10.0
# A list of indicators alone, however long, says little of how bad things are: it stays LOW.
_MOST_FURTHER = 8.0
_BOUNDS: tuple[tuple[float, Severity], ...] = ((75, "CRITICAL"), (50, "HIGH"), (25, "MEDIUM"), (0, "LOW"))


def assess(
    indicators: Sequence[IndicatorFound],
    techniques: Sequence[TechniqueFound],
    detections: Sequence[DetectionFound],
    vulnerabilities: Sequence[VulnerabilityFound],
) -> tuple[Severity, float, list[Reason]]:
    """Severity, its points of 100, and the reasons, most points first."""
    reasons = [
        *_capped(_of_techniques(techniques), _MOST_TECHNIQUES),
        *_capped(_of_detections(detections), _MOST_DETECTIONS),
        *_capped(_of_vulnerabilities(vulnerabilities), _MOST_VULNERABILITIES),
        *_capped(_of_indicators(indicators), _MOST_INDICATORS),
    ]
    total = round(min(100.0, sum(reason.points for reason in reasons)), 1)
    severity = next(name for least, name in _BOUNDS if total >= least)
    return severity, total, sorted(reasons, key=lambda reason: -reason.points)


def points_of(technique: TechniqueFound) -> tuple[float, str]:
    """Points of the gravest of its tactics, weighed by confidence, and that tactic."""
    worst = max(technique.tactics, key=lambda tactic: TACTICS.get(tactic, 0), default="")
    return TACTICS.get(worst, 0) * technique.confidence, worst


def _of_techniques(techniques: Sequence[TechniqueFound]) -> list[Reason]:
    """The gravest technique of each tactic; techniques that only a rule's tag names count with the rule."""
    best: dict[str, tuple[float, TechniqueFound]] = {}
    for technique in techniques:
        points, tactic = points_of(technique)
        if technique.source != "sigma" and points > best.get(tactic, (0.0,))[0]:
            best[tactic] = (points, technique)
    ranked = sorted(best.items(), key=lambda item: -item[1][0])
    return [
        Reason(
            what=f"Technique of the tactic {tactic}",
            points=points if place == 0 else points * _FURTHER,
            evidence=f"{technique.id} {technique.name}, {technique.source} {technique.confidence:.2f}",
        )
        for place, (tactic, (points, technique)) in enumerate(ranked)
    ]


def _of_detections(detections: Sequence[DetectionFound]) -> list[Reason]:
    ranked = sorted(detections, key=lambda detection: -LEVELS[detection.level])
    return [
        Reason(
            what=f"Detection of level {detection.level}",
            points=LEVELS[detection.level] * (1 if place == 0 else _FURTHER),
            evidence=f"{detection.title}: {_events(detection)}",
        )
        for place, detection in enumerate(ranked)
        if LEVELS[detection.level]
    ]


def _events(detection: DetectionFound) -> str:
    first = detection.events[0] if detection.events else "the events together"
    return first if detection.count == 1 else f"{first} and others, {detection.count} in all"


def _of_vulnerabilities(vulnerabilities: Sequence[VulnerabilityFound]) -> list[Reason]:
    """Everything known of the gravest; 3 points for each further one that is known to be exploited."""
    asserted = [(v, _of_one(v)) for v in vulnerabilities if not v.negated]
    asserted.sort(key=lambda pair: -sum(reason.points for reason in pair[1]))
    reasons = list(asserted[0][1]) if asserted else []
    further = [v.cve for v, _ in asserted[1:] if v.in_kev and v.cve]
    if further:
        what = "Further vulnerabilities known to be exploited"
        reasons.append(Reason(what=what, points=3.0 * len(further), evidence=", ".join(further[:10])))
    return reasons


def _of_one(vulnerability: VulnerabilityFound) -> list[Reason]:
    name = vulnerability.cve or "vulnerability given by its vector"
    found: list[Reason] = []
    if vulnerability.kev:
        evidence = f"{name}, in CISA's catalogue since {vulnerability.kev.date_added}"
        found.append(Reason(what="Vulnerability known to be exploited", points=25, evidence=evidence))
        if vulnerability.kev.ransomware:
            found.append(Reason(what="Used by ransomware", points=10, evidence=f"{name}, as CISA states"))
    if cvss := vulnerability.cvss:
        evidence = f"{name}, CVSS {cvss.version} base score {cvss.score} {cvss.rating}"
        found.append(Reason(what="Severity of the vulnerability", points=cvss.score * 2, evidence=evidence))
    if (epss := vulnerability.epss) and epss.score >= 0.1:
        evidence = f"{name}, EPSS {epss.score:.3f} of {epss.date or 'unknown date'}"
        found.append(
            Reason(what="Exploitation predicted", points=10 if epss.score >= 0.5 else 5, evidence=evidence)
        )
    if not found:
        what = "Vulnerability of which nothing more is known here"
        found.append(Reason(what=what, points=5, evidence=name))
    return found


def is_malicious(indicator: IndicatorFound) -> bool:
    """Whether it may count against its owner: no warning list knows it, and a text says that it was seen.

    What merely stands in an event (the caller's address, an ARN) is no sign of harm: the detections of those
    events carry the points.
    """
    return (
        not indicator.benign
        and not indicator.negated
        and indicator.source == "text"
        and indicator.type in INDICATORS
    )


def _of_indicators(indicators: Sequence[IndicatorFound]) -> list[Reason]:
    listed = sorted(filter(is_malicious, indicators), key=lambda i: -INDICATORS[i.type])
    if not listed:
        return []
    first, rest = listed[0], listed[1:]
    reasons = [
        Reason(
            what=f"Indicator of type {first.type}", points=INDICATORS[first.type], evidence=first.value[:120]
        )
    ]
    if rest:
        kinds = ", ".join(dict.fromkeys(indicator.type for indicator in rest))
        points = min(float(len(rest)), _MOST_FURTHER)
        reasons.append(Reason(what="Further indicators", points=points, evidence=f"{len(rest)}: {kinds}"))
    seen = [indicator for indicator in listed if indicator.seen_by]
    if seen:
        others = f"{seen[0].seen_by} other {'simulated ' if seen[0].seen_simulated else ''}MSPs"
        since = f" since {seen[0].seen_since}" if seen[0].seen_since else ""
        evidence = f"{seen[0].value[:120]}, seen by {others}{since}"
        reasons.append(Reason(what="Seen by others in the mesh", points=_SEEN_BY_OTHERS, evidence=evidence))
    return reasons


def _capped(reasons: Iterable[Reason], most: float) -> list[Reason]:
    """The reasons that have points, cut where they come to more than `most` together."""
    left, kept = most, []
    for reason in reasons:
        points = round(min(reason.points, left), 1)
        if points > 0:
            kept.append(reason.model_copy(update={"points": points}))
            left -= points
    return kept
