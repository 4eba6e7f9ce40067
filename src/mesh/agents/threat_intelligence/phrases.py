"""Techniques that a report states in the field's own terms: commands, tools of one act, API names, phrases.

The classifier of techniques.py gives a sentence one technique or few; "vssadmin delete shadows" and "dumped
LSASS" in one sentence are two, and unmistakable. The expressions are in phrases.tsv and read by RE2, so that
no text makes them slow. How sure a finding is was measured for each grade of rule: see evals/phrases.py.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from mesh.agents.threat_intelligence.negation import covers, denied, without
from mesh.agents.threat_intelligence.sentences import Sentence

# Share of findings of a grade that TRAM's annotators marked too (or its parent or sub-technique), where they
# marked the sentence at all. Measured with evals/phrases.py on reports that no phrase was worked on with.
GRADES = {"plain": 0.93, "sure": 0.86, "likely": 0.72}
# Tools and acts that administrators know too count only in a text that speaks of an attack.
_ALONE = "plain"
_FILE = "phrases.tsv"
# "~" stands for a few words of the same sentence, "~~" for some more, a blank for a blank or a hyphen.
_FEW, _MORE, _BLANK = r"[^\w\n][^\n]{0,40}?\b", r"[^\w\n][^\n]{0,90}?\b", r"(?:[ -]{1,3})"
_SET = re.compile(r"\{([a-z]+)\}")
# Typographers' quotes, hyphens and blanks are read as the plain ones; one character for one.
_PLAIN = str.maketrans("‘’“”‐‑–—\u00a0\t\r\n\f\v", "''\"\"---- " + " " * 5)
_UNSURE = re.compile(
    r"\b(?:may|might|could|would|should|must|shall|if|whether|unless|in case|potential(?:ly)?|possib(?:le|ly)"
    r"|hypothetical(?:ly)?|theoretical(?:ly)?|simulat\w+|exercise|training on|how to"
    r"|(?:to|and|or|can|helps?|will) (?:help )?(?:prevent|avoid|detect|block|stop|mitigate|defend|protect"
    r"|identify|hunt|reduce|harden|restrict|limit|guard|counter|thwart)"
    r"|(?:prevent|detect|block|mitigat|protect|defend|guard|hunt|harden|restrict|limit|monitor|alert)ing"
    r"|prevents|detects|blocks|mitigates|protects|recommend\w*|advis(?:e|es|ed|able)|consider|ensure"
    r"|make sure|best practices?|polic(?:y|ies) (?:to|that)|please|we (?:offer|provide|support|monitor)"
    r"|against)\b",
    re.IGNORECASE,
)
_ADVICE = re.compile(
    r"\W{0,4}(?:(?:\d+|[a-z])[.)] )?"
    r"(?:please |always |never |do not |don't |also |regularly |immediately )?"
    r"(?:disable|enable|block|monitor|audit|restrict|review|limit|keep|train|educate|enforce|require|apply"
    r"|implement|configure|alert|check|hunt|detect|prevent|patch|update|avoid|ensure|consider|investigate"
    r"|reset|rotate|isolate|use (?:of )?(?:multi|mfa|strong|unique|a vpn|allow)|set up|turn (?:on|off)"
    r"|deploy|harden|look for|verify|search for|protect|secure|maintain|remove|uninstall|mitigations?"
    r"|recommendations?)\b",
    re.IGNORECASE,
)
_ATTACK = re.compile(
    r"\b(?:attack\w*|malware|malicious|ransom\w*|threat actors?|adversar\w+|intru[ds]\w+|compromis\w+"
    r"|exploit\w*|backdoor\w*|c2|payloads?|hack(?:ers?|ed|ing)|stolen|stole|steals|suspicious|phish\w*"
    r"|breach\w*|implants?|unauthori[sz]ed|trojan\w*|beacon\w*|lateral\w*|exfiltrat\w+|actors?|dropper|stealer"
    r"|botnet|infected|infection|cobalt strike|shellcode|victims?)\b",
    re.IGNORECASE,
)
# A denial reaches this far forward within its clause, after NegEx; negation.py knows the longer forms.
_NOT = re.compile(
    r"(?:\b(?:not|never|cannot|unable to|failed to|without|instead of|rather than|no longer)|n't)\b(?! only)"
    r"[^,;:\n]{0,50}$",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[;:]\s|\b(?:but|however|although|nevertheless)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Phrase:
    """An expression that states a technique. `name` says what it looks for, `grade` is a key of GRADES."""

    technique: str
    grade: str
    name: str
    pattern: Any


@dataclass(frozen=True, slots=True)
class Stated:
    """A technique and the exact words text[start:end] that state it; `rule` names the phrase."""

    technique: str
    start: int
    end: int
    rule: str
    grade: str

    @property
    def confidence(self) -> float:
        """The measured precision of the rule's grade."""
        return GRADES[self.grade]


def stated(text: str, sentences: Sequence[Sentence]) -> list[Stated]:
    """Techniques that sentences of the text state, in the order they stand; a technique may come often.

    `sentences` are of the same text, in order. What the text denies, supposes or advises is left out.
    Linear in the length of the text. A text that speaks of no attack states nothing but what is plain.
    """
    if not sentences:
        return []
    plain = text.translate(_PLAIN)
    # One byte a character, so that offsets are the text's own; sentences are kept apart by line breaks.
    lines = _lines(plain, sentences)
    starts = [sentence.start for sentence in sentences]
    never = denied(text)
    found: dict[tuple[str, int], Stated] = {}
    for phrase in _possible(lines):
        tried = -1
        for match in phrase.pattern.finditer(lines):
            start, end = match.span()
            place = max(0, bisect_right(starts, start) - 1)
            if place == tried:
                continue  # one try a sentence: text that repeats a phrase costs no more than other text
            tried, first = place, sentences[place].start
            known = found.get((phrase.technique, first))
            if known is not None and known.confidence >= GRADES[phrase.grade]:
                continue
            if not covers(never, start, end) and _asserted(plain[first:start]):
                one = Stated(phrase.technique, start, end, phrase.name, phrase.grade)
                found[phrase.technique, first] = one
    if not any(one.grade == _ALONE for one in found.values()) and not _ATTACK.search(without(text, never)):
        return []
    return sorted(found.values(), key=lambda one: (one.start, one.end, one.technique))


def _lines(plain: str, sentences: Sequence[Sentence]) -> bytes:
    parts, at = [], 0
    for sentence in sentences:
        parts += ["\n" * (sentence.start - at), plain[sentence.start : sentence.end]]
        at = sentence.end
    return "".join((*parts, "\n" * (len(plain) - at))).encode("ascii", "replace")


def _asserted(before: str) -> bool:
    """Whether the words that a sentence has before a phrase leave it a fact."""
    if _ADVICE.match(before):
        return False
    clause = _CLAUSE.split(before)[-1]
    return not _UNSURE.search(clause) and not _NOT.search(clause)


@lru_cache(maxsize=1)
def phrases() -> tuple[Phrase, ...]:
    """The expressions of phrases.tsv, compiled. Raises ValueError for a line that is no phrase."""
    import re2  # type: ignore[import-untyped]

    options = re2.Options()
    options.case_sensitive = False
    # What is searched is ASCII: single bytes make far smaller automata than UTF-8.
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    sets: dict[str, str] = {}
    made = []
    for technique, grade, name, pattern in _rows():
        if technique == "=":
            sets[name] = pattern
        elif grade in GRADES:
            compiled = re2.compile(_spelled(pattern, sets).encode(), options)
            made.append(Phrase(technique, grade, name, compiled))
        else:
            raise ValueError(f"{name}: {grade} is no grade of phrases")
    return tuple(made)


def _possible(lines: bytes) -> list[Phrase]:
    """The phrases, in their order, that have a word or piece of a word in the text; one pass finds them."""
    return [phrases()[place] for place in sorted(_filter().Match(lines, True) or ())]


@lru_cache(maxsize=1)
def _filter() -> Any:
    import re2

    made = re2.Filter()
    for phrase in phrases():
        made.Add(phrase.pattern.pattern, phrase.pattern.options)
    made.Compile()
    return made


def _rows() -> Iterator[tuple[str, str, str, str]]:
    source = files(__package__) / _FILE
    for line in source.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            technique, grade, name, pattern = line.split("\t")
            yield technique, grade, name, pattern


def _spelled(pattern: str, sets: dict[str, str]) -> str:
    """The regular expression of a pattern: sets put in, gaps and blanks spelled out, whole words only."""
    pattern = _SET.sub(lambda name: sets[name[1]], pattern)
    pattern = pattern.replace("~~", "\0").replace("~", _FEW).replace("\0", _MORE).replace(" ", _BLANK)
    return rf"(?:\b|^)(?:{pattern})"
