"""The churn model that MSPs learnt together, as it is served here: linear in scaled inputs, so that each
input's part is exact, and calibrated on this MSP's own clients where that was possible.

The weights are the mesh's, by the port `Federation`; what fits them to this MSP is a blob of its own, made on
its own side when the version came (`learning/together.py`).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from mesh.agents.client_health.churn import About, Reading, reading, table
from mesh.agents.client_health.features import HORIZON_DAYS, NAMES
from mesh.kit.federation import SharedModel
from mesh.kit.ports import Blobs
from mesh.kit.problem import Unavailable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FOLDER = "models/client-health-shared"
# What is not bounded: any outcome is possible beyond it.
FAR = 1e6


class Fit(BaseModel):
    """What makes a version's log-odds this MSP's: `slope` and `shift`; the rest is in the log-odds they give.
    `clients` and `departures` of this MSP are what it was learnt from; without any, nothing is bounded."""

    model_config = ConfigDict(frozen=True)

    slope: float = 1.0
    shift: float = 0.0
    stays_to: float = FAR
    leaves_from: float = -FAR
    at: tuple[float, ...] = (0.0,)
    low: tuple[float, ...] = (0.0,)
    high: tuple[float, ...] = (1.0,)
    clients: int = 0
    departures: int = 0


class SharedChurn:
    """A shared version, ready to be asked."""

    def __init__(self, shared: SharedModel, fit: Fit) -> None:
        """Raises Unavailable for a version over other inputs than are known here."""
        import numpy as np

        size = len(shared.inputs)
        sound = len(shared.scales) == size and shared.weights.shape == (size + 1,)
        if not sound or not set(shared.inputs) <= set(NAMES):
            raise Unavailable(
                f"The shared churn model {shared.version.version} is over inputs that client health does not "
                "know; go back to the one before, or train again."
            )
        self.fit = fit
        self._middle, self._spread = (np.array([s[place] for s in shared.scales]) for place in (0, 1))
        self._weights = fit.slope * shared.weights[1:]
        self.about = _about(shared, fit)

    def read(self, clients: Sequence[Mapping[str, float | None]]) -> list[Reading]:
        """One reading for each client."""
        return self.read_table(table(self.about, clients))

    def read_table(self, x: "NDArray[np.floating[Any]]") -> list[Reading]:
        """The same of a table."""
        import numpy as np

        scaled = np.tanh((x.astype(np.float64) - self._middle) / (2 * self._spread))
        effects = np.nan_to_num(scaled, nan=0.0) * self._weights
        return [
            reading(self.about, self.about.base + float(parts.sum()), parts.tolist()) for parts in effects
        ]


def fit_of(blobs: Blobs, sha256: str) -> Fit:
    """How the version with this SHA-256 was fitted here; as it came, where it was not."""
    raw = blobs.get(name_of(sha256))
    try:
        return Fit() if raw is None else Fit.model_validate_json(raw)
    except ValidationError as fault:
        raise Unavailable("What fits the shared churn model to this MSP is damaged; train again.") from fault


def name_of(sha256: str) -> str:
    return f"{FOLDER}/{sha256}.json"


def _about(shared: SharedModel, fit: Fit) -> About:
    told = shared.version
    where = f"records that stayed with each of {told.sites} MSPs"
    return About(
        name="federated-churn",
        version=told.version,
        features=shared.inputs,
        trained_on=f"{where}{', simulated' if told.simulated else ''}",
        simulated=told.simulated,
        snapshots=0,
        departures=0,
        horizon_days=HORIZON_DAYS,
        base=fit.slope * float(shared.weights[0]) + fit.shift,
        typical={name: middle for name, (middle, _) in zip(shared.inputs, shared.scales, strict=True)},
        stays_to=fit.stays_to,
        leaves_from=fit.leaves_from,
        interval_at=fit.at,
        interval_low=fit.low,
        interval_high=fit.high,
    )
