"""Figures of questions in plain words: an own suite on the simulated world, other tenants' rows, and time."""

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from evals import nlp_texts
from evals.figure import Figure
from evals.nlp_judging import Case, cases, wrong
from evals.nlp_oracle import NOW
from evals.nlp_world import few, known, stocked
from mesh.agents.nlp_query.answer import answer
from mesh.agents.nlp_query.model import Question
from mesh.demo.world import Msp, msp
from mesh.kit.ports import Ports

AREA = "nlp"
Say = Callable[[str], None]
SUITE = Path(__file__).parent / "nlp_questions.tsv"
EXACT_AIM, ABSTAIN_AIM, SPEED_MS = 0.95, 0.95, 150.0
FUZZED = 1_000


def evaluate(area: Path, data: Path | None, train: Path | None, say: Say) -> list[Figure]:  # noqa: ARG001
    """All figures, or those of `data`: questions with plans in the suite's columns, GeoQuery's or XQuAD's."""
    texts = nlp_texts.rows_of(data) if data else []
    if texts:
        return nlp_texts.figures(texts, few(msp(0, 12, until=NOW)), area, say)
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
        for each in nlp_texts.figures(nlp_texts.rows_of(area / name), few(world), area, say)
    ]
    return [*figures, leaks(suite, world, say), _speed(suite, say), *public]


def scored(suite: Sequence[Case], world: Msp, ports: Ports, half: str) -> list[Figure]:
    """Exact: the plan and every row; abstention: right whether to answer at all."""
    rows = known(world)
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
    small = few(world)
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
