"""From a question to an answer: refuse, read, plan, run, say."""

from dataclasses import replace

from mesh.agents.nlp_query import documents
from mesh.agents.nlp_query.chart import chart
from mesh.agents.nlp_query.conversation import follows, last_plan
from mesh.agents.nlp_query.layer import layer
from mesh.agents.nlp_query.model import Abstained, Answer, Citation, Plan, Question
from mesh.agents.nlp_query.nearest import nearest
from mesh.agents.nlp_query.planning import planned
from mesh.agents.nlp_query.proposal import proposed
from mesh.agents.nlp_query.reading import read
from mesh.agents.nlp_query.reasons import drivers
from mesh.agents.nlp_query.refusal import refused
from mesh.agents.nlp_query.running import run
from mesh.agents.nlp_query.said import Read, Unread
from mesh.agents.nlp_query.short import short
from mesh.agents.nlp_query.vocabulary import Vocabulary, vocabulary
from mesh.agents.nlp_query.wording import worded
from mesh.kit.agent import Answered, ModelUsed
from mesh.kit.ports import Ports
from mesh.kit.problem import Unanswered

BY = ModelUsed(name="semantic-layer", version="1", provider="rules")


def answer(ask: Question, ports: Ports) -> Answered[Answer]:
    """Pure: reads the tenant's rows and stored answers through ports, and changes nothing."""
    text = " ".join(ask.query.casefold().replace("\u2019", "'").replace("\x00", " ").split())
    known = vocabulary(ports, text)
    refusal = refused(text, known.own)
    if refusal is not None:
        return _abstained(ask, Unread(refusal.reason, refusal.why), ports, [])
    found = read(text, known, ports.clock.now())
    plan, notes = _plan(ask, text, found, known, ports)
    if isinstance(plan, Plan) and documents.ABOUT.search(text) is None:
        return _ran(ask, plan, known, ports, [*found.notes, *notes] if plan.metric else notes)
    written = _written(ask, text, ports, strict=documents.ABOUT.search(text) is None)
    if written is not None:
        return written
    if isinstance(plan, Plan) and not found.matched.unknown and _counts(text, plan):
        return _ran(ask, plan, known, ports, [*found.notes, *notes])
    if documents.ABOUT.search(text):
        plan = Unread("nothing_found", "No stored policy or article speaks of that.")
    assert isinstance(plan, Unread)
    try:
        offer = proposed(ask.query, plan, known, ports)
    except Unanswered as problem:
        return _abstained(ask, plan, ports, [*found.notes, f"No plan was proposed: {problem.detail}"])
    if offer is not None:
        answered = _ran(ask, offer.plan, known, ports, [offer.note])
        return replace(answered, by=offer.by)
    return _abstained(ask, plan, ports, found.notes)


def _counts(text: str, plan: Plan) -> bool:
    return plan.metric not in ("policies", "articles") or any(
        w in text for w in ("how many", "number", "list", "which", "count")
    )


def _plan(
    ask: Question, text: str, found: Read, known: Vocabulary, ports: Ports
) -> tuple[Plan | Unread, list[str]]:
    now = ports.clock.now()
    last = last_plan(ask.conversation_id, ports) if follows(text) else None
    if last is not None and last.metric in layer().metrics:
        hint = layer().metrics[str(last.metric)]
        found = read(text, known, now, hint)
        if found.unread is None:
            return planned(found, now, last), []
    if found.unread is not None:
        if (
            found.unread.reason == "not_understood"
            and follows(text)
            and (found.windows or found.filters)
            and last is None
        ):
            why = "This leans on an earlier question, and none is known here: give a conversation_id."
            return Unread("needs_context", why), []
        return found.unread, []
    return planned(found, now), []


def _ran(ask: Question, plan: Plan, known: Vocabulary, ports: Ports, notes: list[str]) -> Answered[Answer]:
    metric = layer().metrics[str(plan.metric)]
    ran = run(plan, ports, known)
    words = worded(plan, metric, ran, f"{ports.clock.now():%Y-%m-%d %H:%M} UTC")
    if plan.form == "why" and metric.name == "churn_risk":
        words = drivers(ran) or words
    reply = Answer(
        query=ask.query, conversation_id=ask.conversation_id, answer=words, plan=plan, unit=metric.unit,
        rows=ran.rows, citations=ran.citations, chart=chart(plan, metric, ran.rows),
        notes=[*notes, *ran.notes],
    )  # fmt: skip
    return Answered(reply, BY, ran.simulated)


def _written(ask: Question, text: str, ports: Ports, *, strict: bool) -> Answered[Answer] | None:
    found = documents.search(text, ports, strict=strict)
    if not found:
        return None
    plan = Plan(
        form="documents", metric=None, source="policies and articles", search=" ".join(documents.sought(text))
    )
    cited = [Citation(kind=p.kind, ids=[p.id], of=1, title=p.title, quote=p.text) for p in found]
    said = short(ask.query, text, found, ports)
    quotes = documents.quoted(found)
    reply = Answer(
        query=ask.query,
        conversation_id=ask.conversation_id,
        answer=f"{said.words}. {quotes}" if said and said.words else quotes,
        plan=plan,
        citations=cited,
        notes=[*said.notes] if said else [],
    )
    return Answered(reply, (said and said.by) or BY, any(p.simulated for p in found))


def _abstained(ask: Question, unread: Unread, ports: Ports, notes: list[str]) -> Answered[Answer]:
    near = nearest(ask.query, unread, ports)
    said = Abstained(reason=unread.reason, why=unread.why, nearest=near, choices=list(unread.choices))
    reply = Answer(
        query=ask.query, conversation_id=ask.conversation_id, answer=f"{unread.why} You can ask: {near}",
        plan=None, abstained=said, notes=notes,
    )  # fmt: skip
    return Answered(reply, BY)
