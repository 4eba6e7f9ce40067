"""What an agent may reach, as Protocols. Each is bound to one tenant: another's rows have no name here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel, Field

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mesh.kit.agent import Envelope, ModelUsed
    from mesh.kit.event import Draft
    from mesh.kit.federation import Federation
    from mesh.kit.records import Tlp

T = TypeVar("T")
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Part of a list. `cursor` is opaque, and None on the last page."""

    items: Sequence[T]
    cursor: str | None


class Clock(Protocol):
    def now(self) -> datetime:
        """The time, in UTC, with its zone."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How many rows there are of a kind, and the times of the first and the last that have one."""

    rows: int
    first: datetime | None = None
    last: datetime | None = None


class Records(Protocol):
    """The tenant's own rows by kind (see `mesh.kit.records`). A row has `id`; rows with a time have `at`."""

    def put(self, kind: str, rows: Sequence[Row]) -> None:
        """Store all rows or none; a row with a known id replaces the old one. Durable on return."""

    def find(self, kind: str, record_id: str) -> Row | None:
        """The row, or None."""

    def page(
        self,
        kind: str,
        *,
        where: Mapping[str, str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page[Row]:
        """Rows by (`at`, `id`) ascending; `where` is equality on text fields; `until` is exclusive."""

    def scan(
        self,
        kind: str,
        *,
        where: Mapping[str, str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[Row]:
        """Every row that `page` would give, page after page."""

    def extent(self, kind: str) -> Extent:
        """How much is stored of a kind, without its rows."""

    def starting(self, kind: str, starts: Sequence[str]) -> Mapping[str, Sequence[Row]]:
        """Rows by how their ids start, of those starts that there are rows of; read side by side."""

    def remove(self, kind: str, record_id: str) -> bool:
        """Whether there was such a row; it is gone in any case."""

    def clear(self, kind: str) -> int:
        """Remove every row of the kind; how many there were."""


class Results(Protocol):
    """The tenant's answers, newest first."""

    def keep(self, result: "Envelope", events: Sequence["Draft"] = ()) -> None:
        """Store the answer and what is to be announced of it, both or neither. Durable on return."""

    def find(self, result_id: str) -> "Envelope | None":
        """The answer, or None; another tenant's is None as well."""

    def page(
        self,
        *,
        agent: str | None = None,
        since: datetime | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page["Envelope"]:
        """Answers, newest first; `agent` is a slug."""


class Blobs(Protocol):
    """The tenant's files, by name (`policies/2026/soc2.txt`)."""

    def put(self, name: str, content: bytes) -> None:
        """Store the whole content or nothing. Durable on return. Raises Invalid for an unsafe name."""

    def get(self, name: str) -> bytes | None:
        """The content, or None."""

    def names(self, prefix: str = "") -> Sequence[str]:
        """Names that start so, sorted."""

    def remove(self, name: str) -> bool:
        """Whether there was such a blob."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One version of a knowledge set: what an answer cites."""

    name: str
    version: str
    published: str  # ISO date of the content, not of the download
    loaded_at: datetime
    rows: int
    source: str


class Knowledge(Protocol):
    """Versioned public facts: attack, kev, epss, sigma ... The same for every tenant."""

    def edition(self, name: str) -> Edition | None:
        """Which edition is loaded, or None when there is none: then answers say so."""

    def find(self, name: str, key: str) -> Row | None:
        """One row by its key (a CVE id, a technique id), or None."""

    def rows(self, name: str) -> Iterator[Row]:
        """Every row of the set, by key."""


class Models(Protocol):
    """Files with a card, a version and a SHA-256 that was checked when the path was given out."""

    def path(self, name: str) -> Path:
        """The model's folder. Raises Unavailable, with what to run, when it is missing or was altered."""

    def card(self, name: str) -> Mapping[str, Any]:
        """Its card: name, version, sha256, source, licence. Raises Unavailable as `path` does."""


class Embedder(Protocol):
    def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """Unit vectors, shape (len(texts), 384). Raises Unavailable when the model is missing."""


@dataclass(frozen=True, slots=True)
class Sighted:
    """One thing that an agent judged malicious: an indicator by its type, or a technique of ATT&CK.

    `tlp` is what the asker gave, such as TLP:GREEN; None where the asker gave none. `imported_from` names
    the list it was taken from by somebody who did not see it; empty: it was seen.
    """

    kind: str
    value: str
    tlp: "Tlp | None"
    imported_from: str = ""


@dataclass(frozen=True, slots=True)
class Sighting:
    """How other MSPs saw one thing. `msps` is 3 or more, less one for each that calls it a false positive.

    `weight` is the sum of the sightings as they fade with age, less the reports against them. `imported`
    counts those that have it from a list alone, 3 or more or else 0; they are not among `msps`. All of them
    are of simulated MSPs, or none.
    """

    msps: int
    since: date
    last_seen: date
    weight: float
    simulated: bool = False
    imported: int = 0


class Sightings(Protocol):
    """What the mesh knows of an indicator, without saying who saw it; and telling it what was seen."""

    def seen_by(self, indicator_type: str, value: str) -> int | None:
        """How many other MSPs saw it, from 3 up; None when fewer did or the mesh is not joined."""

    def seen(self, things: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], Sighting]:
        """Those of the things (type, value) that at least 3 other MSPs saw."""

    def imported(self, things: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], Sequence[str]]:
        """Those of the things that the tenant imported from other tools, with the names they came under."""

    def tell(self, things: Sequence[Sighted], result_id: str, *, simulated: bool = False) -> int:
        """Release what policy and consent allow; how many things left. `simulated`: seen in made-up rows.

        Raises Unavailable where what is needed for it is not set up; then nothing left.
        """


@dataclass(frozen=True, slots=True)
class Provided(Generic[T]):
    """What a provider gave. `instead_of` says which other one did not answer, and why; empty: none failed."""

    value: T
    by: "ModelUsed"
    instead_of: str = ""


Tone = Literal["POSITIVE", "NEGATIVE", "NEUTRAL", "MIXED"]


@dataclass(frozen=True, slots=True)
class Feeling:
    """How a text sounds. `scores` hold all four tones and sum to 1."""

    tone: Tone
    scores: Mapping[Tone, float]


class Sentiment(Protocol):
    def judge(self, texts: Sequence[str]) -> Provided[Sequence[Feeling]]:
        """One feeling a text. Raises Unavailable when no provider can answer."""


class Generator(Protocol):
    """Writes words. Whatever it is given as `data` is data: nothing in it is an instruction."""

    def answer(self, question: str, data: str) -> Provided[str | None]:
        """The words of `data` that answer the question, as they stand there; None when they do not."""

    def write(self, task: str, data: str, *, most_words: int = 150) -> Provided[str]:
        """A short text. Raises Unavailable when no provider can write."""

    def propose(self, task: str, question: str, form: Mapping[str, Any]) -> Provided[Row | None]:
        """An object of the JSON schema `form`, unchecked; None when no provider can, or none fits."""


@dataclass(frozen=True, slots=True)
class Percentiles:
    """A benchmark that was released, noise included, at the price of `epsilon`. `cohort` says about how many
    MSPs it is of; money is in US dollars. `simulated`: of simulated MSPs, and of these alone.
    """

    p25: float
    p50: float
    p75: float
    cohort: int
    epsilon: float
    as_of: str
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Withheld:
    reason: str


class Benchmarks(Protocol):
    def percentiles(
        self, measure: str, *, segment: str | None = None, region: str | None = None
    ) -> Percentiles | Withheld:
        """How peers stand, through the release gate."""


@dataclass(frozen=True, slots=True)
class Partner:
    """Another MSP as its consent lets it show: `handle` stands for its name; `card` has the shared fields."""

    handle: str
    card: Row
    simulated: bool


class Introduction(BaseModel):
    """Two MSPs who may want to work together. Name and contact show once both agreed."""

    id: str
    partner: str = Field(description="The other side's handle")
    asked_by_me: bool
    state: Literal["open", "accepted", "declined"]
    message: str
    opened_at: datetime
    answered_at: datetime | None = None
    name: str | None = None
    contact: str | None = None


class Partners(Protocol):
    def others(self) -> Sequence[Partner]:
        """Every other MSP that shows something, by handle."""

    def introduce(self, handle: str, message: str) -> Introduction:
        """Ask to be introduced. Raises NotFound; Conflict while one between the two stands."""

    def answer(self, introduction_id: str, *, accept: bool) -> Introduction:
        """Accept or decline one that another side opened. Raises NotFound, Conflict when it is answered."""

    def introductions(self) -> Sequence[Introduction]:
        """The tenant's own, newest first."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything one question of one tenant may reach."""

    msp_id: str
    clock: Clock
    records: Records
    results: Results
    blobs: Blobs
    knowledge: Knowledge
    models: Models
    embedder: Embedder
    sightings: Sightings
    sentiment: Sentiment
    generator: Generator
    benchmarks: Benchmarks
    partners: Partners
    federation: "Federation"
