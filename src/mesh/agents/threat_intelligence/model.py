"""The question and the answer of threat intelligence."""

import math
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    field_validator,
    model_validator,
)

Tlp = Literal["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"]
Severity = Literal["LOW", "MEDIUM", "HIGH", "CRITICAL"]
ThreatType = Literal[
    "ransomware", "data-exfiltration", "denial-of-service", "credential-theft", "cloud-account-abuse",
    "phishing", "exploitation", "malware", "reconnaissance", "unknown", "none",
]  # fmt: skip
# The platform refuses bodies over 1 MB before they come here; this is the same limit for other callers.
MOST_TEXT = 1_000_000
MOST_EVENTS = 10_000
_DEEPEST_EVENT = 64


def _is_plain(event: JsonValue) -> JsonValue:
    """Refuses NaN and infinity, which JSON does not know, and nesting that no log has."""
    waiting: list[tuple[Any, int]] = [(event, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > _DEEPEST_EVENT:
            raise ValueError(f"nested deeper than {_DEEPEST_EVENT} levels")
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError("NaN and infinity are not numbers of JSON")
        if isinstance(value, Mapping):
            waiting.extend((item, depth + 1) for item in value.values())
        elif isinstance(value, list):
            waiting.extend((item, depth + 1) for item in value)
    return event


Event = Annotated[dict[str, Any] | str, AfterValidator(_is_plain)]


class Question(BaseModel):
    """What was seen: a text, events, or both."""

    model_config = ConfigDict(extra="forbid")

    text: str | None = Field(
        default=None, max_length=MOST_TEXT, description="An alert, a report, a mail, a log"
    )
    events: list[Event] | None = Field(
        default=None,
        max_length=MOST_EVENTS,
        description="CloudTrail, OCSF, other JSON or raw log lines",
    )
    client_id: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = Field(
        default=None, description="The client it happened at; never leaves the tenant"
    )
    tlp: Tlp = Field(default="AMBER", description="Traffic Light Protocol 2.0, how far the answer may travel")

    @field_validator("tlp", mode="before")
    @classmethod
    def _without_its_prefix(cls, given: object) -> object:
        """TLP:GREEN, as the standard and every other route write it, is GREEN here."""
        return given.removeprefix("TLP:") if isinstance(given, str) else given

    @model_validator(mode="after")
    def _something_was_seen(self) -> "Question":
        if not (self.text and self.text.strip()) and not self.events:
            raise ValueError("Give text or events: without either there is nothing to analyse")
        return self


class Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Span(Part):
    """Where in `text` something stands: characters `start` up to, without, `end`."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)


class IndicatorFound(Part):
    """`value` is refanged. `benign` is what warning lists say, and `reason` names the list.

    `negated` means that the text says it was not seen. `spans` are places in the text; one from events has
    none. `seen_by` counts other MSPs of the mesh from 3 up, and is null below that; the days of their first
    and last sighting come with it. All of them are simulated (`seen_simulated`), or none. `imported_from` are
    the names of the lists that you imported it from: that is what they say, and nothing that you saw.
    """

    type: str
    value: str
    benign: bool
    reason: str = ""
    negated: bool = False
    source: Literal["text", "events"]
    spans: tuple[Span, ...] = ()
    seen_by: int | None = None
    seen_since: date | None = None
    last_seen: date | None = None
    seen_simulated: bool = False
    imported_from: tuple[str, ...] = ()


class Evidence(Part):
    """The words, or the fields of an event, that show a technique. Offsets are into `text`."""

    text: str
    start: int | None = None
    end: int | None = None


class TechniqueFound(Part):
    """One technique of ATT&CK.

    `source`: stated by its id, read by the classifier, told in a phrase, or tagged on a Sigma rule.
    """

    id: str
    name: str
    tactics: tuple[str, ...]
    confidence: float = Field(ge=0, le=1)
    source: Literal["stated", "phrase", "classifier", "sigma"]
    evidence: tuple[Evidence, ...] = ()
    url: str = ""


class DetectionFound(Part):
    """A Sigma rule that matched. `events` are paths into the question, `fields` what in them matched.

    `product` is the log source's ("aws", "windows" ...), `catalogue` where the rule is from.
    """

    rule_id: str
    title: str
    level: Literal["informational", "low", "medium", "high", "critical"]
    product: str = ""
    catalogue: str = ""
    techniques: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    count: int = Field(default=1, ge=1)
    fields: tuple[tuple[str, str], ...] = ()
    description: str = ""
    falsepositives: tuple[str, ...] = ()
    author: str = ""


class Cvss(Part):
    """`score` is computed from `vector` where there is one, else as published; `source` says which."""

    version: str
    score: float = Field(ge=0, le=10)
    rating: Literal["NONE", "LOW", "MEDIUM", "HIGH", "CRITICAL"]
    vector: str = ""
    source: Literal["nvd", "text"]


class Exploited(Part):
    """Its entry in CISA's catalogue of known exploited vulnerabilities."""

    name: str
    date_added: str
    due_date: str
    ransomware: bool = Field(description="Known to be used by ransomware; false is not known, not no")
    action: str


class Epss(Part):
    """Probability of exploitation within 30 days, and the share of CVEs that score lower (FIRST)."""

    score: float = Field(ge=0, le=1)
    percentile: float | None
    date: str


class VulnerabilityFound(Part):
    """One CVE, or (`cve` null) a vulnerability that the text gives by its CVSS vector alone.

    `in_kev` is null where the catalogue is not loaded; a null part is not known, not absent.
    """

    cve: str | None
    negated: bool = False
    spans: tuple[Span, ...] = ()
    cvss: Cvss | None = None
    in_kev: bool | None = None
    kev: Exploited | None = None
    epss: Epss | None = None


class Mitigation(Part):
    """What to do: a containment step of our own, CISA's required action, or a mitigation of ATT&CK."""

    id: str
    action: str
    when: Literal["now", "soon", "lasting"]
    because: tuple[str, ...]
    source: Literal["containment", "kev", "attack"]
    detail: str = ""
    url: str = ""


class Reason(Part):
    """Why the severity is what it is: `points` of 100, and the evidence that earned them."""

    what: str
    points: float
    evidence: str


class EditionUsed(Part):
    """A set of public facts that the answer rests on. `published` is "" where its file gave no date."""

    name: str
    version: str
    published: str
    loaded_at: datetime
    rows: int


class Answer(BaseModel):
    """What was found, how bad it is and why, what to do, and what could not be known."""

    threat_type: ThreatType
    severity: Severity
    severity_score: float = Field(ge=0, le=100)
    confidence: float | None = Field(
        ge=0, le=1, description="How sure the threat type is; null where none was found"
    )
    reasons: tuple[Reason, ...]
    summary: str
    client_id: str | None
    tlp: Tlp
    indicators: tuple[IndicatorFound, ...]
    techniques: tuple[TechniqueFound, ...]
    detections: tuple[DetectionFound, ...]
    vulnerabilities: tuple[VulnerabilityFound, ...]
    mitigations: tuple[Mitigation, ...]
    knowledge: tuple[EditionUsed, ...]
    not_known: tuple[str, ...]
