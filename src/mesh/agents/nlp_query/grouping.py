"""By what the metric is told apart."""

from collections.abc import Sequence

from mesh.agents.nlp_query.layer import TIMES, Metric
from mesh.agents.nlp_query.matching import Match
from mesh.agents.nlp_query.narrowing import cannot
from mesh.agents.nlp_query.said import Read
from mesh.agents.nlp_query.vocabulary import Meaning

GROUPERS = frozenset({"by", "per", "each", "every", "which", "what", "across"})
SKIPPED = frozenset({"the", "our", "of", "my", "a", "are", "is", "were", "current", "single"})
ADVERBS = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter",
           "yearly": "year", "annually": "year"}  # fmt: skip
PEOPLE = {"client-health": "client", "clients": "client", "revenue": "client"}
SHOWN = 5


def groups(found: Read, follows: bool) -> None:
    metric, tokens = found.metric, found.matched.words
    assert metric is not None
    for each in found.matched.matches:
        if any(m.kind == "metric" and m.value == metric.name for m in each.meanings) and len(each.words) > 1:
            _which(found, each)
            continue
        if any(_is_filter(found, m) for m in each.meanings):
            continue
        names = [m.value for m in each.meanings if m.kind == "dimension"]
        if not names:
            continue
        dimension = _fit(names[0], each, metric)
        asked = _is_asked(each, tokens, found, follows)
        if not asked:
            continue
        if not metric.takes(dimension):
            if metric.name in ("clients", "technicians") or not _is_grouper(each, tokens):
                continue
            cannot(found, dimension)
        elif dimension not in found.group_by:
            found.group_by.append(dimension)
            if found.order and found.top is None and dimension not in TIMES:
                found.top = SHOWN if each.words[-1].endswith("s") else 1
            elif found.order and found.top is None and len(found.group_by) == 1:
                found.top = 1


def _which(found: Read, each: Match) -> None:
    """`Largest clients`, `clients won`: a metric whose words name what is listed."""
    assert found.metric is not None
    if found.metric.source == "clients" and set(found.matched.words) & {
        "which",
        "who",
        "list",
        "show",
        "what",
    } | ({"largest", "biggest", "smallest"} & set(each.words)):
        found.group_by.append("client") if "client" not in found.group_by else None
        if found.order and found.top is None:
            found.top = SHOWN if each.words[-1].endswith("s") else 1


def _is_filter(found: Read, meaning: Meaning) -> bool:
    return meaning.kind == "value" and any(
        f.dimension == meaning.dimension and f.value == meaning.value for f in found.filters
    )


def _fit(name: str, each: Match, metric: Metric) -> str:
    """`Who` is a technician, or a client where only those are known; `type` is the metric's own kind."""
    if name == "technician" and not metric.takes(name) and each.words == ("who",):
        return PEOPLE.get(metric.source, name)
    if name == "category" and not metric.takes(name):
        return next((d for d in ("threat_type", "metric_type", "source") if metric.takes(d)), name)
    return ADVERBS.get(each.words[0], name)


def _is_grouper(each: Match, tokens: Sequence[str]) -> bool:
    place = each.first - 1
    while place >= 0 and tokens[place] in SKIPPED:
        place -= 1
    return each.words[0] in ADVERBS or each.words == ("who",) or (place >= 0 and tokens[place] in GROUPERS)


def _is_asked(each: Match, tokens: Sequence[str], found: Read, follows: bool) -> bool:
    if _is_grouper(each, tokens) or found.order is not None:
        return True
    metric = found.metric
    assert metric is not None
    plural = each.words[-1].endswith("s")
    counted = {"many", "number", "count", "total"} & set(tokens[: each.first])
    if metric.name in ("clients", "technicians"):
        return (
            plural
            and not counted
            and metric.name.startswith(_singular(each))
            and bool({"list", "show", "which", "who", "name", "give"} & set(tokens))
        )
    if follows and plural:
        return True
    listed = (
        bool({"list", "show", "name", "give", "rank", "ranking"} & set(tokens[: each.first]))
        or each.first == 0
    )
    return plural and not counted and listed and metric.name not in tokens


def _singular(each: Match) -> str:
    return {"customer": "client", "account": "client", "company": "client", "companie": "client"}.get(
        each.words[-1].removesuffix("s"),
        {"engineer": "technician", "tech": "technician"}.get(
            each.words[-1].removesuffix("s"), each.words[-1].removesuffix("s")
        ),
    )
