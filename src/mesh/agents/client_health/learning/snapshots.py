"""Snapshots of clients, month by month, with what happened in the 90 days after each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from mesh.agents.client_health.features import HORIZON_DAYS, NAMES
from mesh.agents.client_health.history import DAY, History
from mesh.agents.client_health.moment import features

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# Before this a client has no history that could be read.
SETTLED_DAYS = 60.0
FIRST_DAYS = 180


@dataclass(frozen=True)
class Snapshots:
    """`x` (n, features) with NaN for what is not known; `left` (n,) 1 where the client left within the
    horizon; `client` numbers the clients; `at` is the time in days since 1970."""

    x: Floats
    left: Ints
    client: Ints
    at: Floats

    def part(self, chosen: NDArray[np.bool_]) -> "Snapshots":
        return Snapshots(self.x[chosen], self.left[chosen], self.client[chosen], self.at[chosen])

    def departures(self) -> int:
        """How many clients left; one that left is in up to three snapshots."""
        return len(set(self.client[self.left == 1].tolist()))


def moments(first: datetime, last: datetime) -> Iterator[datetime]:
    """The first days of months from `first`, the last such that the horizon ends by `last`."""
    first, until = first.astimezone(UTC), last.astimezone(UTC) - timedelta(days=HORIZON_DAYS)
    month = 12 * first.year + first.month
    while (moment := datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)) <= until:
        yield moment
        month += 1


def snapshots(histories: Sequence[History], now: datetime) -> Snapshots:
    """All snapshots whose horizon has passed by `now`, from half a year after the first ticket on."""
    rows: list[list[float]] = []
    left: list[int] = []
    clients: list[int] = []
    times: list[float] = []
    began = [history.began for history in histories if history.began is not None]
    first = datetime.fromtimestamp(min(began) * DAY, UTC) if began else now
    for moment in moments(first + timedelta(days=FIRST_DAYS), now):
        at = moment.timestamp() / DAY
        for number, history in enumerate(histories):
            if history.began is None or history.began > at - SETTLED_DAYS:
                continue
            if history.left is not None and history.left <= at:
                continue
            found = features(history, moment, long_ago=True)
            rows.append([np.nan if (v := found[name]) is None else v for name in NAMES])
            left.append(int(history.left is not None and history.left <= at + HORIZON_DAYS))
            clients.append(number)
            times.append(at)
    x = np.array(rows, dtype=np.float64).reshape(-1, len(NAMES))
    return Snapshots(x, np.array(left, dtype=np.int64), np.array(clients, dtype=np.int64), np.array(times))
