"""A tenant's own model: learnt from its records, kept where it does better on time it has not seen."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from numpy.typing import NDArray

from mesh.agents.client_health.chosen import Chosen, OwnCard, choose, keep, network_model
from mesh.agents.client_health.churn import Churn
from mesh.agents.client_health.features import HORIZON_DAYS, NAMES
from mesh.agents.client_health.history import DAY, of_all
from mesh.agents.client_health.learning.snapshots import Snapshots, snapshots
from mesh.kit.agent import ModelUsed, Trained
from mesh.kit.ports import Ports
from mesh.kit.problem import FieldError, Invalid, Unavailable

Say = Callable[[str], object]
Floats = NDArray[np.float64]
# Why these: README.md, "A model of one's own".
LEAST_DEPARTURES, LEAST_SNAPSHOTS, LEAST_HELD_OUT = 40, 400, 8
HELD_OUT = 0.3
TOOLS = ("lightgbm", "scikit-learn", "onnx")
NAME = "client-health-own"


def train_own(ports: Ports, say: Say) -> Trained:
    """Train, compare with the model in use on the latest part of the records, and keep the better one.

    Raises Invalid with what is lacking, Unavailable when what training takes is not installed.
    """
    tools = _tools()
    now = ports.clock.now()
    say("reading clients, tickets and revenue")
    histories = of_all(ports.records)
    taken = snapshots(histories, now)
    say(f"{len(taken.left):,} snapshots of {len(set(taken.client.tolist()))} clients, "
        f"{taken.departures()} of which left")  # fmt: skip
    early, late = split(taken)
    _enough(taken, early, late)
    used, fair = choose(ports), late
    if used.scope == "own":
        used, fair = _unseen(used, late, ports, say)
    simulated = any(history.simulated for history in histories)
    trial = Churn(_learn(early, now, simulated, tools, lambda line: say(f"trial: {line}")))
    scores = compare(trial, used, fair)
    own, theirs = scores["log loss, own"], scores["log loss, in use"]
    say(f"on the latest {len(fair.left):,} snapshots: log loss {own:.4f}, of the model in use {theirs:.4f}")
    if own >= theirs:
        message = (
            f"Not kept: on held-out time its log loss is {own:.4f}, that of {used.used.name} {theirs:.4f}."
        )
        return Trained(False, message, used.used, scores)
    say("better: fitting again on all of it")
    content = _learn(taken, now, simulated, tools, say)
    by = _keep(ports, content, scores, tools)
    return Trained(
        True, f"Kept: its log loss is {own:.4f}, that of the model before {theirs:.4f}.", by, scores
    )


def _unseen(own: Chosen, late: Snapshots, ports: Ports, say: Say) -> tuple[Chosen, Snapshots]:
    """The model to compare with, and what neither has seen: the own model in use knows most of the past."""
    seen = datetime.fromisoformat(own.churn.about.seen_until).timestamp() / DAY
    fresh = late.part(late.at >= seen)
    if fresh.departures() >= LEAST_HELD_OUT:
        return own, fresh
    say("the own model in use has seen the held-out time: compared with the network's model instead")
    return network_model(ports), late


def split(of: Snapshots) -> tuple[Snapshots, Snapshots]:
    """Early and late snapshots. What is learnt early ends a horizon before what is judged begins, or the
    first would know what happened in the second."""
    moments = np.unique(of.at)
    if len(moments) < 2:
        return of.part(np.ones(len(of.at), dtype=bool)), of.part(np.zeros(len(of.at), dtype=bool))
    start = moments[min(round(len(moments) * (1 - HELD_OUT)), len(moments) - 1)]
    return of.part(of.at + HORIZON_DAYS <= start), of.part(of.at >= start)


def compare(trial: Churn, used: Chosen, late: Snapshots) -> dict[str, float]:
    """Log loss and AUC of both models on snapshots that the trial has not seen."""
    scores = {}
    for name, churn in (("own", trial), ("in use", used.churn)):
        chance = np.array([reading.probability for reading in churn.read_table(late.x)])
        scores[f"log loss, {name}"] = log_loss(chance, late.left)
        scores[f"AUC, {name}"] = auc(chance, late.left)
    return {
        **scores,
        "held-out snapshots": float(len(late.left)),
        "held-out departures": float(late.departures()),
    }


def log_loss(chance: Floats, left: NDArray[np.int64]) -> float:
    kept = np.clip(chance, 1e-7, 1 - 1e-7)
    return float(-np.mean(np.where(left == 1, np.log(kept), np.log(1 - kept))))


def auc(chance: Floats, left: NDArray[np.int64]) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(left, chance))


def _tools() -> str:
    """What training is done with, and its versions."""
    try:
        return ", ".join(f"{tool} {version(tool)}" for tool in TOOLS)
    except PackageNotFoundError as missing:
        raise Unavailable(
            f"Training needs {missing.name}, which is not installed: "
            "pip install 'msp-intelligence-mesh[train-client-health]'."
        ) from missing


def _enough(taken: Snapshots, early: Snapshots, late: Snapshots) -> None:
    found = (
        ("departures", taken.departures(), LEAST_DEPARTURES, "clients that left"),
        ("snapshots", len(taken.left), LEAST_SNAPSHOTS, "months of clients with what followed"),
        ("late departures", late.departures(), LEAST_HELD_OUT, "to compare on"),
        ("early departures", early.departures(), LEAST_HELD_OUT, "to learn from before comparing"),
    )
    errors = [
        FieldError("records", f"{count:,} {what} ({words}); it takes {least:,}")
        for what, count, least, words in found
        if count < least
    ]
    if errors:
        raise Invalid("There is too little to learn from; the model in use goes on.", errors=errors)


def _learn(of: Snapshots, now: datetime, simulated: bool, tools: str, say: Say) -> bytes:
    from mesh.agents.client_health.learning.pipeline import Table, learn

    first, last = (datetime.fromtimestamp(edge * DAY, UTC) for edge in (of.at.min(), of.at.max()))
    said = f"{len(set(of.client.tolist()))} clients of this MSP, {first:%Y-%m} to {last:%Y-%m}"
    return learn(
        Table(NAMES, of.x, of.left, of.client),
        say=say,
        name=NAME,
        version=f"{now:%Y%m%d}",
        trained_on=f"{said}{', simulated' if simulated else ''}; with {tools}",
        simulated=simulated,
        departures=of.departures(),
        seen_until=f"{last + timedelta(days=HORIZON_DAYS):%Y-%m-%dT00:00:00+00:00}",
    )


def _keep(ports: Ports, content: bytes, scores: dict[str, float], tools: str) -> ModelUsed:
    about = Churn(content).about
    sha256 = hashlib.sha256(content).hexdigest()
    card = OwnCard(
        name=about.name,
        version=about.version,
        file=f"{sha256}.onnx",
        sha256=sha256,
        source=about.trained_on,
        licence="the MSP's own",
        built_with=f"./mesh train client-health, {tools}",
        scores={name: round(value, 4) for name, value in scores.items()},
    )
    keep(ports.blobs, content, card)
    return ModelUsed(name=about.name, version=about.version, provider="onnx")
