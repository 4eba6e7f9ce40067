"""Figures of questions in plain words: an own suite on the simulated world, other tenants' rows, and time."""

import csv
import hashlib
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from evals import nlp_texts
from evals.figure import Figure
from evals.nlp_oracle import NOW, expected, window
from mesh.agents.nlp_query.answer import answer
from mesh.agents.nlp_query.model import Answer, Question
from mesh.demo.world import Msp, msp
from mesh.kit.agent import Envelope, ModelUsed
from mesh.kit.fakes import fake_ports
from mesh.kit.ports import Ports

AREA = "nlp"
Say = Callable[[str], None]
SUITE = Path(__file__).parent / "nlp_questions.tsv"
EXACT_AIM, ABSTAIN_AIM, SPEED_MS = 0.95, 0.95, 150.0
FUZZED = 1_000
BY = ModelUsed(name="suite", version="1", provider="rules")


@dataclass(frozen=True, slots=True)
class Case:
    question: str
    metric: str
    group: str
    filters: str
    window: str
    against: str
    order: str

    @property
    def held_out(self) -> bool:
        """Half of the suite, by its words: looked at once, when the rules were done."""
        return hashlib.sha256(self.question.encode()).digest()[0] % 2 == 1

    @property
    def abstains(self) -> bool:
        return self.metric.startswith("!")


def evaluate(area: Path, data: Path | None, train: Path | None, say: Say) -> list[Figure]:  # noqa: ARG001
    """All figures, or those of `data`: questions with plans in the suite's columns, GeoQuery's or XQuAD's."""
    texts = nlp_texts.rows_of(data) if data else []
    if texts:
        return nlp_texts.figures(texts, _few(msp(0, 12, until=NOW)), area, say)
    suite = cases(data or SUITE)
    if not suite:
        say(f"{data} has no form that questions are scored on")
        return []
    world = msp(0, 12, until=NOW)
    ports = stocked(world)
    say(f"Asking {len(suite)} questions ...")
    if data:
        return scored(suite, world, ports, "")
    tuned, held = [c for c in suite if not c.held_out], [c for c in suite if c.held_out]
    figures = [
        *scored(tuned, world, ports, ", half used for tuning"),
        *scored(held, world, ports, ", held-out half"),
    ]
    public = [
        each
        for name in (nlp_texts.GEOQUERY, nlp_texts.XQUAD)
        for each in nlp_texts.figures(nlp_texts.rows_of(area / name), _few(world), area, say)
    ]
    return [*figures, leaks(suite, world, say), _speed(suite, say), *public]


def cases(path: Path) -> list[Case]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    if not rows or set(rows[0]) < {"question", "metric"}:
        return []
    names = ("question", "metric", "group", "filters", "window", "against", "order")
    return [Case(*((row.get(name) or "").strip() for name in names)) for row in rows]


def stocked(world: Msp) -> Ports:
    """The simulated MSP with stored answers of other agents, made from its rows in a plain way."""
    ports = fake_ports(rows=world.rows, now=NOW, msp_id=world.tenant.msp_id)
    for place, (agent, told) in enumerate(_stored(world)):
        at = NOW - timedelta(hours=7 * place)
        msp_id = world.tenant.msp_id
        ports.results.keep(Envelope(result_id=f"r{place:03}", agent=agent, msp_id=msp_id, answered_at=at,
                                    took_ms=1, model=BY, simulated=True, answer=told))  # fmt: skip
    return ports


def _stored(world: Msp) -> list[tuple[str, dict[str, Any]]]:
    clients = world.rows["clients"]
    made: list[tuple[str, dict[str, Any]]] = [
        ("client-health", {"client_id": c["id"], "churn_probability": (37 * n % 100) / 100, "drivers": []})
        for n, c in enumerate(clients)
    ]
    for n, severity in enumerate(["LOW", "MEDIUM", "HIGH", "CRITICAL", "HIGH", "LOW"]):
        made.insert(
            n,
            (
                "threat-intelligence",
                {"severity": severity, "threat_type": "phishing", "client_id": clients[n]["id"]},
            ),
        )
    for n, metric in enumerate(["cpu_percent", "memory_percent", "cpu_percent"]):
        start = (NOW - timedelta(days=2 + 4 * n)).isoformat()
        made.append(
            (
                "anomaly-detection",
                {"metric_type": metric, "anomalies": [{"series": "srv-01", "index": n, "start": start}]},
            )
        )
    return [
        *made,
        *(
            ("security-compliance", {"framework": f, "score": s})
            for f, s in (("SOC2", 71.5), ("HIPAA", 44.0))
        ),
    ]


def _known(world: Msp) -> dict[str, Sequence[Mapping[str, Any]]]:
    """The rows, and what the stored answers say in the form in which the oracle reckons."""
    rows: dict[str, Sequence[Mapping[str, Any]]] = dict(world.rows)
    kinds = {
        "client-health": "churn",
        "threat-intelligence": "threats",
        "anomaly-detection": "anomalies",
        "security-compliance": "scores",
    }
    for place, (agent, told) in enumerate(_stored(world)):
        at = (NOW - timedelta(hours=7 * place)).isoformat()
        flat = told["anomalies"][0] | {"metric_type": told["metric_type"]} if "anomalies" in told else told
        rows[kinds[agent]] = [*rows.get(kinds[agent], []), {"at": flat.get("start", at), **flat}]
    return rows


def scored(suite: Sequence[Case], world: Msp, ports: Ports, half: str) -> list[Figure]:
    """Exact: the plan and every row; abstention: right whether to answer at all."""
    rows = _known(world)
    told = [(case, answer(Question(query=case.question), ports).answer) for case in suite]
    asked = [(case, said) for case, said in told if not case.abstains]
    exact = [not wrong(case, said, rows) for case, said in asked]
    right = [(said.abstained is not None) == case.abstains for case, said in told]
    figures = [
        Figure(
            f"abstains just where it should{half}",
            statistics.fmean(right),
            ABSTAIN_AIM,
            rows=len(right),
            note="simulated world",
        )
    ]
    if exact:
        figures.insert(
            0,
            Figure(
                f"plan and rows exact{half}",
                statistics.fmean(exact),
                EXACT_AIM,
                rows=len(exact),
                note="simulated world",
            ),
        )
    return figures


def wrong(case: Case, said: Answer, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """What differs from what is expected; empty when nothing does."""
    if said.plan is None:
        return f"abstained: {said.answer}"
    if case.metric == "#documents":
        return (
            "" if said.plan.form == "documents" and said.citations else f"not from documents: {said.answer}"
        )
    if said.plan.metric is None:
        return "from documents"
    plan, top = said.plan, int("".join(c for c in case.order if c.isdigit()) or 0) or None
    kind = "".join(c for c in case.order if c.isalpha())
    filters = {tuple(f.split("=")) for f in case.filters.split(";") if f}
    checks = {
        "metric": (plan.metric, case.metric),
        "group": (plan.group_by, [case.group] if case.group else []),
        "filters": ({(f.dimension, f.label) for f in plan.filters}, filters),
        "window": (plan.window and (plan.window.start, plan.window.end), window(case.window)),
        "against": (plan.against and (plan.against.start, plan.against.end), window(case.against)),
        "order": ("why" if plan.form == "why" else plan.order or "", kind),
        "top": (plan.top, top),
    }
    off = [f"{name}: {got} for {want}" for name, (got, want) in checks.items() if got != want]
    return "; ".join(off) or _rows_wrong(case, said, rows, top)


def _rows_wrong(
    case: Case, said: Answer, rows: Mapping[str, Sequence[Mapping[str, Any]]], top: int | None
) -> str:
    if case.metric == "utilisation":
        return _utilisation_wrong(case, said, rows)
    want = expected(case.metric, case.group, case.filters, window(case.window), rows)
    got = {
        next(iter(row.group.values()), ""): row.value for row in said.rows if row.records or not case.group
    }
    if case.against and not case.group:
        then = expected(case.metric, "", case.filters, window(case.against), rows)[""]
        if said.rows[0].before is None or abs(said.rows[0].before - (then or 0)) > 0.001:
            return f"before: {said.rows[0].before} for {then}"
    if top is not None:
        best = sorted((v for v in want.values() if v is not None), reverse=case.order.startswith("down"))[
            :top
        ]
        return (
            ""
            if np.allclose(best, [v for v in got.values() if v is not None], atol=0.001)
            else f"rows: {got} for {best}"
        )
    if set(got) != set(want):
        return f"rows: {sorted(got)} for {sorted(want)}"
    off = [
        k
        for k in want
        if abs((want[k] or 0) - (got[k] or 0)) > 0.001 or (want[k] is None) != (got[k] is None)
    ]
    return f"values: {[(k, got[k], want[k]) for k in off[:3]]}" if off else ""


def _utilisation_wrong(case: Case, said: Answer, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    span = window(case.window)
    assert span is not None
    weeks = (min(span[1], NOW) - span[0]) / timedelta(weeks=1)
    worked = expected("work_hours", "technician", "", span, rows)
    there = {t["name"]: t["hours_per_week"] * weeks for t in rows["technicians"]}
    off = [
        r
        for r in said.rows
        if abs((r.value or 0) - 100 * (worked[r.group["technician"]] or 0) / there[r.group["technician"]])
        > 0.001
    ]
    return f"utilisation: {off[:3]}" if off else ""


def _few(world: Msp) -> Ports:
    """Some weeks of its rows: enough to leak from or to answer wrongly from, and many can be asked."""
    return stocked(Msp(world.tenant, {kind: list(rows)[-300:] for kind, rows in world.rows.items()}))


def leaks(suite: Sequence[Case], world: Msp, say: Say) -> Figure:
    """Rows or citations of another tenant in fuzzed questions that name it, its clients and its ids."""
    say(f"Asking {FUZZED:,} fuzzed questions ...")
    other = msp(1, 12, until=NOW)
    lent = (
        [str(c["name"]) for c in other.rows["clients"]]
        + [str(c["id"]) for c in other.rows["clients"]]
        + [other.tenant.msp_id, other.tenant.name]
    )
    own = {str(c["name"]) for c in world.rows["clients"]}
    foreign = [name for name in lent if name not in own]
    draw = np.random.default_rng(5)
    small = _few(world)
    found = 0
    for _ in range(FUZZED):
        words = suite[int(draw.integers(len(suite)))].question.split()
        for _ in range(int(draw.integers(1, 4))):
            words.insert(int(draw.integers(len(words) + 1)), foreign[int(draw.integers(len(foreign)))])
        if draw.random() < 0.3:
            words = [words[i] for i in draw.permutation(len(words))]
        said = answer(Question(query=" ".join(words)), small).answer
        shown = " ".join(
            [
                *(v for row in said.rows for v in row.group.values()),
                *(i for c in said.citations for i in (*c.ids, c.quote)),
            ]
        )
        found += any(name in shown for name in foreign)
    return Figure(
        "fuzzed questions that showed a row of another tenant",
        float(found),
        0.0,
        higher_is_better=False,
        rows=FUZZED,
    )


def _speed(suite: Sequence[Case], say: Say) -> Figure:
    """Processor time of the suite's questions over the store that an embedded installation has."""
    import tempfile

    from mesh.adapters.embedded.platform import open_platform
    from mesh.kit.fakes import StoppedClock

    say("Timing the suite ...")
    world = msp(0, 24, until=NOW)
    with tempfile.TemporaryDirectory() as folder:
        platform = open_platform(Path(folder), clock=StoppedClock(NOW))
        platform.tenants.put(world.tenant)
        ports = platform.ports(world.tenant.msp_id)
        for kind, rows in world.rows.items():
            ports.records.put(kind, list(rows))
        times = []
        for case in suite:
            started = time.process_time()
            answer(Question(query=case.question), ports)
            times.append(1000 * (time.process_time() - started))
        platform.close()
    p95 = float(np.percentile(times, 95))
    return Figure(
        "processor time of an answer, p95, ms",
        p95,
        SPEED_MS,
        higher_is_better=False,
        rows=len(times),
        note="no language model; 24 months of one simulated MSP",
    )
