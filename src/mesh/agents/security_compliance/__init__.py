"""Judges policies and records against a security framework, each requirement by quoted evidence."""

from collections.abc import Mapping
from typing import Any

from mesh.agents.security_compliance.examples import EXAMPLES
from mesh.agents.security_compliance.model import Answer, Question
from mesh.agents.security_compliance.oscal import render as as_oscal
from mesh.agents.security_compliance.pdf import render as as_pdf
from mesh.agents.security_compliance.report import render as as_page
from mesh.agents.security_compliance.terminal import TERMINAL
from mesh.kit.agent import Agent, Answered, Format, Size
from mesh.kit.ports import Ports


def check(ask: Question, ports: Ports) -> Answered[Answer]:
    """Answers a question; what takes time to load is loaded by the first one."""
    from mesh.agents.security_compliance.answer import answer

    return answer(ask, ports)


def digest(answer: Answer) -> Mapping[str, Any]:
    """What the event says: framework, score and counts; no words of any policy."""
    return {
        "framework": answer.framework,
        "baseline": answer.baseline,
        "score": answer.score,
        "examined": answer.examined,
        **answer.counts.model_dump(),
    }


AGENT = Agent(
    name="security_compliance",
    title="Security compliance",
    summary="Judges policies and records against SOC 2, ISO 27001, HIPAA, NIST CSF, NIST 800-53, PCI DSS or "
    "CIS: what is met, partial, missing or without evidence, by which sentence, and what to write next.",
    route="/compliance/check",
    ask=Question,
    reply=Answer,
    answer=check,
    examples=EXAMPLES,
    event="compliance.checked",
    digest=digest,
    terminal=TERMINAL,
    size=Size(memory_mb=512, timeout_s=30),
    formats={
        "oscal": Format("application/oscal+json", as_oscal),
        "html": Format("text/html; charset=utf-8", as_page),
        "pdf": Format("application/pdf", as_pdf),
    },
    models=("all-MiniLM-L6-v2",),
)
