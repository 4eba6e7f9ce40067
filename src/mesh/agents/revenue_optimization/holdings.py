"""Which client buys which service, month by month, and what else is known of the clients."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log2
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesh.agents.revenue_optimization.history import History
from mesh.agents.revenue_optimization.panel import Floats

HELD_WITHIN = 2  # a service invoiced in one of the last so many months is held
RECURRING = 0.7  # of the months from the first to the last invoice, so many have one
LEAST_RECURRING = 3  # months; a service nobody has held for longer is not known to recur
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Holdings:
    """`amounts` has shape (clients, services, months); `held` the same, by the rule above.

    `size` is the base-2 logarithm of the seats, NaN where unknown; `industry` is a number, -1 where unknown.
    """

    clients: list[str]
    names: list[str]
    services: list[str]
    amounts: Floats
    held: Flags
    size: Floats
    industry: NDArray[np.int64]
    left: Flags

    @property
    def months(self) -> int:
        return int(self.amounts.shape[2])

    def active(self, month: int) -> NDArray[np.int64]:
        """Places of the clients that hold anything in a month."""
        return np.flatnonzero(self.held[:, :, month].any(axis=1))


def holdings(history: History, rows: Iterable[Mapping[str, Any]]) -> Holdings:
    """From amounts by client and service, and the stored clients. Services that do not recur are left out."""
    cells = {(c, s): amounts for (c, s), amounts in history.cells.items() if c is not None and s is not None}
    clients = sorted({client for client, _ in cells})
    services = sorted({service for _, service in cells})
    amounts = np.zeros((len(clients), len(services), history.values.size))
    for (client, service), values in cells.items():
        amounts[clients.index(client), services.index(service)] = values
    kept = [place for place in range(len(services)) if _recurs(amounts[:, place])]
    amounts = amounts[:, kept]
    known = {str(row["id"]): row for row in rows}
    of = [known.get(client, {}) for client in clients]
    return Holdings(
        clients=clients,
        names=[str(row.get("name", client)) for client, row in zip(clients, of, strict=True)],
        services=[services[place] for place in kept],
        amounts=amounts,
        held=_held(amounts),
        size=np.array([log2(max(row["seats"], 1)) if row.get("seats") is not None else np.nan for row in of]),
        industry=_numbered([row.get("industry") for row in of]),
        left=np.array([bool(row.get("left_at")) for row in of], dtype=bool),
    )


def _recurs(amounts: Floats) -> bool:
    """Whether the clients that buy a service are invoiced for it month after month."""
    months, spans = 0, 0
    for row in amounts:
        invoiced = np.flatnonzero(row > 0)
        if invoiced.size:
            months += invoiced.size
            spans += int(invoiced[-1] - invoiced[0]) + 1
    longest = int((amounts > 0).sum(axis=1).max(initial=0))
    return bool(spans and months >= RECURRING * spans and longest >= LEAST_RECURRING)


def _held(amounts: Floats) -> Flags:
    held = amounts > 0
    for back in range(1, HELD_WITHIN):
        held[:, :, back:] |= amounts[:, :, :-back] > 0
    return held


def _numbered(values: list[str | None]) -> NDArray[np.int64]:
    known = sorted({value for value in values if value})
    return np.array([known.index(value) if value else -1 for value in values], dtype=np.int64)
