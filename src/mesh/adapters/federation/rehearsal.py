"""Trainings inside this process, and made-up sites to rehearse on: simulated records, and said to be."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mesh.adapters.federation.grid import InProcessGrid
from mesh.adapters.federation.site import Site, Tamper, client_app
from mesh.adapters.federation.training import Tell, Trained, train
from mesh.kit.federation import Rehearsal
from mesh.sharing.federation_learner import Floats, Integers, Rows, descent, learner
from mesh.sharing.federation_rules import Terms
from mesh.sharing.federation_scoring import auc_of, binned

INPUTS = 12
HELD_OUT = 0.25
LEAVING = -1.4


def here(
    sites: Mapping[int, Site | None], draft: Terms, least: int, tell: Tell, *, dropping: int = 0
) -> Trained:
    """Train over sites by node id. In each sum, `dropping` of them fall silent after the shares went out, one
    after the other in turn."""
    apps = {node: client_app(lambda _context, _kind, site=site: site) for node, site in sites.items()}  # type: ignore[misc]
    order, asked = list(sites), {"sums": 0}

    def answers(node: int, message_type: str) -> bool:
        if message_type == "query.keys" and node == order[0]:
            asked["sums"] += 1
        if message_type not in ("train", "train.step"):
            return True
        start = asked["sums"] * dropping
        return node not in {order[(start + place) % len(order)] for place in range(dropping)}

    return train(InProcessGrid(apps, answers), draft, least, tell)


def poisoner(seed: int) -> Tamper:
    """A site that sends a large step in a direction of its own, the same one in every round."""

    def tamper(weights: Floats) -> Floats:
        return np.asarray(weights + 10 * np.random.default_rng(seed).standard_normal(len(weights)))

    return tamper


@dataclass(frozen=True)
class Rehearsed:
    """What a rehearsal shows beside the training itself: it may compute what no real training may."""

    trained: Trained
    federated: float | None
    pooled: float | None
    local_only: float | None


def rehearse(of: Rehearsal, draft: Terms, tell: Tell) -> Rehearsed:
    """Train over made-up sites of unequal size and unlike clients. The same seed gives the same figures."""
    parts = made_up(of)
    sites: dict[int, Site | None] = {
        node: Site(
            fit, held, np.random.default_rng([of.seed, 1, node]), least_records=1,
            tamper=poisoner(of.seed) if node <= of.poisoning else None,
        )
        for node, (fit, held) in enumerate(parts, start=1)
    }  # fmt: skip
    found = here(sites, draft, 3, tell, dropping=of.dropping)
    model = learner(INPUTS, 2)
    held = _together([held for _, held in parts])
    alone = [auc_of(binned(model, _best(fit), held)) for fit, _ in parts]
    known = [auc for auc in alone if auc is not None]
    return Rehearsed(
        found,
        auc_of(binned(model, found.weights, held)),
        auc_of(binned(model, _best(_together([fit for fit, _ in parts])), held)),
        float(np.mean(known)) if known else None,
    )


def made_up(of: Rehearsal) -> list[tuple[Rows, Rows]]:
    """Rows to train on and rows held out, by site: outcomes drawn from a logistic model of twelve inputs."""
    draw = np.random.default_rng([of.seed, 0])
    true = draw.normal(0, 0.6, INPUTS)
    shares = 0.5 / of.sites + 0.5 * draw.dirichlet(np.full(of.sites, 2.0))
    parts, first = [], 0
    for share in shares:
        count = max(12, round(of.records * share))
        x = np.clip(draw.normal(draw.normal(0, 0.4, INPUTS), 1, (count, INPUTS)), -3, 3)
        y = (draw.random(count) < 1 / (1 + np.exp(-(x @ true + LEAVING)))).astype(np.int64)
        records: Integers = np.arange(first, first + count)
        first += count
        held = draw.random(count) < HELD_OUT
        rows = Rows(x, y, records)
        parts.append((rows.part(~held), rows.part(held)))
    return parts


def _best(rows: Rows) -> Floats:
    model = learner(INPUTS, 2)
    return descent(model, np.zeros(model.size), rows, 0.5, 0.003, 100)


def _together(parts: list[Rows]) -> Rows:
    return Rows(
        np.concatenate([p.x for p in parts]),
        np.concatenate([p.y for p in parts]),
        np.concatenate([p.record for p in parts]),
    )
