"""The last message of a training elsewhere: the finished model goes to each site that stayed, and each site
looks at it before it uses it.

A site checks that it is whole and of the agreed size, and compares it with what it uses, on its own held-out
records. What these say stays with the site: the coordinator learns whether the model came, not whether it is
used.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
from flwr.serverapp import Grid

from mesh.adapters.federation.kinds import KINDS, Brought
from mesh.adapters.federation.remembered import Refused
from mesh.adapters.federation.standing import Standing, standing
from mesh.adapters.federation.sums import Sites
from mesh.adapters.federation.training import Trained
from mesh.adapters.federation.version import Made, card_of, store
from mesh.kit.ports import Ports
from mesh.kit.problem import Unavailable
from mesh.sharing.federation_learner import Floats, Integers, learner
from mesh.sharing.federation_rules import Terms, version_of
from mesh.sharing.federation_scoring import accuracy_of, auc_of, binned
from mesh.sharing.federation_versions import Withdrawn, written

WIRE = "<f8"
GONE = "did not answer"
Say = Callable[[str], object]


def deliver(grid: Grid, trained: Trained, made: Made, timeout: float) -> dict[int, str]:
    """Send the model to each site that took part; by node, why it did not come whole, empty where it did."""
    sites = Sites(grid, list(trained.left), trained.terms, timeout)
    sent = dict.fromkeys(sites.online(), packed(made))
    answers = sites.ask("query.version", sent)
    told = {node: str(each.config_records["config"]["why"]) for node, each in answers.items()}
    return {node: told.get(node, GONE) for node in trained.left}


def packed(made: Made) -> dict[str, Any]:
    """The model as numbers alone: nothing of it is parsed on the other side but plain 64-bit floats."""
    return {
        "weights": made.weights.astype(WIRE).tobytes(),
        "sha256": version_of(written(made.weights))[1],
        "made_at": made.made_at.isoformat(),
        "sites": made.sites,
        "epsilon": made.epsilon,
        "score": made.score,
        "doubt": made.doubt,
        "simulated": made.simulated,
    }


def unpacked(terms: Terms, size: int, told: Mapping[str, Any]) -> Made:
    """Raises Refused for what is not whole, not of `size` weights, or cost more than was agreed."""
    content = told["weights"]
    if not isinstance(content, bytes) or len(content) != 8 * size:
        raise Refused(f"the model has not the {size} weights that it takes here")
    weights = np.frombuffer(content, dtype=WIRE).astype(np.float64)
    if version_of(written(weights))[1] != told["sha256"]:
        raise Refused("the model is not what its SHA-256 says")
    made = Made(
        weights, datetime.fromisoformat(told["made_at"]), int(told["sites"]), float(told["epsilon"]),
        float(told["score"]), float(told["doubt"]), bool(told["simulated"]),
    )  # fmt: skip
    figures = np.array([made.epsilon, made.score, made.doubt])
    if not (np.isfinite(weights).all() and np.isfinite(figures).all()):
        raise Refused("the model holds what is no number")
    if not (0 < made.sites <= terms.sites and 0 <= made.epsilon <= terms.epsilon * (1 + 1e-3)):
        raise Refused("the model is said to be of more sites, or to have cost more, than was agreed")
    return made


def received(
    terms: Terms, told: Mapping[str, Any], run: str, ports: Ports, mine: Brought, withdrawn: Withdrawn,
    say: Say,
) -> None:  # fmt: skip
    """Keep the model as the version in use, unless what is in use does better here; say which, to the MSP.

    Raises Refused as `unpacked` does.
    """
    kind = KINDS[terms.kind]
    model = learner(len(kind.inputs(ports)), len(kind.classes(ports)))
    try:
        made = unpacked(terms, model.size, told)
    except Refused as why:
        say(f"{terms.kind}: the version that came is refused: {why}")
        raise
    now = _standing(ports, terms.kind, withdrawn)
    made = replace(made, simulated=made.simulated or mine.simulated)
    card = card_of(made, terms, kind, ports, run, now.version)
    new, old = _score(terms, binned(model, made.weights, mine.held_out)), _score(terms, now.counts(mine))
    named = f"{terms.kind}: version {card.version} of {card.sites} sites"
    here = f"on your {mine.held_out.records} held-out records"
    if new is not None and old is not None and new < old:
        say(f"{named} is refused: {new:.3f} {here} against {old:.3f} of what is in use, which stays")
        return
    store(ports, kind, card, made.weights, mine)
    if new is None:
        measured = f"{mine.held_out.records} held-out records of yours do not tell how well it does here"
    else:
        against = "with nothing in use before" if old is None else f"against {old:.3f} of what was in use"
        measured = f"{new:.3f} {here} {against}"
    say(f"{named} is in use now: {measured}")


def _standing(ports: Ports, kind: str, withdrawn: Withdrawn) -> Standing:
    try:
        return standing(ports, kind, withdrawn)
    except Unavailable:
        # What is damaged serves nobody: there is nothing to compare with, and something to mend.
        return Standing(None, lambda _mine: None)


def _score(terms: Terms, counts: Integers | Floats | None) -> float | None:
    if counts is None:
        return None
    return auc_of(counts) if terms.classes == 2 else accuracy_of(counts)
