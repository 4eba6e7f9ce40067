"""From the words of a question to what they say."""

import re
from datetime import datetime

from mesh.agents.nlp_query.cues import MOVED, Cues
from mesh.agents.nlp_query.grouping import groups
from mesh.agents.nlp_query.layer import Metric
from mesh.agents.nlp_query.matching import GAP, match
from mesh.agents.nlp_query.measuring import metric_of, superlative
from mesh.agents.nlp_query.model import Filter
from mesh.agents.nlp_query.narrowing import values
from mesh.agents.nlp_query.said import Read, Unread
from mesh.agents.nlp_query.vocabulary import Vocabulary, words
from mesh.agents.nlp_query.windows import EVER, find


def read(text: str, known: Vocabulary, now: datetime, hint: Metric | None = None) -> Read:
    """`hint` is the metric of the turn before, where the question names none."""
    text = _without_titles(text)
    windows = find(text, now)
    plain = text
    for each in windows:
        plain = plain[: each.first] + GAP * (each.last - each.first) + plain[each.last :]
    cues = Cues.of(plain)
    tokens = [GAP if GAP in w else w for w in _tokens(cues.rest)]
    matched = match(tokens, known)
    found = Read(text, matched, windows, why=cues.why, trend=cues.trend, ever=bool(EVER.search(plain)),
                 compare=cues.compare, moved=bool(MOVED.search(plain)))  # fmt: skip
    found.notes = [f"Read {wrong!r} as {right!r}." for wrong, right in matched.corrected]
    found.metric = metric_of(found, hint)
    if found.metric is not None:
        superlative(found, cues.top)
        values(found, cues.about)
        groups(found, hint is not None)
    found.unread = found.unread or _unknown(found, known)
    return found


def _without_titles(text: str) -> str:
    return re.sub(r"[\u2018\u2019]", "'", text.casefold())


def _tokens(text: str) -> list[str]:
    parts = re.split(r"(\x00+)", text)
    return [w for part in parts for w in ([GAP] if part.startswith(GAP) else words(part))]


def _unknown(found: Read, known: Vocabulary) -> Unread | None:
    """A word that is not understood may be what the question turns on: it is never passed over."""
    metric, tokens = found.metric, found.matched.words
    said = {w for f in found.filters if f.dimension == "text" for w in words(f.value)}
    left = [p for p in found.matched.unknown if tokens[p] not in said]
    if metric is not None and "text" in metric.dimensions:
        for place in [p for p in left if tokens[p] in known.titles]:
            follows = tokens[place + 1 : place + 2]
            if follows and follows[0] in (
                "tickets",
                "ticket",
                "issues",
                "problems",
                "incidents",
                "requests",
                "cases",
            ):
                found.filters.append(Filter(dimension="text", value=tokens[place], label=tokens[place]))
                left.remove(place)
    if metric is None:
        return Unread("not_understood", "Nothing in this question is something that can be computed here.")
    if not left:
        return None
    strange = " ".join(tokens[p] for p in left[:6])
    if len(left) <= 3:
        return Unread(
            "unknown_name",
            f"{strange!r} is no client, technician, service or other word known here.",
            metric=metric.name,
        )
    return Unread("not_understood", f"These words are not understood: {strange}.", metric=metric.name)
