"""Which kind of threat it is, by votes of the evidence. The rules are explained in README.md.

Each technique, detection, vulnerability and indicator votes for the kind it belongs to, with its confidence.
Words in the text add a vote only where some evidence votes as well, so that naming a threat makes none.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import prod

from mesh.agents.threat_intelligence.model import (
    DetectionFound,
    IndicatorFound,
    TechniqueFound,
    ThreatType,
    VulnerabilityFound,
)
from mesh.agents.threat_intelligence.severity import is_malicious

# Technique ids, most specific first where both an id and its parent are listed.
TECHNIQUES: Mapping[str, tuple[ThreatType, float]] = {
    "T1486": ("ransomware", 2.0), "T1490": ("ransomware", 1.0), "T1489": ("ransomware", 0.5),
    "T1657": ("ransomware", 0.6), "T1566": ("phishing", 1.0), "T1598": ("phishing", 1.0),
    "T1534": ("phishing", 1.0),
    "T1660": ("phishing", 1.0), "T1498": ("denial-of-service", 2.0), "T1499": ("denial-of-service", 2.0),
    "T1190": ("exploitation", 1.0), "T1203": ("exploitation", 1.0), "T1210": ("exploitation", 1.0),
    "T1211": ("exploitation", 0.8), "T1212": ("exploitation", 0.8), "T1068": ("exploitation", 0.8),
    "T1078.004": ("cloud-account-abuse", 1.0), "T1098.001": ("cloud-account-abuse", 1.0),
    "T1098.003": ("cloud-account-abuse", 1.0), "T1136.003": ("cloud-account-abuse", 1.0),
    "T1562.008": ("cloud-account-abuse", 1.0), "T1578": ("cloud-account-abuse", 1.0),
    "T1580": ("cloud-account-abuse", 0.8), "T1526": ("cloud-account-abuse", 0.8),
    "T1619": ("cloud-account-abuse", 0.8), "T1538": ("cloud-account-abuse", 0.8),
    "T1535": ("cloud-account-abuse", 0.8), "T1648": ("cloud-account-abuse", 0.8),
    "T1537": ("data-exfiltration", 1.2), "T1530": ("data-exfiltration", 0.8),
    "T1114": ("data-exfiltration", 0.4),
    "T1056": ("credential-theft", 1.0), "T1485": ("malware", 0.8),
}  # fmt: skip
# Techniques not listed above vote by their tactic.
TACTICS: Mapping[str, tuple[ThreatType, float]] = {
    "exfiltration": ("data-exfiltration", 1.0), "credential-access": ("credential-theft", 1.0),
    "reconnaissance": ("reconnaissance", 1.0), "discovery": ("reconnaissance", 0.3),
    "collection": ("data-exfiltration", 0.4), "command-and-control": ("malware", 0.6),
    "execution": ("malware", 0.4),
    "persistence": ("malware", 0.3), "defense-evasion": ("malware", 0.3),
    "privilege-escalation": ("malware", 0.3),
    "lateral-movement": ("malware", 0.4), "impact": ("malware", 0.6), "initial-access": ("malware", 0.2),
    "resource-development": ("reconnaissance", 0.3),
}  # fmt: skip
# The generic kinds gather many small votes; beyond this they would drown the specific ones.
_MOST_GENERIC: Mapping[ThreatType, float] = {"malware": 1.5, "reconnaissance": 1.5}
_LEVELS = {"informational": 0.1, "low": 0.3, "medium": 0.8, "high": 1.2, "critical": 1.5}
_CLOUD = frozenset({"aws", "azure", "gcp", "google_workspace", "m365", "okta", "onelogin"})
_INDICATORS: Mapping[str, tuple[ThreatType, float]] = {
    "md5": ("malware", 0.5), "sha1": ("malware", 0.5), "sha256": ("malware", 0.5), "sha512": ("malware", 0.5),
    "ssdeep": ("malware", 0.5), "imphash": ("malware", 0.5), "onion": ("ransomware", 0.4),
    "monero": ("ransomware", 0.3), "bitcoin": ("ransomware", 0.2), "registry_key": ("malware", 0.2),
    "aws_access_key_id": ("cloud-account-abuse", 0.4), "email": ("phishing", 0.15), "url": ("phishing", 0.1),
}  # fmt: skip
_WORDS: tuple[tuple[ThreatType, float, re.Pattern[str]], ...] = (
    ("ransomware", 0.8, re.compile(r"\b(?:ransomware|ransom (?:note|demand|payment)|extortion)\b", re.I)),
    ("phishing", 0.6, re.compile(r"\b(?:(?:spear[- ]?)?phish(?:ing|ed)?|smishing)\b", re.I)),
    ("denial-of-service", 0.8, re.compile(r"\b(?:dos attack|denial[- ]of[- ]service|ddos)\b", re.I)),
    ("data-exfiltration", 0.6, re.compile(r"\b(?:exfiltrat(?:ed|ion|e|ing)|stolen data|data theft)\b", re.I)),
    ("credential-theft", 0.6, re.compile(r"\b(?:credential (?:theft|dumping)|infostealer)\b", re.I)),
    ("malware", 0.3, re.compile(r"\b(?:malware|trojan|backdoor|botnet|worm|rootkit)\b", re.I)),
    ("exploitation", 0.4, re.compile(r"\b(?:exploit(?:ed|ing|ation)?|zero[- ]day|web ?shell)\b", re.I)),
)
_LEAST = 0.3
_SUREST = 0.99
# Of equal votes the graver wins.
_ORDER: tuple[ThreatType, ...] = (
    "ransomware", "data-exfiltration", "denial-of-service", "credential-theft", "cloud-account-abuse",
    "phishing",
    "exploitation", "malware", "reconnaissance",
)  # fmt: skip


def threat_type(
    asserted: str,
    indicators: Sequence[IndicatorFound],
    techniques: Sequence[TechniqueFound],
    detections: Sequence[DetectionFound],
    vulnerabilities: Sequence[VulnerabilityFound],
) -> tuple[ThreatType, float]:
    """The kind with the most votes and how sure it is, from 0 to 1.

    `asserted` is the text without what it says did not happen. "none" is for no evidence at all, "unknown"
    for evidence that speaks for no kind. A kind is as sure as that one of its pieces of evidence at least
    is right, taken as independent (noisy or): an attack of many steps is no less sure of its gravest.
    """
    votes = _votes(indicators, techniques, detections, vulnerabilities)
    if not votes and not any(map(is_malicious, indicators)):
        return "none", 0.0
    for kind, weight, words in _WORDS:
        if votes and words.search(asserted):
            votes[kind].append(weight)
    totals = {kind: sum(each) for kind, each in votes.items()}
    for kind, most in _MOST_GENERIC.items():
        totals[kind] = min(totals.get(kind, 0.0), most)
    best = max(_ORDER, key=lambda kind: totals.get(kind, 0.0))
    if totals.get(best, 0.0) < _LEAST:
        return "unknown", 0.0
    # A technique that a text names by its id still leaves open whether the text is right.
    wrong = prod(1.0 - min(weight, _SUREST) for weight in votes[best])
    return best, min(round(1.0 - wrong, 2), _SUREST)


def _votes(
    indicators: Sequence[IndicatorFound],
    techniques: Sequence[TechniqueFound],
    detections: Sequence[DetectionFound],
    vulnerabilities: Sequence[VulnerabilityFound],
) -> defaultdict[ThreatType, list[float]]:
    votes: defaultdict[ThreatType, list[float]] = defaultdict(list)
    for technique in techniques:
        kind, weight = _of_technique(technique)
        if weight:
            votes[kind].append(weight * technique.confidence)
    for detection in detections:
        if detection.product in _CLOUD:
            votes["cloud-account-abuse"].append(_LEVELS[detection.level])
    for vulnerability in vulnerabilities:
        if not vulnerability.negated:
            votes["exploitation"].append(0.6 if vulnerability.in_kev else 0.3)
            if vulnerability.kev and vulnerability.kev.ransomware:
                votes["ransomware"].append(0.2)
    seen = {indicator.type for indicator in indicators if is_malicious(indicator)}
    for name in sorted(seen & _INDICATORS.keys()):
        kind, weight = _INDICATORS[name]
        votes[kind].append(weight)
    return votes


def _of_technique(technique: TechniqueFound) -> tuple[ThreatType, float]:
    for key in (technique.id, technique.id.partition(".")[0]):
        if key in TECHNIQUES:
            return TECHNIQUES[key]
    found = [TACTICS[tactic] for tactic in technique.tactics if tactic in TACTICS]
    return max(found, key=lambda vote: vote[1], default=("unknown", 0.0))
