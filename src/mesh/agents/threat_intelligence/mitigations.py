"""What to do: contain first, then patch what is exploited, then ATT&CK's lasting mitigations."""

import re
from collections import defaultdict
from collections.abc import Sequence

from mesh.agents.threat_intelligence.containment import BY_INDICATOR, BY_THREAT
from mesh.agents.threat_intelligence.model import (
    DetectionFound,
    IndicatorFound,
    Mitigation,
    TechniqueFound,
    ThreatType,
    VulnerabilityFound,
)
from mesh.agents.threat_intelligence.severity import is_malicious
from mesh.kit.ports import Knowledge

_MOST_LASTING = 8
_MOST_PATCHES = 20
_MOST_NAMED = 100
# Citations, and links in Markdown, of which the words stay.
_MARKUP = re.compile(r"\(Citation:[^)]*\)|\[([^\]]*)\]\([^)]*\)")


def advise(
    kind: ThreatType,
    indicators: Sequence[IndicatorFound],
    techniques: Sequence[TechniqueFound],
    detections: Sequence[DetectionFound],
    vulnerabilities: Sequence[VulnerabilityFound],
    knowledge: Knowledge,
) -> list[Mitigation]:
    """Steps in the order to take them; each says which finding it is for."""
    shown = bool(techniques or detections or [v for v in vulnerabilities if not v.negated])
    return [
        *_for_kind(kind, shown),
        *_for_indicators(indicators),
        *_for_vulnerabilities(vulnerabilities),
        *_for_techniques(techniques, knowledge),
    ]


def _for_kind(kind: ThreatType, shown: bool) -> list[Mitigation]:
    if kind not in BY_THREAT or not shown:
        return []
    key, action = BY_THREAT[kind]
    return [Mitigation(id=key, action=action, when="now", because=(kind,), source="containment")]


def _for_indicators(indicators: Sequence[IndicatorFound]) -> list[Mitigation]:
    steps: dict[tuple[str, str], list[str]] = defaultdict(list)
    for indicator in indicators:
        if is_malicious(indicator) and indicator.type in BY_INDICATOR:
            steps[BY_INDICATOR[indicator.type]].append(indicator.value)
    return [
        Mitigation(
            id=key,
            action=action,
            when="now",
            because=tuple(values[:_MOST_NAMED]),
            source="containment",
        )
        for (key, action), values in steps.items()
    ]


def _for_vulnerabilities(vulnerabilities: Sequence[VulnerabilityFound]) -> list[Mitigation]:
    found: list[Mitigation] = []
    for vulnerability in vulnerabilities:
        if vulnerability.negated or vulnerability.cve is None or len(found) >= _MOST_PATCHES:
            continue
        kev, key = vulnerability.kev, f"patch-{vulnerability.cve}"
        if kev:
            action, detail = f"Patch {kev.name} first: it is being exploited.", f"CISA: {kev.action}"
        else:
            action, detail = f"Find and patch what {vulnerability.cve} affects.", ""
        found.append(
            Mitigation(
                id=key, action=action, when="soon", because=(vulnerability.cve,), detail=detail,
                source="kev" if kev else "containment",
                url=f"https://nvd.nist.gov/vuln/detail/{vulnerability.cve}",
            )
        )  # fmt: skip
    return found


def _for_techniques(techniques: Sequence[TechniqueFound], knowledge: Knowledge) -> list[Mitigation]:
    """ATT&CK's mitigations, those first that meet most of what was found, weighed by confidence."""
    weight: dict[str, float] = defaultdict(float)
    rows: dict[str, tuple[str, str]] = {}
    because: dict[str, list[str]] = defaultdict(list)
    for technique in techniques:
        row = knowledge.find("attack", technique.id)
        for listed in row["mitigations"] if row else ():
            key = listed["id"]
            weight[key] += technique.confidence
            because[key].append(technique.id)
            rows.setdefault(key, (listed["name"], _whole_sentences(listed["use"])))
    ranked = sorted(weight, key=lambda key: (-weight[key], key))[:_MOST_LASTING]
    return [
        Mitigation(
            id=key, action=rows[key][0], when="lasting", because=tuple(dict.fromkeys(because[key])),
            source="attack",
            detail=rows[key][1], url=f"https://attack.mitre.org/mitigations/{key}",
        )
        for key in ranked
    ]  # fmt: skip


def _whole_sentences(text: str) -> str:
    """At most the first two sentences that are complete, without citations: packaged texts are cut off."""
    clean = _MARKUP.sub(r"\1", text).strip()
    sentences = re.split(r"(?<=[.!?])\s+", clean)
    return " ".join(
        sentence for sentence in sentences[:2] if sentence.endswith(".") and not sentence.endswith("..")
    )
