"""Both kinds of models, and what a third would have to bring."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from mesh.adapters.federation import here, kinds
from mesh.adapters.federation.here import FederationHere
from mesh.adapters.federation.kinds import Brought, Kind
from mesh.adapters.federation.rehearsal import here as trained_here
from mesh.adapters.federation.site import Site
from mesh.adapters.federation.training import terms_of
from mesh.kit.fakes import NOON, fake_ports
from mesh.kit.federation import TrainingPlan
from mesh.kit.ports import Ports
from mesh.kit.records import checked
from mesh.sharing.federation_learner import Rows, learner
from tests.federation.conftest import CheckoutModels

MSPS = ("alder", "birch", "cedar", "dogwood")


class Words:
    """Embeds a text by its words: texts of the same words are alike."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        found = np.zeros((len(texts), 384), dtype=np.float32)
        for row, text in zip(found, texts, strict=True):
            for word in text.lower().split():
                row[int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big") % 384] += 1
            row /= np.linalg.norm(row)
        return found


def article(number: int, technique: str | None, words: str) -> dict[str, Any]:
    more = {"technique": technique} if technique else {}
    at = (NOON - timedelta(days=9)).isoformat()
    row = {"id": f"a{number}", "title": f"Report {number}", "text": words, "at": at, **more}
    return checked("articles", row)


def known() -> Sequence[str]:
    return kinds.technique_classes(fake_ports(models=CheckoutModels()))


def reader(name: str, articles: int) -> Ports:
    some = list(known())[:5]
    rows = [article(n, some[n % 5], f"what {some[n % 5]} does on {name}") for n in range(articles)]
    ports = fake_ports(msp_id=name, rows={"articles": rows}, models=CheckoutModels())
    return replace(ports, embedder=Words())


def test_labelled_articles_are_records_and_others_are_left_out() -> None:
    ports = reader("alder", 40)
    ports.records.put("articles", [article(90, None, "unlabelled"), article(91, "T0000", "unknown")])
    brought = kinds.KINDS["threat_techniques"].read(ports, NOON)
    assert len(brought.train) + len(brought.held_out) == 40
    assert brought.train.x.shape[1] == 384 and set(brought.train.y) <= set(range(5))
    assert not set(brought.train.record) & set(brought.held_out.record)


def test_a_model_of_many_classes_is_learnt_under_masks() -> None:
    draw = np.random.default_rng(1)
    middles = draw.normal(0, 2, (5, 6))

    def part(count: int) -> Rows:
        y = draw.integers(0, 5, count)
        return Rows(middles[y] + draw.normal(0, 0.5, (count, 6)), y, np.arange(count))

    sites: dict[int, Site | None] = {n: Site(part(80), part(30), draw, least_records=1) for n in (1, 2, 3)}
    plan = TrainingPlan(
        kind="threat_techniques", epsilon=float("inf"), rounds=25, strategy="fedavgm",
        secure_aggregation=True, defence="none",
    )  # fmt: skip
    found = trained_here(sites, terms_of("threat_techniques", 6, 5, plan), 3, lambda _: None)
    test = part(200)
    right = (learner(6, 5).scores(found.weights, test.x).argmax(axis=1) == test.y).mean()
    assert right > 0.9 and found.score is not None and found.score > 0.9


def test_techniques_are_trained_over_msps_and_kept_only_where_that_is_worth_it() -> None:
    held = {name: reader(name, 60) for name in MSPS}
    receipts: list[Any] = []
    federation = FederationHere(
        "alder", lambda: MSPS, held.__getitem__, lambda _: True, lambda *line: receipts.append(line)
    )
    plan = TrainingPlan(
        kind="threat_techniques", epsilon=8.0, rounds=2, strategy="fedadam", secure_aggregation=True,
        defence="none",
    )  # fmt: skip
    told = federation.train(plan, lambda _: None)
    assert len(told.rounds) == 2 and len(receipts) == 4 and 0 < told.epsilon <= 8
    # The noise decides: it is rarely enough to teach tens of thousands of weights, and then it is told.
    assert "noise" in told.why
    assert bool(federation.versions("threat_techniques")) is told.kept
    assert (federation.serving("threat_techniques") is not None) is told.kept


def test_a_kind_is_known_by_one_name_to_the_question_the_port_and_the_table() -> None:
    agent = pytest.importorskip("mesh.agents.federated_learning.model", reason="the agent is not here")
    assert set(kinds.KINDS) == set(here.KINDS) == set(get_args(agent.ModelType))
    for name, kind in kinds.KINDS.items():
        assert kind.name == name


def test_another_kind_needs_rows_and_names_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def rows(ports: Ports, _now: Any) -> Brought:
        draw = np.random.default_rng(MSPS.index(ports.msp_id))
        x = draw.uniform(-1, 1, (1600, 3))
        y = (draw.random(1600) < 1 / (1 + np.exp(-4 * x[:, 0]))).astype(np.int64)
        made = Rows(x, y, np.arange(1600))
        held_out = made.record % 4 == 0
        return Brought(made.part(~held_out), made.part(held_out), x[held_out], True)

    late = Kind(
        "late_tickets", lambda _: ("a", "b", "c"), lambda _: ("in time", "late"), rows, lambda _: None
    )
    monkeypatch.setitem(kinds.KINDS, "late_tickets", late)
    monkeypatch.setattr(here, "KINDS", (*here.KINDS, "late_tickets"))
    held = {name: fake_ports(msp_id=name) for name in MSPS}
    federation = FederationHere("alder", lambda: MSPS, held.__getitem__, lambda _: True, lambda *_: None)
    plan = TrainingPlan(
        kind="late_tickets", epsilon=8.0, rounds=10, strategy="fedavgm", secure_aggregation=True,
        defence="none",
    )  # fmt: skip
    told = federation.train(plan, lambda _: None)
    assert told.kept, told.why
    shared = federation.serving("late_tickets")
    assert shared and shared.inputs == ("a", "b", "c") and np.argmax(np.abs(shared.weights[1:])) == 0
