"""The churn model as it is served: an ONNX graph of the log-odds of leaving and of each input's part.

The graph holds the tables of an additive model with pairs; its metadata (`About`) says how far to trust it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from mesh.kit.problem import Unavailable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NETWORK = "client_health"
FILE = "churn.onnx"
METADATA = "churn"
COVERAGE = 0.9


class About(BaseModel):
    """What a churn model says of itself. Log-odds are calibrated; `typical` and `spread` go by feature."""

    model_config = ConfigDict(frozen=True)

    name: str
    version: str
    features: tuple[str, ...]
    trained_on: str
    simulated: bool
    snapshots: int
    departures: int
    horizon_days: int
    base: float
    typical: dict[str, float]
    stays_to: float
    leaves_from: float
    interval_at: tuple[float, ...]
    interval_low: tuple[float, ...]
    interval_high: tuple[float, ...]
    # ISO date of the last outcome that was learnt from; empty for outcomes of other MSPs.
    seen_until: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the model says of one client. `effects` are signed log-odds by feature; with the base of the model
    they add up to `log_odds`. `low` and `high` bound the probability."""

    log_odds: float
    effects: dict[str, float]
    probability: float
    low: float
    high: float
    may_stay: bool
    may_leave: bool


class ChurnModel(Protocol):
    """A churn model ready to be asked, whatever it is made of."""

    about: About

    def read(self, clients: Sequence[Mapping[str, float | None]]) -> list[Reading]:
        """One reading for each client, given by feature; what is absent or None is unknown."""

    def read_table(self, x: "NDArray[np.floating[Any]]") -> list[Reading]:
        """The same of a table (clients, features) in the order of `about.features`, NaN for the unknown."""


class Churn:
    """A churn model in an ONNX graph."""

    def __init__(self, content: bytes) -> None:
        """Reads the graph. Raises Unavailable for what is none."""
        from onnxruntime import InferenceSession, SessionOptions
        from onnxruntime.capi import onnxruntime_pybind11_state as faults

        options = SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            self._session = InferenceSession(content, options, providers=["CPUExecutionProvider"])
            said = self._session.get_modelmeta().custom_metadata_map.get(METADATA, "")
            self.about = About.model_validate_json(said)
        except _unreadable(faults) as fault:
            raise Unavailable("The churn model cannot be read; train it again.") from fault

    def read(self, clients: Sequence[Mapping[str, float | None]]) -> list[Reading]:
        """One reading for each client."""
        return self.read_table(table(self.about, clients))

    def read_table(self, x: "NDArray[np.floating[Any]]") -> list[Reading]:
        """The same of a table."""
        import numpy as np

        log_odds, effects = self._session.run(None, {"features": x.astype(np.float32)})
        return [
            reading(self.about, float(one), by_feature)
            for one, by_feature in zip(log_odds, effects.tolist(), strict=True)
        ]


def table(about: About, clients: Sequence[Mapping[str, float | None]]) -> "NDArray[np.float32]":
    """Clients as rows (clients, features), NaN for what is absent or None."""
    import numpy as np

    names = about.features
    x = [[math.nan if (v := client.get(name)) is None else v for name in names] for client in clients]
    return np.array(x, dtype=np.float32).reshape(-1, len(names))


def reading(about: About, log_odds: float, effects: list[float]) -> Reading:
    """What log-odds and their parts by feature say, with the bounds that the model tells of itself."""
    import numpy as np

    chance = probability(log_odds)
    low = float(np.interp(log_odds, about.interval_at, about.interval_low))
    high = float(np.interp(log_odds, about.interval_at, about.interval_high))
    return Reading(
        log_odds=log_odds,
        effects=dict(zip(about.features, effects, strict=True)),
        probability=chance,
        low=min(low, chance),
        high=max(high, chance),
        may_stay=log_odds <= about.stays_to,
        may_leave=log_odds >= about.leaves_from,
    )


def _unreadable(faults: Any) -> tuple[type[Exception], ...]:
    """What ONNX Runtime raises for a graph that is none."""
    names = ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NotImplemented")
    return (ValidationError, *(getattr(faults, name) for name in names))


def probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


def health(log_odds: float, base: float) -> float:
    """0 to 100: 50 for a client of whom nothing is known, and as many odds on staying against that client's.

    >>> health(-3.0, -3.0), round(health(-1.0, -3.0), 1)
    (50.0, 11.9)
    """
    return 100 * probability(base - log_odds)


@lru_cache(maxsize=4)
def from_file(folder: Path, sha256: str) -> Churn:  # noqa: ARG001 - a changed file is another model
    """The model in a folder of the model store."""
    return Churn((folder / FILE).read_bytes())


@lru_cache(maxsize=32)
def from_bytes(content: bytes) -> Churn:
    """A tenant's own model; the content is what it is remembered by."""
    return Churn(content)
