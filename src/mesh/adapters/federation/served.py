"""The ServerApp that a SuperLink runs: one training over the SuperNodes that are connected, which are sent
the model at its end if it is worth it.

Its run configuration: `model-type`, `inputs`, `classes`, `epsilon`, `rounds`, `strategy`, `sites` (how many
to wait for), `patience` (seconds a message may take), `out` (a file for what came of it, JSON; `delivered`
counts the sites that the model came to).
"""

import json
import time
from pathlib import Path
from typing import Any

from mesh.adapters.federation.flower import prepare

prepare()

from flwr.app import Context  # noqa: E402 - Flower is made silent first
from flwr.serverapp import Grid, ServerApp  # noqa: E402

from mesh.adapters.defaults import SystemClock  # noqa: E402
from mesh.adapters.federation.delivery import deliver  # noqa: E402
from mesh.adapters.federation.outcome import made, worth  # noqa: E402
from mesh.adapters.federation.training import Trained, terms_of, train  # noqa: E402
from mesh.kit.federation import RoundTold, TrainingPlan  # noqa: E402
from mesh.sharing.federation_rules import version_of  # noqa: E402
from mesh.sharing.federation_versions import written  # noqa: E402

app = ServerApp()
WAIT_S = 300.0


@app.main()
def main(grid: Grid, context: Context) -> None:
    """Wait for the sites, train, and write down what came of it: never more than a coordinator may know."""
    asked: dict[str, Any] = dict(context.run_config)
    plan = TrainingPlan(
        kind=asked["model-type"], epsilon=float(asked["epsilon"]), rounds=int(asked["rounds"]),
        strategy=asked["strategy"], secure_aggregation=True, defence="none",
        least_sites=int(asked["sites"]),
    )  # fmt: skip
    until = time.monotonic() + WAIT_S
    while len(list(grid.get_node_ids())) < plan.least_sites and time.monotonic() < until:
        time.sleep(0.5)
    out, told = Path(str(asked["out"])), []

    def tell(one: RoundTold) -> None:
        told.append(one.model_dump())
        out.write_text(json.dumps({"rounds": told}))

    draft = terms_of(plan.kind, int(asked["inputs"]), int(asked["classes"]), plan)
    patience = float(asked["patience"])
    found = train(grid, draft, 3, tell, timeout=patience)
    kept, why = worth(found)
    ended = {"rounds": told, "kept": kept, "why": why, **summary(found)}
    out.write_text(json.dumps(ended))
    if kept:
        sent = deliver(grid, found, made(found, SystemClock().now()), patience)
        failed = sorted(each for each in sent.values() if each)
        ended.update(delivered=len(sent) - len(failed), not_delivered=failed)
        out.write_text(json.dumps(ended))


def summary(found: Trained) -> dict[str, Any]:
    """The model and what it is worth, as a coordinator may know it."""
    version, sha256 = version_of(written(found.weights))
    return {
        "version": version,
        "sha256": sha256,
        "score": found.score,
        "score_in_use": found.score_in_use,
        "weights": found.weights.tolist(),
        "epsilon": found.terms.epsilon,
        "sites": found.terms.sites,
        "dropped": sorted(found.dropped.values()),
        "why_out": sorted(found.why_out.values()),
        "simulated": found.simulated,
    }
