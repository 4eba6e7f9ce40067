"""How often something is done, as words say it: in days."""

import re
from functools import lru_cache

_NAMED = {
    "hourly": 1, "daily": 1, "nightly": 1, "weekly": 7, "fortnightly": 14, "monthly": 31, "quarterly": 92,
    "semi-annually": 184, "semiannually": 184, "biannually": 184, "half-yearly": 184, "annually": 366,
    "annual": 366, "yearly": 366, "continuously": 1, "real time": 1, "real-time": 1, "around the clock": 1,
}  # fmt: skip
_UNITS = {"hour": 1, "day": 1, "night": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}
_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10, "twelve": 12,
    "half": 0.5, "other": 2, "second": 2, "third": 3, "thirty": 30, "ninety": 90,
}  # fmt: skip
_EVERY = re.compile(
    r"\b(?:every|each|per|once (?:a|an|per|every)|twice (?:a|an|per))\s+(?:(\d{1,3}|[a-z]+)[\s-]+)?"
    r"(hour|day|night|week|month|quarter|year)s?\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"\b(?:" + "|".join(re.escape(word) for word in _NAMED) + r")\b", re.IGNORECASE)


@lru_cache(maxsize=20_000)
def interval(text: str) -> float | None:
    """The shortest interval the text names, in days; None when it names none.

    >>> interval("Rules are reviewed every six months"), interval("Logs are kept for a year")
    (186, None)
    """
    found = [float(_NAMED[word.group().lower()]) for word in _WORD.finditer(text)]
    for each in _EVERY.finditer(text):
        said = (each[1] or "one").lower()
        count = float(said) if said.isdigit() else _NUMBERS.get(said, 1)
        days = count * _UNITS[each[2].lower()]
        found.append(days / 2 if each[0].lower().startswith("twice") else days)
    return round(min(found)) if found else None


def words_for(days: float) -> str:
    """An interval in words.

    >>> words_for(92), words_for(10)
    ('every quarter', 'every 10 days')
    """
    for name, length in (("day", 1), ("week", 7), ("month", 31), ("quarter", 92), ("year", 366)):
        if days <= length and days > length * 0.9:
            return f"every {name}"
    return "every six months" if 180 <= days <= 190 else f"every {days:.0f} days"
