"""How well a service fits a client, judged by the tenant's other clients alone.

For every pair of client and service the evidence is counted without that client itself, so that what is
learnt from the pairs that are known holds for those that are asked about. The weights of the evidence are
fitted on the tenant's own holdings by penalised logistic regression; with few clients they stay near the
prior.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mesh.agents.revenue_optimization.holdings import Flags, Holdings
from mesh.agents.revenue_optimization.panel import Floats

NEIGHBOURS = 10
PULL = 3.0  # how many clients the popularity of a service weighs against the evidence of alike ones
NEAR = 0.7  # doublings of the seats within which two clients are of one size
PRIOR = np.array([0.0, 1.0, 0.4, 0.4, 0.4, 0.4, 0.0])
PRECISION = np.array([0.5, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0])
ROUNDS = 25
LIKENESS = (0.4, 0.35, 0.25)  # of industry, size and what else is bought
UNKNOWN = 0.5  # the likeness of what is not known


@dataclass(frozen=True)
class Affinity:
    """Over active clients and services: `logit` of holding; `likeness` (services, clients, clients)."""

    clients: NDArray[np.int64]
    held: Flags
    logit: Floats
    likeness: Floats


def affinity(book: Holdings, month: int) -> Affinity:
    """How well each service fits each client that is active in a month, from what was known then."""
    clients = book.active(month)
    held = book.held[clients, :, month]
    owned = held.astype(np.float64)
    likeness = _likeness(book, clients, owned)
    evidence = _evidence(book, clients, owned, likeness)
    weights = fitted(evidence.reshape(-1, evidence.shape[2]), owned.ravel(), PRIOR, PRECISION)
    return Affinity(clients, held, evidence @ weights, likeness)


def fitted(evidence: Floats, outcome: Floats, prior: Floats, precision: Floats) -> Floats:
    """Weights of a logistic regression with a normal prior, by Newton's method."""
    weights = prior.copy()
    for _ in range(ROUNDS):
        chance = expit(evidence @ weights)
        slope = evidence.T @ (outcome - chance) - precision * (weights - prior)
        curve = (evidence * (chance * (1 - chance))[:, None]).T @ evidence + np.diag(precision)
        step = np.linalg.solve(curve, slope)
        weights = weights + step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def expit(logit: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(logit, -500, 500))))


def _logit(share: Floats) -> Floats:
    return np.asarray(np.log(share / (1 - share)))


def _likeness(book: Holdings, clients: NDArray[np.int64], owned: Floats) -> Floats:
    """0 to 1 for each pair of clients, the service in question left out, (services, clients, clients)."""
    industry, size = book.industry[clients], book.size[clients]
    unknown = (industry[:, None] < 0) | (industry < 0)
    same = np.where(unknown, UNKNOWN, industry[:, None] == industry)
    apart = np.abs(size[:, None] - size)
    near = np.where(np.isnan(apart), UNKNOWN, np.exp(-0.5 * np.square(np.nan_to_num(apart) / NEAR)))
    both = owned @ owned.T
    either = owned.sum(axis=1)[:, None] + owned.sum(axis=1) - both
    found = []
    for service in owned.T:
        shared = both - np.outer(service, service)
        union = either - np.maximum(service[:, None], service)
        alike = np.divide(shared, union, out=np.full_like(shared, UNKNOWN), where=union > 0)
        found.append(LIKENESS[0] * same + LIKENESS[1] * near + LIKENESS[2] * alike)
    pairs = np.stack(found)
    pairs[:, np.arange(clients.size), np.arange(clients.size)] = -1.0
    return pairs


def nearest(likeness: Floats) -> NDArray[np.int64]:
    """The places of the most alike clients of each, best first, shape (clients, neighbours)."""
    return np.argsort(-likeness, axis=1, kind="stable")[:, : min(NEIGHBOURS, likeness.shape[1] - 1)]


def _evidence(book: Holdings, clients: NDArray[np.int64], owned: Floats, likeness: Floats) -> Floats:
    """One, popularity, by how much neighbours, industry, size and company differ from it, and breadth."""
    count = clients.size
    popular = (owned.sum(axis=0) - owned + 0.5) / (count - 1 + 1)
    base = _logit(popular)
    alike = np.stack(
        [service[nearest(likeness[place])].sum(axis=1) for place, service in enumerate(owned.T)], axis=1
    )
    neighbours = (alike + PULL * popular) / (min(NEIGHBOURS, count - 1) + PULL)
    industry, size = book.industry[clients], book.size[clients]
    same = ((industry[:, None] == industry) & (industry >= 0)).astype(np.float64)
    apart = np.nan_to_num(np.abs(size[:, None] - size), nan=np.inf)
    near = np.exp(-0.5 * np.square(apart / NEAR))
    breadth = owned.sum(axis=1, keepdims=True) - owned
    return np.stack(
        [
            np.ones_like(base),
            base,
            _logit(neighbours) - base,
            _logit(_share(same, owned, popular)) - base,
            _logit(_share(near, owned, popular)) - base,
            _company(owned),
            (breadth - breadth.mean(axis=0)) / max(owned.shape[1], 1),
        ],
        axis=2,
    )


def _share(weights: Floats, owned: Floats, popular: Floats) -> Floats:
    """The weighted share of the others that hold each service, drawn to its popularity."""
    others = weights.copy()
    np.fill_diagonal(others, 0.0)
    return np.asarray((others @ owned + PULL * popular) / (others.sum(axis=1, keepdims=True) + PULL))


def _company(owned: Floats) -> Floats:
    """What the other services a client holds, or does not hold, say about this one (naive Bayes)."""
    count, kinds = owned.shape
    total = owned.sum(axis=0)
    together = owned.T @ owned
    found = np.zeros_like(owned)
    for one in range(kinds):
        mine = owned[:, [one]]
        share = (total - owned) / max(count - 1, 1)  # of each other service, among the other clients
        holders = together[one] - mine * owned
        holding = (holders + PULL * share) / (total[one] - mine + PULL)
        lacking = (total - owned - holders + PULL * share) / (count - 1 - total[one] + mine + PULL)
        edge = 1e-3
        holding, lacking = np.clip(holding, edge, 1 - edge), np.clip(lacking, edge, 1 - edge)
        told = np.where(owned > 0, np.log(holding / lacking), np.log((1 - holding) / (1 - lacking)))
        told[:, one] = 0.0
        found[:, one] = told.sum(axis=1) / np.sqrt(max(kinds - 1, 1))
    return found
