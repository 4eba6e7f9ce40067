"""From matched words to a plan: which metric, grouped and filtered how, over which time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mesh.agents.nlp_query.layer import TIMES, Metric, layer
from mesh.agents.nlp_query.matching import GAP, Match, Matched, match
from mesh.agents.nlp_query.model import Filter, Plan, Reason, Window
from mesh.agents.nlp_query.vocabulary import Meaning, Vocabulary, words
from mesh.agents.nlp_query.windows import EVER, NUMBERS, Found, before, find, year_before

DOWN = frozenset(
    {"most", "highest", "largest", "biggest", "greatest", "top", "longest", "slowest", "busiest", "happiest",
     "riskiest", "max", "maximum", "peak", "heaviest"}
)  # fmt: skip
UP = frozenset(
    {"least", "fewest", "lowest", "smallest", "bottom", "shortest", "fastest", "quickest", "unhappiest"}
)
MIXED = {"best": {"high": "down", "low": "up"}, "worst": {"high": "up", "low": "down"}}
GROUPERS = frozenset({"by", "per", "each", "every", "which", "what", "across"})
SKIPPED = frozenset({"the", "our", "of", "my", "a", "are", "is", "were", "current", "single"})
ADVERBS = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter",
           "yearly": "year", "annually": "year"}  # fmt: skip
PEOPLE = {"client-health": "client", "clients": "client", "revenue": "client"}
TREND = re.compile(
    r"\btrend(?:s|ing)?\b|\bover time\b|\b(?:evol|develop)\w*|\b(day|week|month|quarter|"
    r"year) (?:by|over|on) \1\b|\bhistory\b|\bhistorically\b|\bchanged over\b"
)
COMPARE = re.compile(r"\b(?:compar\w+|versus|vs|against|than|relative to|as opposed to)\b")
MOVED = re.compile(
    r"\b(?:change[ds]?|increased?|decreased?|risen|rise|rose|fall|fallen|fell|gr[eo]wn?|growth|"
    r"drop(?:ped)?|more or (?:less|fewer)|better or worse|(?:up|down) or (?:up|down))\b"
)
YEAR_OVER = re.compile(
    r"\b(?:the )?same (?:month|quarter|week|time|period) (?:of )?(?:last year|a year ago|"
    r"the year before)\b|\ba year (?:ago|before|earlier)\b|\byear[ -]over[ -]year\b|\byoy\b"
)
BEFORE = re.compile(
    r"\b(?:the )?(?:previous|prior|preceding) (?:period|one|time)\b|\bthe (?:day|week|month|"
    r"quarter|year|period|one|time) before\b|\bbefore that\b"
)
WHY = re.compile(
    r"\bwhy\b|\breasons? (?:for|behind|why)\b|\bcaus(?:e[sd]?|ing)\b|\bdriv(?:es|ers?|ing)\b|"
    r"\bwhat(?:'s| is) behind\b|\bexplains?\b"
)
ABOUT = re.compile(
    r"\b(?:about|mention(?:ing|s)?|concerning|regarding|containing|with the words?|titled|"
    r"that say)\s+(?:the |a |an )?(?:[\"']([^\"']{2,60})[\"']|([\w-]+))"
)
COUNT = rf"(\d{{1,3}}|{'|'.join(NUMBERS)})"
TOP = re.compile(
    rf"\b(?:top|bottom|first) {COUNT}\b|"
    rf"\b{COUNT} (?=(?:\w+ ){{0,2}}(?:most|least|highest|lowest|largest|biggest|smallest|best|worst|"
    r"busiest|slowest|fastest|fewest|riskiest|happiest)\b)|"
    rf"\b(?:the|our) {COUNT} (?:clients|customers|technicians|categories|services|industries)\b"
)
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a question has no plan."""

    reason: Reason
    why: str
    choices: tuple[str, ...] = ()
    metric: str = ""


@dataclass
class Read:
    """What the words of a question say, before anything is left to defaults."""

    text: str
    matched: Matched
    windows: list[Found]
    metric: Metric | None = None
    filters: list[Filter] = field(default_factory=list)
    group_by: list[str] = field(default_factory=list)
    order: str | None = None
    top: int | None = None
    notes: list[str] = field(default_factory=list)
    unread: Unread | None = None
    trend: bool = False
    compare: bool = False
    moved: bool = False
    why: bool = False
    ever: bool = False


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
    found.metric = _metric(found, hint)
    if found.metric is not None:
        _superlative(found, cues.top)
        _values(found, cues.about)
        _groups(found, hint is not None)
    found.unread = found.unread or _unknown(found, known)
    return found


@dataclass(frozen=True, slots=True)
class Cues:
    """Phrases that say what to do with the numbers rather than which; `rest` is the text without them."""

    rest: str
    why: bool
    trend: bool
    compare: bool
    top: int | None
    about: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "Cues":
        why, trend = bool(WHY.search(text)), bool(TREND.search(text))
        compare = bool(COMPARE.search(text) or YEAR_OVER.search(text) or BEFORE.search(text))
        top = next((next(g for g in m.groups() if g) for m in TOP.finditer(text)), None)
        about = tuple((m[1] or m[2]).strip() for m in ABOUT.finditer(text))
        for pattern in (YEAR_OVER, BEFORE, WHY, TREND, EVER):
            text = pattern.sub(" ", text)
        return cls(text, why, trend, compare, _count(top), about)


def _count(word: str | None) -> int | None:
    if word is None:
        return None
    return min(100, max(1, int(word))) if word.isdigit() else NUMBERS.index(word) + 1


def _without_titles(text: str) -> str:
    return re.sub(r"[\u2018\u2019]", "'", text.casefold())


def _tokens(text: str) -> list[str]:
    parts = re.split(r"(\x00+)", text)
    return [w for part in parts for w in ([GAP] if part.startswith(GAP) else words(part))]


def _metric(found: Read, hint: Metric | None) -> Metric | None:
    """The highest in rank of those named; two measures at once are asked back."""
    named: dict[str, Metric] = {}
    for each in found.matched.matches:
        for meaning in each.meanings:
            if meaning.kind == "metric":
                named[meaning.value] = layer().metrics[meaning.value]
    if {"sla_breaches", "open_tickets"} <= set(named):
        return layer().metrics["overdue_tickets"]
    if "device_max" in named and not {"device_mean"} & set(named):
        del named["device_max"]
    if named.keys() & {"mrr", "revenue_per_seat"}:
        named.pop("revenue", None)
    if "churn_risk" in named:
        named.pop("clients_left", None)
    if "work_hours" in named and "resolution_hours" in named:
        del named["work_hours"]
    if "device_mean" in named and _has_superlative(found) and found.matched.words:
        named["device_max"] = layer().metrics["device_max"]
    if not named:
        return hint or _thing(found)
    rank = max(metric.rank for metric in named.values())
    best = [metric for metric in named.values() if metric.rank == rank]
    if len(best) > 1 and not (rank < 3):
        labels = [metric.label for metric in best]
        why = f"Two things are asked at once: {' and '.join(labels)}. Ask for one at a time."
        found.unread = Unread("ambiguous", why, tuple(metric.question for metric in best), best[0].name)
    return best[-1] if rank == 2 else best[0]


def _has_superlative(found: Read) -> bool:
    grouped = {"which", "what"} & set(found.matched.words[:1]) and len(found.matched.words) > 1
    return not grouped and bool(set(found.matched.words) & {"highest", "largest", "most"})


def _thing(found: Read) -> Metric | None:
    """`How many clients`: a dimension that is counted itself."""
    for each in found.matched.matches:
        for meaning in each.meanings:
            if (
                meaning.kind == "dimension"
                and meaning.value in ("client", "technician")
                and each.words != ("who",)
            ):
                return layer().metrics["clients" if meaning.value == "client" else "technicians"]
    return None


def _superlative(found: Read, top: int | None) -> None:
    assert found.metric is not None
    own = (
        {word for phrase in found.metric.phrases for word in phrase.split()}
        if found.metric.name == "device_max"
        else ()
    )
    named = {
        word
        for each in found.matched.matches
        for word in each.words
        if all(m.kind == "value" for m in each.meanings)
    }
    for word in found.matched.words:
        if word in named:
            continue
        if word in own and found.matched.words[0] != "which":
            continue
        if word in MIXED:
            found.order = MIXED[word][found.metric.good]
        elif word in DOWN and found.order is None:
            found.order = "down"
        elif word in UP:
            found.order = "up"
    if top is not None:
        found.top, found.order = top, found.order or "down"


def _values(found: Read, about: Sequence[str]) -> None:
    metric = found.metric
    assert metric is not None
    for each in found.matched.matches:
        if (
            any(m.kind == "metric" and m.value == metric.name for m in each.meanings)
            and metric.source != "metrics"
        ):
            continue
        values = [m for m in each.meanings if m.kind == "value"]
        if not values:
            continue
        fitting = _fitting(values, metric)
        people = [m for m in fitting if m.dimension in ("client", "technician")]
        whole = [m for m in people if m.whole]
        if len({m.value for m in whole or people}) > 1 and len(people) == len(fitting):
            labels = sorted({m.label for m in whole or people})
            why = f"{' '.join(each.words)!r} may be {' or '.join(labels[:6])}. Which one?"
            found.unread = found.unread or Unread("ambiguous", why, tuple(labels[:10]), metric.name)
        elif fitting:
            chosen = (whole or fitting)[0]
            found.filters.append(Filter(dimension=chosen.dimension, value=chosen.value, label=chosen.label))
        elif not any(m.kind != "value" for m in each.meanings):
            _cannot(found, values[0].dimension)
    for words_ in about:
        if "text" in metric.dimensions and words_ not in {w for m in found.matched.matches for w in m.words}:
            found.filters.append(Filter(dimension="text", value=words_, label=words_))
    found.filters = list({(f.dimension, f.value): f for f in found.filters}.values())


def _fitting(values: Sequence[Meaning], metric: Metric) -> list[Meaning]:
    """Those of the first dimension that the metric takes; names that stand in the tenant's rows first."""
    takes = [m for m in values if metric.takes(m.dimension)]
    if not takes:
        return []
    order = [*metric.dimensions]
    first = min(takes, key=lambda m: (not m.whole, order.index(m.dimension))).dimension
    return [m for m in takes if m.dimension == first]


def _cannot(found: Read, dimension: str) -> None:
    metric = found.metric
    assert metric is not None
    by = dimension.replace("_", " ")
    why = f"{metric.label.capitalize()} cannot be told by {by}; by {_listed(metric)} they can."
    found.unread = found.unread or Unread("not_combinable", why, metric=metric.name)


def _listed(metric: Metric) -> str:
    names = ["month" if d == "time" else d.replace("_", " ") for d in metric.dimensions if d != "text"]
    return ", ".join(names)


def _groups(found: Read, follows: bool) -> None:
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
            _cannot(found, dimension)
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


def planned(found: Read, now: datetime, last: Plan | None = None) -> Plan | Unread:
    """The plan: what the words say, then what the turn before said, then the metric's own defaults."""
    metric = found.metric
    assert metric is not None
    windows = [f.window for f in found.windows]
    window = windows[0] if windows else None
    against = _against(found)
    if found.compare and len(windows) == 1 and _after_cue(found) and not found.trend:
        window, against = _current(found.windows[0], now), windows[0]
    group_by, filters = list(found.group_by), list(found.filters)
    if found.order and not group_by and metric.name != "device_max":
        choices = tuple(d.replace("_", " ") for d in metric.dimensions if d not in ("text", "time"))
        why = f"The {'most' if found.order == 'down' else 'least'} by what? By {', '.join(choices)} is known."
        return Unread("ambiguous", why, choices, metric.name)
    if found.trend and not set(group_by) & set(TIMES) and metric.takes("month"):
        group_by.insert(0, "month")
    if last is not None:
        window = window or (last.window if not (found.ever or found.trend) else None)
        against = against or (last.against if found.compare else None)
        replaced = {f.dimension for f in filters}
        filters = [
            f for f in last.filters if f.dimension not in replaced and metric.takes(f.dimension)
        ] + filters
        group_by = group_by or [d for d in last.group_by if metric.takes(d) and d not in replaced]
    if window is None and not found.ever:
        window = _default(metric, group_by, now)
    if found.windows and not metric.at:
        return Unread(
            "not_combinable",
            f"{metric.label.capitalize()} is known as of its last reckoning only, not by time.",
            metric=metric.name,
        )
    if window is not None and window.start >= now and not metric.future:
        why = f"{metric.label.capitalize()} of the future is not in the records."
        why += " A forecast is under /revenue/forecast." if metric.source == "revenue" else ""
        return Unread("future", why, metric=metric.name)
    if (
        (found.why or found.compare or found.moved)
        and against is None
        and window is not None
        and metric.name != "churn_risk"
        and not found.trend
    ):
        step = (
            found.windows[0] if found.windows and found.windows[0].window == window else _found(window, now)
        )
        against = before(step, now)
    if found.why and metric.why and not group_by:
        known = {f.dimension for f in filters}
        group_by = [metric.why if metric.why not in known else "client" if "client" not in known else "month"]
        group_by = [d for d in group_by if metric.takes(d)]
    return _made(found, metric, group_by, filters, window, against)


def _made(
    found: Read,
    metric: Metric,
    group_by: list[str],
    filters: list[Filter],
    window: Window | None,
    against: Window | None,
) -> Plan:
    timed = bool(group_by) and group_by[0] in TIMES
    form = (
        "why"
        if found.why
        else "comparison"
        if against
        else "trend"
        if timed
        else "breakdown"
        if group_by
        else "value"
    )
    order = found.order if group_by else None
    if group_by and order is None:
        order = "time" if timed else "down"
    return Plan.model_validate(
        {"form": form, "metric": metric.name, "source": metric.source, "filters": filters,
         "group_by": group_by[:3], "window": window, "against": against, "order": order,
         "top": found.top if group_by else None}
    )  # fmt: skip


def _against(found: Read) -> Window | None:
    if not found.compare:
        return None
    if len(found.windows) > 1:
        return found.windows[1].window
    if YEAR_OVER.search(found.text) and found.windows:
        return year_before(found.windows[0].window)
    return None


def _after_cue(found: Read) -> bool:
    cue = COMPARE.search(found.text)
    return cue is not None and found.windows[0].first > cue.start()


def _current(found: Found, now: datetime) -> Window:
    """`Compared with last month` speaks of this month."""
    unit = found.unit or "month"
    return find(f"this {unit}", now)[0].window


def _found(window: Window, now: datetime) -> Found:
    again = find(window.words, now)
    return Found(window, 0, 0, again[0].unit if again and again[0].window == window else "")


def _default(metric: Metric, group_by: Sequence[str], now: datetime) -> Window | None:
    words_ = metric.window
    times = set(group_by) & set(TIMES)
    if times and not metric.future:
        words_ = {"hour": "past 2 days", "day": "past 30 days", "week": "past 12 weeks"}.get(
            next(iter(times)), "past 12 months" if "year" not in times else ""
        )
    if not words_:
        return None
    found = find(words_, now)[0]
    window = found.window
    if times and not metric.future and times & {"month", "quarter"}:
        from mesh.agents.nlp_query.windows import floor

        window = Window(start=floor(window.start, "month"), end=window.end, words=window.words)
    return window
