"""Find YARA rules in text: a header, a body in balanced braces, a condition (YARA documentation, "Writing
rules")."""

import re
from collections.abc import Iterator

from .indicator import Indicator, Source

_HEADER = re.compile(
    r"(?<![\w/*])(?:(?:private|global)\s{1,20}){0,2}rule\s{1,20}[A-Za-z_]\w{0,127}\s{0,20}"
    r"(?::[\w \t]{1,200}?\s{0,20})?\{"
)
_TOKEN = re.compile(r"\"(?:\\.|[^\"\\\n])*+\"|//[^\n]*|/\*(?:[^*]|\*(?!/))*+\*/|[{}]|\bcondition\s{0,20}:")
# What may stand before a rule and belongs to it: imports and includes, with comments between them.
_PREAMBLE = re.compile(
    r"(?:^|\n)[ \t]*(?:(?:import|include)\s+\"[^\"\n]{1,200}\"\s*|//[^\n]*\n\s*"
    r"|/\*(?:[^*]|\*(?!/)){0,2000}+\*/\s*)+\Z"
)


def find_yara_rules(source: Source) -> Iterator[Indicator]:
    """Whole YARA rules. Scanning stops after four times the text's length, whatever the text does."""
    raw, done = source.raw, 0
    budget = 4 * len(raw)
    if "condition" not in raw:
        return
    for header in _HEADER.finditer(raw):
        if header.start() < done or budget < 0:
            continue
        end, read = _body_end(raw, header.end())
        budget -= read
        if end:
            start = _with_preamble(raw, header.start(), done)
            done = end
            yield Indicator("yara_rule", raw[start:end], start, end, claims=False)


def _body_end(raw: str, at: int) -> tuple[int, int]:
    """Where the rule whose body starts at `at` ends (0 if it does not, or has no condition), and how much
    was read."""
    depth, condition, token_end = 1, False, at
    for token in _TOKEN.finditer(raw, at, at + 65_536):
        token_end = token.end()
        if token.group() == "{":
            depth += 1
        elif token.group() == "}":
            depth -= 1
            if not depth:
                return (token.end() if condition else 0), token.end() - at
        elif token.group().startswith("condition"):
            condition = True
    return 0, max(token_end, min(len(raw), at + 65_536)) - at


def _with_preamble(raw: str, start: int, floor: int) -> int:
    """Where the imports before a rule begin."""
    lines_before = raw[max(floor, start - 2000) : start]
    keyword = max(lines_before.rfind("import"), lines_before.rfind("include"))
    if keyword < 0:
        return start
    found = _PREAMBLE.search(lines_before)
    if found is None:
        return start
    text = found.group()
    first = re.search(r"import|include", text)
    return start - len(text) + first.start() if first else start
