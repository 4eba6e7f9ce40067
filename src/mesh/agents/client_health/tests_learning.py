"""What the method promises: exact effects, neutral gaps, sets that cover, and a graph that says the same."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mesh.agents.client_health.churn import Churn, probability
from mesh.agents.client_health.learning import members, own
from mesh.agents.client_health.learning.binning import MOST_BINS, Bins, fit_bins
from mesh.agents.client_health.learning.calibration import conformal, platt, venn_abers
from mesh.agents.client_health.learning.pipeline import Table, learn
from mesh.agents.client_health.learning.tables import Tables, tables
from mesh.agents.client_health.tests import HereModels, rows_of
from mesh.kit.agent import Trained
from mesh.kit.fakes import NOON, fake_ports
from mesh.kit.ports import Ports
from mesh.kit.problem import Invalid, Unavailable
from mesh.kit.records import checked

Floats = NDArray[np.float64]
NAMES = ("pull", "push", "noise", "few")


def drawn(n: int = 700, seed: int = 5) -> tuple[Floats, NDArray[np.int64]]:
    """Two features that matter, together more than alone, one that does not, and one with three values."""
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.normal(size=(n, 3)), rng.integers(0, 3, n)])
    log_odds = -1.2 + 1.3 * x[:, 0] - x[:, 1] + 1.5 * (x[:, 0] > 0) * (x[:, 1] < 0) + 0.4 * x[:, 3]
    left = (rng.random(n) < 1 / (1 + np.exp(-log_odds))).astype(np.int64)
    x[rng.random(x.shape) < 0.05] = np.nan
    return x, left


@pytest.fixture(scope="module", autouse=True)
def _quick() -> Iterator[None]:
    """Fewer trees: what is promised does not depend on how many there are."""
    with pytest.MonkeyPatch.context() as quick:
        quick.setattr(members, "STUMPS", {**members.STUMPS, "n_estimators": 50})
        quick.setattr(members, "PAIRS", {**members.PAIRS, "n_estimators": 40, "colsample_bytree": 0.6})
        yield


@pytest.fixture(scope="module")
def content() -> bytes:
    x, left = drawn()
    said: dict[str, Any] = {
        "name": "t",
        "version": "1",
        "trained_on": "drawn",
        "simulated": True,
        "departures": 9,
    }
    return learn(Table(NAMES, x, left, np.arange(len(left))), say=str, **said)


@pytest.fixture(scope="module")
def churn(content: bytes) -> Churn:
    return Churn(content)


def brute_force(churn: Churn, x: Floats) -> Floats:
    """Shapley values of the served model by all coalitions; a feature outside of one is left unknown."""
    features = range(x.size)

    def worth(coalition: tuple[int, ...]) -> float:
        row = np.full(x.size, np.nan)
        row[list(coalition)] = x[list(coalition)]
        return churn.read_table(row[None])[0].log_odds

    worths = {c: worth(c) for size in range(x.size + 1) for c in combinations(features, size)}
    found = np.zeros(x.size)
    for feature in features:
        others = [f for f in features if f != feature]
        for size in range(x.size):
            weight = factorial(size) * factorial(x.size - size - 1) / factorial(x.size)
            for c in combinations(others, size):
                found[feature] += weight * (worths[tuple(sorted((*c, feature)))] - worths[c])
    return found


def test_effects_are_the_shapley_values_that_brute_force_finds(churn: Churn) -> None:
    rng = np.random.default_rng(1)
    for x in np.column_stack([rng.normal(size=(12, 3)), rng.integers(0, 3, 12)]):
        reading = churn.read_table(x[None])[0]
        assert list(reading.effects.values()) == pytest.approx(brute_force(churn, x), abs=2e-5)
        assert churn.about.base + sum(reading.effects.values()) == pytest.approx(reading.log_odds, abs=1e-5)


def test_leaving_a_feature_out_is_averaging_over_it() -> None:
    x, left = drawn()
    bins = fit_bins(x)
    fitted = members.fit_tables(x, left, bins, 0)
    assert fitted.pairs
    row = bins.codes(np.array([[0.7, -0.4, 0.1, 1.0]]))
    rows = np.repeat(row, MOST_BINS, axis=0)
    rows[:, 0] = np.arange(MOST_BINS)
    row[0, 0] = MOST_BINS
    averaged = bins.share[0, :MOST_BINS] @ fitted.score(rows)
    assert fitted.score(row)[0] == pytest.approx(averaged, abs=1e-9)


def test_tables_of_trees_of_depth_two_say_what_the_trees_say() -> None:
    x, left = drawn()
    bins = fit_bins(x)
    codes = bins.codes(np.nan_to_num(x))
    trees = members.boosted(codes, left, members.PAIRS, 0)
    assert tables(trees, bins, pairwise=True).score(codes) == pytest.approx(trees(codes), abs=1e-9)


def test_the_graph_says_what_the_tables_say_for_known_unknown_and_extreme_values() -> None:
    from mesh.agents.client_health.learning.graph import graph

    rng = np.random.default_rng(2)
    x = rng.normal(size=(500, 3))
    bins = fit_bins(x)
    pairs = {(0, 2): rng.normal(size=(MOST_BINS + 1, MOST_BINS + 1))}
    made = Tables(0.3, rng.normal(size=(3, MOST_BINS + 1)), pairs)
    about = Churn(_any_graph(bins)).about
    for model in (made, Tables(0.3, made.main, {})):
        probe = np.array([[-1e9, 1e9, np.nan], [np.nan, np.nan, np.nan], *x[:50]])
        readings = Churn(graph(bins, model, about)).read_table(probe)
        codes = bins.codes(probe)
        assert [r.log_odds for r in readings] == pytest.approx(model.score(codes), abs=1e-4)
        assert [list(r.effects.values()) for r in readings] == [
            pytest.approx(row, abs=1e-4) for row in model.effects(codes)
        ]


def _any_graph(bins: Bins) -> bytes:
    rng = np.random.default_rng(0)
    x, left = rng.normal(size=(200, 3)), rng.integers(0, 2, 200)
    said: dict[str, Any] = {"name": "t", "version": "1", "trained_on": "", "simulated": True, "departures": 1}
    return learn(Table(("a", "b", "c"), x, left, np.arange(200)), say=str, **said)


def test_the_same_table_makes_the_same_bytes(content: bytes) -> None:
    x, left = drawn()
    said: dict[str, Any] = {
        "name": "t",
        "version": "1",
        "trained_on": "drawn",
        "simulated": True,
        "departures": 9,
    }
    assert learn(Table(NAMES, x, left, np.arange(len(left))), say=str, **said) == content


def test_the_possible_outcomes_hold_the_true_one_nine_times_in_ten_for_each_outcome() -> None:
    rng = np.random.default_rng(3)

    def sample(n: int) -> tuple[Floats, NDArray[np.int64]]:
        left = (rng.random(n) < 0.1).astype(np.int64)
        return rng.normal(size=n) + 1.5 * left, left

    stays_to, leaves_from = conformal(*sample(20_000))
    scores, left = sample(20_000)
    assert (scores[left == 0] <= stays_to).mean() == pytest.approx(0.9, abs=0.015)
    assert (scores[left == 1] >= leaves_from).mean() == pytest.approx(0.9, abs=0.03)


def test_some_outcome_is_always_possible() -> None:
    left = np.array([0] * 200 + [1] * 200)
    stays_to, leaves_from = conformal(left * 10.0 + np.arange(400) / 400, left)
    assert stays_to == leaves_from
    few = conformal(np.array([0.0, 1.0, 2.0]), np.array([0, 1, 0]))
    assert few == (np.inf, -np.inf)


def test_probabilities_are_rates_after_calibration() -> None:
    rng = np.random.default_rng(4)
    truth = rng.normal(-2, 1, 40_000)
    left = (rng.random(truth.size) < 1 / (1 + np.exp(-truth))).astype(np.int64)
    slope, shift = platt(3 * truth + 1, left)
    assert slope == pytest.approx(1 / 3, abs=0.02) and shift == pytest.approx(-1 / 3, abs=0.06)
    assert platt(-truth, left)[0] == 0.0
    at, low, high = venn_abers(truth, left)
    inner = (at > -4) & (at < 0)
    true_chance = np.array([probability(one) for one in at])
    assert (low <= high + 1e-12).all() and (np.diff(low) >= -1e-12).all()
    assert np.abs((low + high) / 2 - true_chance)[inner].max() < 0.06


def test_a_graph_that_is_none_is_not_served(content: bytes) -> None:
    for broken in (b"", b"no graph", content[:500]):
        with pytest.raises(Unavailable):
            Churn(broken)


def test_values_with_few_kinds_have_a_bin_each_and_a_feature_nobody_knows_has_one() -> None:
    x = np.column_stack([np.tile([1.0, 2.0, 4.0], 40), np.full(120, np.nan)])
    bins = fit_bins(x)
    assert bins.used(0) == 3 and bins.used(1) == 1
    assert bins.codes(np.array([[1.0, np.nan], [2.0, 7.0], [9.0, 0.0]])).tolist() == [
        [0, MOST_BINS],
        [1, 0],
        [2, 0],
    ]


def msp(clients: int, leaves: int) -> Ports:
    """An MSP whose badly served clients leave, a few of them each month."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for number in range(clients):
        gone = number < leaves
        ago = 5.0 + 20 * (number % 28)
        more = {"left_at": (NOON - timedelta(days=ago)).isoformat()} if gone else {}
        for kind, made in rows_of(f"c{number}", bad=False, **more).items():
            rows.setdefault(kind, []).extend(made)
        rows["tickets"] += [
            {
                "client_id": f"c{number}",
                "at": (NOON - timedelta(days=ago + 8 * n if gone else 700 - 22 * n)).isoformat(),
                "resolved_at": (
                    NOON - timedelta(days=ago + 8 * n - 5 if gone else 699.7 - 22 * n)
                ).isoformat(),
                "satisfaction_score": 1 if gone else 5,
            }
            for n in range(1, 12 if gone else 30)
        ]
    return fake_ports(
        rows={kind: [checked(kind, row) for row in some] for kind, some in rows.items()}, models=HereModels()
    )


def test_an_msp_with_too_little_history_is_told_what_is_lacking() -> None:
    ports = msp(clients=6, leaves=2)
    with pytest.raises(Invalid) as refused:
        own.train_own(ports, str)
    reasons = " ".join(error.reason for error in refused.value.errors)
    assert "2 departures" in reasons and f"it takes {own.LEAST_DEPARTURES}" in reasons
    assert ports.blobs.names() == []


@pytest.fixture(scope="module")
def trained() -> tuple[Ports, Trained, list[str]]:
    ports, said = msp(clients=110, leaves=70), list[str]()
    return ports, own.train_own(ports, said.append), said


def test_an_msp_with_enough_history_gets_a_model_of_its_own(
    trained: tuple[Ports, Trained, list[str]],
) -> None:
    from mesh.agents.client_health.chosen import choose

    ports, done, said = trained
    assert done.kept and done.scores["log loss, own"] < done.scores["log loss, in use"]
    assert any("fold 5 of 5" in line for line in said)
    chosen = choose(ports)
    assert chosen.scope == "own" and not chosen.churn.about.simulated
    assert chosen.churn.about.departures > own.LEAST_DEPARTURES and chosen.used == done.by


def test_a_model_that_does_no_better_is_not_kept(
    trained: tuple[Ports, Trained, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = trained[0]
    before = {name: ports.blobs.get(name) for name in ports.blobs.names()}
    monkeypatch.setattr(own, "log_loss", lambda chance, left: 0.5)
    done = own.train_own(ports, str)
    assert not done.kept and done.message.startswith("Not kept")
    assert {name: ports.blobs.get(name) for name in ports.blobs.names()} == before


def test_what_is_learnt_early_ends_before_what_is_judged_begins(
    trained: tuple[Ports, Trained, list[str]],
) -> None:
    from mesh.agents.client_health.history import of_all
    from mesh.agents.client_health.learning.snapshots import snapshots

    taken = snapshots(of_all(trained[0].records), NOON)
    early, late = own.split(taken)
    assert early.at.max() + 90 <= late.at.min() and late.left.sum() and early.left.sum()


def test_training_without_its_tools_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "TOOLS", ("no-such-package",))
    with pytest.raises(Unavailable, match="train-client-health"):
        own.train_own(fake_ports(), str)
