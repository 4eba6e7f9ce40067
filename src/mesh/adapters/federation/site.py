"""What runs at a site: its answers to a coordinator. Rows stay here; sums leave, clipped, noisy and masked.

The terms of a training are checked and stored once; no later message can change them.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from flwr.app import Context, Message
from flwr.clientapp import ClientApp

from mesh.adapters.federation import leaving
from mesh.adapters.federation.remembered import (
    Refused,
    config,
    keys_of,
    label,
    remember,
    reply,
    state,
    terms_held,
    under_way,
)
from mesh.sharing import federation_masking as masking
from mesh.sharing.federation_learner import Floats, Integers, Rows
from mesh.sharing.federation_rules import Terms, spent

LEAST_RECORDS = 20
Tamper = Callable[[Floats], Floats]


def _keeps_nothing(_terms: Terms, _told: Mapping[str, Any]) -> None:
    raise Refused("this site keeps no versions")


@dataclass(frozen=True)
class Site:
    """What a site brings. `in_use` counts its held-out records by the scores of the model that answers today,
    where there is one; `limit` is the epsilon that its records may still pay; `noise` is fed by the system's
    entropy, but in tests. `book` writes down what the training costs, before anything leaves. `keep` is
    given the finished model, and raises Refused for one that is not whole."""

    train: Rows
    held_out: Rows
    noise: np.random.Generator
    limit: float = float("inf")
    in_use: Callable[[], Integers | None] = lambda: None
    tamper: Tamper | None = None
    book: Callable[[float], object] = lambda _epsilon: None
    keep: Callable[[Terms, Mapping[str, Any]], object] = _keeps_nothing
    simulated: bool = False
    least_records: int = LEAST_RECORDS


Opened = Callable[[Context, str], Site | None]


def fresh_noise() -> np.random.Generator:
    """A generator that nobody can seed alike: 256 bits of the system's entropy."""
    return np.random.default_rng(secrets.randbits(256))


def client_app(opened: Opened) -> ClientApp:
    """The ClientApp of a site. `opened(context, kind)` reads its rows; None: it does not take part."""
    app = ClientApp()

    @app.query("willing")
    def willing(message: Message, context: Context) -> Message:
        asked = config(message)
        site = opened(context, str(asked["kind"]))
        why = _why_not(site, float(asked["epsilon"]))
        return reply(message, {"willing": not why, "why": why})

    @app.query("enrol")
    def enrol(message: Message, context: Context) -> Message:
        terms = Terms(**config(message))
        site = opened(context, terms.kind)
        why = _why_not(site, terms.epsilon) or _unsound(terms)
        if not why:
            remember(context, {"terms": json.dumps(terms.told()), "sent": 0, "count": 0.0})
        simulated = site is not None and site.simulated
        return reply(message, {"willing": not why, "why": why, "simulated": simulated})

    @app.query("keys")
    def keys(message: Message, context: Context) -> Message:
        made = masking.new_secrets(secrets.token_bytes)
        remember(context, {"secrets": [made.sealing, made.masking, made.own], "label": label(message)})
        sealing, public = masking.public_keys(made)
        return reply(message, {"sealing": sealing, "masking": public})

    @app.query("shares")
    def shares(message: Message, context: Context) -> Message:
        asked, (terms, mine) = config(message), under_way(message, context)
        public = keys_of(asked)
        if len(public) < terms.threshold or context.node_id not in public:
            raise Refused("too few sites for a secure sum")
        remember(context, {name: asked[name] for name in ("nodes", "sealing", "masking")})
        boxes = masking.sealed_shares(context.node_id, mine, public, terms.threshold, label(message).encode())
        return reply(message, {"nodes": list(boxes), "boxes": list(boxes.values())})

    @app.query("count")
    def count(message: Message, context: Context) -> Message:
        return leaving.told(message, context, _site(opened, context), leaving.count)

    @app.train()
    def train(message: Message, context: Context) -> Message:
        return leaving.told(message, context, _site(opened, context), leaving.gradient)

    @app.train("step")
    def step(message: Message, context: Context) -> Message:
        return leaving.step(message, context, _site(opened, context))

    @app.evaluate()
    def evaluate(message: Message, context: Context) -> Message:
        return leaving.told(message, context, _site(opened, context), leaving.scores)

    @app.query("unmask")
    def unmask(message: Message, context: Context) -> Message:
        asked, (terms, mine) = config(message), under_way(message, context)
        held = state(context)
        sealed = dict(zip(held["from"], held["boxes"], strict=True))
        shown = masking.opened_shares(
            context.node_id, mine, sealed, keys_of(held), asked["left"], terms.threshold,
            label(message).encode(),
        )  # fmt: skip
        # One answer a round: a second one could open the other lock.
        remember(context, {"label": ""})
        return reply(message, {"nodes": list(shown), "shares": list(shown.values())})

    @app.query("version")
    def version(message: Message, context: Context) -> Message:
        return reply(message, {"why": _kept(message, context, _site(opened, context))})

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


def _site(opened: Opened, context: Context) -> Site:
    site = opened(context, terms_held(context).kind)
    if site is None:
        raise Refused("this site does not take part any more")
    return site


def _kept(message: Message, context: Context, site: Site) -> str:
    """Why the finished model did not come whole; empty where it did.

    Whether the site then uses it depends on its own records, and is not told: a coordinator that sends one
    model after the other would learn about these. So one comes for each training.
    """
    terms = terms_held(context)
    if state(context).get("version"):
        return "a version of this training came before"
    remember(context, {"version": True})
    try:
        site.keep(terms, config(message))
    except Refused as why:
        return str(why)
    return ""
