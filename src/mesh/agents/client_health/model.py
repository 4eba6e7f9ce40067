"""The question and the answer."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, create_model, model_validator

from mesh.agents.client_health.features import FEATURES, HORIZON_DAYS, NAMES
from mesh.kit.records import Name

MOST_CLIENTS = 500
Status = Literal["ok", "left", "no_history", "unknown"]
Outcome = Literal["stays", "leaves"]
Scope = Literal["network", "shared", "own"]


class _Inputs(BaseModel):
    model_config = ConfigDict(extra="forbid")


def _field(low: float, high: float, meaning: str, unit: str) -> Any:
    kind = Annotated[FiniteFloat, Field(ge=low, le=high)] | None
    return (kind, Field(default=None, description=f"{meaning} ({unit})"))


# A field for each feature, so that OpenAPI names all of them with their units and bounds.
Inputs: Any = create_model(
    "Inputs",
    __base__=_Inputs,
    __doc__="The features of a client; one that is left out or null is unknown, which counts as neutral.",
    **{f.name: _field(f.low, f.high, f.meaning, f.unit) for f in FEATURES},
)


class GivenClient(Inputs):  # type: ignore[misc]
    """One of several clients: its features, by a name of the asker's."""

    client_id: Name


class Question(Inputs):  # type: ignore[misc]
    """A stored client by `client_id`, or the features of one, or several `clients`.

    With both `client_id` and features, what is given counts and the stored history fills the rest.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"anyOf": [{"required": [name]} for name in ("client_id", "clients", *NAMES)]},
    )

    client_id: Name | None = Field(default=None, description="Whose stored history to read")
    clients: Annotated[list[GivenClient], Field(min_length=1, max_length=MOST_CLIENTS)] | None = Field(
        default=None, description="Several clients with their features, each with an id of its own"
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = inputs(self)
        if self.clients is not None:
            if given or self.client_id is not None:
                raise ValueError("give clients, or one client by its id or features, not both")
            ids = [one.client_id for one in self.clients]
            twice = sorted({one for one in ids if ids.count(one) > 1}) if len(set(ids)) < len(ids) else []
            if twice:
                raise ValueError(f"clients: two have the id {twice[0][:60]!r}; each needs one of its own")
        elif not given and self.client_id is None:
            raise ValueError("give the client_id of a stored client, or features such as ticket_volume")
        return self


def inputs(of: BaseModel) -> dict[str, float]:
    """The features given in a question or client, by name."""
    return {name: value for name in NAMES if (value := getattr(of, name)) is not None}


class Interval(BaseModel):
    """Bounds of the churn probability (Venn-Abers): how often clients with such a score left, with this one
    counted first as one that stayed, then as one that left. Narrow where many clients are alike."""

    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)


class Outlook(BaseModel):
    """Which clients this one is like: those that stay, those that leave, or either. The true outcome is among
    those named `coverage` of the time, for clients that stay and for clients that leave alike (conformal
    prediction by class). It says nothing of how many there are of each: that is the probability's part."""

    coverage: float
    resembles: list[Outcome]


class Driver(BaseModel):
    """What one input does. `effect` is signed, in log-odds: above zero speaks for leaving. The effects of all
    drivers and `base_log_odds` add up to `log_odds`."""

    feature: str
    words: str
    value: float
    unit: str
    typical: float | None = Field(
        description="The middle one of the clients the model learnt from; of a shared model, which knows none"
        " of them, the public value it is scaled about"
    )
    effect: float
    odds_factor: float = Field(description="What it multiplies the odds of leaving by")
    sentence: str


class Action(BaseModel):
    """What can be done about a driver. `probability_if_typical` is what the model would say if that one input
    were typical and all others stayed: a reckoning, not a promise."""

    action: str
    because: str
    feature: str
    probability_if_typical: float


class Health(BaseModel):
    """How one client stands. Numbers are null where `status` is not ok, and `message` says why."""

    client_id: str | None = None
    name: str = ""
    status: Status
    message: str
    churn_probability: float | None = Field(default=None, ge=0, le=1)
    interval: Interval | None = None
    outlook: Outlook | None = None
    health_score: float | None = Field(default=None, ge=0, le=100)
    log_odds: float | None = None
    drivers: list[Driver] = []
    actions: list[Action] = []
    missing: list[str] = Field(default=[], description="Inputs that are unknown: they have no effect")
    given: list[str] = Field(default=[], description="Inputs from the question rather than stored history")


class Lineage(BaseModel):
    """Where a version comes from that MSPs learnt together. `parent` is the version it replaced; `epsilon` is
    the most that a client's record paid for it."""

    model_config = ConfigDict(extra="ignore")

    version: str
    parent: str | None
    made_at: str
    sites: int
    epsilon: float


class ModelReport(BaseModel):
    """Which model answered, and what it learnt from."""

    model_config = ConfigDict(protected_namespaces=())

    scope: Scope = Field(description="The one that is shipped, one that MSPs learnt together, or their own")
    trained_on: str
    simulated: bool = Field(description="Learnt from simulated MSPs")
    snapshots: int | None = Field(description="null where MSPs learnt together: nobody counts theirs")
    departures: int | None
    sha256: str
    lineage: Lineage | None = Field(default=None, description="Of a version that MSPs learnt together")


class Answer(Health):
    """The health of the client asked about; of several, each is in `clients`, the likeliest to leave first,
    and the numbers here are null."""

    horizon_days: int = HORIZON_DAYS
    base_log_odds: float = Field(description="Of a client of whom nothing is known")
    clients: list[Health] = []
    learnt: ModelReport
    notes: list[str] = []
