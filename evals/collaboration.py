"""Figures of partner matching: the ranker on Cranfield, constraints on the simulated world, and speed."""

import gzip
import json
import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from evals.figure import Figure
from mesh.agents.collaboration.answer import answer
from mesh.agents.collaboration.constraints import folded
from mesh.agents.collaboration.model import Question
from mesh.agents.collaboration.ranking import index
from mesh.demo.world import world
from mesh.kit.fakes import MemoryPartners, fake_ports
from mesh.kit.ports import Embedder, Partner
from mesh.sharing.profiles import card

AREA = "matching"
Say = Callable[[str], None]
DEPTH = 10
NDCG_AIM, SPEED_MS = 0.42, 50.0
SPEED_PROFILES = 10_000


def evaluate(area: Path, data: Path | None, train: Path | None, say: Say) -> list[Figure]:  # noqa: ARG001
    """All figures, or those of `data`: a file of queries with relevance, as in the area."""
    embedder = _embedder(say)
    documents = json.loads(gzip.decompress((area / "cranfield_docs.json.gz").read_bytes()))
    questions = json.loads((data or area / "cranfield_queries_dev.json").read_text(encoding="utf-8"))
    if not isinstance(questions, dict) or {"queries", "qrels"} - set(questions):
        say(f"{data} has no form that partner matching is scored on")
        return []
    figures = [*_cranfield(documents, questions, embedder, say)]
    return figures if data else [*figures, *_simulated(embedder, say), _speed(embedder, say)]


def _embedder(say: Say) -> Embedder:
    from mesh.adapters.models.embedder import ready_embedder
    from mesh.adapters.models.store import ModelStore, standard_folders

    home = Path(__file__).parents[1] / ".mesh" / "eval-home"
    return ready_embedder(ModelStore(standard_folders(home)), home, say)


def _cranfield(
    documents: Sequence[Mapping[str, Any]], questions: Mapping[str, Any], embedder: Embedder, say: Say
) -> list[Figure]:
    say(f"Ranking {len(documents)} abstracts for {len(questions['queries'])} questions ...")
    heads, bodies = [d["title"] for d in documents], [d["text"] or d["title"] for d in documents]
    grades: dict[Any, dict[Any, int]] = {}
    for judged in questions["qrels"]:
        grades.setdefault(judged["qid"], {})[judged["doc"]] = judged["grade"]
    asked = [q for q in questions["queries"] if any(grades.get(q["qid"], {}).values())]
    vectors = embedder.embed([q["text"] for q in asked])
    ready = index(heads, bodies, embedder)
    whole: list[float] = []
    lexical: list[float] = []
    for question, vector in zip(asked, vectors, strict=True):
        for scores, into in (
            (ready.scores(question["text"], vector), whole),
            (ready.scores(question["text"], None), lexical),
        ):
            best = np.argsort(-scores, kind="stable")[:DEPTH]
            into.append(_ndcg([documents[i]["id"] for i in best], grades[question["qid"]]))
    anchors = "TF-IDF .344"
    return [
        Figure("Cranfield nDCG@10", float(np.mean(whole)), NDCG_AIM, anchors=anchors, rows=len(asked)),
        Figure(
            "Cranfield nDCG@10, words alone", float(np.mean(lexical)), None, anchors=anchors, rows=len(asked)
        ),
    ]


def _ndcg(found: Sequence[Any], grades: Mapping[Any, int]) -> float:
    gain = sum(grades.get(each, 0) / math.log2(place + 2) for place, each in enumerate(found))
    ideal = sorted(grades.values(), reverse=True)[:DEPTH]
    return gain / sum(grade / math.log2(place + 2) for place, grade in enumerate(ideal))


def _partners() -> list[Partner]:
    until = datetime(2026, 11, 1, tzinfo=UTC)
    cards = [
        (m.tenant.msp_id, card(m.rows["profile"][0], m.tenant.msp_id)) for m in world(months=2, until=until)
    ]
    return [Partner(f"partner-{place:03}", shown, True) for place, (_, shown) in enumerate(cards) if shown]


def _simulated(embedder: Embedder, say: Say) -> list[Figure]:
    """Every pair of a region and a certificate of the simulated world, asked for with its services."""
    shown = _partners()
    ports = fake_ports(partners=MemoryPartners(shown), embedder=embedder)
    regions = sorted({p.card["region"] for p in shown})
    certificates = sorted({name for p in shown for name in p.card["certifications"]})
    services = sorted({name for p in shown for name in p.card["services"]})
    say(f"Asking {len(regions) * len(certificates)} questions of {len(shown)} simulated partners ...")
    broken = answers = covered = claims = 0
    for place, (region, wanted) in enumerate((r, c) for r in regions for c in certificates):
        asked = services[place % len(services)]
        ask = Question(
            requirements=f"We need help with {asked}.",
            region=region,
            certifications=[wanted],
            capacity_hours=50,
        )
        for match in answer(ask, ports).answer.partners:
            answers += 1
            held = {folded(name) for name in match.card["certifications"]}
            fits = (
                match.card["region"] == region
                and folded(wanted) in held
                and match.card["capacity_hours"] >= 50
            )
            broken += not fits
            claims += bool(match.covers) == (asked in match.card["services"])
            covered += 1
    note = "simulated world"
    return [
        Figure("constraints broken", float(broken), 0.0, higher_is_better=False, rows=answers, note=note),
        Figure("a service said to be covered just where it is offered", claims / max(1, covered), None,
               rows=covered, note=note),
    ]  # fmt: skip


def _speed(embedder: Embedder, say: Say) -> Figure:
    """Processor time of a question to 10,000 partners whose cards were seen before, in ms."""
    say(f"Timing {SPEED_PROFILES:,} partners ...")
    base = _partners()
    shown = [
        Partner(f"partner-{n:05}", {**base[n % len(base)].card, "capacity_hours": n}, False)
        for n in range(SPEED_PROFILES)
    ]
    ports = fake_ports(partners=MemoryPartners(shown), embedder=embedder)
    ask = Question(requirements="Backup and disaster recovery for a clinic, with help desk at night.")
    answer(ask, ports)
    times: list[float] = []
    for _ in range(20):
        started = time.process_time()
        answer(ask, ports)
        times.append((time.process_time() - started) * 1000)
    return Figure(
        "10,000 partners, ms of processor time",
        statistics.median(times),
        SPEED_MS,
        higher_is_better=False,
        rows=SPEED_PROFILES,
        note="cards seen before",
    )
