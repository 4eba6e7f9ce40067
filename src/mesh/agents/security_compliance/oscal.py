"""An answer as OSCAL assessment results (NIST, https://pages.nist.gov/OSCAL/, 1.1.3).

A requirement that is met becomes a satisfied finding; every other one is not satisfied, and the reason says
whether it is partial, missing or without evidence. Quotes are observations, made by examining documents.
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from mesh.agents.security_compliance.model import Answer, Judged, Quote
from mesh.kit.agent import Envelope

VERSION = "1.1.3"
OURS = "https://msp-intelligence-mesh.invalid/oscal"
_NIST = re.compile(r"([A-Z]{2})-(\d+)(?:\((\d+)\))?")


def render(envelope: Envelope) -> str:
    """The JSON text; the same result always gives the same UUIDs."""
    return json.dumps(document(envelope), indent=2, ensure_ascii=False)


def document(envelope: Envelope) -> dict[str, Any]:
    """The assessment results as a JSON object."""
    answer = Answer.model_validate(envelope.answer)
    seed = envelope.result_id
    at = envelope.answered_at.isoformat()
    plan = _uuid(seed, "plan")
    return {
        "assessment-results": {
            "uuid": _uuid(seed, "results"),
            "metadata": {
                "title": f"{answer.name}: judged from stated evidence",
                "last-modified": at,
                "version": envelope.model.version,
                "oscal-version": VERSION,
                "props": [_prop("simulated", "yes")] if envelope.simulated else [_prop("simulated", "no")],
                "remarks": " ".join(answer.not_known),
            },
            "import-ap": {"href": f"#{plan}"},
            "results": [_result(answer, seed, at)],
            "back-matter": {
                "resources": [
                    {
                        "uuid": plan,
                        "title": "No assessment plan",
                        "description": "The mesh judged the documents it was given against "
                        f"{answer.name} ({answer.edition}); nobody wrote a plan for it.",
                        "rlinks": [{"href": answer.url}],
                    }
                ]
            },
        }
    }


def control_id(framework: str, name: str) -> str:
    """An OSCAL token; NIST 800-53 keeps the ids of NIST's own catalogue.

    >>> control_id("NIST-800-53", "AC-2(1)"), control_id("HIPAA", "164.308(a)(1)(ii)(A)")
    ('ac-2.1', 'hipaa_164.308.a.1.ii.A')
    """
    nist = _NIST.fullmatch(name)
    if framework == "NIST-800-53" and nist:
        return "-".join(nist.groups()[:2]).lower() + (f".{nist[3]}" if nist[3] else "")
    return f"{framework.lower()}_{re.sub(r'[^A-Za-z0-9]+', '.', name).strip('.')}"


def _result(answer: Answer, seed: str, at: str) -> dict[str, Any]:
    observations = {
        (each.id, place): _observation(quote, _uuid(seed, f"{each.id}/{place}"), at)
        for each in answer.requirements
        for place, quote in enumerate(each.evidence)
    }
    chosen = [{"control-id": control_id(answer.framework, each.id)} for each in answer.requirements]
    found: dict[str, Any] = {
        "uuid": _uuid(seed, "result"),
        "title": f"{answer.framework} as of {answer.as_of}",
        "description": f"Score {answer.score} of 100; evidence speaks of {answer.examined} % by weight.",
        "start": at,
        "end": at,
        "props": [
            _prop("score", f"{answer.score}"),
            *(_prop(name.replace("_", "-"), str(n)) for name, n in answer.counts.model_dump().items()),
        ],
        "reviewed-controls": {"control-selections": [{"include-controls": chosen}]},
        "findings": [_finding(answer, each, seed) for each in answer.requirements],
    }
    if observations:
        found["observations"] = list(observations.values())
    return found


def _finding(answer: Answer, each: Judged, seed: str) -> dict[str, Any]:
    finding: dict[str, Any] = {
        "uuid": _uuid(seed, f"finding/{each.id}"),
        "title": f"{each.id} {each.title}",
        "description": each.reason,
        "props": [_prop("status", each.status.replace("_", "-")), _prop("weight", str(each.weight))],
        "target": {
            "type": "objective-id",
            "target-id": control_id(answer.framework, each.id),
            "description": each.wording,
            "status": {
                "state": "satisfied" if each.status == "met" else "not-satisfied",
                "reason": "pass" if each.status == "met" else "other",
                "remarks": " ".join([each.reason, *each.write]),
            },
        },
    }
    related = [{"observation-uuid": _uuid(seed, f"{each.id}/{place}")} for place in range(len(each.evidence))]
    if related:
        finding["related-observations"] = related
    return finding


def _observation(quote: Quote, uuid: str, at: str) -> dict[str, Any]:
    observation: dict[str, Any] = {
        "uuid": uuid,
        "description": f"{' '.join(quote.quote.split())} ({quote.why})",
        "props": [
            _prop("claim", quote.claim.replace("_", "-")),
            _prop("stale", "yes" if quote.stale else "no"),
        ],
        "methods": ["EXAMINE"],
        "collected": at,
        "relevant-evidence": [{"description": f"{quote.document}, characters {quote.start} to {quote.end}"}],
    }
    if quote.dated:
        observation["props"].append(_prop("dated", quote.dated.isoformat()))
    return observation


def _prop(name: str, value: str) -> Mapping[str, str]:
    return {"name": name, "ns": OURS, "value": value}


def _uuid(seed: str, what: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"{OURS}/{seed}/{what}"))
