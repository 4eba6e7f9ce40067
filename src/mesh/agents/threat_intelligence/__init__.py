"""Reads an alert, a report or events and says what attacks, how bad it is and why, and what to do."""

from collections.abc import Mapping, Sequence
from typing import Any

from mesh.agents.threat_intelligence.active import ActiveQuery, ActiveThreats, active_threats
from mesh.agents.threat_intelligence.answer import answer
from mesh.agents.threat_intelligence.examples import EXAMPLES
from mesh.agents.threat_intelligence.model import Answer, Question
from mesh.agents.threat_intelligence.severity import is_malicious
from mesh.agents.threat_intelligence.stix import render
from mesh.agents.threat_intelligence.terminal import TERMINAL
from mesh.kit.agent import Agent, Format, Size, View
from mesh.kit.ports import Sighted
from mesh.kit.records import Tlp

# Techniques that are likelier not there than there are nobody else's business.
_SURE = 0.5


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


def seen(question: Question, answer: Answer) -> Sequence[Sighted]:
    """What other MSPs should know of: indicators judged malicious, and techniques that were shown.

    Of a threat alone: what merely stands in a text without one says nothing of anybody.
    """
    if answer.threat_type == "none":
        return ()
    tlp: Tlp | None = f"TLP:{question.tlp}" if "tlp" in question.model_fields_set else None  # type: ignore[assignment]
    indicators = [Sighted(one.type, one.value, tlp) for one in answer.indicators if is_malicious(one)]
    shown = [one for one in answer.techniques if one.confidence >= _SURE]
    techniques = [Sighted("technique", one.id, tlp) for one in shown]
    return indicators + techniques


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
    seen=seen,
)
