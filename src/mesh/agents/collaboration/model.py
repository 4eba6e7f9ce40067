"""The question and the answer."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from mesh.kit.records import Name

MOST_CHARACTERS = 5_000
MOST_PARTNERS = 50
MOST_CANDIDATES = 200


class Candidate(BaseModel):
    """A card of your own making, to be ranked in place of the mesh's partners."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    id: Name
    services: list[Name] = Field(default=[], max_length=50)
    certifications: list[Name] = Field(default=[], max_length=50)
    region: Name | None = None
    segment: Name | None = None
    capacity_hours: Annotated[FiniteFloat, Field(ge=0)] | None = None
    description: Annotated[str, Field(max_length=MOST_CHARACTERS)] = ""


class Question(BaseModel):
    """What is needed, in plain words, and what must hold of whoever helps."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    requirements: Annotated[str, Field(min_length=3, max_length=MOST_CHARACTERS)] = Field(
        description="The work in plain words; each sentence or clause is weighed by itself"
    )
    region: Name | None = Field(default=None, description="Only partners of this region")
    certifications: list[Name] = Field(
        default=[], max_length=20, description="Only partners that hold all of these"
    )
    capacity_hours: Annotated[FiniteFloat, Field(ge=0, le=100_000)] | None = Field(
        default=None, description="Only partners with so many free hours a month"
    )
    candidates: list[Candidate] = Field(
        default=[], max_length=MOST_CANDIDATES, description="Rank these instead of the mesh's partners"
    )
    limit: int = Field(default=10, ge=1, le=MOST_PARTNERS)
    diversity: Annotated[FiniteFloat, Field(ge=0, le=1)] = Field(
        default=0.2, description="0 ranks by fit alone; more puts unlike partners beside the best ones"
    )


class Covered(BaseModel):
    need: str = Field(description="A clause of the requirements")
    field: str = Field(description="Where the partner's card speaks of it")
    quote: str = Field(description="The card's own words")
    likeness: float = Field(
        description="Cosine of need and quote; 0.9 where both name one service, 1 where the words are equal"
    )


class Match(BaseModel):
    partner: str = Field(description="Stands for the partner until both agreed to meet")
    score: float = Field(description="0 to 1: the best possible fit in words, structure and coverage is 1")
    covers: list[Covered]
    lacks: list[str] = Field(description="Clauses of the requirements that the card says nothing of")
    why: str
    card: dict[str, Any] = Field(description="What the partner agreed to show, and nothing else")
    simulated: bool


class Excluded(BaseModel):
    constraint: str
    partners: int = Field(description="How many did not meet it, or do not show whether they do")


class Answer(BaseModel):
    needs: list[str] = Field(description="The clauses the requirements were read as")
    partners: list[Match]
    considered: int = Field(description="Partners that show something of themselves")
    fitting: int = Field(description="Those that meet every constraint")
    excluded: list[Excluded]
    not_known: list[str] = Field(description="What could not be weighed, and why")
