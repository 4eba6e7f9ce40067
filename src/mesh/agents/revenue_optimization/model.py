"""The question and the answer."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, model_validator

from mesh.kit.records import Moment, Name

MOST_POINTS = 50_000
MOST_CHANGES = 50
Frequency = Literal["hour", "day", "week", "month", "quarter", "year"]
Status = Literal["ok", "short_history", "no_data"]
Money = Annotated[FiniteFloat, Field(ge=-1e15, le=1e15)]
Percent = Annotated[FiniteFloat, Field(ge=-100, le=1000)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


def _whole_month(given: Any) -> Any:
    """`2026-01` is how invoices often name a month; it stands for its first day."""
    is_month = isinstance(given, str) and len(given) == 7 and given[4] == "-"
    return f"{given}-01" if is_month else given


Day = Annotated[Moment, BeforeValidator(_whole_month)]


class Invoice(BaseModel):
    """One amount at one time; below zero for a credit note, null where it is not known."""

    model_config = ConfigDict(extra="forbid")

    date: Day
    amount: Money | None
    client_id: Name | None = None
    service: Name | None = None
    currency: Currency | None = None
    id: Name | None = None


class PriceChange(BaseModel):
    """A service (or all of them) costs `percent` more from a date on; `lost_percent` of it is then lost."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["price_change"]
    percent: Percent
    starts: Day
    service: Name | None = None
    lost_percent: Annotated[FiniteFloat, Field(ge=0, le=100)] = 0.0


class Churn(BaseModel):
    """Named clients bring nothing from a date on."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["churn"]
    client_ids: Annotated[list[Name], Field(min_length=1, max_length=500)]
    starts: Day


class Renewals(BaseModel):
    """Contracts that run out are renewed at a rate, and at another price.

    Without `client_ids` these are the stored clients whose `renews_at` lies in the time asked for. `date`
    stands for their stored dates.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal["renewals"]
    renewal_rate: Annotated[FiniteFloat, Field(ge=0, le=1)]
    percent: Percent = 0.0
    client_ids: Annotated[list[Name], Field(min_length=1, max_length=500)] | None = None
    date: Day | None = None


Change = Annotated[PriceChange | Churn | Renewals, Field(discriminator="kind")]


class Scenario(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name
    changes: Annotated[list[Change], Field(min_length=1, max_length=MOST_CHANGES)]


class Question(BaseModel):
    """How far to look, and from what: `history`, or the invoices stored as `revenue`."""

    model_config = ConfigDict(extra="forbid")

    period_days: Annotated[int, Field(ge=1, le=3660)] = Field(description="How many days the forecast covers")
    history: Annotated[list[Invoice | Money | None], Field(max_length=MOST_POINTS)] | None = Field(
        default=None,
        description="Dated amounts, or amounts at even steps, oldest first; null is a missing one. "
        "Without it the stored invoices are used",
    )
    frequency: Frequency | None = Field(
        default=None, description="Step of the forecast; else found from the dates, and month for the rest"
    )
    start: Day | None = Field(default=None, description="When the first of undated amounts was")
    current_revenue: Annotated[Money, Field(ge=0)] | None = Field(
        default=None, description="What the step now under way brings as a whole, where it is known"
    )
    by: Literal["total", "service", "client"] = "total"
    currency: Currency | None = Field(default=None, description="The one to forecast in")
    exchange_rates: dict[Currency, Annotated[FiniteFloat, Field(gt=0, le=1e9)]] | None = Field(
        default=None, max_length=50, description="What one unit of another currency is worth in `currency`"
    )
    scenarios: Annotated[list[Scenario], Field(max_length=10)] = []
    opportunities: bool = Field(default=True, description="Say what to sell to whom, from what is stored")
    limit: Annotated[int, Field(ge=1, le=200)] = Field(default=20, description="Most opportunities to name")

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        dated = {isinstance(point, Invoice) for point in self.history or () if point is not None}
        if len(dated) > 1:
            raise ValueError("history has dated and undated amounts: give one kind")
        if dated == {True} and any(point is None for point in self.history or ()):
            raise ValueError("history: a missing amount among dated ones needs its date")
        if self.start is not None and dated != {False}:
            raise ValueError("start goes with undated amounts in history")
        if self.exchange_rates and self.currency is None:
            raise ValueError("exchange_rates need the currency they lead to")
        names = [scenario.name for scenario in self.scenarios]
        if len(set(names)) < len(names):
            raise ValueError("two scenarios have one name")
        return self


class Band(BaseModel):
    low: float
    high: float


class Step(BaseModel):
    """One step of a path; times are None where the history has none. No band where nothing supports one."""

    start: datetime | None
    end: datetime | None
    expected: float
    interval_80: Band | None
    interval_95: Band | None


class Past(BaseModel):
    """What a step brought; `filled` where nothing was known and the value stands between its neighbours."""

    start: datetime | None
    amount: float
    filled: bool = False


class Path(BaseModel):
    """`expected` and its bands are the sum over `period_days`, the last step taken in part."""

    name: str
    status: Literal["ok", "short_history", "ended"]
    reason: str
    steps: list[Step]
    expected: float
    interval_80: Band | None
    interval_95: Band | None
    last: float = Field(description="What the last step of the history brought")


class Backtest(BaseModel):
    """What the same method would have said at earlier times, against what came.

    `smape` and `naive_smape` are in percent (Makridakis, 0 to 200); `mase` is in average errors of a
    (seasonal) naive forecast. Coverage is the share of later values inside the interval made without them;
    the width of each was set without the errors it is judged by.
    """

    origins: int
    steps: int
    values: int
    smape: float | None
    mase: float | None
    naive_smape: float | None
    coverage_80: float | None
    coverage_95: float | None


class Method(BaseModel):
    """How the path came about. `members` are averaged as said in `combination`."""

    name: str
    members: list[str]
    combination: str
    season: list[int] = Field(description="Steps after which the history repeats; empty where it does not")
    intervals: str


class Issue(BaseModel):
    """Something about the given rows that a reader of the forecast should know."""

    kind: Literal[
        "missing", "negative", "credit_notes", "currency", "future", "duplicate", "unfinished", "stale"
    ]
    detail: str
    rows: int


class Outcome(BaseModel):
    """A scenario beside the plain forecast; `difference` is in money over the period."""

    name: str
    path: Path
    difference: float
    difference_percent: float | None
    assumptions: list[str]


class Neighbour(BaseModel):
    """A client of the tenant's own that buys the service and is like the one it is proposed to."""

    client_id: str
    name: str
    likeness: float
    monthly: float


class Opportunity(BaseModel):
    """A service that clients like this one buy and it does not.

    `probability` is that it buys within `within_days`; `expected_monthly` is what those who buy it pay at
    this size, and `expected_value` the product of both.
    """

    client_id: str
    client_name: str
    service: str
    probability: float
    within_days: int
    expected_monthly: float
    expected_value: float
    buying: int = Field(description="How many of the similar clients buy it")
    similar: int = Field(description="How many similar clients were looked at")
    base_rate: float = Field(description="Share of all clients that buy it")
    evidence: list[Neighbour]
    reasons: list[str]


class Answer(BaseModel):
    status: Status
    message: str
    currency: str | None
    frequency: Frequency
    period_days: int
    method: Method | None
    total: Path | None
    parts: list[Path] = Field(description="By service or client where asked; they add up to the total")
    history: list[Past]
    backtest: Backtest | None
    scenarios: list[Outcome]
    opportunities: list[Opportunity]
    opportunities_reason: str
    issues: list[Issue]
    notes: list[str]
