"""Phrases that say what to do with the numbers: compare, rank, explain, follow over time."""

import re
from dataclasses import dataclass

from mesh.agents.nlp_query.windows import EVER, NUMBERS

DOWN = frozenset(
    {"most", "highest", "largest", "biggest", "greatest", "top", "longest", "slowest", "busiest", "happiest",
     "riskiest", "max", "maximum", "peak", "heaviest"}
)  # fmt: skip
UP = frozenset(
    {"least", "fewest", "lowest", "smallest", "bottom", "shortest", "fastest", "quickest", "unhappiest"}
)
MIXED = {"best": {"high": "down", "low": "up"}, "worst": {"high": "up", "low": "down"}}
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
