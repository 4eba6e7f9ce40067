"""Makes models/client_health: the network's churn model, learnt from simulated MSPs, with its card.

    python -m training.make_client_health [--target FOLDER] [--msps N] [--keep FILE]

Deterministic: the same versions give the same bytes. With --keep, the snapshots are kept in FILE for the next
run. The simulated MSPs are others than those of the demo world, and lie earlier in time. What the first of
them are like is kept in world.json beside the model, so that a test notices when the simulator has changed.
"""

import argparse
import hashlib
import json
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

from evals.data import ROOT
from mesh.adapters.models.store import Card
from mesh.agents.client_health.churn import FILE, NETWORK, Churn
from mesh.agents.client_health.features import NAMES
from mesh.agents.client_health.learning.pipeline import Table, learn
from mesh.agents.client_health.learning.snapshots import Snapshots
from training.churn_scores import judged
from training.churn_world import Simulated, simulated, summary

MSPS, MONTHS, SEED = 120, 30, 101
UNTIL = datetime(2025, 1, 1, tzinfo=UTC)
VERSION = "1"
WORLD, SAMPLE = "world.json", 2  # so many MSPs tell what the world was like
# Of the MSPs for the card's scores; of the time, the last third.
JUDGED_MSPS, JUDGED_TIME = 0.35, 0.35
TOOLS = ("numpy", "scikit-learn", "lightgbm", "onnx")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", type=Path, default=ROOT / "models" / NETWORK)
    parser.add_argument("--msps", type=int, default=MSPS)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    of = _kept(options.keep, options.msps)
    scores = held_out(of)
    for measure, value in scores.items():
        print(f"{measure:50} {value:.4f}")
    write(learn_from(of), scores, options.target)


def learn_from(of: Simulated) -> bytes:
    """The network's model; no MSP is in two folds."""
    taken = of.taken
    msps = len(set(of.msp.tolist()))
    return learn(
        Table(NAMES, taken.x, taken.left, of.msp),
        say=print,
        name="client-health-network",
        version=VERSION,
        trained_on=f"{msps} simulated MSPs with {len(set(taken.client.tolist())):,} clients",
        simulated=True,
        departures=taken.departures(),
    )


def held_out(of: Simulated) -> dict[str, float]:
    """Scores on MSPs and time that were not learnt from."""
    known_msps = of.msp < round((of.msp.max() + 1) * (1 - JUDGED_MSPS))
    start = np.quantile(of.taken.at, 1 - JUDGED_TIME)
    early = of.part(known_msps & (of.taken.at + 90 <= start))
    late = of.part(~known_msps & (of.taken.at >= start))
    churn = Churn(learn_from(early))
    return judged(churn, late.taken)


def write(content: bytes, scores: dict[str, float], target: Path) -> None:
    """The model and its card."""
    target.mkdir(parents=True, exist_ok=True)
    (target / FILE).write_bytes(content)
    world = json.dumps(sample(), indent=2).encode() + b"\n"
    (target / WORLD).write_bytes(world)
    about = Churn(content).about
    Card(
        name=NETWORK,
        version=VERSION,
        file=FILE,
        sha256=hashlib.sha256(content).hexdigest(),
        source=f"{about.trained_on}: {about.snapshots:,} snapshots, {about.departures:,} departures",
        licence="MIT",
        built_with="training/make_client_health.py, "
        + ", ".join(f"{tool} {version(tool)}" for tool in TOOLS),
        also={WORLD: hashlib.sha256(world).hexdigest()},
        scores={measure: round(value, 4) for measure, value in scores.items()},
    ).write(target)


def sample() -> dict[str, float]:
    """What the first MSPs that are learnt from are like, as the simulator makes them now."""
    return summary(simulated(SAMPLE, MONTHS, SEED, UNTIL, lambda _: None))


def _kept(path: Path | None, msps: int) -> Simulated:
    if path and path.is_file():
        with np.load(path) as held:
            return Simulated(Snapshots(held["x"], held["left"], held["client"], held["at"]), held["msp"])
    of = simulated(msps, MONTHS, SEED, UNTIL, print)
    if path:
        taken = of.taken
        np.savez(path, x=taken.x, left=taken.left, client=taken.client, at=taken.at, msp=of.msp)
    return of


if __name__ == "__main__":
    main()
