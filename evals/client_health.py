"""Figures of client health: the method on Telco churn beside its peers, and the network's model on simulated
MSPs that it has not learnt from."""

import csv
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.data import ROOT
from evals.figure import Figure
from mesh.agents.client_health.churn import FILE, NETWORK, Churn, Reading
from mesh.agents.client_health.learning.pipeline import Table, learn
from training.churn_scores import covered, figures
from training.churn_world import simulated

Say = Callable[[str], None]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

AREA = "churn"
TELCO_FILE = "telco_churn_dev.csv"
ID, LABEL = "customerID", "Churn"
SEEDS = (0,)
FOLDS = 10
AUC_AIM, ECE_AIM, COVERAGE, COVERAGE_AIM, SPEED_MS = 0.85, 0.02, 0.9, 0.01, 20.0
ANCHORS = "CatBoost .8488, gradient boosting .8485, logistic .8455 on the whole set, other folds"
# Others than the model learnt from, and later.
# Several worlds, since one draw of 40 MSPs says little: the first is the demo's, and a hard one.
WORLD_MSPS, WORLD_MONTHS, WORLD_SEEDS = 40, 22, (7, 1, 2, 3)
WORLD_UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
MEASURES = {
    "expected calibration error": ("calibration error", ECE_AIM),
    "Brier score": ("Brier score", None),
}


@dataclass(frozen=True)
class Customers:
    """A file of the Telco form. `columns` hold numbers (n,) or texts (n,)."""

    columns: dict[str, list[str]]
    left: Ints

    def __len__(self) -> int:
        return len(self.left)


def evaluate(area: Path, data: Path | None, train: Path | None, say: Say) -> list[Figure]:
    """All figures of the area, or those of `data`, a file of the Telco form: fitted on `train`, or in ten
    folds of its own. Raises ValueError for a file of another form."""
    customers = read(data or area / TELCO_FILE)
    if train is not None:
        return fitted_on(read(train), customers, say)
    found = in_folds(customers, say)
    return found if data is not None else found + world_figures(say) + [_speed()]


def read(path: Path) -> Customers:
    """A Telco file; rows whose label is neither Yes nor No are an error."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or LABEL not in rows[0]:
        raise ValueError(f"{path.name} has no form that client health is scored on: it lacks {LABEL}")
    if {row[LABEL] for row in rows} - {"Yes", "No"}:
        raise ValueError(f"{path.name}: {LABEL} must be Yes or No")
    names = [name for name in rows[0] if name not in (ID, LABEL)]
    columns = {name: [(row[name] or "").strip() for row in rows] for name in names}
    return Customers(columns, np.array([row[LABEL] == "Yes" for row in rows], dtype=np.int64))


def encoded(customers: Customers, like: Customers) -> Floats:
    """Numbers (n, columns): texts by their place among the texts of `like`; NaN for a blank and for a text
    that `like` has not."""
    made = []
    for name, reference in like.columns.items():
        texts = customers.columns.get(name) or [""] * len(customers)
        if all(map(_is_number, filter(None, reference))):
            made.append([float(text) if text and _is_number(text) else np.nan for text in texts])
        else:
            places = {text: place for place, text in enumerate(sorted(set(reference) - {""}))}
            made.append([float(places.get(text, np.nan)) for text in texts])
    return np.array(made, dtype=np.float64).T


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def fitted_on(known: Customers, unseen: Customers, say: Say) -> list[Figure]:
    """Fitted on one file and scored on another."""
    x, test = encoded(known, known), encoded(unseen, known)
    say(f"fitting on {len(known):,}, scoring {len(unseen):,}")
    readings = _model(known, x, known.left, 0).read_table(test)
    found = _told([(readings, unseen.left)], "Telco, unseen file", len(unseen))
    for name, peer in PEERS.items():
        chance = peer(x, known.left, test)
        found.append(_peer(f"Telco, unseen file: {name}", [(chance, unseen.left)]))
    return found


def in_folds(customers: Customers, say: Say) -> list[Figure]:
    """Ten folds, with several seeds; every fold is fitted, calibrated and scored anew."""
    from sklearn.model_selection import StratifiedKFold

    x = encoded(customers, customers)
    ours: list[tuple[Sequence[Reading], Ints]] = []
    theirs: dict[str, list[tuple[Floats, Ints]]] = {name: [] for name in PEERS}
    for seed in SEEDS:
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
        for number, (fit, test) in enumerate(folds.split(x, customers.left), start=1):
            say(f"Telco: seed {seed}, fold {number} of {FOLDS}")
            left = customers.left[test]
            ours.append((_model(customers, x[fit], customers.left[fit], seed).read_table(x[test]), left))
            for name, peer in PEERS.items():
                theirs[name].append((peer(x[fit], customers.left[fit], x[test]), left))
    found = _told(ours, "Telco 10-fold", len(customers))
    return found + [_peer(f"Telco 10-fold: {name}", pairs) for name, pairs in theirs.items()]


def _model(customers: Customers, x: Floats, left: Ints, seed: int) -> Churn:
    """The agent's method, and the graph it would serve."""
    table = Table(tuple(customers.columns), x, left, np.arange(len(left)))
    said = {"name": "telco", "version": "0", "trained_on": "Telco", "simulated": False}
    return Churn(learn(table, seed=seed, say=lambda _: None, departures=int(left.sum()), **said))


def _told(parts: Sequence[tuple[Sequence[Reading], Ints]], name: str, rows: int) -> list[Figure]:
    """AUC is the mean of the folds'; the rest is over all rows."""
    by_fold = [figures(readings, left)["AUC"] for readings, left in parts]
    left = np.concatenate([left for _, left in parts])
    every = [reading for readings, _ in parts for reading in readings]
    whole = figures(every, left)
    held = covered(every, left)
    note = f"{len(parts)} fits, standard deviation {np.std(by_fold):.4f}" if len(parts) > 1 else "one fit"
    return [
        Figure(f"{name} AUC", float(np.mean(by_fold)), AUC_AIM, anchors=ANCHORS, rows=rows, note=note),
        *(
            Figure(f"{name} {words}", whole[measure], aim, False, rows=rows)
            for measure, (words, aim) in MEASURES.items()
        ),
        Figure(
            f"{name} conformal coverage, distance from 90 %",
            abs(float(held.mean()) - COVERAGE),
            COVERAGE_AIM,
            False,
            rows=rows,
            note=f"{held.mean():.4f} in all, {held[left == 0].mean():.4f} of those that stayed, "
            f"{held[left == 1].mean():.4f} of those that left",
        ),
        Figure(
            f"{name} outlook names one outcome, share", whole["outlook names one outcome, share"], rows=rows
        ),
    ]


def _peer(name: str, parts: Sequence[tuple[Floats, Ints]]) -> Figure:
    from sklearn.metrics import roc_auc_score

    from training.churn_scores import calibration_error

    by_fold = [float(roc_auc_score(left, chance)) for chance, left in parts]
    chance, left = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    note = f"calibration error {calibration_error(chance, left):.4f}"
    return Figure(f"{name} AUC", float(np.mean(by_fold)), note=note)


def _logistic(x: Floats, left: Ints, test: Floats) -> Floats:
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    few = [place for place in range(x.shape[1]) if len(np.unique(x[~np.isnan(x[:, place]), place])) <= 6]
    many = [place for place in range(x.shape[1]) if place not in few]
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), many),
        (OneHotEncoder(handle_unknown="ignore"), few),
    )
    return _chance(make_pipeline(columns, LogisticRegression(max_iter=2000)), x, left, test)


def _boosting(x: Floats, left: Ints, test: Floats) -> Floats:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return _chance(HistGradientBoostingClassifier(random_state=0), x, left, test)


def _chance(model: Any, x: Floats, left: Ints, test: Floats) -> Floats:
    return np.asarray(model.fit(x, left).predict_proba(test)[:, 1], dtype=np.float64)


PEERS: dict[str, Callable[[Floats, Ints, Floats], Floats]] = {
    "logistic regression": _logistic,
    "HistGradientBoosting": _boosting,
}


def world_figures(say: Say) -> list[Figure]:
    """The network's model, as it is served, on simulated MSPs of other seeds and a later time: the mean of
    the worlds, and each in the note."""
    churn = Churn((ROOT / "models" / NETWORK / FILE).read_bytes())
    worlds, rows, departures = [], 0, 0
    for seed in WORLD_SEEDS:
        say(f"simulated world of seed {seed}")
        of = simulated(WORLD_MSPS, WORLD_MONTHS, seed, WORLD_UNTIL, say)
        worlds.append(figures(churn.read_table(of.taken.x), of.taken.left))
        rows, departures = rows + len(of.taken.left), departures + of.taken.departures()
    note = f"{len(WORLD_SEEDS)} worlds of {WORLD_MSPS} MSPs, {departures} departures"
    found = []
    for measure in worlds[0]:
        values = [world[measure] for world in worlds]
        each = ", ".join(f"{value:.3f}" for value in values)
        found.append(
            Figure(f"simulated MSPs: {measure}", float(np.mean(values)), rows=rows, note=f"{note}: {each}")
        )
    return found


def _speed() -> Figure:
    """A stored client of the simulated world, asked over SQLite. Processor time, which does not count what
    else the machine does meanwhile."""
    from mesh import registry
    from mesh.adapters.embedded.platform import open_platform
    from mesh.demo.world import msp

    took = []
    with tempfile.TemporaryDirectory() as home:
        platform = open_platform(Path(home))
        try:
            made = msp(0, until=datetime.now(UTC))
            platform.tenants.put(made.tenant)
            ports, agent = platform.ports(made.tenant.msp_id), registry.find("client_health")
            for kind in ("clients", "tickets", "revenue"):
                ports.records.put(kind, made.rows[kind])
            clients = [row["id"] for row in made.rows["clients"] if "left_at" not in row]
            for client in (clients * 10)[:200]:
                question = registry.checked(agent, {"client_id": client})
                started = time.process_time()
                agent.answer(question, ports)
                took.append(1000 * (time.process_time() - started))
        finally:
            platform.close()
    note = f"median of {len(took)}, with reading the history; 95 % within {np.quantile(took, 0.95):.1f} ms"
    return Figure(
        "a stored client, ms of processor time",
        float(np.median(took)),
        SPEED_MS,
        False,
        rows=len(took),
        note=note,
    )
