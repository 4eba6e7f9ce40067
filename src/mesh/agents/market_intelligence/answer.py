"""From a question to what the texts say of the market, and how they sound."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mesh.agents.market_intelligence.entities import CANNOT, entities
from mesh.agents.market_intelligence.feelings import Felt, shown, together
from mesh.agents.market_intelligence.model import (
    MOST_CHARACTERS,
    MOST_TEXTS,
    Answer,
    Entity,
    Mention,
    Overall,
    Question,
    Reading,
    Topic,
)
from mesh.agents.market_intelligence.price import price
from mesh.agents.market_intelligence.topics import by_likeness, by_words
from mesh.agents.market_intelligence.trend import trend
from mesh.kit.agent import Answered, ModelUsed
from mesh.kit.ports import Ports, Tone
from mesh.kit.problem import Unavailable

RULES = ModelUsed(name="market-rules", version="1", provider="rules")
# Texts without a known word are compared by meaning, so many at most: it takes milliseconds each.
MOST_LIKENED = 50
MOST_MENTIONS = 50
Read = Literal["texts", "articles", "query"]


@dataclass(frozen=True, slots=True)
class Text:
    """What is read: a text that was sent, a stored article or the query itself."""

    source: str
    words: str
    title: str | None = None
    at: str | None = None
    simulated: bool = False
    topics: tuple[Topic, ...] = ()
    counts: bool = True


def answer(ask: Question, ports: Ports) -> Answered[Answer]:
    """Reads the texts, else the stored articles, else the query; what cannot be said is in `not_known`."""
    notes = [CANNOT]
    kind, texts = _texts(ask, ports, notes)
    about, texts = _topics(ask, texts, ports, notes)
    if kind == "articles":
        texts = _of_the_query(about, texts, notes)
    felt = _felt(texts, ports, notes)
    found = {text.words: entities(text.words) for text in texts}
    position, priced_by_simulation = price(ask.industry_segment, ports)
    told = Answer(
        read=kind,
        about=about,
        query_entities=entities(ask.query),
        sentiment=_overall(texts, felt) if felt else None,
        texts=[_reading(text, found[text.words], felt) for text in texts],
        mentions=_mentions(texts, found, felt),
        topics=dict(Counter(topic.topic for text in texts for topic in text.topics).most_common()),
        trend=trend([(t.at, felt.of(t.words)) for t in texts if t.at and t.counts])
        if felt and kind == "articles"
        else None,
        price=position,
        instead_of=felt.instead_of if felt else "",
        not_known=notes,
    )
    simulated = priced_by_simulation or any(text.simulated for text in texts)
    return Answered(told, felt.model if felt else RULES, simulated)


def _texts(ask: Question, ports: Ports, notes: list[str]) -> tuple[Read, list[Text]]:
    if ask.texts:
        return "texts", [Text(str(place), words) for place, words in enumerate(ask.texts)]
    rows = list(ports.records.scan("articles", until=ports.clock.now()))
    if not rows:
        notes.append("No texts were sent and no articles are stored: the query itself was read.")
        return "query", [Text("query", ask.query)]
    if len(rows) > MOST_TEXTS:
        notes.append(f"Of {len(rows)} stored articles, the latest {MOST_TEXTS} were read.")
    return "articles", [
        Text(
            row["id"],
            f"{row['title']}\n{row.get('text', '')}"[:MOST_CHARACTERS],
            row["title"],
            row["at"],
            bool(row.get("simulated")),
        )
        for row in rows[-MOST_TEXTS:]
    ]


def _topics(
    ask: Question, texts: Sequence[Text], ports: Ports, notes: list[str]
) -> tuple[list[Topic], list[Text]]:
    """The topics of the query, and the texts with theirs."""
    words = [ask.query, *(text.words for text in texts)]
    found = {each: by_words(each) for each in words}
    missing = [each for each, topics in found.items() if not topics]
    try:
        chosen = missing[:MOST_LIKENED]
        found |= dict(zip(chosen, by_likeness(chosen, ports.embedder), strict=True))
        if len(missing) > MOST_LIKENED:
            notes.append(
                f"{len(missing) - MOST_LIKENED} texts without a known word were given no topic by meaning."
            )
    except Unavailable as problem:
        notes.append(f"Topics were found by words alone, not by meaning: {problem.detail}")
    if not found[ask.query]:
        notes.append("The query is about none of the topics known here.")
    return found[ask.query], [replace(text, topics=tuple(found[text.words])) for text in texts]


def _of_the_query(about: Sequence[Topic], texts: Sequence[Text], notes: list[str]) -> list[Text]:
    """Articles that share a topic with the query count for the whole; where none does, all of them."""
    asked = {topic.topic for topic in about}
    told = [replace(text, counts=bool(asked & {t.topic for t in text.topics})) for text in texts]
    if any(text.counts for text in told):
        return told
    if asked:
        notes.append(
            "No stored article shares a topic with the query: sentiment and trend are of all of them."
        )
    return [replace(text, counts=True) for text in told]


def _felt(texts: Sequence[Text], ports: Ports, notes: list[str]) -> Felt | None:
    try:
        felt = Felt([text.words for text in texts], ports.sentiment)
    except Unavailable as problem:
        notes.append(f"How the texts sound is not known: {problem.detail}")
        return None
    if felt.shortened:
        notes.append(f"Of {felt.shortened} texts only the start was judged: together they are too long.")
    return felt


def _reading(text: Text, found: list[Entity], felt: Felt | None) -> Reading:
    feeling = felt.of(text.words) if felt else None
    return Reading(
        source=text.source,
        title=text.title,
        at=text.at,
        counts=text.counts,
        tone=feeling.tone if feeling else None,
        scores=shown(feeling.scores) if feeling else {},
        deciding=felt.deciding(text.words) if felt else None,
        topics=list(text.topics),
        entities=found,
    )


def _overall(texts: Sequence[Text], felt: Felt) -> Overall:
    """All that count as one; it is decided by the text that is surest of the common tone."""
    counted = [text for text in texts if text.counts]
    whole = together([felt.of(text.words) for text in counted])

    def strength(text: Text) -> float:
        scores = felt.of(text.words).scores
        return max(scores["POSITIVE"], scores["NEGATIVE"]) if whole.tone == "MIXED" else scores[whole.tone]

    best = max(counted, key=strength)
    return Overall(
        tone=whole.tone,
        scores=shown(whole.scores),
        texts=len(counted),
        deciding=felt.deciding(best.words),
        source=best.source,
    )


def _mentions(texts: Sequence[Text], found: dict[str, list[Entity]], felt: Felt | None) -> list[Mention]:
    """Names that texts hold, with how those texts sound; not how they sound of the name itself."""
    named: dict[tuple[str, str], list[Text]] = {}
    for text in texts:
        keys = {(each.type, each.name): None for each in found[text.words] if each.name}
        for kind, name in keys:
            named.setdefault((kind, name), []).append(text)
    ranked = sorted(named.items(), key=lambda item: (-len(item[1]), item[0]))[:MOST_MENTIONS]
    return [
        Mention.model_validate(
            {"type": kind, "name": name, "texts": len(of), "tone": _tone(of, felt)},
        )
        for (kind, name), of in ranked
    ]


def _tone(texts: Sequence[Text], felt: Felt | None) -> Tone | None:
    return together([felt.of(text.words) for text in texts]).tone if felt else None
