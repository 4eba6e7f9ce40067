"""The question and the answer, and what the status and a roll-back are asked and tell."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from mesh.kit.federation import Defence, Measured, ModelVersion, Rehearsal, RoundTold, SiteTold, Strategy
from mesh.kit.records import Name

ModelType = Literal["churn", "threat_techniques"]
MOST_ROUNDS = 100
MOST_SITES = 200


class Question(BaseModel):
    """A training over the MSPs that agreed to take part, or a rehearsal of one on made-up sites."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=(), allow_inf_nan=False)

    model_type: ModelType = Field(description="What is learnt")
    participating_msps: list[Name] | Annotated[int, Field(ge=3, le=MOST_SITES, strict=True)] = Field(
        default=3,
        description="Ids of MSPs to invite, at most 200, or how many must take part at least. Whoever did not"
        " agree takes no part, and it is not told who that is",
    )
    privacy_epsilon: Annotated[FiniteFloat, Field(ge=0.05, le=10)] = Field(
        default=1.0, description="The most that a client record may pay in this training, at delta 1e-5"
    )
    rounds: Annotated[int, Field(ge=2, le=MOST_ROUNDS)] = 60
    strategy: Strategy = Field(default="fedavgm", description="fedprox goes without secure aggregation only")
    secure_aggregation: bool = Field(default=True, description="Only sums are seen, never a site's part")
    defence: Defence = Field(
        default="none", description="Against sites that send poison; cannot go with secure aggregation"
    )
    rehearsal: Rehearsal | None = Field(
        default=None, description="Rehearse on made-up sites instead: nobody's records are touched"
    )

    @model_validator(mode="after")
    def _lists_are_bounded(self) -> "Question":
        if isinstance(self.participating_msps, list) and not 1 <= len(self.participating_msps) <= MOST_SITES:
            raise ValueError(f"participating_msps names 1 to {MOST_SITES} MSPs")
        if self.rehearsal and self.rehearsal.dropping > (self.rehearsal.sites - 1) // 3:
            raise ValueError("rehearsal.dropping leaves too few sites: more than two thirds must stay")
        return self


class Answer(BaseModel):
    """What came of the training. AUC is of held-out records; each figure says which."""

    model_config = ConfigDict(protected_namespaces=())

    model_type: ModelType
    status: Literal["kept", "not_kept", "rehearsed"]
    why: str
    model_version: str | None = Field(description="Of the model that was made, kept or not")
    sha256: str | None
    parent_version: str | None
    rounds: list[RoundTold]
    sites: list[SiteTold]
    sites_in: int
    sites_out: int
    federated: Measured
    in_use: Measured
    local_only: Measured
    pooled: Measured
    epsilon_spent: FiniteFloat = Field(description="The most that any client record paid, in all rounds")
    delta: FiniteFloat
    privacy_unit: str
    noise_multiplier: FiniteFloat = Field(description="Noise of a round's sum, in clips of one record's part")
    strategy: Strategy
    secure_aggregation: bool
    defence: Defence


class StatusQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", protected_namespaces=())

    model_type: ModelType | None = None


class Progress(BaseModel):
    """A training of this MSP's, as far as it has come."""

    model_config = ConfigDict(protected_namespaces=())

    training_id: str
    model_type: ModelType
    state: Literal["running", "kept", "not_kept", "failed"]
    started_at: datetime
    updated_at: datetime
    rounds_planned: int
    rounds: list[RoundTold] = []
    sites: list[SiteTold] = []
    federated: Measured | None = None
    in_use: Measured | None = None
    local_only: Measured | None = None
    pooled: Measured | None = None
    model_version: str | None = None
    epsilon_asked: float
    epsilon_spent: float | None = None
    why: str = ""


class Status(BaseModel):
    """This MSP's trainings, newest first, and the versions of shared models it has."""

    model_config = ConfigDict(protected_namespaces=())

    trainings: list[Progress]
    versions: dict[str, list[ModelVersion]]


class RollBack(BaseModel):
    model_config = ConfigDict(extra="forbid", protected_namespaces=())

    model_type: ModelType


class RolledBack(BaseModel):
    model_config = ConfigDict(protected_namespaces=())

    model_type: ModelType
    now_in_use: ModelVersion | None = Field(description="null: no shared model is in use any more")
    message: str
