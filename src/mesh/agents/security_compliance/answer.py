"""From a question to a judgement of every requirement."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from mesh.agents.security_compliance.catalogue import Framework, frameworks, topics
from mesh.agents.security_compliance.crosswalk import same
from mesh.agents.security_compliance.evidence import Document, Evidence, given, read, readings, stored
from mesh.agents.security_compliance.judgement import Docket, Link, Verdict, examined, score
from mesh.agents.security_compliance.meaning import with_meaning
from mesh.agents.security_compliance.model import Alike, Answer, Counts, Judged, Question, Quote, Read
from mesh.kit.agent import Answered, ModelUsed
from mesh.kit.ports import Ports
from mesh.kit.problem import Unavailable

BY = ModelUsed(name="stated-evidence-and-meaning", version="1", provider="onnx")
TERMS_ALONE = ModelUsed(name="stated-evidence", version="1", provider="rules")
MOST_NEXT = 10
REACH = (
    "Met means that a quoted text or reading says so; whether it is so in practice, only an audit can tell."
)


def answer(ask: Question, ports: Ports) -> Answered[Answer]:
    """Every requirement with its evidence. Reads stored policies and metrics unless a policy is given."""
    as_of = ask.as_of or ports.clock.now()
    documents, evidence = _evidence(ask, ports, as_of)
    missing = ""
    try:
        evidence = with_meaning(evidence, ports.embedder)
    except Unavailable as problem:
        missing = f"Judged by the usual terms alone, not by meaning: {problem.detail}"
    framework = frameworks()[ask.framework]
    baseline = _baseline(ask)
    verdicts = Docket(evidence, framework.within(baseline)).judge()
    found = _answer(framework, baseline, as_of, verdicts, documents, evidence)
    used = any(document.simulated for document in documents)
    if missing:
        found.not_known.append(missing)
    return Answered(found, TERMS_ALONE if missing else BY, used)


def _baseline(ask: Question) -> str | None:
    if ask.framework != "NIST-800-53":
        return None
    return ask.baseline or "moderate"


def _evidence(ask: Question, ports: Ports, as_of: datetime) -> tuple[list[Document], list[Evidence]]:
    documents = [] if ask.policy_text is None else [given(ask.title, ask.policy_text, as_of)]
    measured: list[Evidence] = []
    if ask.policy_text is None or ask.include_stored:
        documents += stored(ports.records, as_of)
        measured = list(readings(ports.records, as_of))
    evidence = [each for document in documents for each in read(document)]
    return [*documents, *(each.document for each in measured)], [*evidence, *measured]


def _answer(
    framework: Framework,
    baseline: str | None,
    as_of: datetime,
    verdicts: Sequence[Verdict],
    documents: Sequence[Document],
    evidence: Sequence[Evidence],
) -> Answer:
    open_ones = [each for each in verdicts if each.status != "met"]
    first = sorted(open_ones, key=lambda v: (-v.requirement.weight, v.status == "partial"))
    statuses = [each.status for each in verdicts]
    counts = Counter(each.document.id for each in evidence)
    return Answer(
        framework=framework.id,
        name=framework.name,
        edition=framework.edition,
        url=framework.url,
        scope=framework.scope,
        baseline=baseline,
        as_of=as_of.date(),
        score=score(verdicts),
        examined=examined(verdicts),
        counts=Counts(
            met=statuses.count("met"),
            partial=statuses.count("partial"),
            missing=statuses.count("missing"),
            no_evidence=statuses.count("no_evidence"),
        ),
        requirements=[_judged(each) for each in verdicts],
        next=[each.requirement.id for each in first[:MOST_NEXT]],
        documents=[_read(document, counts) for document in documents],
        not_known=_not_known(documents),
    )


def _judged(verdict: Verdict) -> Judged:
    wanted = verdict.requirement
    known = topics()
    left = [] if verdict.status == "met" else verdict.open_topics
    return Judged(
        id=wanted.id,
        title=wanted.title,
        wording=wanted.wording,
        weight=wanted.weight,
        status=verdict.status,
        reason=verdict.reason,
        evidence=[_quote(link) for link in verdict.links],
        write=[known[topic].write for topic in left],
        show=[known[topic].evidence for topic in wanted.topics],
        same_as=[
            Alike(
                framework=each.requirement.framework,
                id=each.requirement.id,
                title=each.requirement.title,
                likeness=each.likeness,
            )
            for each in same(wanted)
        ],
    )


def _quote(link: Link) -> Quote:
    each = link.evidence
    assert each.claim.stance != "none"
    return Quote(
        document=each.document.id,
        start=each.start,
        end=each.end,
        quote=each.quote,
        claim=each.claim.stance,
        why=each.claim.why,
        dated=each.document.dated,
        stale=each.stale,
        topics=sorted(each.topics),
    )


def _read(document: Document, counts: Mapping[str, int]) -> Read:
    return Read(
        id=document.id,
        title=document.title,
        kind=document.kind,
        dated=document.dated,
        stale=document.stale,
        simulated=document.simulated,
        passages=counts[document.id],
    )


def _not_known(documents: Sequence[Document]) -> list[str]:
    if not documents:
        return ["No policy is given and none is stored: nothing was examined, and nothing can be met."]
    said = [REACH]
    undated = [
        document.title for document in documents if document.kind == "policy" and document.dated is None
    ]
    if undated:
        named = ", ".join(undated[:5])
        said.append(f"Without a date, and taken as current: {named}.")
    stale = [document.title for document in documents if document.stale]
    if stale:
        said.append(
            f"Too old to count whole (policies after a year, readings after 90 days): {', '.join(stale[:5])}."
        )
    return said
