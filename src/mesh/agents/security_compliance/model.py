"""The question and the answer."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from mesh.agents.security_compliance.catalogue import framework_named, frameworks
from mesh.kit.records import Moment, Name

MOST_CHARACTERS = 200_000
Status = Literal["met", "partial", "missing", "no_evidence"]


def _framework(name: Any) -> Any:
    if not isinstance(name, str):
        raise ValueError("is to be the name of a framework")
    known = framework_named(name)
    if known is None:
        raise ValueError(f"is none of those held: {', '.join(frameworks())}")
    return known


class Question(BaseModel):
    """Which framework, and what is to be judged: a policy in words, or what the tenant stored."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)

    framework: Annotated[str, BeforeValidator(_framework)] = Field(
        max_length=100,
        description="SOC2, ISO27001, HIPAA, NIST-CSF, NIST-800-53, PCI-DSS or CIS; or another usual name",
    )
    policy_text: Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)] | None = Field(
        default=None, description="The policy to judge; without it the stored policies and metrics are judged"
    )
    title: Name = Field(default="Policy text", description="What the given policy is called in the evidence")
    include_stored: bool = Field(
        default=False, description="Judge the stored policies and metrics as well as the given policy"
    )
    baseline: Literal["low", "moderate"] | None = Field(
        default=None, description="NIST-800-53 only: judge this baseline; without it, moderate"
    )
    as_of: Moment | None = Field(default=None, description="Judge as at this time; now, when there is none")

    @model_validator(mode="after")
    def _fits(self) -> "Question":
        if self.baseline is not None and self.framework != "NIST-800-53":
            raise ValueError("baseline: only NIST-800-53 has baselines")
        return self


class Quote(BaseModel):
    """Evidence in its own words: `quote` is the document's text from `start` up to `end`."""

    document: str
    start: int
    end: int
    quote: str
    claim: Literal["affirmed", "in_part", "planned", "weak", "denied"] = Field(
        description="affirmed: done or required; weak: should, may, where possible"
    )
    why: str
    dated: date | None
    stale: bool
    topics: list[str]


class Alike(BaseModel):
    framework: str
    id: str
    title: str
    likeness: float = Field(description="0 to 1, computed from shared topics and words; no official mapping")


class Judged(BaseModel):
    id: str
    title: str
    wording: str = Field(description="In our words; the publisher's text is what counts")
    weight: int = Field(description="1 to 3: how much it counts in the score")
    status: Status
    reason: str
    evidence: list[Quote]
    write: list[str] = Field(description="What to write or do next; empty when it is met")
    show: list[str] = Field(description="What an auditor would want to see")
    same_as: list[Alike]


class Read(BaseModel):
    """A document that was judged."""

    id: str
    title: str
    kind: Literal["question", "policy", "reading"]
    dated: date | None
    stale: bool
    simulated: bool
    passages: int = Field(description="Passages that claim something")


class Counts(BaseModel):
    met: int
    partial: int
    missing: int
    no_evidence: int


class Answer(BaseModel):
    framework: str
    name: str
    edition: str
    url: str
    scope: str
    baseline: str | None
    as_of: date
    score: float = Field(description="0 to 100: by weight, met counts whole, partial half, the rest nothing")
    examined: float = Field(description="0 to 100: the share, by weight, that any evidence speaks of at all")
    counts: Counts
    requirements: list[Judged]
    next: list[str] = Field(description="Ids of what to do first: the heaviest that is not met")
    documents: list[Read]
    not_known: list[str] = Field(description="What could not be judged, and how far the answer reaches")
