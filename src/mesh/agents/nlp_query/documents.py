"""Questions about what is written: the sentences of policies and articles that speak of it, quoted."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from mesh.agents.nlp_query.layer import layer
from mesh.agents.nlp_query.vocabulary import words
from mesh.kit.ports import Ports
from mesh.kit.stems import stem

ABOUT = re.compile(
    r"\b(?:polic(?:y|ies)|articles?|documents?|documentation|handbook|written|"
    r"notes?)\b.*\b(?:say|says|state|states|stated|require|requires|"
    r"required|mention|mentions|cover|covers|covering|about|on|for|regarding|contain|contains|"
    r"describe|describes|rule|rules|concerning|address|addresses)\b|"
    r"\b(?:say|says|said|state|states|rules?|according to|written|mentions?|mentioned|covered|"
    r"describe[sd]?)\b.*\b(?:polic(?:y|ies)|articles?|documents?|documentation|handbook)\b|"
    r"\b(?:according to|quote|what do we say|what did we say|what did clients say|is it written|"
    r"where (?:is it|does it) (?:written|say))\b|\b(?:do we have|is there) (?:a|an|"
    r"any) .{0,30}\bpolicy\b|\bour .{0,30}\bpolicy\b"
)
CUES = frozenset(
    [
        "policy",
        "policies",
        "article",
        "articles",
        "document",
        "documents",
        "documentation",
        "handbook",
        "written",
        "write",
        "say",
        "says",
        "said",
        "state",
        "states",
        "stated",
        "rule",
        "rules",
        "according",
        "quote",
        "cover",
        "covers",
        "covered",
        "covering",
        "mention",
        "mentions",
        "mentioned",
        "require",
        "requires",
        "required",
        "describe",
        "describes",
        "note",
        "notes",
        "contain",
        "contains",
        "regarding",
        "concerning",
        "address",
        "addresses",
        "often",
        "must",
        "should",
        "allowed",
        "need",
        "news",
        "msp",
        "client",
        "clients",
        "customer",
        "customers",
    ]
)
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
K1, B = 1.5, 0.75
MOST_QUOTES = 3
# The share of what is looked for, by weight of its words, that a sentence must hold to be quoted.
ENOUGH = 0.5
STRICT = 0.75


@dataclass(frozen=True, slots=True)
class Passage:
    kind: Literal["policies", "articles"]
    id: str
    title: str
    text: str
    simulated: bool
    score: float = 0.0
    share: float = 0.0


def passages(ports: Ports) -> Iterator[Passage]:
    kinds: tuple[Literal["policies", "articles"], ...] = ("policies", "articles")
    for kind in kinds:
        for row in ports.records.scan(kind):
            for sentence in SENTENCE.split(str(row.get("text") or "")):
                if len(sentence.split()) > 2 and not _is_heading(sentence, str(row["title"])):
                    yield Passage(
                        kind, row["id"], str(row["title"]), sentence.strip(), bool(row.get("simulated"))
                    )


def _is_heading(sentence: str, title: str) -> bool:
    """A line that names the document again says nothing of what is in it."""
    named = title.casefold() in sentence.casefold()
    return named and len(words(sentence)) <= len(words(title)) + 4


def sought(text: str) -> tuple[str, ...]:
    """The stems of what a question looks for, without the words that only ask."""
    filler = layer().filler
    return tuple(dict.fromkeys(stem(w) for w in words(text) if w not in filler and w not in CUES))


def search(text: str, ports: Ports, *, strict: bool = False) -> list[Passage]:
    """Sentences that hold enough of the words, best first (BM25; Robertson and Zaragoza, 2009)."""
    wanted = sought(text)
    every = list(passages(ports))
    if not wanted or not every:
        return []
    stems = [Counter(stem(w) for w in words(f"{p.title} {p.text}")) for p in every]
    length = sum(c.total() for c in stems) / len(stems)
    seen = Counter(word for counts in stems for word in counts)
    weight = {w: math.log(1 + (len(every) - seen[w] + 0.5) / (seen[w] + 0.5)) for w in wanted}
    whole = sum(weight.values())
    scored = []
    for passage, counts in zip(every, stems, strict=True):
        held = [w for w in wanted if counts[w]]
        share = sum(weight[w] for w in held) / whole
        if share >= (STRICT if strict else ENOUGH):
            size = K1 * (1 - B + B * counts.total() / length)
            score = sum(weight[w] * counts[w] * (K1 + 1) / (counts[w] + size) for w in held)
            scored.append(_scored(passage, score, share))
    return sorted(scored, key=lambda p: (-p.score, p.id, p.text))[:MOST_QUOTES]


def _scored(passage: Passage, score: float, share: float) -> Passage:
    return Passage(passage.kind, passage.id, passage.title, passage.text, passage.simulated, score, share)


def quoted(found: Sequence[Passage]) -> str:
    """The sentences in their own words, each with its document."""
    return " ".join(f"{p.title}: \u201c{p.text}\u201d" for p in found)
