"""The vectors that leave a site: sums over its records, clipped, noisy, and masked where the terms say so."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from flwr.app import Array, ArrayRecord, Context, Message, MetricRecord, RecordDict
from numpy.typing import NDArray

from mesh.adapters.federation import remembered
from mesh.adapters.federation.remembered import Refused, config, keys_of, label, remember, state
from mesh.sharing import federation_masking as masking
from mesh.sharing.federation_learner import GRID, Floats, Learner, clipped_sum, learner
from mesh.sharing.federation_noise import skellam
from mesh.sharing.federation_rules import Terms
from mesh.sharing.federation_scoring import BINS, binned

if TYPE_CHECKING:
    from mesh.adapters.federation.site import Site

# A lost round is begun again; beyond this many sums a site takes the coordinator for a liar.
REPEATS = 3
Vector = NDArray[np.int64]
Vectors = Callable[["Site", Terms, Context, Message], Vector]


def told(message: Message, context: Context, site: "Site", of: Vectors) -> Message:
    """One vector: masked under secure aggregation, plain but noisy in full without."""
    terms = remembered.terms_held(context)
    _one_more(context, terms, site)
    vector = of(site, terms, context, message)
    sent: NDArray[Any] = vector
    if terms.secure:
        _, mine = remembered.under_way(message, context)
        asked, held = config(message), state(context)
        remember(context, {"from": asked["from"], "boxes": asked["boxes"]})
        public = {node: keys for node, keys in keys_of(held).items() if node in asked["from"]}
        sent = masking.masked(context.node_id, mine, vector, public, label(message).encode())
    return Message(RecordDict({"arrays": ArrayRecord({"vector": Array(sent)})}), reply_to=message)


def count(site: "Site", terms: Terms, context: Context, _message: Message) -> Vector:
    """How many records the site learns from."""
    noise = skellam(site.noise, terms.count_noise**2 / terms.sharers, 1)
    found = np.array([site.train.records], dtype=np.int64) + noise
    if not terms.secure:
        remember(context, {"count": float(max(1, found[0]))})
    return found


def gradient(site: "Site", terms: Terms, _context: Context, message: Message) -> Vector:
    weights = remembered.weights(message)
    if site.tamper:
        weights = site.tamper(weights)
    return _noisy_sum(site, terms, learner(terms.inputs, terms.classes), weights)


def scores(site: "Site", terms: Terms, _context: Context, message: Message) -> Vector:
    """Counts of held-out records by the model's scores; at the end by those of the model in use as well."""
    last = bool(config(message).get("last"))
    counts = binned(learner(terms.inputs, terms.classes), remembered.weights(message), site.held_out)
    if last:
        theirs = site.in_use()
        counts = np.concatenate([counts, np.zeros(2 * BINS, dtype=np.int64) if theirs is None else theirs])
    factor = 2 if last else 1
    variance = factor * terms.score_noise**2 / terms.sharers
    return counts + skellam(site.noise, variance, len(counts))


def step(message: Message, context: Context, site: "Site") -> Message:
    """The site's own weights after its own steps, where the terms let a coordinator see them."""
    terms = remembered.terms_held(context)
    if terms.secure:
        raise Refused("the terms say secure sums only")
    _one_more(context, terms, site)
    records = float(state(context)["count"]) or 1.0
    moved = _local_steps(site, terms, remembered.weights(message), records)
    moved = site.tamper(moved) if site.tamper else moved
    arrays = ArrayRecord({"weights": Array(moved)})
    metrics = MetricRecord({"num-examples": records})
    return Message(RecordDict({"arrays": arrays, "metrics": metrics}), reply_to=message)


def _noisy_sum(site: "Site", terms: Terms, model: Learner, weights: Floats) -> Vector:
    exact = clipped_sum(model, weights, site.train, terms.clip)
    return exact + skellam(site.noise, (terms.train_noise * GRID) ** 2 / terms.sharers, len(exact))


def _local_steps(site: "Site", terms: Terms, start: Floats, records: float) -> Floats:
    """Some steps on the site's own rows, each with noise of its own; FedProx pulls back to the start."""
    model, weights = learner(terms.inputs, terms.classes), start
    for _ in range(terms.local_steps):
        slope = _noisy_sum(site, terms, model, weights) * (terms.clip / GRID / records)
        slope = slope + terms.shrink * weights + terms.proximal * (weights - start)
        weights = weights - terms.rate * slope
    return weights


def _one_more(context: Context, terms: Terms, site: "Site") -> None:
    """Counts what was sent: one count, the rounds, the measurements, and a few that were lost."""
    sent = int(state(context)["sent"]) + 1
    if sent > 2 + terms.rounds + terms.measurements + max(REPEATS, terms.rounds // 4):
        raise Refused("more was asked for than the terms say")
    if sent == 1:
        site.book(terms.epsilon)
    remember(context, {"sent": sent})
