"""A training keeps to its terms, loses no round unseen, and comes out as it would in one place."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mesh.adapters.federation import sums
from mesh.adapters.federation.grid import InProcessGrid
from mesh.adapters.federation.rehearsal import INPUTS, here, poisoner
from mesh.adapters.federation.site import Site, client_app
from mesh.adapters.federation.training import Trained, measured, terms_of, train
from mesh.kit.federation import TrainingPlan
from mesh.kit.problem import Invalid, Unavailable
from mesh.sharing.federation_learner import GRID, Rows, clipped_sum, learner
from mesh.sharing.federation_rules import Terms, refuse_contradictions, spent, threshold, with_noise
from tests.federation.conftest import NewSites

FREE = float("inf")


def plan(**more: Any) -> TrainingPlan:
    given = {"kind": "churn", "epsilon": FREE, "rounds": 5, "strategy": "fedavgm", "defence": "none"}
    return TrainingPlan(**{**given, "secure_aggregation": True, **more})


def draft(**more: Any) -> Terms:
    return terms_of("churn", INPUTS, 2, plan(**more))


def run(sites: dict[int, Site], *, dropping: int = 0, **more: Any) -> Trained:
    return here(sites, draft(**more), 3, lambda _: None, dropping=dropping)


def test_masked_sums_train_the_same_model_as_plain_ones(new_sites: NewSites) -> None:
    masked, plain = (run(new_sites(), secure_aggregation=secure).weights for secure in (True, False))
    assert (masked == plain).all()


def test_a_sum_over_sites_trains_what_all_rows_in_one_place_would(new_sites: NewSites) -> None:
    sites = new_sites()
    x, y = (np.concatenate([getattr(site.train, part) for site in sites.values()]) for part in ("x", "y"))
    together = Rows(x, y, np.arange(len(y)))
    alone = Site(together, sites[1].held_out, np.random.default_rng(0), least_records=1)
    nothing = together.part(np.zeros(len(together), dtype=bool))
    empty = {n: Site(nothing, nothing, np.random.default_rng(0), least_records=0) for n in (2, 3)}
    assert np.allclose(run(sites).weights, run({1: alone, **empty}).weights, atol=1e-3)


@pytest.mark.parametrize("strategy", ["fedavg", "fedavgm", "fedadam"])
def test_every_strategy_learns_under_masks(new_sites: NewSites, strategy: Any) -> None:
    told = here(new_sites(), replace(draft(strategy=strategy, rounds=20), rate=1.0), 3, lambda _: None)
    assert told.score is not None and told.score > 0.6


def test_fedprox_stays_closer_to_where_a_round_began(new_sites: NewSites) -> None:
    terms = terms_of("churn", INPUTS, 2, plan(strategy="fedprox", secure_aggregation=False), steps=8)
    sites: Any = new_sites()
    held, free = (
        here(sites, replace(terms, proximal=mu, rounds=2), 3, lambda _: None).weights for mu in (2.0, 0.0)
    )
    assert np.linalg.norm(held) < np.linalg.norm(free)


def test_a_third_of_the_sites_may_fall_silent_in_every_round(new_sites: NewSites) -> None:
    told = run(new_sites(10, 600), dropping=3)
    assert [one.sites_in for one in told.rounds] == [7] * 5
    assert sum(told.dropped.values()) == 15 and told.score is not None


def test_sites_pay_for_the_rounds_they_were_in_and_no_more_than_was_asked(new_sites: NewSites) -> None:
    told = run(new_sites(10, 600), dropping=3, epsilon=2.0)
    paid = {node: spent(told.terms, rounds, 0) for node, rounds in told.left.items()}
    assert max(paid.values()) <= 2.0 and len(set(told.left.values())) > 1
    most, least = max(told.left, key=told.left.__getitem__), min(told.left, key=told.left.__getitem__)
    assert paid[least] < paid[most]


def test_a_lost_round_is_seen_and_begun_again(new_sites: NewSites) -> None:
    apps = {n: client_app(lambda _c, _k, s=s: s) for n, s in new_sites().items()}  # type: ignore[misc]
    asked = {"train": 0}

    def answers(node: int, kind: str) -> bool:
        asked["train"] += kind == "train" and node == 1
        return not (kind == "train" and asked["train"] == 2 and node <= 2)

    told = train(InProcessGrid(apps, answers), draft(), 3, lambda _: None)
    assert [one.repeated for one in told.rounds] == [0, 1, 0, 0, 0]
    assert set(told.left.values()) == {5}


def test_sites_lost_for_good_end_the_training_with_the_reason(new_sites: NewSites) -> None:
    apps = {n: client_app(lambda _c, _k, s=s: s) for n, s in new_sites().items()}  # type: ignore[misc]
    grid = InProcessGrid(apps, lambda node, kind: kind != "train" or node > 2)
    with pytest.raises(Unavailable, match="4 times in a row"):
        train(grid, draft(), 3, lambda _: None)


def test_too_few_sites_are_refused_with_why_the_others_stay_out(new_sites: NewSites) -> None:
    sites = {**new_sites(), **new_sites(4, least_records=10_000)}
    with pytest.raises(Invalid, match="too few records"):
        run(sites)


def test_a_site_refuses_what_its_budget_does_not_hold(new_sites: NewSites) -> None:
    with pytest.raises(Invalid, match="privacy budget"):
        run(new_sites(limit=0.5), epsilon=1.0)


@pytest.mark.parametrize(
    "change", [{"train_noise": 1.0}, {"train_noise": 0.0}, {"rounds": 50}, {"clip": 1.0, "score_noise": 0.5}]
)
def test_a_site_reckons_for_itself_and_refuses_terms_that_cost_more_than_they_say(
    new_sites: NewSites, change: dict[str, Any]
) -> None:
    honest = with_noise(replace(draft(epsilon=1.0), sites=4))
    sites = new_sites()
    grid = InProcessGrid({n: client_app(lambda _c, _k, s=s: s) for n, s in sites.items()})  # type: ignore[misc]
    inside, _ = sums.agreed(sums.Sites(grid, list(sites), honest))
    assert inside == list(sites)
    inside, out = sums.agreed(sums.Sites(grid, list(sites), replace(honest, **change)))
    assert inside == [] and len(out) == 4


def test_a_site_answers_no_more_often_than_the_terms_say(new_sites: NewSites) -> None:
    terms = replace(draft(secure_aggregation=False), sites=4)
    sites = new_sites()
    grid = InProcessGrid({n: client_app(lambda _c, _k, s=s: s) for n, s in sites.items()})  # type: ignore[misc]
    asking = sums.Sites(grid, list(sites), terms)
    sums.agreed(asking)
    with pytest.raises(Unavailable):
        for _ in range(30):
            asking.sum("train", np.zeros(INPUTS + 1))


def test_a_site_shows_no_update_where_the_terms_say_sums(new_sites: NewSites) -> None:
    terms = replace(draft(), sites=4)
    sites = new_sites()
    grid = InProcessGrid({n: client_app(lambda _c, _k, s=s: s) for n, s in sites.items()})  # type: ignore[misc]
    asking = sums.Sites(grid, list(sites), terms)
    sums.agreed(asking)
    weights = np.zeros(INPUTS + 1)
    for kind in ("train.step", "train", "evaluate"):
        assert (
            asking.ask(kind, {n: {"label": "none", "from": [1], "boxes": [b""]} for n in sites}, weights)
            == {}
        )


def test_a_message_before_enrolment_gets_nothing(new_sites: NewSites) -> None:
    app = client_app(lambda _c, _k: new_sites()[1])
    grid = InProcessGrid({1: app})
    assert sums.Sites(grid, [1], draft()).ask("query.count", {1: {"label": "x"}}) == {}


def test_a_record_moves_a_sum_by_one_clip_at_most() -> None:
    draw = np.random.default_rng(5)
    rows = Rows(draw.normal(0, 30, (200, 6)), draw.integers(0, 2, 200), np.arange(200) // 4)
    model, weights = learner(6, 2), draw.normal(0, 1, 7)
    whole = clipped_sum(model, weights, rows, 0.7)
    for record in range(50):
        without = clipped_sum(model, weights, rows.part(rows.record != record), 0.7)
        assert np.linalg.norm((whole - without).astype(float)) <= GRID


def test_gradients_are_those_of_the_log_loss() -> None:
    draw = np.random.default_rng(2)
    rows = Rows(draw.normal(0, 1, (9, 4)), draw.integers(0, 3, 9), np.arange(9))
    model, weights = learner(4, 3), draw.normal(0, 1, 15)

    def loss(w: Any) -> float:
        scores = model.scores(w, rows.x)
        chance = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        return float(-np.log(chance[np.arange(9), rows.y]).sum())

    steps = np.eye(15) * 1e-6
    numeric = [(loss(weights + step) - loss(weights - step)) / 2e-6 for step in steps]
    assert np.allclose(model.gradients(weights, rows).sum(axis=0), numeric, atol=1e-4)


@pytest.mark.parametrize("defence", ["trimmed_mean", "krum"])
def test_a_poisoning_site_is_kept_out_by_a_defence_and_ruins_what_has_none(
    new_sites: NewSites, defence: Any
) -> None:
    sites = new_sites(7, 700)
    sites[1] = replace(sites[1], tamper=poisoner(3))
    scores = {}
    for each in ("none", defence):
        terms = replace(draft(strategy="fedavg", secure_aggregation=False, defence=each, rounds=15), rate=1.0)
        told = here(sites, replace(terms, local_steps=2), 3, lambda _: None)
        scores[each] = told.score or 0.0
    assert scores[defence] > 0.65 > scores["none"]


@pytest.mark.parametrize(
    "together", [(True, "krum", "fedavg"), (True, "none", "fedprox"), (False, "krum", "fedadam")]
)
def test_what_cannot_go_together_is_refused(together: tuple[Any, Any, Any]) -> None:
    with pytest.raises(Invalid):
        refuse_contradictions(*together)


def test_more_than_two_thirds_must_stay_and_the_last_round_is_measured() -> None:
    assert [threshold(n) for n in (3, 4, 5, 10)] == [3, 3, 4, 7]
    assert measured(40, 2) == {20, 40} and measured(2, 2) == {1, 2} and measured(5, 0) == set()
