"""Names, sums, percentages and dates in a text, by rules and the lists of names.tsv.

Organisations are known vendors and names with a legal form ("Harbor Dental LLC"); a company that is neither
is not found, nor is any person. Places are countries, states and large cities of the list.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import cast

from mesh.agents.market_intelligence.model import Entity, EntityType

MOST = 100
CANNOT = (
    "Organisations are found by a list of the trade's vendors and by legal forms such as Inc. or GmbH, "
    "products and places by lists; other names are not found."
)
_CURRENCY = {
    "€": "EUR", "£": "GBP", "us$": "USD", "dollar": "USD", "euro": "EUR", "pound": "GBP",
    "eur": "EUR", "usd": "USD", "gbp": "GBP", "chf": "CHF", "cad": "CAD", "aud": "AUD", "sek": "SEK",
    "jpy": "JPY", "¥": "JPY", "inr": "INR", "nok": "NOK", "dkk": "DKK", "nzd": "NZD",
}  # fmt: skip
_SCALE = {"k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "mln": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9,
          "billion": 1e9, "trillion": 1e12}  # fmt: skip
_NUMBER = r"\d{1,3}(?:[,\u00a0 ]\d{3}(?!\d)){1,5}(?:\.\d{1,4})?|\d{1,15}(?:\.\d{1,4})?"
_SCALES = r"(?:[\s-]?(?P<scale{0}>thousand|million|billion|trillion|mln|mn|bn|k|m|b)\b)?"
_CODES = r"usd|eur|gbp|chf|cad|aud|sek|jpy|inr|nok|dkk|nzd"
_MONEY = re.compile(
    rf"(?:(?P<sign>us\$|[$€£¥]|\b(?:{_CODES}))\s?(?P<n1>{_NUMBER}){_SCALES.format(1)}"
    rf"|(?<![\d.,])(?P<n2>{_NUMBER}){_SCALES.format(2)}\s?(?P<unit>dollars?|euros?|pounds?|(?:{_CODES})\b|€))",
    re.IGNORECASE,
)
_PERCENT = re.compile(
    r"(?<![\w.])[-+]?(?P<n>\d{1,6}(?:\.\d{1,4})?)\s?(?:%|per\s?cent\b|percentage points?\b)", re.IGNORECASE
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR = r"(?:19|20)\d\d"
_QUARTER = r"(?:q[1-4]|(?:first|second|third|fourth|last)\s(?:quarter|half))"
_DATE = re.compile(
    rf"\b(?:{_YEAR}-\d\d-\d\d(?:t\d\d:\d\d(?::\d\d)?z?)?|\d{{1,2}}[./]\d{{1,2}}[./]{_YEAR}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\s(?:of\s)?{_MONTH}(?:,?\s{_YEAR})?"
    rf"|{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s{_YEAR})?|{_MONTH}\s{_YEAR}"
    rf"|{_QUARTER}(?:\s(?:of\s)?{_YEAR})?|(?:last|this|next)\s(?:week|month|quarter|year)"
    rf"|yesterday|today|tomorrow|(?<=\bin\s){_YEAR}|(?<=\bby\s){_YEAR}|(?<=\bsince\s){_YEAR})\b",
    re.IGNORECASE,
)
# Up to five capitalised words and then a legal form.
_COMPANY = re.compile(
    r"\b[A-Z][\w&'’-]{0,30}(?:[ ](?:(?:of|and|&|de)[ ])?[A-Z][\w&'’-]{0,30}){0,4},?[ ]"
    r"(?:Inc|LLC|L\.L\.C|Ltd|Limited|Corp|Corporation|PLC|plc|GmbH|AG|SE|SA|S\.A|SAS|NV|N\.V|BV|B\.V|AB|ASA|"
    r"Oyj|Oy|A/S|KG|LLP|Pty|Holdings|Group)\b\.?"
)


def entities(text: str) -> list[Entity]:
    """At most 100, in the order of the text, none within another: of two that overlap, the longer stands."""
    found = sorted(_all(text), key=lambda each: (each.start - each.end, each.start))
    taken = bytearray(len(text))
    kept = []
    for each in found:
        if not any(taken[each.start : each.end]):
            taken[each.start : each.end] = b"\1" * (each.end - each.start)
            kept.append(each)
    return sorted(kept, key=lambda each: each.start)[:MOST]


def _all(text: str) -> Iterator[Entity]:
    for match in _MONEY.finditer(text):
        yield _money(match)
    for match in _PERCENT.finditer(text):
        yield Entity(
            type="percentage", text=match[0], start=match.start(), end=match.end(), amount=float(match["n"])
        )
    for match in _DATE.finditer(text):
        # "may" in small letters is rarely the month.
        if not match[0].startswith("may "):
            yield Entity(type="date", text=match[0], start=match.start(), end=match.end())
    for match in _COMPANY.finditer(text):
        yield Entity(type="organisation", text=match[0], start=match.start(), end=match.end(), name=match[0])
    for match in _names().finditer(text):
        kind, name = _known()[match[0]]
        yield Entity(type=kind, text=match[0], start=match.start(), end=match.end(), name=name)


def _money(match: re.Match[str]) -> Entity:
    sign = (match["sign"] or match["unit"]).lower()
    scale = (match["scale1"] or match["scale2"] or "").lower()
    number = float(re.sub(r"[,\s]", "", match["n1"] or match["n2"])) * _SCALE.get(scale, 1)
    currency = _CURRENCY.get(sign) or _CURRENCY.get(sign.rstrip("s"))
    return Entity(
        type="money", text=match[0], start=match.start(), end=match.end(), amount=number, currency=currency
    )


@cache
def _known() -> dict[str, tuple[EntityType, str]]:
    """How a name is written: its type and its usual form. The first form of a line is the usual one."""
    lines = files(__package__).joinpath("names.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return {
        form: (cast(EntityType, kind), group.split("=")[0])
        for kind, names in rows
        for group in names.split(", ")
        for form in group.split("=")
    }


@cache
def _names() -> re.Pattern[str]:
    forms = "|".join(re.escape(form) for form in sorted(_known(), key=len, reverse=True))
    return re.compile(rf"(?<![\w-])(?:{forms})(?![\w-])")
