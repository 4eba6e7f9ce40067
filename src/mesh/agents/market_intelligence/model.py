"""The question and the answer."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from mesh.kit.ports import Tone
from mesh.kit.records import Name

MOST_CHARACTERS = 20_000
MOST_TEXTS = 1_000
# Texts keep the blanks they came with, so that offsets are those of what was sent.
Words = Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS, pattern=r"\S")]


class Question(BaseModel):
    """What is asked of the market, and the texts to read; without texts, the stored articles are read."""

    model_config = ConfigDict(extra="forbid")

    query: Annotated[str, Field(min_length=1, max_length=2_000, pattern=r"\S")] = Field(
        description="What you want to know, in plain words"
    )
    industry_segment: Name | None = Field(
        default=None, description="Compare prices within this segment of MSPs only"
    )
    texts: list[Words] = Field(
        default=[], max_length=MOST_TEXTS, description="Read these instead of the stored articles"
    )


EntityType = Literal["organisation", "product", "money", "percentage", "date", "place"]


class Entity(BaseModel):
    type: EntityType
    text: str = Field(description="The text's own characters from `start` up to `end`")
    start: int
    end: int
    name: str | None = Field(default=None, description="The usual name, where a list knows it")
    amount: float | None = Field(default=None, description="Of money and percentages")
    currency: str | None = Field(default=None, description="ISO 4217; none where the sign leaves it open")


class Quote(BaseModel):
    """The sentence that decided: the surest one of the tone that the text was given."""

    text: str
    start: int
    end: int
    tone: Tone
    score: float


class Topic(BaseModel):
    topic: str
    found_by: Literal["words", "likeness"]
    evidence: list[str] = Field(description="Its words in the text; none where likeness of meaning spoke")


class Reading(BaseModel):
    """One text: `source` is the record's id, or the place in `texts`."""

    source: str
    title: str | None = None
    at: str | None = None
    counts: bool = Field(description="Whether it is about the query, and so part of the whole")
    tone: Tone | None
    scores: dict[Tone, float]
    deciding: Quote | None
    topics: list[Topic]
    entities: list[Entity]


class Overall(BaseModel):
    tone: Tone
    scores: dict[Tone, float] = Field(description="Of all four tones; they sum to 1")
    texts: int
    deciding: Quote
    source: str = Field(description="Which text the deciding sentence is from")


class Month(BaseModel):
    month: str
    texts: int
    net: float = Field(description="Mean of positive less negative scores, -1 to 1")


class Trend(BaseModel):
    months: list[Month]
    direction: Literal["rising", "falling", "no clear change", "too few articles"]
    change: float | None = Field(description="Net of the later half of the articles less that of the earlier")
    error: float | None = Field(description="Standard error of `change`")


class Price(BaseModel):
    """Own price beside the peers' quartiles; quartiles are null where they were withheld."""

    own: float | None = Field(
        description="Invoiced a seat in the last full month that has revenue, in the segment asked for"
    )
    currency: str | None
    month: str | None
    clients: int
    p25: float | None = None
    p50: float | None = None
    p75: float | None = None
    cohort: int | None = None
    epsilon: float | None = None
    as_of: str | None = None
    position: Literal["below p25", "p25 to p50", "p50 to p75", "above p75"] | None = None
    withheld: str | None = Field(default=None, description="Why there are no quartiles")


class Mention(BaseModel):
    type: EntityType
    name: str
    texts: int
    tone: Tone | None = Field(description="How the texts that name it sound, together")


class Answer(BaseModel):
    read: Literal["texts", "articles", "query"] = Field(description="What was read")
    about: list[Topic] = Field(description="What the query is about")
    query_entities: list[Entity]
    sentiment: Overall | None
    texts: list[Reading]
    mentions: list[Mention] = Field(description="Organisations, products and places, most named first")
    topics: dict[str, int] = Field(description="Topic to number of texts")
    trend: Trend | None = Field(description="Of the stored articles; none where texts were sent")
    price: Price
    instead_of: str = Field(description="Which provider of sentiment did not answer, and why; empty: none")
    not_known: list[str]
