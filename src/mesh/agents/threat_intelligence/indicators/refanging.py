"""Undo defanging: give back the text as it was before someone made its addresses unclickable.

The result keeps a map of offsets, so that whatever is found in the refanged text can be pointed at in the
original. Every rule is bounded, starts at a rare character, and is skipped when that character is absent:
the work is linear in the length of the text.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Edit = tuple[int, int, str]

_SPACES = " \t"
_WORD_DOTS = {"dot", "punto", "punkt"}
_WORD_ATS = {"at", "et", "arroba"}

# An opening bracket (or a pile of them) around a separator: [.] (dot) {.} <.> [.com [:] [://] [/] [@] (at)
_BRACKETED = re.compile(
    r"(?<![\[({<])(?<![\[({<][ \t])(?:[\[({<][ \t]{0,4}+){1,12}+"
    r"(?P<mark>://|//?|:|\.|,|@|dot|punto|punkt|at|et|arroba|www|-)"
    r"(?P<tail>[ \t]{0,4})(?P<close>(?:[\])}>][ \t]{0,4}){0,12}+)",
    re.IGNORECASE,
)
_CLOSED_ONLY = re.compile(r"(?<=[A-Za-z0-9])(?:\.|(?i:dot))[\])}]{1,4}(?=[A-Za-z0-9])")
_EMPTY_BRACKETS = re.compile(r"(?<=[A-Za-z0-9])\[\](?=[A-Za-z0-9])")
_ESCAPED_DOT = re.compile(r"(?<=[A-Za-z0-9])[\\^]\.(?=[A-Za-z0-9])")
_ESCAPED_SLASH = re.compile(r"(?<=[A-Za-z0-9:/])\\/")
_WIDE_DOT = re.compile(r"(?<=[A-Za-z0-9])[\u3002\uff0e\uff61](?=[A-Za-z0-9])")
_COMMON_TLD = r"(?:com|net|org|info|biz|io|co|ru|cn|xyz|top|online|site|uk|de|eu|us)"
_SPOKEN_DOT = re.compile(
    r"(?<=[A-Za-z0-9])[ ]{1,2}dot[ ]{1,2}(?=(?:[a-z0-9-]{1,63}[ ]{1,2}dot[ ]{1,2}){0,4}"
    + _COMMON_TLD
    + r"\b)",
    re.IGNORECASE,
)
_SHOUTED = re.compile(
    r"(?<=[a-z0-9])DOT(?=[a-z0-9])|(?<=[a-z0-9])AT(?=[a-z0-9-]{1,63}(?:DOT|\.|\[)[a-z.\[])"
    r"|(?<=[A-Za-z0-9])-dot-(?=" + _COMMON_TLD + r"(?![\w.-]))"
)
_SCHEME = re.compile(
    r"(?<![A-Za-z0-9])(?P<name>h(?:[tx*#_]{1,3}p|ttx|pp)|f[xt*]{1,2}p|meow|xxxx)(?:\[?(?P<tls>s)\]?)?"
    r"(?P<colon>[ \t]{0,2}+(?:[\[({<]:[\])}>]|:)[ \t]{0,2}+(?:[\[({<]?[/\\]{1,3}[\])}>]?){1,2}"
    r"|[\[({<]:?//[\])}>]"
    r"|:?__(?=[A-Za-z0-9\[]))",
    re.IGNORECASE,
)
_SPACED_URL = re.compile(
    r"://[ ]{1,2}[A-Za-z0-9-]{1,63}(?:[ ]{0,2}\.[ ]{0,2}[A-Za-z0-9-]{1,63}){1,6}(?P<path>[ ]/[^ /])?"
)
_COMMA_HOST = re.compile(
    r"//(?P<host>\d{1,3}(?:,\d{1,3}){3}|[A-Za-z0-9-]{1,63}(?:,[A-Za-z0-9-]{1,63}){1,4})(?=[/:\s]|$)"
)
_OPEN_HOST = re.compile(r"(?<=//)\[(?=[A-Za-z0-9][A-Za-z0-9.-]{2,200}(?:[/\s\]]|$))")
_AT_SPACES = re.compile(
    r"(?<=[A-Za-z0-9])[ \t]{1,3}@[ \t]{1,3}(?=[A-Za-z0-9])"
    r"|(?<=[A-Za-z0-9])[ \t]{1,3}@(?=[A-Za-z0-9-]{1,63}[ \t]{0,3}[\[({])"
    r"|(?<=[A-Za-z0-9])@[ \t]{1,3}(?=[A-Za-z0-9-]{1,63}[ \t]{0,3}[\[({.])"
)
_DOT_WORD = (
    r"(?:[ \t]{1,3}dot[ \t]{1,3}|/dot/"
    r"|[ \t]{0,3}(?:[\[({<][ \t]{0,4}+){1,12}+dot(?:[ \t]{0,4}[\])}>]){0,12}+[ \t]{0,3})"
)
_SPOKEN_EMAIL = re.compile(
    r"(?<=[A-Za-z0-9])(?P<at>[ \t]{1,3}at[ \t]{1,3}|/at/)"
    rf"(?P<host>[a-z0-9-]{{1,63}}(?:{_DOT_WORD}[a-z0-9-]{{2,63}}){{1,5}})",
    re.IGNORECASE,
)
_DOT_WORD_ALONE = re.compile(_DOT_WORD, re.IGNORECASE)
_LAST_WORD = re.compile(r"[A-Za-z]+$")
# "hosted at evil[dot]com" speaks of a place, "someone at example[dot]com" of a person.
_PLACE_VERBS_TEXT = (
    "look looks looking looked hosted hosts host hosting found located available us me them him her contact"
    " server servers domain domains site sites website page pages url link c2 panel is are was were be been"
    " seen observed pointed points pointing aimed reached registered downloaded staged served lives live"
    " resides arrives beacon beacons beaconing and or not only out here traffic requests payload malware"
    " sample file files portal"
)
_PLACE_VERBS = frozenset(_PLACE_VERBS_TEXT.split())


@dataclass(frozen=True, slots=True)
class Refanged:
    """A refanged text and where each of its characters came from."""

    text: str
    _clean: tuple[int, ...]
    _edits: tuple[tuple[int, int, int, int], ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the original text of `text[start:end]`."""
        if not self._clean:
            return start, end
        first = self._raw(start, 0)
        return first, self._raw(end - 1, 1) if end > start else first

    def changed(self, start: int, end: int) -> bool:
        """Whether any character of `text[start:end]` was written differently in the original."""
        index = bisect_right(self._clean, end - 1) - 1
        return index >= 0 and self._edits[index][1] > start

    def _raw(self, at: int, past: int) -> int:
        index = bisect_right(self._clean, at) - 1
        if index < 0:
            return at + past
        _, clean_end, raw_start, raw_end = self._edits[index]
        if at < clean_end:
            return raw_end if past else raw_start
        return raw_end + (at - clean_end) + past


def refang(text: str) -> Refanged:
    """Undo every kind of defanging in a text.

    >>> refang("hxxps[:]//evil[.]com/a and bob[at]evil(dot)com").text
    'https://evil.com/a and bob@evil.com'
    """
    return _apply(text, sorted(_edits(text)))


def _apply(text: str, edits: list[Edit]) -> Refanged:
    pieces: list[str] = []
    clean: list[int] = []
    kept: list[tuple[int, int, int, int]] = []
    done = length = 0
    for start, end, new in edits:
        if start < done:
            continue
        length += start - done
        pieces += (text[done:start], new)
        clean.append(length)
        kept.append((length, length + len(new), start, end))
        length += len(new)
        done = end
    pieces.append(text[done:])
    return Refanged("".join(pieces), tuple(clean), tuple(kept))


def _edits(text: str) -> Iterator[Edit]:
    lowered = text.lower()
    for gates, rule in _RULES:
        if any(gate in lowered for gate in gates):
            yield from rule(text)


def _replace(pattern: re.Pattern[str], new: str) -> Callable[[str], Iterator[Edit]]:
    def rule(text: str) -> Iterator[Edit]:
        for found in pattern.finditer(text):
            yield found.start(), found.end(), new

    return rule


def _bracketed(text: str) -> Iterator[Edit]:
    for found in _BRACKETED.finditer(text):
        mark, closed = found["mark"].lower(), bool(found["close"])
        start, end = found.start(), found.end() if closed else found.end("mark")
        spaced = start
        while spaced > 0 and start - spaced < 4 and text[spaced - 1] in _SPACES:
            spaced -= 1
        before, after = text[spaced - 1 : spaced], text[end : end + 1]
        # Only a separator that stands between two parts of a name is a defanged one.
        if mark == "www":
            if closed:
                yield start, end, "www"
        elif (new := _meaning(mark, closed, text[start], spaced < start, after)) and _joins(
            before, after, new
        ):
            end = end + len(after) if not closed and after in _SPACES else end
            yield spaced, end, new


def _meaning(mark: str, closed: bool, opener: str, spaced: bool, after: str) -> str:
    if mark in {".", ","} or mark in _WORD_DOTS:
        if closed:
            return "."
        # "Framework (.NET" is prose; "example[.com" is not.
        return "" if mark == "," or (spaced and opener != "[") else "."
    if mark == "@" or mark in _WORD_ATS:
        return "@" if closed or mark == "@" else ""
    if mark in {"/", "//", "-"}:
        return mark if not spaced and (closed or (mark == "/" and opener in "[(")) else ""
    return mark if closed and not spaced and after not in _SPACES else ""


def _joins(before: str, after: str, new: str) -> bool:
    if not before or not (
        before.isalnum() or before in "_-)" or (new in {"/", "//", ":"} and before in ":/]")
    ):
        return False
    if new in {"/", "//", "://", ":"}:
        return bool(after) or new == "/"
    return bool(after) and (after.isalnum() or after in "[({<_*" or after in _SPACES)


def _schemes(text: str) -> Iterator[Edit]:
    for found in _SCHEME.finditer(text):
        name = "ftp" if found["name"][0] in "fF" else "http"
        new = f"{name}{'s' if found['tls'] else ''}://"
        if found.group().lower() != new:
            yield found.start(), found.end(), new


def _spaced_urls(text: str) -> Iterator[Edit]:
    for found in _SPACED_URL.finditer(text):
        for at in range(found.start() + 3, found.end()):
            if text[at] == " ":
                yield at, at + 1, ""


def _comma_hosts(text: str) -> Iterator[Edit]:
    for found in _COMMA_HOST.finditer(text):
        for at in range(found.start("host"), found.end("host")):
            if text[at] == ",":
                yield at, at + 1, "."


def _spoken_emails(text: str) -> Iterator[Edit]:
    for found in _SPOKEN_EMAIL.finditer(text):
        word = _LAST_WORD.search(text[max(0, found.start() - 20) : found.start()])
        if word and word.group().lower() in _PLACE_VERBS:
            continue
        yield found.start("at"), found.end("at"), "@"
        for dot in _DOT_WORD_ALONE.finditer(text, found.start("host"), found.end("host")):
            yield dot.start(), dot.end(), "."


def _shouted(text: str) -> Iterator[Edit]:
    for found in _SHOUTED.finditer(text):
        yield found.start(), found.end(), "@" if found.group() == "AT" else "."


_OPENERS = ("[", "(", "{", "<")
_RULES: tuple[tuple[tuple[str, ...], Callable[[str], Iterator[Edit]]], ...] = (
    (_OPENERS, _bracketed),
    (("]", ")", "}"), _replace(_CLOSED_ONLY, ".")),
    (("[]",), _replace(_EMPTY_BRACKETS, ".")),
    (("\\/",), _replace(_ESCAPED_SLASH, "/")),
    (("\\.", "^."), _replace(_ESCAPED_DOT, ".")),
    (("\u3002", "\uff0e", "\uff61"), _replace(_WIDE_DOT, ".")),
    ((" dot ", " dot  "), _replace(_SPOKEN_DOT, ".")),
    ((" at ", "\tat ", "/at/"), _spoken_emails),
    (("dot",), _shouted),
    (("//", "\\\\", "__", "/"), _schemes),
    (("// ",), _spaced_urls),
    (("//",), _comma_hosts),
    (("//[",), _replace(_OPEN_HOST, "")),
    (("@",), _replace(_AT_SPACES, "@")),
)
