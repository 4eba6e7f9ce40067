"""Time windows in words: `last month`, `this quarter`, `since March`, `in 2025`, `past 30 days`."""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mesh.agents.nlp_query.model import Window

MONTHS = {name.lower(): n for n, name in enumerate(calendar.month_name) if name}
MONTHS |= {name.lower(): n for n, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
COUNT = rf"(\d{{1,3}}|{'|'.join(NUMBERS)}|couple of|few)"
UNIT = r"(hour|day|week|month|quarter|year)"
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}
ORDINAL = f"(?:{'|'.join(ORDINALS)})"
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Found:
    """A window and where its words stand; `unit` and `back` say how to step to the one before."""

    window: Window
    first: int
    last: int
    unit: str = ""


def floor(at: datetime, unit: str) -> datetime:
    """The start of the calendar unit (weeks begin on Monday) in which a moment lies."""
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "hour":
        return at.replace(minute=0, second=0, microsecond=0)
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "month":
        return day.replace(day=1)
    if unit == "quarter":
        return day.replace(day=1, month=(day.month - 1) // 3 * 3 + 1)
    return day.replace(day=1, month=1) if unit == "year" else day


def stepped(at: datetime, unit: str, count: int) -> datetime:
    """So many units later; in months, the day stays where the month has it."""
    if unit in ("hour", "day", "week"):
        return at + count * {"hour": timedelta(hours=1), "day": DAY, "week": 7 * DAY}[unit]
    months = at.year * 12 + at.month - 1 + count * {"month": 1, "quarter": 3, "year": 12}[unit]
    year, month = months // 12, months % 12 + 1
    return at.replace(year=year, month=month, day=min(at.day, calendar.monthrange(year, month)[1]))


def before(found: Found, now: datetime) -> Window:
    """The window before: of a unit not over yet, the same part of the one before; else as long a one."""
    window = found.window
    if not found.unit:
        length = window.end - window.start
        return Window(start=window.start - length, end=window.start, words="the time before, as long")
    start = stepped(window.start, found.unit, -1)
    if window.end >= now and window.start <= now:
        end = min(start + (now - window.start), window.start)
        return Window(start=start, end=end, words=f"the same part of the {found.unit} before")
    return Window(start=start, end=window.start, words=f"the {found.unit} before")


def year_before(window: Window) -> Window:
    return Window(
        start=stepped(window.start, "year", -1), end=stepped(window.end, "year", -1), words="a year before"
    )


def find(text: str, now: datetime) -> list[Found]:
    """Every window in a lower-case text, in the order of their words; overlapping ones count once."""
    found: list[Found] = []
    for pattern, make in PATTERNS:
        for match in pattern.finditer(text):
            if any(match.start() < f.last and f.first < match.end() for f in found):
                continue
            try:
                made = make(match, now)
            except (ValueError, OverflowError):
                continue
            if made is not None:
                start, end, unit = made
                words = re.sub(r"^(?:in|over|within|during|for|on|of) (?:the )?", "", match[0].strip())
                found.append(
                    Found(Window(start=start, end=end, words=words), match.start(), match.end(), unit)
                )
    return sorted(found, key=lambda f: f.first)


Span = tuple[datetime, datetime, str]


def _number(word: str) -> int:
    if word.isdigit():
        return max(1, int(word))
    return {"couple of": 2, "few": 3}.get(word) or NUMBERS.index(word) + 1


def _rolling(match: re.Match[str], now: datetime) -> Span:
    return stepped(now, match[2], -_number(match[1])), now, ""


def _one_rolling(match: re.Match[str], now: datetime) -> Span:
    return stepped(now, match[1], -1), now, ""


def _coming(match: re.Match[str], now: datetime) -> Span:
    return now, stepped(now, match[2], _number(match[1])), ""


def _calendar(match: re.Match[str], now: datetime) -> Span:
    which, unit = match[1], match[2]
    start = floor(now, unit)
    if which in ("this", "the current", "current"):
        return start, stepped(start, unit, 1), unit
    if which in ("next", "coming", "the coming", "upcoming"):
        return stepped(start, unit, 1), stepped(start, unit, 2), unit
    return stepped(start, unit, -1), start, unit


def _before_last(match: re.Match[str], now: datetime) -> Span:
    start = floor(now, match[1])
    return stepped(start, match[1], -2), stepped(start, match[1], -1), match[1]


def _day(match: re.Match[str], now: datetime) -> Span:
    start = floor(now, "day") - (DAY if match[1] == "yesterday" else 0 * DAY)
    return start, start + DAY, "day"


def _to_date(match: re.Match[str], now: datetime) -> Span:
    unit = {"ytd": "year", "mtd": "month", "qtd": "quarter"}.get(match[0], match[1] or "year")
    return floor(now, unit), stepped(floor(now, unit), unit, 1), unit


def _month_of(name: str, year: str | None, now: datetime) -> datetime:
    """Without a year, the latest that has begun."""
    month = MONTHS[name]
    at = (int(year) if year else now.year) - (0 if year or month <= now.month else 1)
    return datetime(at, month, 1, tzinfo=UTC)


def _month(match: re.Match[str], now: datetime) -> Span:
    start = _month_of(match[1], match[2], now)
    return start, stepped(start, "month", 1), "month"


def _since(match: re.Match[str], now: datetime) -> Span:
    return _month_of(match[1], match[2], now), now, ""


def _since_year(match: re.Match[str], now: datetime) -> Span:
    return datetime(int(match[1]), 1, 1, tzinfo=UTC), now, ""


def _since_unit(match: re.Match[str], now: datetime) -> Span:
    start = floor(now, match[2])
    return stepped(start, match[2], -1) if match[1] in ("last", "the last") else start, now, ""


def _since_day(match: re.Match[str], now: datetime) -> Span:
    return datetime.fromisoformat(match[1]).replace(tzinfo=UTC), now, ""


def _date(match: re.Match[str], now: datetime) -> Span:  # noqa: ARG001
    start = datetime.fromisoformat(match[1]).replace(tzinfo=UTC)
    return start, start + DAY, "day"


def _iso_month(match: re.Match[str], now: datetime) -> Span:  # noqa: ARG001
    start = datetime(int(match[1]), int(match[2]), 1, tzinfo=UTC)
    return start, stepped(start, "month", 1), "month"


def _year(match: re.Match[str], now: datetime) -> Span:  # noqa: ARG001
    start = datetime(int(match[1]), 1, 1, tzinfo=UTC)
    return start, stepped(start, "year", 1), "year"


def _quarter(match: re.Match[str], now: datetime) -> Span:
    place = ORDINALS.get(match[1]) or int(match[1][-1])
    month = 3 * place - 2
    year = int(match[2]) if match[2] else now.year - (month > now.month)
    start = datetime(year, month, 1, tzinfo=UTC)
    return start, stepped(start, "quarter", 1), "quarter"


def _months(match: re.Match[str], now: datetime) -> Span:
    last = _month_of(match[2], match[3], now)
    first = _month_of(match[1], str(last.year - (MONTHS[match[1]] > MONTHS[match[2]])), now)
    return first, stepped(last, "month", 1), ""


IN = r"(?:\b(?:in|over|within|during|for|on|of) (?:the )?)?"
PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], datetime], Span | None]], ...] = tuple(
    (re.compile(pattern), make)
    for pattern, make in (
        (rf"(?:\bbetween|\bfrom) ({MONTH}) (?:and|to|until|through) ({MONTH})(?: (\d{{4}}))?\b", _months),
        (r"\bsince (\d{4}-\d\d-\d\d)\b", _since_day),
        (rf"\b(?:since|from|after) ({MONTH})(?: (\d{{4}}))?\b(?: on(?:wards)?)?", _since),
        (r"\b(?:since|after) (\d{4})\b", _since_year),
        (rf"\bsince (last|the last|this|the (?:start|beginning) of (?:the|this)) {UNIT}\b", _since_unit),
        (rf"{IN}\b(?:past|last|previous|trailing) {COUNT} {UNIT}s?\b", _rolling),
        (rf"{IN}\b(?:next|coming|upcoming) {COUNT} {UNIT}s?\b", _coming),
        (rf"\b(?:within|in) {COUNT} {UNIT}s?\b", _coming),
        (rf"{IN}\b{UNIT} before last\b", _before_last),
        (rf"\b(?:in|over|within|during|for) the (?:last|past) {UNIT}\b", _one_rolling),
        (rf"{IN}\bpast {UNIT}\b", _one_rolling),
        (rf"{IN}\b{UNIT} to date\b|\bytd\b|\bmtd\b|\bqtd\b", _to_date),
        (rf"{IN}\b(this|current|last|previous|next|coming|upcoming) {UNIT}\b", _calendar),
        (r"\b(yesterday|today)\b", _day),
        (r"(?:\bon )?\b(\d{4}-\d\d-\d\d)\b", _date),
        (r"(?:\bin )?\b(\d{4})-(\d\d)\b", _iso_month),
        (rf"{IN}\b(q[1-4]|{ORDINAL}(?= quarter))(?: quarter)?(?: (?:of )?(\d{{4}}))?\b", _quarter),
        (rf"\b(?:in|during|for|of|on) ({MONTH})(?: (\d{{4}}))?\b", _month),
        (rf"\b({MONTH}) (\d{{4}})\b", _month),
        (rf"\b((?!may\b|mar\b|dec\b)(?:{MONTH}))()\b", _month),
        (r"(?:\b(?:in|during|for|of) )?\b((?:19|20)\d\d)\b", _year),
    )
)  # fmt: skip
EVER = re.compile(r"\b(?:of all time|all time|all-time|in total|since the beginning|ever)\b")
