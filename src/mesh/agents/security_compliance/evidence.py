"""What speaks for or against a requirement: quoted passages of policies and readings of named measures."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import Literal

from mesh.agents.security_compliance.catalogue import rows
from mesh.agents.security_compliance.passages import Passage, passages
from mesh.agents.security_compliance.stance import Claim, claim
from mesh.agents.security_compliance.subjects import subjects
from mesh.kit.ports import Records

POLICY_STALE = timedelta(days=366)
READING_STALE = timedelta(days=90)
READINGS_SINCE = timedelta(days=730)
# Passages of a document without a topic's term that are looked at, as they may mean one.
MOST_BARE = 100
_DATE = re.compile(
    r"(?:last |next )?(?:review(?:ed)?|revised|revision|updated?|effective|approved|issued|dated?|published"
    r"|version)[^.\n]{0,40}?\b(?:(\d{4})-(\d{2})-(\d{2})|(?:(\d{1,2}) )?(january|february|march|april|may"
    r"|june|july|august|september|october|november|december)\.?"
    r" (?:(\d{1,2}), ?)?(\d{4}))",
    re.IGNORECASE,
)
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip
# A sentence that begins so speaks of what the one before it spoke of.
_BACK = re.compile(
    r"^(?:it|this|that|these|those|they|but|however|yet|both|neither|none|nobody)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Document:
    """`dated` is None when neither its row nor its text says."""

    id: str
    title: str
    text: str
    kind: Literal["question", "policy", "reading"]
    dated: date | None
    stale: bool
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """A quoted passage; `by_meaning` says that it names its topics by none of their usual terms."""

    document: Document
    start: int
    end: int
    quote: str
    claim: Claim
    topics: frozenset[str]
    by_meaning: bool = False

    @property
    def stale(self) -> bool:
        return self.document.stale


@dataclass(frozen=True, slots=True)
class Measure:
    metric_type: str
    topics: tuple[str, ...]
    target: float
    name: str


@cache
def measures() -> Sequence[Measure]:
    """The measures that count as evidence, each the share of something in per cent, with its target."""
    return [
        Measure(row["metric_type"], tuple(row["topics"].split(",")), float(row["target"]), row["name"])
        for row in rows("measures.tsv")
    ]


def given(title: str, text: str, as_of: datetime) -> Document:
    """The policy that came with the question; it is of today unless it says otherwise."""
    dated = stated_date(text)
    return Document("policy_text", title, text, "question", dated, _old(dated, as_of, POLICY_STALE))


def stored(records: Records, as_of: datetime) -> Iterator[Document]:
    """The tenant's own policies as they stood at that time."""
    for row in records.scan("policies"):
        at = row.get("at")
        dated = datetime.fromisoformat(at).date() if at else stated_date(row["text"])
        if dated is not None and dated > as_of.date():
            continue
        yield Document(
            id=str(row["id"]),
            title=str(row["title"]),
            text=str(row["text"]),
            kind="policy",
            dated=dated,
            stale=_old(dated, as_of, POLICY_STALE),
            simulated=bool(row.get("simulated")),
        )


def read(document: Document) -> list[Evidence]:
    """The passages of a document that claim something, with what each claims and the topics it speaks of."""
    found: list[Evidence] = []
    for passage, says, topics in _reading(document.text):
        found.append(Evidence(document, passage.start, passage.end, passage.text, says, topics))
    return found


@lru_cache(maxsize=1_024)
def _reading(text: str) -> tuple[tuple[Passage, Claim, frozenset[str]], ...]:
    """Passages, claims and topics; kept, since a policy is asked about framework after framework."""
    found = []
    before: frozenset[str] = frozenset()
    said: Passage | None = None
    bare = 0
    for passage in passages(text):
        topics = subjects(passage.text)
        goes_on = bool(passage.joined or (before and _BACK.match(passage.text)))
        bare += not topics
        if topics or goes_on or bare <= MOST_BARE:
            says = claim(passage)
            if passage.joined in ("and", ";") and said is not None and says.stance == "affirmed":
                # "We plan that laptops are encrypted, and that logs are kept": both are plans.
                first = claim(said)
                says = first if first.stance in ("planned", "weak") else says
            if not topics and goes_on and says.stance not in ("affirmed", "none"):
                topics = before
            if says.stance != "none":
                found.append((passage, says, topics))
        before, said = topics, passage
    return tuple(found)


def readings(records: Records, as_of: datetime) -> Iterator[Evidence]:
    """The latest readings of each measure, averaged over clients and devices, as evidence."""
    for measure in measures():
        latest: dict[tuple[str, str], Mapping[str, object]] = {}
        where = {"metric_type": measure.metric_type}
        for row in records.scan("metrics", where=where, since=as_of - READINGS_SINCE, until=as_of):
            if row.get("value") is not None:
                latest[str(row.get("client_id", "")), str(row.get("device", ""))] = row
        if latest:
            yield _reading_of(measure, list(latest.values()), as_of)


def _reading_of(measure: Measure, latest: Sequence[Mapping[str, object]], as_of: datetime) -> Evidence:
    values = [_per_cent(float(str(row["value"]))) for row in latest]
    value = sum(values) / len(values)
    dated = min(datetime.fromisoformat(str(row["at"])) for row in latest).date()
    over = f", mean of {len(values)}, lowest {min(values):.4g} %" if len(values) > 1 else ""
    quote = f"{value:.4g} % of {measure.name} on {dated} (target {measure.target:g} %{over})."
    enough = value >= measure.target
    why = "the reading reaches its target" if enough else "the reading is below its target"
    document = Document(
        id=f"metrics/{measure.metric_type}",
        title=f"Readings of {measure.metric_type}",
        text=quote,
        kind="reading",
        dated=dated,
        stale=_old(dated, as_of, READING_STALE),
        simulated=any(bool(row.get("simulated")) for row in latest),
    )
    says = Claim("affirmed" if enough else "in_part" if value > 0 else "denied", why)
    return Evidence(document, 0, len(quote), quote, says, frozenset(measure.topics))


def _per_cent(value: float) -> float:
    """Shares come as 0 to 1 or as 0 to 100."""
    return min(100.0, max(0.0, value * 100 if value <= 1 else value))


def stated_date(text: str) -> date | None:
    """The latest date at which the text says it was reviewed, approved, revised or took effect.

    >>> stated_date("Version 2, last reviewed: 12 March 2024")
    datetime.date(2024, 3, 12)
    """
    found = []
    for said in _DATE.finditer(text[:20_000]):
        if said.group().lower().startswith("next"):
            continue
        year, month, day = said[1], said[2], said[3]
        if said[5]:
            year, month, day = said[7], str(_MONTHS.index(said[5].lower()) + 1), said[4] or said[6] or "1"
        try:
            found.append(date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return max(found) if found else None


def _old(dated: date | None, as_of: datetime, after: timedelta) -> bool:
    return dated is not None and dated < (as_of.astimezone(UTC) - after).date()
