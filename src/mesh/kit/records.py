"""The kinds of rows a tenant stores, and how each is checked on its way in."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, FiniteFloat
from pydantic_core import to_json


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is outside the years 1 to 9999 in UTC") from error


# A time without a zone is taken as UTC.
Moment = Annotated[datetime, AfterValidator(_in_utc)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(max_length=200_000)]
Amount = Annotated[FiniteFloat, Field(ge=0)]
TimeOfDay = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Latitude = Annotated[FiniteFloat, Field(ge=-90, le=90)]
Longitude = Annotated[FiniteFloat, Field(ge=-180, le=180)]


def _when(*other_names: str) -> Any:
    return Field(validation_alias=AliasChoices("at", *other_names))


# Traffic Light Protocol 2.0 (FIRST, August 2022).
Tlp = Literal["TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"]


class Record(BaseModel):
    """What every kind has. Columns beyond those named are kept as they came."""

    # A kind is built with its first row: who reads rows, or none, needs no kind.
    model_config = ConfigDict(extra="allow", str_strip_whitespace=True, defer_build=True)

    id: Name | None = Field(default=None, description="Yours, if the row has one; else made from its content")
    simulated: bool = Field(default=False, description="True for made-up rows; answers that use them say so")


class Client(Record):
    name: Name
    industry: str | None = None
    region: str | None = None
    seats: int | None = Field(default=None, ge=0)
    since: Moment | None = None
    renews_at: Moment | None = Field(default=None, description="When the contract in force runs out")
    left_at: Moment | None = Field(default=None, description="When the client left; none while it stays")
    latitude: Latitude | None = None
    longitude: Longitude | None = None


class Ticket(Record):
    at: Moment = _when("opened_at")
    client_id: Name
    title: Text = ""
    priority: str | None = None
    category: str | None = None
    status: str | None = None
    resolved_at: Moment | None = None
    due_at: Moment | None = Field(default=None, description="By when the SLA wants it resolved")
    technician_id: Name | None = None
    skill: str | None = None
    hours: Amount | None = Field(default=None, description="Hours of work, spent or expected")
    on_site: bool | None = None
    reopened: int | None = Field(default=None, ge=0, description="How often it was opened again")
    satisfaction_score: FiniteFloat | None = Field(default=None, description="1 (bad) to 5 (good)")


class Technician(Record):
    name: Name
    skills: list[str] | str = []
    region: str | None = None
    hours_per_week: Amount | None = None
    workdays: list[str] | str = Field(default=[], description="mon, tue ...; none says every weekday")
    shift_start: TimeOfDay | None = None
    shift_end: TimeOfDay | None = None
    timezone: str | None = Field(default=None, description="IANA name; UTC when there is none")
    hourly_cost: Amount | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None


class Revenue(Record):
    at: Moment = _when("month", "invoiced_at", "date")
    client_id: Name
    service: Name
    amount: FiniteFloat = Field(description="Invoiced for the month; below zero for a credit note")
    seats: int | None = Field(default=None, ge=0)
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")


class Metric(Record):
    at: Moment = _when("time", "timestamp")
    metric_type: Name
    value: FiniteFloat | None = Field(description="None says that the reading is missing")
    client_id: Name | None = None
    device: str | None = None


class Policy(Record):
    at: Moment | None = Field(default=None, validation_alias=AliasChoices("at", "dated", "date"))
    title: Name
    text: Text
    framework: str | None = None


class Profile(Record):
    """The tenant's own card. Nothing of it leaves unless `shared` names the field and `tlp` allows it."""

    name: Name
    region: str | None = None
    segment: str | None = Field(default=None, description="Whom it serves mostly: an industry or a size")
    certifications: list[str] | str = []
    services: list[str] | str = []
    capacity_hours: Amount | None = Field(default=None, description="Free hours a month")
    description: Text = ""
    contact: str | None = Field(default=None, description="Shown to a partner once both sides agreed")
    tlp: Tlp | None = Field(default=None, description="TLP 2.0; without one, other MSPs see nothing")
    shared: list[str] | str = Field(
        default=[], description="Fields of this profile that other MSPs may see; none: they see nothing"
    )


class SecurityEvent(Record):
    at: Moment = _when("time", "timestamp", "eventTime")
    client_id: Name | None = None
    source: str | None = None
    event: dict[str, Any] | str


class Article(Record):
    at: Moment = _when("published", "date")
    title: Name
    text: Text = ""
    url: str | None = None


class Indicator(Record):
    """Brought from another tool. It is the tenant's own and goes to nobody by being stored."""

    at: Moment | None = Field(default=None, validation_alias=AliasChoices("at", "created", "first_seen"))
    type: Name = Field(description="domain, ipv4, url, sha256 ...")
    value: Annotated[str, Field(min_length=1, max_length=4_096)]
    source: Name | None = None
    tlp: Tlp | None = None
    valid_until: Moment | None = None
    confidence: int | None = Field(default=None, ge=0, le=100)
    description: Text = ""
    reference: str | None = Field(default=None, description="Its id there")


Kind = Literal[
    "clients",
    "tickets",
    "technicians",
    "revenue",
    "metrics",
    "policies",
    "profile",
    "security-events",
    "articles",
    "indicators",
]
KINDS: Mapping[str, type[Record]] = {
    "clients": Client,
    "tickets": Ticket,
    "technicians": Technician,
    "revenue": Revenue,
    "metrics": Metric,
    "policies": Policy,
    "profile": Profile,
    "security-events": SecurityEvent,
    "articles": Article,
    "indicators": Indicator,
}

# What the mesh itself keeps among a tenant's rows: nobody sends it, and it goes with the tenant.
INTERNAL = ("workflow-steps", "workflow-settings", "imports", "expected-anomalies")


def checked(kind: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row as it is stored: JSON values, times in UTC, an id. Raises pydantic's ValidationError.

    An id made from the content means that the same file imported twice stores each row once.
    """
    record = KINDS[kind].model_validate(row).model_dump(mode="json", exclude_none=True)
    if kind == "metrics":
        record.setdefault("value", None)
    if kind == "indicators" and "id" not in record:
        record["id"] = indicator_id(record["type"], record["value"], record.get("source", ""))
    if "id" not in record:
        canonical = to_json(dict(sorted(record.items())))
        record["id"] = hashlib.sha256(canonical).hexdigest()[:24]
    return record


def indicator_id(kind: str, value: str, source: str) -> str:
    """The id of an indicator's row where it brings none: of one value and source there is one row."""
    of = f"{source}\0{value}".encode("utf-8", "surrogatepass")
    return f"{indicator_start(kind, value)}-{hashlib.sha256(of).hexdigest()[:12]}"


def indicator_start(kind: str, value: str) -> str:
    """How the ids of a value's rows begin, whatever their source.

    >>> indicator_start("domain", "Evil.Example") == indicator_start("domain", "evil.example ")
    True
    """
    of = f"{kind}\0{value.strip().lower()}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(of).hexdigest()[:24]


def listed(value: str | Sequence[Any] | None) -> list[str]:
    """A field that holds a list, or a text with commas or semicolons as CSV has it, as a list of texts.

    >>> listed("DNS; mail,"), listed(["DNS", " mail"]), listed(None)
    (['DNS', 'mail'], ['DNS', 'mail'], [])
    """
    parts = value.replace(";", ",").split(",") if isinstance(value, str) else value or []
    return [str(part).strip() for part in parts if str(part).strip()]


def when(row: Mapping[str, Any]) -> str:
    """The row's time in a form whose text order is time order; empty when it has none."""
    at = row.get("at")
    return sortable(datetime.fromisoformat(at)) if at else ""


def sortable(moment: datetime) -> str:
    """UTC with all six decimals, so that texts compare as the times do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
