"""How hard the simulated world is: who leaves, and what is bought next, foreseen from the rows alone.

    .venv/bin/python -m tests.demo.how_hard [SEED]

Figures in src/mesh/demo/README.md come from here.
"""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesh.demo.market import PROJECTS, SERVICES
from mesh.demo.world import Msp, world

UNTIL = datetime(2026, 11, 22, 9, tzinfo=UTC)
MONTH = 30.44
DAYS = 90
# Columns of the features: how slowly tickets were resolved, and how they were scored.
SLOWNESS, SCORE = 1, 7
NAMES = [service.name for service in SERVICES]
Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Samples:
    """`features` (samples, features), NaN where not known; `truth` and the MSP of each sample."""

    features: Floats
    truth: NDArray[np.bool_]
    group: Whole


def day(texts: Iterable[str]) -> Floats:
    """Days since 1970 of rows' times."""
    moments = np.array([text.rstrip("Z") for text in texts], dtype="datetime64[s]")
    return moments.astype(np.float64) / 86_400


def leavers(msps: Iterable[Msp]) -> Samples:
    """For each client and month: features of its last 90 days, and whether it left within 3 months."""
    parts = [_leavers(one, number) for number, one in enumerate(msps)]
    return Samples(
        np.vstack([part.features for part in parts]),
        np.concatenate([part.truth for part in parts]),
        np.concatenate([part.group for part in parts]),
    )


def _leavers(one: Msp, number: int) -> Samples:
    clients, tickets = one.rows["clients"], one.rows["tickets"]
    place = {row["id"]: at for at, row in enumerate(clients)}
    since, renews = day(c["since"] for c in clients), day(c["renews_at"] for c in clients)
    left = day(c.get("left_at", "2100-01-01") for c in clients)
    who = np.array([place[t["client_id"]] for t in tickets])
    at, due = day(t["at"] for t in tickets), day(t["due_at"] for t in tickets)
    done = day(t.get("resolved_at", "2100-01-01") for t in tickets)
    score = np.array([t.get("satisfaction_score", np.nan) for t in tickets], dtype=np.float64)
    columns = (
        np.log(np.clip((done - at) / (due - at), 0.001, 20)),
        (done > due).astype(np.float64),
        np.array([t["reopened"] for t in tickets], dtype=np.float64),
        score,
        np.array([not t.get("escalation_answered", True) for t in tickets], dtype=np.float64),
    )
    months = np.unique(day(r["at"] for r in one.rows["revenue"]))
    amount, seats = _invoiced(one, place, months)
    features, truth = [], []
    for month in range(6, len(months) - 4):
        now = months[month]
        there = (since < now - 100) & (left > now)
        recent, before = (at < now) & (at >= now - DAYS), (at < now - DAYS) & (at >= now - 3 * DAYS)
        rows = [np.log1p(np.bincount(who[recent], minlength=len(clients)))]
        for values in columns:
            latest = _means(who, values, recent, len(clients))
            rows += [latest, latest - _means(who, values, before, len(clients))]
        shrunk = np.log(seats[:, month - 1] / seats[:, month - 4])
        dearer = np.log(amount[:, month - 1] / amount[:, month - 4]) - shrunk
        near = ((renews - now) % 365.25 < 4 * MONTH).astype(np.float64)
        rows += [
            shrunk,
            dearer,
            near,
            near * dearer,
            np.log(amount[:, month - 1]),
            np.minimum(now - since, 3_650),
        ]
        features.append(np.stack(rows, axis=1)[there])
        truth.append(left[there] <= now + 3 * MONTH + 1)
    flat = np.concatenate(truth)
    return Samples(np.vstack(features), flat, np.full(len(flat), number))


def _means(who: Whole, values: Floats, where: NDArray[np.bool_], count: int) -> Floats:
    """The mean per client, NaN where there is none."""
    known = where & ~np.isnan(values)
    counts = np.bincount(who[known], minlength=count)
    sums = np.bincount(who[known], weights=values[known], minlength=count)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _invoiced(one: Msp, place: dict[str, int], months: Floats) -> tuple[Floats, Floats]:
    """Per client and month: what recurs, and the seats; NaN where there was no invoice."""
    rows = [row for row in one.rows["revenue"] if row["service"] != PROJECTS]
    who = np.array([place[row["client_id"]] for row in rows])
    when = np.searchsorted(months, day(row["at"] for row in rows))
    amount, seats = np.zeros((2, len(place), len(months)))
    np.add.at(amount, (who, when), [row["amount"] for row in rows])
    seats[who, when] = [row["seats"] for row in rows]
    return np.where(amount > 0, amount, np.nan), np.where(seats > 0, seats, np.nan)


def foreseen(samples: Samples, folds: int = 5) -> float:
    """The AUC of a logistic regression, folds by MSP."""
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(C=0.3, max_iter=2_000))
    told = cross_val_predict(
        model,
        samples.features,
        samples.truth,
        groups=samples.group,
        cv=GroupKFold(folds),
        method="predict_proba",
    )
    return float(roc_auc_score(samples.truth, told[:, 1]))


@dataclass(frozen=True)
class Baskets:
    """`kind` (clients, features); `has` and `buys` (clients, services): before and after the cut."""

    kind: Floats
    has: NDArray[np.bool_]
    buys: NDArray[np.bool_]


def baskets(msps: Iterable[Msp], cut: str = "2026-05-02") -> Baskets:
    """What each client had bought before a day, and what it bought for the first time after it."""
    kinds: list[list[float]] = []
    has, buys = [], []
    industries = sorted({"dental", "healthcare", "legal", "accounting", "finance", "manufacturing"})
    for one in msps:
        first: dict[tuple[str, str], str] = {}
        for row in one.rows["revenue"]:
            key = row["client_id"], row["service"]
            first[key] = min(first.get(key, row["at"]), row["at"])
        for client in one.rows["clients"]:
            dates = [first.get((client["id"], name), "9") for name in NAMES]
            if min(dates) >= cut or client.get("left_at", "9") < cut:
                continue
            one_hot = [float(client["industry"] == name) for name in industries]
            kinds.append([*one_hot, float(np.log2(client["seats"])), float("compliance" in client)])
            has.append([date < cut for date in dates])
            buys.append([cut <= date < "9" for date in dates])
    return Baskets(np.array(kinds), np.array(has), np.array(buys))


def recommended(of: Baskets) -> tuple[float, float]:
    """The AUC over all that clients lack: by how many have a service, and by kind and basket."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    popular = np.tile(of.has.mean(axis=0), (len(of.has), 1))
    score = np.zeros(of.has.shape)
    for number in range(len(NAMES)):
        known = of.has[:, number]
        if 0 < known.sum() < len(known):
            inputs = np.hstack([of.kind, np.delete(of.has, number, axis=1)])
            model = LogisticRegression(C=0.5, max_iter=3_000).fit(inputs, known)
            score[:, number] = model.predict_proba(inputs)[:, 1]
    lacks = ~of.has
    truth = of.buys[lacks]
    return float(roc_auc_score(truth, popular[lacks])), float(roc_auc_score(truth, score[lacks]))


def counted(msps: Sequence[Msp]) -> dict[str, Any]:
    """Rates over all rows."""
    clients = [row for one in msps for row in one.rows["clients"]]
    start, end = day(["2024-11-01"])[0], day([UNTIL.strftime("%Y-%m-%dT%H:%M:%S")])[0]
    since = np.maximum(day(c["since"] for c in clients), start)
    left = np.minimum(day(c.get("left_at", "2100-01-01") for c in clients), end)
    gone = sum("left_at" in c for c in clients)
    tickets = [row for one in msps for row in one.rows["tickets"]]
    late = np.mean([row.get("resolved_at", "9") > row["due_at"] for row in tickets])
    month = [row for one in msps for row in one.rows["revenue"] if row["at"].startswith("2026-11")]
    managed = sum(row["seats"] for row in month if row["service"] == NAMES[0])
    return {
        "clients": len(clients),
        "left": gone,
        "left, share of client years": gone / (np.maximum(left - since, 0).sum() / 365.25),
        "tickets late": late,
        "tickets reopened": np.mean([row["reopened"] > 0 for row in tickets]),
        "tickets open": sum("resolved_at" not in row for row in tickets),
        "dollars a seat": sum(row["amount"] for row in month if row["service"] != PROJECTS) / managed,
    }


def main(seed: int) -> None:
    msps = list(world(seed=seed, until=UNTIL))
    for name, value in counted(msps).items():
        sys.stdout.write(f"{name:<32} {value:,.4g}\n")
    samples = leavers(msps)
    sys.stdout.write(f"{'leave within 3 months':<32} {samples.truth.mean():.4f} of {len(samples.truth):,}\n")
    sys.stdout.write(f"{'AUC, logistic regression':<32} {foreseen(samples):.3f}\n")
    bought = baskets(msps)
    popular, likely = recommended(bought)
    sys.stdout.write(f"{'purchases held out':<32} {bought.buys.sum()}\n")
    sys.stdout.write(
        f"{'AUC, what is popular':<32} {popular:.3f}\n{'AUC, kind and basket':<32} {likely:.3f}\n"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
