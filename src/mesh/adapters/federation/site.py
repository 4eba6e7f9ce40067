"""What runs at a site: its answers to a coordinator. Rows stay here; sums leave, clipped, noisy and masked.

The terms of a training are checked and stored once; no later message can change them. State lives in Flower's
context, since a SuperNode may answer each message in a process of its own.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from flwr.app import Array, ArrayRecord, ConfigRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from numpy.typing import NDArray

from mesh.sharing import federation_masking as masking
from mesh.sharing.federation_learner import GRID, Floats, Learner, Rows, clipped_sum, learner
from mesh.sharing.federation_noise import skellam
from mesh.sharing.federation_rules import Terms, spent
from mesh.sharing.federation_scoring import BINS, binned, counted

LEAST_RECORDS = 20
STATE = "mesh"
# A lost round is begun again; beyond this many sums a site takes the coordinator for a liar.
REPEATS = 3
Tamper = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Site:
    """What a site brings. `in_use` gives log-odds by the model that answers today, where there is one;
    `limit` is the epsilon that its records may still pay; `noise` is fed by the system's entropy, but in
    tests. `book` writes down what the training costs, before anything leaves."""

    train: Rows
    held_out: Rows
    noise: np.random.Generator
    limit: float = float("inf")
    in_use: Callable[[Floats], Floats] | None = None
    tamper: Tamper | None = None
    book: Callable[[float], object] = lambda _epsilon: None
    least_records: int = LEAST_RECORDS


def fresh_noise() -> np.random.Generator:
    """A generator that nobody can seed alike: 256 bits of the system's entropy."""
    return np.random.default_rng(secrets.randbits(256))


class Refused(Exception):
    """The coordinator asked for what the terms do not allow."""


def client_app(opened: Callable[[Context, str], Site | None]) -> ClientApp:
    """The ClientApp of a site. `opened(context, kind)` reads its rows; None: it does not take part."""
    app = ClientApp()

    @app.query("willing")
    def willing(message: Message, context: Context) -> Message:
        asked = _config(message)
        site = opened(context, str(asked["kind"]))
        why = _why_not(site, float(asked["epsilon"]))
        return _reply(message, {"willing": not why, "why": why})

    @app.query("enrol")
    def enrol(message: Message, context: Context) -> Message:
        terms = Terms(**_config(message))
        site = opened(context, terms.kind)
        why = _why_not(site, terms.epsilon) or _unsound(terms)
        if not why:
            _remember(context, {"terms": json.dumps(terms.told()), "sent": 0, "count": 0.0})
        return _reply(message, {"willing": not why, "why": why})

    @app.query("keys")
    def keys(message: Message, context: Context) -> Message:
        made = masking.new_secrets(secrets.token_bytes)
        _remember(context, {"secrets": [made.sealing, made.masking, made.own], "label": _label(message)})
        sealing, public = masking.public_keys(made)
        return _reply(message, {"sealing": sealing, "masking": public})

    @app.query("shares")
    def shares(message: Message, context: Context) -> Message:
        asked, (terms, mine) = _config(message), _round(message, context)
        public = _keys_of(asked)
        if len(public) < terms.threshold or context.node_id not in public:
            raise Refused("too few sites for a secure sum")
        _remember(context, {name: asked[name] for name in ("nodes", "sealing", "masking")})
        boxes = masking.sealed_shares(
            context.node_id, mine, public, terms.threshold, _label(message).encode()
        )
        return _reply(message, {"nodes": list(boxes), "boxes": list(boxes.values())})

    @app.query("count")
    def count(message: Message, context: Context) -> Message:
        return _told(message, context, opened, _count)

    @app.train()
    def train(message: Message, context: Context) -> Message:
        return _told(message, context, opened, _gradient)

    @app.train("step")
    def step(message: Message, context: Context) -> Message:
        terms = _terms(context)
        if terms.secure:
            raise Refused("the terms say secure sums only")
        site = _site(opened, context, terms)
        _one_more(context, terms, site)
        weights = _weights(message)
        moved = _local_steps(site, terms, weights, _own_count(context))
        moved = site.tamper(moved) if site.tamper else moved
        arrays = ArrayRecord({"weights": Array(moved)})
        metrics = MetricRecord({"num-examples": _own_count(context)})
        return Message(RecordDict({"arrays": arrays, "metrics": metrics}), reply_to=message)

    @app.evaluate()
    def evaluate(message: Message, context: Context) -> Message:
        return _told(message, context, opened, _scores)

    @app.query("unmask")
    def unmask(message: Message, context: Context) -> Message:
        asked, (terms, mine) = _config(message), _round(message, context)
        state = _state(context)
        sealed = dict(zip(state["from"], state["boxes"], strict=True))
        shown = masking.opened_shares(
            context.node_id, mine, sealed, _keys_of(state), asked["left"], terms.threshold,
            _label(message).encode(),
        )  # fmt: skip
        # One answer a round: a second one could open the other lock.
        _remember(context, {"label": ""})
        return _reply(message, {"nodes": list(shown), "shares": list(shown.values())})

    return app


def _why_not(site: Site | None, epsilon: float) -> str:
    if site is None:
        return "does not take part"
    if site.train.records < site.least_records:
        return "has too few records of this kind"
    if epsilon > site.limit:
        return "has too little of its privacy budget left"
    return ""


def _unsound(terms: Terms) -> str:
    """Why a site does not accept terms: it reckons for itself what they cost, and trusts nobody's sum."""
    noisy = terms.train_noise > 0
    if noisy and spent(terms, terms.rounds, terms.measurements) > terms.epsilon * (1 + 1e-6):
        return "the noise does not keep to the epsilon that was told"
    if not noisy and terms.epsilon < float("inf"):
        return "there is no noise"
    return ""


def _told(
    message: Message, context: Context, opened: Callable[[Context, str], Site | None],
    of: Callable[[Site, Terms, Learner, Context, Message], NDArray[np.int64]],
) -> Message:  # fmt: skip
    """One vector: masked under secure aggregation, plain but noisy in full without."""
    terms = _terms(context)
    site = _site(opened, context, terms)
    _one_more(context, terms, site)
    vector = of(site, terms, learner(terms.inputs, terms.classes), context, message)
    sent: NDArray[Any] = vector
    if terms.secure:
        terms, mine = _round(message, context)
        asked, state = _config(message), _state(context)
        _remember(context, {"from": asked["from"], "boxes": asked["boxes"]})
        public = {node: keys for node, keys in _keys_of(state).items() if node in asked["from"]}
        sent = masking.masked(context.node_id, mine, vector, public, _label(message).encode())
    return Message(RecordDict({"arrays": ArrayRecord({"vector": Array(sent)})}), reply_to=message)


def _count(site: Site, terms: Terms, _model: Learner, context: Context, _message: Message) -> Any:
    noise = skellam(site.noise, terms.count_noise**2 / terms.sharers, 1)
    told = np.array([site.train.records], dtype=np.int64) + noise
    if not terms.secure:
        _remember(context, {"count": float(max(1, told[0]))})
    return told


def _gradient(site: Site, terms: Terms, model: Learner, _context: Context, message: Message) -> Any:
    weights = _weights(message)
    if site.tamper:
        weights = site.tamper(weights)
    return _noisy_sum(site, terms, model, weights)


def _scores(site: Site, terms: Terms, model: Learner, _context: Context, message: Message) -> Any:
    """Counts of held-out records by the model's scores; at the end by those of the model in use as well."""
    weights = _weights(message)
    last = bool(_config(message).get("last"))
    counts = binned(model, weights, site.held_out)
    if last:
        theirs = np.zeros(2 * BINS, dtype=np.int64)
        if site.in_use is not None and len(site.held_out):
            scored = site.in_use(site.held_out.x)
            theirs = counted(scored, site.held_out.y == 1, site.held_out.record)
        counts = np.concatenate([counts, theirs])
    factor = 2 if last else 1
    variance = factor * terms.score_noise**2 / terms.sharers
    return counts + skellam(site.noise, variance, len(counts))


def _noisy_sum(site: Site, terms: Terms, model: Learner, weights: Floats) -> NDArray[np.int64]:
    exact = clipped_sum(model, weights, site.train, terms.clip)
    return exact + skellam(site.noise, (terms.train_noise * GRID) ** 2 / terms.sharers, len(exact))


def _local_steps(site: Site, terms: Terms, start: Floats, records: float) -> Floats:
    """Some steps on the site's own rows, each with noise of its own; FedProx pulls back to the start."""
    model, weights = learner(terms.inputs, terms.classes), start
    for _ in range(terms.local_steps):
        slope = _noisy_sum(site, terms, model, weights) * (terms.clip / GRID / records)
        slope = slope + terms.shrink * weights + terms.proximal * (weights - start)
        weights = weights - terms.rate * slope
    return weights


def _site(opened: Callable[[Context, str], Site | None], context: Context, terms: Terms) -> Site:
    site = opened(context, terms.kind)
    if site is None:
        raise Refused("this site does not take part any more")
    return site


def _one_more(context: Context, terms: Terms, site: Site) -> None:
    """Counts what was sent: one count, the rounds, the measurements, and a few that were lost."""
    sent = int(_state(context)["sent"]) + 1
    if sent > 2 + terms.rounds + terms.measurements + max(REPEATS, terms.rounds // 4):
        raise Refused("more was asked for than the terms say")
    if sent == 1:
        site.book(terms.epsilon)
    _remember(context, {"sent": sent})


def _own_count(context: Context) -> float:
    return float(_state(context)["count"]) or 1.0


def _terms(context: Context) -> Terms:
    state = _state(context)
    if "terms" not in state:
        raise Refused("this site has not enrolled")
    return Terms(**json.loads(state["terms"]))


def _round(message: Message, context: Context) -> tuple[Terms, masking.Secrets]:
    state = _state(context)
    if not _label(message) or state.get("label") != _label(message):
        raise Refused("this is not the round that is under way")
    return _terms(context), masking.Secrets(*state["secrets"])


def _keys_of(told: Mapping[str, Any]) -> dict[int, tuple[bytes, bytes]]:
    return {
        int(node): (sealing, public)
        for node, sealing, public in zip(told["nodes"], told["sealing"], told["masking"], strict=True)
    }


def _label(message: Message) -> str:
    return str(_config(message)["label"])


def _config(message: Message) -> dict[str, Any]:
    return dict(message.content.config_records["config"])


def _weights(message: Message) -> Floats:
    return message.content.array_records["arrays"]["weights"].numpy()


def _state(context: Context) -> dict[str, Any]:
    held = context.state.config_records.get(STATE)
    return dict(held) if held is not None else {}


def _remember(context: Context, more: Mapping[str, Any]) -> None:
    context.state[STATE] = ConfigRecord({**_state(context), **more})


def _reply(message: Message, config: Mapping[str, Any]) -> Message:
    return Message(RecordDict({"config": ConfigRecord(dict(config))}), reply_to=message)
