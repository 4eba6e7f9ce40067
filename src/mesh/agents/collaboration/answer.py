"""From a question to ranked partners."""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mesh.agents.collaboration.cards import parts
from mesh.agents.collaboration.constraints import constraints
from mesh.agents.collaboration.coverage import covered
from mesh.agents.collaboration.diversity import order
from mesh.agents.collaboration.memory import Memory, memory_of, texts_of
from mesh.agents.collaboration.model import Answer, Covered, Excluded, Match, Question
from mesh.agents.collaboration.needs import needs
from mesh.agents.collaboration.ranking import Floats, Index, index
from mesh.kit.agent import Answered, ModelUsed
from mesh.kit.ports import Partner, Ports
from mesh.kit.problem import Unavailable

BY = ModelUsed(name="hybrid-ranking", version="1", provider="onnx")
LEXICAL_ONLY = ModelUsed(name="bm25-ranking", version="1", provider="statistics")
# How much of the score is the share of the needs that the card covers; the rest is the fit of the words.
COVERAGE = 0.5
# Cards are looked at in detail, need by need, among this many times as many as are shown.
CLOSER = 5


def answer(ask: Question, ports: Ports) -> Answered[Answer]:
    """The partners that meet every constraint, best first; the others are counted by what they lack."""
    others = _candidates(ask) or ports.partners.others()
    fitting, excluded = _fitting(ask, others)
    clauses = needs(ask.requirements)
    notes = [] if others else ["No other MSP shows anything of itself in this mesh yet."]
    vector: NDArray[np.float32] | None = None
    memory: Memory | None = memory_of(ports.embedder)
    try:
        vector = ports.embedder.embed([ask.requirements])[0] if fitting else None
    except Unavailable as problem:
        memory = None
        notes.append(f"Ranked by words alone, not by meaning: {problem.detail}")
    matches = _ranked(ask, clauses, fitting, vector, memory) if fitting else []
    found = Answer(
        needs=clauses,
        partners=matches,
        considered=len(others),
        fitting=len(fitting),
        excluded=excluded,
        not_known=notes,
    )
    simulated = any(match.simulated for match in matches)
    return Answered(found, BY if memory is not None else LEXICAL_ONLY, simulated)


def _candidates(ask: Question) -> list[Partner]:
    cards = [(each.id, each.model_dump(exclude={"id"}, exclude_none=True)) for each in ask.candidates]
    return [Partner(name, card, simulated=False) for name, card in cards]


def _fitting(ask: Question, others: Sequence[Partner]) -> tuple[list[Partner], list[Excluded]]:
    checks = list(constraints(ask))
    failed = Counter(words for partner in others for words, holds in checks if not holds(partner.card))
    kept = [partner for partner in others if all(holds(partner.card) for _, holds in checks)]
    return kept, [Excluded(constraint=words, partners=failed[words]) for words, _ in checks if failed[words]]


def _ranked(
    ask: Question,
    clauses: Sequence[str],
    fitting: Sequence[Partner],
    vector: NDArray[np.float32] | None,
    memory: Memory | None,
) -> list[Match]:
    texts = tuple(texts_of(partner) for partner in fitting)
    ready = _index(texts, memory)
    fit = _unit(ready.scores(ask.requirements, vector))
    closer = [int(place) for place in np.argsort(-fit, kind="stable")][: CLOSER * ask.limit]
    known = _vectors(clauses, [fitting[place] for place in closer], memory)
    proof = {place: covered(clauses, fitting[place].card, known) for place in closer}
    scores = np.array(
        [(1 - COVERAGE) * fit[p] + COVERAGE * len(proof[p]) / len(clauses) for p in closer], np.float64
    )
    alike = None if ready.bodies is None else ready.bodies[closer]
    chosen = order(scores, alike, ask.diversity, ask.limit)
    return [_match(fitting[closer[i]], float(scores[i]), clauses, proof[closer[i]]) for i in chosen]


def _match(partner: Partner, score: float, clauses: Sequence[str], proof: Sequence[Covered]) -> Match:
    met = {each.need for each in proof}
    lacks = [clause for clause in clauses if clause not in met]
    why = f"Covers {len(met)} of {len(clauses)}"
    why += (
        ": " + "; ".join(f"{each.need} ({each.quote})" for each in proof[:3])
        if proof
        else " needs by its card"
    )
    return Match(
        partner=partner.handle,
        score=round(score, 4),
        covers=list(proof),
        lacks=lacks,
        why=why + ".",
        card=dict(partner.card),
        simulated=partner.simulated,
    )


@lru_cache(maxsize=8)
def _index(texts: tuple[tuple[str, str], ...], memory: Memory | None) -> Index:
    """The same cards are indexed once: with thousands of them, embedding takes most of the time."""
    return index([head for head, _ in texts], [body for _, body in texts], memory)


def _vectors(
    clauses: Sequence[str], partners: Sequence[Partner], memory: Memory | None
) -> dict[str, NDArray[np.float32]]:
    if memory is None:
        return {}
    said = {words for partner in partners for _, words in parts(partner.card)}
    texts = sorted({*clauses, *said})
    return dict(zip(texts, memory.embed(texts), strict=True))


def _unit(scores: Floats) -> Floats:
    """From 0 for the average text to 1 for one four deviations above it."""
    unit: Floats = np.clip(scores / 4.0, 0.0, 1.0)
    return unit
