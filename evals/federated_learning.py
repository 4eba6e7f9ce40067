"""Figures of federated learning: real records of public sets, split over simulated sites, trained by the same
code that serves: every sum masked, every noise accounted, messages through Flower's strategies."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.data import file
from evals.figure import Figure
from mesh.adapters.federation.flower import prepare
from mesh.kit.federation import TrainingPlan
from mesh.sharing.federation_learner import Floats, Integers, Rows, descent, learner

Say = Callable[[str], None]

AREA = "federated"
HEART_FILE, TELCO_FILE = "fed_heart_train.csv", "telco_churn_dev.csv"
SITES, SITES_SEED, ALPHA = 10, 20251122, 1.0
SEEDS = (0, 1, 2)
HEART_SEEDS = (0, 1, 2, 3, 4)
ROUNDS = 60
AIMS = {3.0: 0.002, 1.0: 0.005}
POISON_AIM, FEDAVG_AIM = 0.01, 0.748
FLAMBY = "FLamby, its own split: pooled .795, FedAdam .779, FedAvg .748"
NUMBERS = {"tenure": 72.0, "MonthlyCharges": 120.0, "TotalCharges": 8700.0}
STEPS_OF_TENURE = (1.5, 6.5, 18.5)
# What a column says of a service that another column says is not there.
IMPLIED = {"No internet service", "No phone service"}
# Scales of the heart inputs: a middle and a spread that a textbook would give, not the data.
HEART = {
    "age": (54, 10),
    "trestbps": (130, 18),
    "chol": (220, 80),
    "thalach": (140, 25),
    "oldpeak": (0.9, 1.1),
}
HEART_CLASSES = {"sex": (1,), "cp": (2, 3, 4), "fbs": (1,), "restecg": (1, 2), "exang": (1,)}


def evaluate(area: Path, data: Path | None, train: Path | None, say: Say) -> list[Figure]:
    """All figures of the area, or those of `data`, a file of the Telco or the Fed-Heart form: trained on
    `train`, or on a part of itself. Raises ValueError for a file of another form."""
    prepare()
    if data is not None:
        names = _names(data)
        if "Churn" in names:
            return telco(data, train, say)
        if {"center", "disease"} <= set(names):
            return heart(data, train, say)
        raise ValueError(f"{data.name} has no form that federated learning is scored on")
    telco_file = file(TELCO_FILE, "churn")
    found = telco(telco_file, None, say) if telco_file else []
    return found + heart(area / HEART_FILE, None, say) + [masked_sum(say)]


def telco(data: Path, train: Path | None, say: Say) -> list[Figure]:
    """Over ten unequal sites (Dirichlet by outcome, fixed seed), at two prices in privacy."""
    x, y, known = _telco(data, train)
    splits = [(known, ~known)] if train else [_split(len(y), seed) for seed in SEEDS]
    site = over_sites(y)
    sizes = np.bincount(site[known] if train else site, minlength=SITES)
    say(f"Telco over {SITES} sites of {sizes.min()} to {sizes.max()} records")
    shared: dict[float, list[float]] = {epsilon: [] for epsilon in AIMS}
    pooled: list[float] = []
    plain: list[float] = []
    poisoned: list[float] = []
    local: list[Floats] = []
    tested = 0
    for seed, (fit, test) in enumerate(splits):
        model = learner(x.shape[1], 2)
        records = np.arange(len(y))
        rows = Rows(x[fit], y[fit], records[fit])
        pooled.append(_auc(model, _best(rows), x[test], y[test]))
        local.append(_local(x, y, site, fit, test))
        parts = [_site_rows(x, y, site == number, fit, test) for number in range(SITES)]
        for epsilon in AIMS:
            say(f"Telco, seed {seed}, epsilon {epsilon:g}, masked")
            weights = trained(parts, epsilon, "fedavgm", seed=seed, drop=0)
            shared[epsilon].append(_auc(model, weights, x[test], y[test]))
        say(f"Telco, seed {seed}, a site that sends poison")
        for bad, into in ((0, plain), (1, poisoned)):
            weights = trained(
                parts, float("inf"), "fedavg", seed=seed, secure=False, defence="trimmed_mean", poison=bad
            )
            into.append(_auc(model, weights, x[test], y[test]))
        tested += int(test.sum())
    best = float(np.mean(pooled))
    note = f"{len(splits)} splits and seeds of noise; {SITES} sites, delta 1e-5, unit: one client record"
    figures = [Figure("Telco, pooled without privacy: AUC", best, rows=tested, note="same model")]
    for epsilon, aim in AIMS.items():
        auc = float(np.mean(shared[epsilon]))
        gaps = np.array(pooled) - np.array(shared[epsilon])
        figures += [
            Figure(f"Telco, epsilon {epsilon:g}, masked sums: AUC", auc, rows=tested, note=note),
            Figure(
                f"Telco, epsilon {epsilon:g}: AUC short of pooled", float(gaps.mean()), aim, False,
                note=f"worst of {len(gaps)}: {gaps.max():.4f}; below zero: better than pooled",
            ),
        ]  # fmt: skip
    of_sites = np.concatenate(local)
    moved = np.abs(np.array(plain) - np.array(poisoned))
    return [
        *figures,
        Figure(
            "Telco, each site alone: mean AUC", float(of_sites.mean()),
            note=f"worst site {of_sites.min():.4f}, best {of_sites.max():.4f}; without privacy",
        ),
        Figure(
            "Telco, one poisoning site of ten, trimmed mean: AUC moved", float(moved.max()), POISON_AIM,
            False, note=f"no noise, no masks; {np.mean(plain):.4f} without, {np.mean(poisoned):.4f} with it",
        ),
    ]  # fmt: skip


def heart(data: Path, train: Path | None, say: Say) -> list[Figure]:
    """Four hospitals, no noise: what the strategies reach, by accuracy over all test rows."""
    x, y, site, known = _heart(data, train)
    found: dict[str, list[float]] = {"pooled": [], "fedavg": [], "fedadam": [], "fedprox": []}
    tested = 0
    for seed in HEART_SEEDS:
        say(f"Fed-Heart, seed {seed}")
        fit, test = (known, ~known) if train else _split(len(y), seed, 1 / 3, site)
        tested += int(test.sum())
        model = learner(x.shape[1], 2)
        rows = Rows(x[fit], y[fit], np.arange(len(y))[fit])
        weights = _best(rows)
        found["pooled"].append(_accuracy(model, weights, x[test], y[test]))
        parts = [_site_rows(x, y, site == number, fit, test) for number in np.unique(site)]
        for name in ("fedavg", "fedadam", "fedprox"):
            weights = trained(parts, float("inf"), name, seed=seed, secure=False, steps=5, rate=0.3, least=1)
            found[name].append(_accuracy(model, weights, x[test], y[test]))
    aims = {"fedavg": FEDAVG_AIM, "fedadam": None, "fedprox": None, "pooled": None}
    how = "FLamby's split" if train else "splits of the training rows by seed, a third for the test"
    return [
        Figure(
            f"Fed-Heart, {name}: accuracy", float(np.mean(values)), aims[name], anchors=FLAMBY, rows=tested,
            note=f"five seeds, standard deviation {np.std(values):.4f}; {how}",
        )
        for name, values in found.items()
    ]  # fmt: skip


def masked_sum(say: Say) -> Figure:
    """How far the sum that comes out of the masks is from the plain one, with three of ten sites silent."""
    import secrets

    from mesh.sharing import federation_masking as masking

    say("masked sums with three of ten sites silent")
    worst, least, times = 0, 7, 20
    for number in range(times):
        label = f"train {number}".encode()
        vectors = {
            node: np.random.default_rng(number * 100 + node).integers(-(2**40), 2**40, 48)
            for node in range(1, 11)
        }
        silent = set(np.random.default_rng(number).choice(np.arange(1, 11), 3, replace=False).tolist())
        held = {node: masking.new_secrets(secrets.token_bytes) for node in vectors}
        public = {node: masking.public_keys(one) for node, one in held.items()}
        boxes = {node: masking.sealed_shares(node, held[node], public, least, label) for node in vectors}
        sent = {
            node: masking.masked(node, held[node], vectors[node], public, label)
            for node in vectors if node not in silent
        }  # fmt: skip
        shown = {
            node: masking.opened_shares(
                node, held[node], {giver: boxes[giver][node] for giver in boxes}, public, list(sent), least,
                label,
            )
            for node in sent
        }  # fmt: skip
        total = masking.unmasked(sent, public, shown, least, label)
        plain = sum(vectors[node] for node in sent)
        worst = max(worst, int(np.abs(total - plain).max()))
    return Figure(
        "masked sum against the plain sum, largest difference", float(worst), 0.0, False, rows=times,
        note="whole numbers; three of ten sites fell silent after the shares went out",
    )  # fmt: skip


def trained(
    parts: Sequence[tuple[Rows, Rows]], epsilon: float, strategy: Any, *, seed: int, secure: bool = True,
    defence: Any = "none", steps: int = 1, rate: float = 0.6, drop: int = 0, poison: int = 0, least: int = 3,
) -> Floats:  # fmt: skip
    """Weights after a training over sites with these rows, in this process."""
    from mesh.adapters.federation.rehearsal import here, poisoner
    from mesh.adapters.federation.site import Site
    from mesh.adapters.federation.training import terms_of

    plan = TrainingPlan(
        kind="eval",
        epsilon=epsilon,
        rounds=ROUNDS,
        strategy=strategy,
        secure_aggregation=secure,
        defence=defence,
    )
    sites = {
        number: Site(
            fit, held, np.random.default_rng([seed, number]), least_records=1,
            tamper=poisoner(seed) if number <= poison else None,
        )
        for number, (fit, held) in enumerate(parts, start=1)
    }  # fmt: skip
    draft = terms_of("eval", parts[0][0].x.shape[1], 2, plan, steps=steps, rate=rate)
    return here(sites, draft, least, lambda _: None, dropping=drop).weights


def over_sites(y: Integers) -> Integers:
    """The site of each record: for each outcome a Dirichlet draw of the sites' shares, none below 3 %."""
    draw = np.random.default_rng(SITES_SEED)
    site = np.empty(len(y), dtype=np.int64)
    for outcome in (0, 1):
        shares = 0.03 + (1 - 0.03 * SITES) * draw.dirichlet(np.full(SITES, ALPHA))
        chosen = np.flatnonzero(y == outcome)
        site[chosen] = draw.choice(SITES, len(chosen), p=shares)
    return site


def _site_rows(
    x: Floats, y: Integers, mine: NDArray[np.bool_], fit: NDArray[np.bool_], test: NDArray[np.bool_]
) -> tuple[Rows, Rows]:
    records = np.arange(len(y))
    return tuple(Rows(x[c], y[c], records[c]) for c in (mine & fit, mine & test))  # type: ignore[return-value]


def _local(x: Floats, y: Integers, site: Integers, fit: NDArray[np.bool_], test: NDArray[np.bool_]) -> Floats:
    """AUC of each site's own model on all test rows."""
    model = learner(x.shape[1], 2)
    found = []
    for number in range(SITES):
        mine = fit & (site == number)
        rows = Rows(x[mine], y[mine], np.arange(len(y))[mine])
        found.append(_auc(model, _best(rows), x[test], y[test]))
    return np.array(found)


def _best(rows: Rows) -> Floats:
    """Weights learnt from all of these rows in one place, without privacy."""
    model = learner(rows.x.shape[1], 2)
    return descent(model, np.zeros(model.size), rows, 0.5, 0.001, 300)


def _split(
    rows: int, seed: int, share: float = 0.2, group: Integers | None = None
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    draw = np.random.default_rng(seed)
    test = np.zeros(rows, dtype=bool)
    for one in np.unique(group) if group is not None else [None]:
        members = np.flatnonzero(group == one) if group is not None else np.arange(rows)
        test[draw.permutation(members)[: round(share * len(members))]] = True
    return ~test, test


def _telco(data: Path, train: Path | None) -> tuple[Floats, Integers, NDArray[np.bool_]]:
    """Inputs, outcomes, and which rows are of `train`. Which texts a column may hold is taken as public."""
    theirs, ours = _rows(train) if train else [], _rows(data)
    rows = theirs + ours
    if any(row["Churn"] not in ("Yes", "No") for row in rows):
        raise ValueError("Churn must be Yes or No")
    columns: list[Floats] = []
    for name, scale in NUMBERS.items():
        values = np.array([float(row[name].strip() or 0) for row in rows])
        columns.append(2 * values / scale - 1)
        if name == "tenure":
            columns += [np.where(values <= step, 0.5, -0.5) for step in STEPS_OF_TENURE]
    for name in (n for n in rows[0] if n not in ("customerID", "Churn", *NUMBERS)):
        texts = sorted({row[name] for row in theirs or ours} - IMPLIED)
        # All but one of them, which the others tell; as if each were as frequent as another: what is frequent
        # would have to be paid for.
        for text in texts[1:]:
            columns.append(np.array([row[name] == text for row in rows], dtype=np.float64) - 1 / len(texts))
    y = np.array([row["Churn"] == "Yes" for row in rows], dtype=np.int64)
    return np.stack(columns, axis=1), y, np.arange(len(rows)) < len(theirs)


def _heart(data: Path, train: Path | None) -> tuple[Floats, Integers, Integers, NDArray[np.bool_]]:
    theirs, ours = _rows(train) if train else [], _rows(data)
    rows = theirs + ours
    columns: list[Floats] = [
        np.array([(float(row[name]) - middle) / spread if row[name] else 0.0 for row in rows])
        for name, (middle, spread) in HEART.items()
    ]
    columns += [
        np.array([row[name] != "" and float(row[name]) == value for row in rows], dtype=float)
        for name, values in HEART_CLASSES.items()
        for value in values
    ]
    y = np.array([int(float(row["disease"])) for row in rows], dtype=np.int64)
    site = np.array([int(row["center"]) for row in rows], dtype=np.int64)
    return np.stack(columns, axis=1), y, site, np.arange(len(rows)) < len(theirs)


def _names(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return next(csv.reader(handle), [])


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


def _auc(model: Any, weights: Floats, x: Floats, y: Integers) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(y, model.scores(weights, x)[:, 0]))


def _accuracy(model: Any, weights: Floats, x: Floats, y: Integers) -> float:
    return float(np.mean((model.scores(weights, x)[:, 0] > 0) == (y == 1)))
