"""One training from the coordinator's side: enrol, count, rounds under a strategy of Flower's, compare."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from flwr.app import Array, ArrayRecord, MetricRecord
from flwr.serverapp import Grid
from flwr.serverapp.strategy import FedAdam, FedAvg, FedAvgM, FedProx, FedTrimmedAvg, Krum, Strategy

from mesh.adapters.federation.sums import SeenGrid, Sites, Summed, SummingGrid, agreed, enrolled
from mesh.kit.federation import RoundTold
from mesh.kit.problem import FieldError, Invalid
from mesh.sharing.federation_learner import Floats, learner
from mesh.sharing.federation_rules import MEASURED, Terms, with_noise
from mesh.sharing.federation_scoring import BINS, accuracy_of, auc_of, doubt

TRIMMED = 0.2
# Seconds that a site may take to answer; one that is gone without a word is waited for once or twice.
PATIENCE_S = 60.0
# The share of the rounds, at the end, whose weights are averaged.
LATE = 0.4
Tell = Callable[[RoundTold], None]


@dataclass(frozen=True)
class Trained:
    """What a training left. `left` and `dropped` count rounds by node; `why_out` are nodes that stayed out.
    `doubt` is what noise alone does to the score, or to the difference of the two."""

    weights: Floats
    terms: Terms
    rounds: list[RoundTold]
    left: dict[int, int]
    dropped: dict[int, int]
    why_out: dict[int, str]
    score: float | None
    score_in_use: float | None
    doubt: float
    held_out: float
    simulated: bool = False


def train(
    grid: Grid, draft: Terms, least: int, tell: Tell, *, timeout: float = PATIENCE_S,
    absent: Mapping[int, str] = MappingProxyType({}),
) -> Trained:  # fmt: skip
    """Run a training on the terms of `draft`, whose number of sites and noise are filled in here. A message
    is given `timeout` seconds. `absent` says of sites that the grid does not reach why that is.

    Raises Invalid when fewer than `least` sites take part, Unavailable when round after round is lost.
    """
    willing, out = enrolled(grid, draft.kind, draft.epsilon, timeout)
    out.update(absent)
    _enough(len(willing), least, out)
    terms = replace(draft, sites=len(willing))
    terms = with_noise(terms) if math.isfinite(terms.epsilon) else terms
    sites = Sites(grid, willing, terms, timeout)
    inside, more = agreed(sites)
    out.update(more)
    if more:
        # Terms name the number of sites: what is left accepts new ones or nothing starts.
        terms = replace(terms, sites=len(inside))
        sites = Sites(grid, inside, terms, timeout)
        inside, more = agreed(sites)
        out.update(more)
        _enough(len(inside) if not more else 0, least, out)
    _enough(len(inside), least, out)
    return _Training(sites, tell).run(out)


class _Training:
    def __init__(self, sites: Sites, tell: Tell) -> None:
        self.sites, self.terms, self.tell = sites, sites.terms, tell
        self.model = learner(self.terms.inputs, self.terms.classes)
        self.rounds: list[RoundTold] = []
        self.left = dict.fromkeys(sites.nodes, 0)
        self.late: list[Floats] = []
        self.last: Summed | None = None

    def run(self, out: dict[int, str]) -> Trained:
        terms = self.terms
        records = float(self.sites.sum("query.count").vector[0])
        seen = terms.defence != "none" or terms.local_steps > 1
        grid = (SeenGrid if seen else SummingGrid)(self.sites, records, self._heard)
        start = ArrayRecord({"weights": Array(np.zeros(self.model.size))})
        strategy(terms).start(
            grid, start, num_rounds=terms.rounds, timeout=self.sites.timeout, evaluate_fn=self._after
        )
        weights = np.mean(self.late, axis=0)
        found = self.sites.sum("evaluate", weights, last=True).vector.astype(float)
        new, old = found[: 2 * BINS], found[2 * BINS :]
        compared = old if old.sum() > new.sum() / 2 else None
        return Trained(
            weights, terms, self.rounds, self.left,
            {node: terms.rounds - count for node, count in self.left.items()}, out,
            self._score(new), None if compared is None else self._score(compared),
            doubt(new, compared, 2**0.5 * terms.score_noise * (terms.sites / terms.sharers) ** 0.5),
            float(max(0.0, new.sum())), self.sites.simulated,
        )  # fmt: skip

    def _heard(self, summed: Summed) -> None:
        self.last = summed
        for node in summed.left:
            self.left[node] += 1

    def _after(self, number: int, arrays: ArrayRecord) -> MetricRecord | None:
        """Called by the strategy before the first and after every round."""
        if number == 0 or self.last is None:
            return None
        weights, terms = arrays["weights"].numpy(), self.terms
        if number > (1 - LATE) * terms.rounds:
            # The mean of the later rounds has less noise than the last of them (Polyak, Juditsky 1992).
            self.late.append(weights)
        score = None
        if number in measured(terms.rounds, terms.measurements):
            score = self._score(self.sites.sum("evaluate", weights).vector)
        told = RoundTold(
            round=number,
            sites_in=len(self.last.left),
            sites_dropped=len(self.sites.nodes) - len(self.last.left),
            repeated=self.last.repeated,
            auc=None if score is None else round(score, 4),
        )
        self.rounds.append(told)
        self.tell(told)
        return None

    def _score(self, counts: Any) -> float | None:
        return auc_of(counts) if self.terms.classes == 2 else accuracy_of(counts)


def measured(rounds: int, times: int) -> set[int]:
    """The rounds after which the shared model is measured: evenly apart, the last among them."""
    return {round(rounds * (place + 1) / times) for place in range(times)} if times else set()


def strategy(terms: Terms) -> Strategy:
    """Flower's strategy. A sum comes back as one reply, so two nodes are never waited for."""
    alone: dict[str, Any] = {"fraction_evaluate": 0.0, "min_train_nodes": 1, "min_available_nodes": 1}
    if terms.defence == "trimmed_mean":
        return FedTrimmedAvg(beta=TRIMMED, **alone)
    if terms.defence == "krum":
        return Krum(num_malicious_nodes=max(1, terms.sites // 5), **alone)
    if terms.strategy == "fedprox":
        return FedProx(proximal_mu=terms.proximal, **alone)
    if terms.strategy == "fedavgm":
        return FedAvgM(server_learning_rate=1.0, server_momentum=0.9, **alone)
    if terms.strategy == "fedadam":
        return FedAdam(eta=0.1, beta_1=0.9, beta_2=0.99, tau=1e-3, **alone)
    return FedAvg(**alone)


def terms_of(kind: str, inputs: int, classes: int, plan: Any, *, steps: int = 1, rate: float = 0.6) -> Terms:
    """Terms of a plan, without noise and number of sites yet."""
    return Terms(
        kind=kind, strategy=plan.strategy, defence=plan.defence, secure=plan.secure_aggregation,
        inputs=inputs, classes=classes, sites=0, rounds=plan.rounds, local_steps=steps, rate=rate,
        shrink=0.0003, proximal=0.1 if plan.strategy == "fedprox" else 0.0, clip=1.2, epsilon=plan.epsilon,
        delta=plan.delta, train_noise=0.0, count_noise=0.0, score_noise=0.0,
        measurements=min(MEASURED, plan.rounds),
    )  # fmt: skip


def rate_of(plan: Any) -> float:
    """Plain averaging has no momentum, and takes longer steps instead."""
    return 0.6 if plan.strategy in ("fedavgm", "fedadam") else 1.5


def _enough(sites: int, least: int, out: dict[int, str]) -> None:
    if sites < least:
        whys = ", ".join(sorted(set(out.values())))
        detail = f"{sites} sites take part; this training takes {least}."
        raise Invalid(f"{detail} The others: {whys}." if whys else detail,
                      errors=[FieldError("participating_msps", detail)])  # fmt: skip
