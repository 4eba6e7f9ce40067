"""The question, the plan made of it, and the answer."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StringConstraints

from mesh.kit.records import Name

MOST_CHARACTERS = 2_000
Form = Literal["value", "breakdown", "trend", "comparison", "why", "documents"]
Reason = Literal[
    "not_understood",
    "out_of_scope",
    "ambiguous",
    "unknown_name",
    "write_request",
    "other_tenant",
    "instruction",
    "not_combinable",
    "future",
    "nothing_found",
    "needs_context",
]
Words = Annotated[str, StringConstraints(min_length=1, max_length=MOST_CHARACTERS, strip_whitespace=True)]


class Question(BaseModel):
    """A question in plain words. With a `conversation_id`, earlier turns of that id are its context."""

    model_config = ConfigDict(extra="forbid")

    query: Words = Field(description="For instance: How many SLA breaches were there last month, by client?")
    conversation_id: Name | None = Field(default=None, description="Any name of yours for a conversation")


class Window(BaseModel):
    """From `start` up to, without, `end`, in UTC; `words` name it."""

    start: datetime
    end: datetime
    words: str


class Filter(BaseModel):
    """Only what has this value; `label` is how it is called where `value` is an id."""

    dimension: str
    value: str
    label: str


class Plan(BaseModel):
    """What is computed: every number of the answer comes from running this over the tenant's own rows."""

    form: Form
    metric: str | None = Field(description="A metric of the semantic layer; none for documents")
    source: str = Field(description="The kind of records, or the agent whose stored answers are read")
    filters: list[Filter] = []
    group_by: list[str] = []
    window: Window | None = Field(default=None, description="None: as of now, or of all time")
    against: Window | None = Field(default=None, description="The window it is compared with")
    order: Literal["up", "down", "time"] | None = Field(default=None, description="By value, or by time")
    top: int | None = Field(default=None, ge=1, le=100)
    search: str = Field(default="", description="What is looked for in documents")


class Row(BaseModel):
    """One line of the result. `value` is null where there is nothing to compute it from."""

    group: dict[str, str] = {}
    value: FiniteFloat | None
    before: FiniteFloat | None = Field(default=None, description="The value in the window compared with")
    records: int = Field(ge=0, description="How many records it was computed from")


class Citation(BaseModel):
    """Records or stored answers that the rows were computed from; of a document, the sentence itself."""

    kind: str
    ids: list[str]
    of: int = Field(description="How many there are; at most 20 ids are named")
    title: str = ""
    quote: str = ""


class Abstained(BaseModel):
    """Why there is no answer, and the nearest question that has one."""

    reason: Reason
    why: str
    nearest: str
    choices: list[str] = []


class Answer(BaseModel):
    query: str
    conversation_id: str | None = None
    answer: str = Field(description="In words, written from the rows")
    plan: Plan | None
    unit: str = ""
    rows: list[Row] = []
    citations: list[Citation] = []
    chart: dict[str, Any] | None = Field(default=None, description="Vega-Lite 5: mark, encoding, data")
    abstained: Abstained | None = None
    notes: list[str] = []
