"""An answer as a STIX 2.1 bundle (OASIS standard of 10 June 2021), marked with TLP 2.0.

Ids are deterministic: those of observables as STIX recommends (2.9), by the library; those of other objects
from the result's id, so that the same result always gives the same bundle. The client's name is not in it.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from mesh.agents.threat_intelligence.model import (
    Answer,
    IndicatorFound,
    Mitigation,
    Span,
    TechniqueFound,
    Tlp,
    VulnerabilityFound,
)
from mesh.agents.threat_intelligence.severity import is_malicious
from mesh.agents.threat_intelligence.stix_patterns import observable, pattern
from mesh.kit.agent import Envelope
from mesh.kit.tlp import CREATED, EXTENSION, marking

if TYPE_CHECKING:
    from datetime import datetime

# Of our own: the namespace that STIX names is for observables alone.
_NAMESPACE = UUID("6f0b1e0c-5d0f-5c0e-9d5b-3f8c0a4e7b21")
Made = dict[str, Any]


def render(envelope: Envelope) -> str:
    """The bundle as JSON text."""
    import stix2.v21 as stix

    answer = Answer.model_validate(envelope.answer)
    write = _Writer(envelope.result_id, envelope.msp_id, envelope.answered_at, marking(answer.tlp))
    identity = write.identity()
    listed = [one for one in answer.indicators if not one.benign and not one.negated]
    indicators = {one: made for one in listed if is_malicious(one) and (made := write.indicator(one))}
    techniques = {one: write.technique(one) for one in answer.techniques}
    named = {one: write.vulnerability(one) for one in answer.vulnerabilities if one.cve and not one.negated}
    courses = {one: write.course(one) for one in answer.mitigations if one.source == "attack"}
    observables = list(
        {made["id"]: made for one in listed if (made := observable(one, marking(answer.tlp)))}.values()
    )
    objects: list[Any] = [*indicators.values(), *techniques.values(), *named.values(), *courses.values()]
    if observables:
        seen = write.observed(observables)
        objects += [*observables, seen]
        objects += [write.relation(made, "based-on", seen) for made in indicators.values()]
    objects += _relations(write, indicators, techniques, named, courses)
    report = write.report(answer, [*objects, identity])
    unpatterned = [one for one in listed if one.type != "cve" and pattern(one) is None]
    notes = write.unpatterned(unpatterned, report)
    bundle = stix.Bundle(
        id=write.id("bundle", ""),
        objects=[tlp(answer.tlp), identity, *objects, report, *notes],
        allow_custom=False,
    )
    return json.dumps(json.loads(bundle.serialize()), indent=2, ensure_ascii=False)


def tlp(level: Tlp) -> Any:
    """The marking definition of a TLP 2.0 level, as OASIS fixed it."""
    import stix2.v21 as stix

    extension = {"extension_type": "property-extension", "tlp_2_0": level.lower()}
    return stix.MarkingDefinition(
        id=marking(level), created=CREATED, name=f"TLP:{level}", extensions={EXTENSION: extension}
    )


def _relations(
    write: "_Writer",
    indicators: Mapping[IndicatorFound, Any],
    techniques: Mapping[TechniqueFound, Any],
    named: Mapping[VulnerabilityFound, Any],
    courses: Mapping[Mitigation, Any],
) -> Iterator[Any]:
    """Only what the answer shows: an indicator within the words that show a technique indicates it."""
    for technique, pattern_object in techniques.items():
        for indicator, made in indicators.items():
            if _within(indicator.spans, technique):
                yield write.relation(made, "indicates", pattern_object)
        for vulnerability, made in named.items():
            if _within(vulnerability.spans, technique):
                yield write.relation(pattern_object, "targets", made)
    by_id = {technique.id: made for technique, made in techniques.items()}
    for mitigation, made in courses.items():
        for key in mitigation.because:
            yield write.relation(made, "mitigates", by_id[key])


def _within(spans: Sequence[Span], technique: TechniqueFound) -> bool:
    ranges = [(e.start, e.end) for e in technique.evidence if e.start is not None and e.end is not None]
    return any(start <= span.start and span.end <= end for start, end in ranges for span in spans)


class _Writer:
    """Makes objects of one result: same author, same time, same marking."""

    def __init__(self, result_id: str, msp_id: str, at: "datetime", marking: str) -> None:
        self._result_id, self._msp_id, self._at, self._marking = result_id, msp_id, at, marking

    def id(self, kind: str, key: str) -> str:
        return f"{kind}--{uuid5(_NAMESPACE, json.dumps([self._result_id, kind, key]))}"

    @property
    def _author(self) -> str:
        return f"identity--{uuid5(_NAMESPACE, json.dumps(['msp', self._msp_id]))}"

    def _make(self, make: Callable[..., Any], kind: str, key: str, **more: Any) -> Any:
        return make(
            id=self.id(kind, key), created=self._at, modified=self._at, created_by_ref=self._author,
            object_marking_refs=[self._marking], **more,
        )  # fmt: skip

    def identity(self) -> Any:
        import stix2.v21 as stix

        return stix.Identity(
            id=self._author, created=self._at, modified=self._at, name=self._msp_id,
            identity_class="organization", object_marking_refs=[self._marking],
        )  # fmt: skip

    def indicator(self, one: IndicatorFound) -> Any | None:
        import stix2.v21 as stix

        if (written := pattern(one)) is None:
            return None
        return self._make(
            stix.Indicator, "indicator", f"{one.type} {one.value}", name=f"{one.type} {one.value}"[:250],
            description="Named in the analysed text; on no warning list of harmless values.",
            indicator_types=["unknown"], pattern=written, pattern_type="stix", pattern_version="2.1",
            valid_from=self._at,
        )  # fmt: skip

    def technique(self, one: TechniqueFound) -> Any:
        import stix2.v21 as stix

        reference = {"source_name": "mitre-attack", "external_id": one.id}
        phases = [{"kill_chain_name": "mitre-attack", "phase_name": tactic} for tactic in one.tactics]
        shown = "; ".join(evidence.text for evidence in one.evidence)
        return self._make(
            stix.AttackPattern, "attack-pattern", one.id, name=one.name, description=f"Shown by: {shown}",
            external_references=[reference | ({"url": one.url} if one.url else {})],
            confidence=round(one.confidence * 100), **({"kill_chain_phases": phases} if phases else {}),
        )  # fmt: skip

    def vulnerability(self, one: VulnerabilityFound) -> Any:
        import stix2.v21 as stix

        known = [f"CVSS {one.cvss.version} {one.cvss.score} {one.cvss.vector}".strip()] if one.cvss else []
        if one.kev:
            known.append(f"in CISA's catalogue of exploited vulnerabilities since {one.kev.date_added}")
        if one.epss:
            known.append(f"EPSS {one.epss.score} of {one.epss.date or 'unknown date'}")
        return self._make(
            stix.Vulnerability, "vulnerability", str(one.cve), name=one.cve,
            external_references=[{"source_name": "cve", "external_id": one.cve}],
            **({"description": "; ".join(known)} if known else {}),
        )  # fmt: skip

    def course(self, one: Mitigation) -> Any:
        import stix2.v21 as stix

        reference = {"source_name": "mitre-attack", "external_id": one.id, "url": one.url}
        return self._make(
            stix.CourseOfAction, "course-of-action", one.id, name=one.action, external_references=[reference],
            **({"description": one.detail} if one.detail else {}),
        )  # fmt: skip

    def observed(self, observables: Sequence[Any]) -> Any:
        import stix2.v21 as stix

        return self._make(
            stix.ObservedData, "observed-data", "", first_observed=self._at, last_observed=self._at,
            number_observed=1, object_refs=[made["id"] for made in observables],
        )  # fmt: skip

    def relation(self, source: Any, kind: str, target: Any) -> Any:
        import stix2.v21 as stix

        return self._make(
            stix.Relationship, "relationship", f"{source['id']} {kind} {target['id']}",
            relationship_type=kind,
            source_ref=source["id"], target_ref=target["id"],
        )  # fmt: skip

    def report(self, answer: Answer, objects: Iterable[Any]) -> Any:
        import stix2.v21 as stix

        return self._make(
            stix.Report, "report", "", name=answer.summary,
            report_types=["threat-report"], published=self._at,
            labels=[f"severity:{answer.severity.lower()}", f"threat-type:{answer.threat_type}"],
            object_refs=[made["id"] for made in objects],
            **({} if answer.confidence is None else {"confidence": round(answer.confidence * 100)}),
        )  # fmt: skip

    def unpatterned(self, left: Sequence[IndicatorFound], report: Any) -> list[Any]:
        """A note of what STIX has no pattern for: wallets, ARNs, access keys and the like."""
        import stix2.v21 as stix

        if not left:
            return []
        lines = "\n".join(f"{one.type}: {one.value}" for one in left)
        return [
            self._make(
                stix.Note, "note", "", abstract="Values that STIX has no pattern for", content=lines,
                object_refs=[report["id"]],
            )
        ]  # fmt: skip
