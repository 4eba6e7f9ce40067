"""Reads an alert, a report or events and says what attacks, how bad it is and why, and what to do."""

from collections.abc import Mapping
from typing import Any

from mesh.agents.threat_intelligence.active import ActiveQuery, ActiveThreats, active_threats
from mesh.agents.threat_intelligence.answer import answer
from mesh.agents.threat_intelligence.examples import EXAMPLES
from mesh.agents.threat_intelligence.model import Answer, Question
from mesh.agents.threat_intelligence.severity import is_malicious
from mesh.agents.threat_intelligence.stix import render
from mesh.agents.threat_intelligence.terminal import TERMINAL
from mesh.kit.agent import Agent, Format, Size, View


def digest(answer: Answer) -> Mapping[str, Any]:
    """What the event says: no client, no text, no values of indicators."""
    return {
        "severity": answer.severity,
        "severity_score": answer.severity_score,
        "threat_type": answer.threat_type,
        "confidence": answer.confidence,
        "tlp": answer.tlp,
        "indicators": sum(is_malicious(one) for one in answer.indicators),
        "detections": len(answer.detections),
        "techniques": [technique.id for technique in answer.techniques],
        "vulnerabilities": [v.cve for v in answer.vulnerabilities if v.cve and not v.negated],
        "exploited": [v.cve for v in answer.vulnerabilities if v.in_kev and not v.negated],
    }


AGENT = Agent(
    name="threat_intelligence",
    title="Threat intelligence",
    summary="Finds indicators, ATT&CK techniques, detections and exploited vulnerabilities in a text or in "
    "events, and says how bad it is, why, and what to do.",
    route="/threat-intelligence/analyze",
    ask=Question,
    reply=Answer,
    answer=answer,
    examples=EXAMPLES,
    event="threat.detected",
    digest=digest,
    terminal=TERMINAL,
    size=Size(memory_mb=1024, timeout_s=60),
    formats={"stix": Format("application/stix+json;version=2.1", render)},
    views=(
        View(
            path="/threat-intelligence/active-threats",
            summary="Indicators, techniques and vulnerabilities of the tenant's recent grave answers, merged",
            query=ActiveQuery,
            reply=ActiveThreats,
            read=active_threats,
        ),
    ),
    models=("all-MiniLM-L6-v2", "techniques"),
)
