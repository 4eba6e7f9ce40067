"""The public tables that federated learning is scored on, read, scaled by constants, and split over sites."""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mesh.sharing.federation_learner import Floats, Integers, Rows

SITES, SITES_SEED, ALPHA = 10, 20251122, 1.0
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


def over_sites(y: Integers) -> Integers:
    """The site of each record: for each outcome a Dirichlet draw of the sites' shares, none below 3 %."""
    draw = np.random.default_rng(SITES_SEED)
    site = np.empty(len(y), dtype=np.int64)
    for outcome in (0, 1):
        shares = 0.03 + (1 - 0.03 * SITES) * draw.dirichlet(np.full(SITES, ALPHA))
        chosen = np.flatnonzero(y == outcome)
        site[chosen] = draw.choice(SITES, len(chosen), p=shares)
    return site


def site_rows(
    x: Floats, y: Integers, mine: NDArray[np.bool_], fit: NDArray[np.bool_], test: NDArray[np.bool_]
) -> tuple[Rows, Rows]:
    records = np.arange(len(y))
    return tuple(Rows(x[c], y[c], records[c]) for c in (mine & fit, mine & test))  # type: ignore[return-value]


def split(
    rows: int, seed: int, share: float = 0.2, group: Integers | None = None
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    draw = np.random.default_rng(seed)
    test = np.zeros(rows, dtype=bool)
    for one in np.unique(group) if group is not None else [None]:
        members = np.flatnonzero(group == one) if group is not None else np.arange(rows)
        test[draw.permutation(members)[: round(share * len(members))]] = True
    return ~test, test


def telco_table(data: Path, train: Path | None) -> tuple[Floats, Integers, NDArray[np.bool_]]:
    """Inputs, outcomes, and which rows are of `train`. Which texts a column may hold is taken as public."""
    theirs, ours = rows_of(train) if train else [], rows_of(data)
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


def heart_table(data: Path, train: Path | None) -> tuple[Floats, Integers, Integers, NDArray[np.bool_]]:
    theirs, ours = rows_of(train) if train else [], rows_of(data)
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


def names(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return next(csv.reader(handle), [])


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))
