"""What a training over several MSPs is asked for and tells: the port `Federation` and its words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Strategy = Literal["fedavg", "fedavgm", "fedprox", "fedadam"]
Defence = Literal["none", "trimmed_mean", "krum"]
DELTA = 1e-5


class Rehearsal(BaseModel):
    """Made-up sites with made-up records, drawn from a seed: what a training would do, on nobody's rows."""

    model_config = ConfigDict(extra="forbid", strict=True)

    sites: int = Field(default=5, ge=3, le=20)
    records: int = Field(default=400, ge=100, le=20_000, description="At all sites together")
    seed: int = Field(default=0, ge=0, le=2**32 - 1)
    dropping: int = Field(default=0, ge=0, le=6, description="Sites that fall silent in the middle of rounds")
    poisoning: int = Field(default=0, ge=0, le=4, description="Sites that send what no record supports")


class TrainingPlan(BaseModel):
    """One training. Without `sites` every MSP that agreed is invited."""

    model_config = ConfigDict(frozen=True)

    kind: str
    sites: tuple[str, ...] = ()
    least_sites: int = 3
    epsilon: float
    delta: float = DELTA
    rounds: int
    strategy: Strategy
    secure_aggregation: bool
    defence: Defence
    rehearsal: Rehearsal | None = None


class RoundTold(BaseModel):
    """One round. `auc` is of the shared model on held-out records, where that was measured in this round."""

    round: int
    sites_in: int
    sites_dropped: int
    repeated: int = Field(default=0, description="How often the round was lost and begun again")
    auc: FiniteFloat | None = None


class SiteTold(BaseModel):
    """One site, by number: names of MSPs are not told. `epsilon` is what its records paid."""

    site: str
    you: bool = False
    rounds_in: int
    rounds_dropped: int
    epsilon: FiniteFloat
    why_out: str | None = Field(default=None, description="Why it took no part; null: it did")


class Measured(BaseModel):
    """AUC of one way to learn, on the same held-out records; null where it was not or may not be measured."""

    auc: FiniteFloat | None
    note: str


class Outcome(BaseModel):
    """What came of a training."""

    kept: bool
    why: str
    version: str | None = Field(default=None, description="Of the model that was made, kept or not")
    sha256: str | None = None
    parent: str | None = Field(default=None, description="Version it was compared with and would replace")
    rounds: list[RoundTold]
    sites: list[SiteTold]
    federated: Measured
    in_use: Measured
    local_only: Measured
    pooled: Measured
    epsilon: FiniteFloat = Field(description="The most any record paid, over all rounds and measurements")
    delta: FiniteFloat
    noise_multiplier: FiniteFloat = Field(description="Standard deviation of a round's noise, in clips")
    simulated: bool


class ModelVersion(BaseModel):
    """A version in the tenant's store of shared models."""

    version: str
    sha256: str
    parent: str | None
    made_at: str
    sites: int
    epsilon: FiniteFloat
    in_use: bool
    simulated: bool
    withdrawn: bool = Field(default=False, description="An MSP took its part back: it serves nobody any more")


@dataclass(frozen=True, slots=True)
class SharedModel:
    """The shared version in use, as an agent serves it: linear in scaled inputs.

    `scales` give a middle and a spread for each of `inputs`, both public: a value counts as
    tanh((value - middle) / (2 spread)), an unknown one as 0. `weights` has a constant first; for more than
    two classes it is a table (inputs + 1, classes), row by row.
    """

    version: ModelVersion
    inputs: tuple[str, ...]
    scales: tuple[tuple[float, float], ...]
    classes: tuple[str, ...]
    weights: "NDArray[np.float64]"


class Federation(Protocol):
    """Trainings that the tenant asks for, and the versions they left with it."""

    def kinds(self) -> Sequence[str]:
        """The kinds of models that can be trained."""

    def train(self, plan: TrainingPlan, tell: Callable[[RoundTold], None]) -> Outcome:
        """Train over the sites that agreed, telling of each round as it ends.

        Raises Invalid when too few take part, Unavailable when what it takes is not installed.
        """

    def versions(self, kind: str) -> Sequence[ModelVersion]:
        """The tenant's versions of a kind, newest first."""

    def serving(self, kind: str) -> SharedModel | None:
        """The tenant's shared version in use, or None. Raises Unavailable where it is damaged."""

    def roll_back(self, kind: str) -> ModelVersion | None:
        """Go back to the version before the one in use; None: none is in use now. Raises NotFound."""
