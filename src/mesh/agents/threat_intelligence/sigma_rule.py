"""A Sigma rule as plain JSON that is matched without pySigma, and how it is written down.

Nodes of the tree: `["all", ...]`, `["any", ...]`, `["not", node]`, `["never", why]`, and the tests
`["is" | "has" | "starts" | "ends", field, cased, [text, ...]]`, `["like", field, cased, [pattern, ...]]`,
`["re", field, [pattern, ...]]`, `["cidr", field, [network, ...]]`, `["cmp", field, operator, number]`,
`["null", field]`, `["exists", field, wanted]`, `["same", field, other field, "is" | "starts" | "ends"]`.
The field `""` is the whole text of an event (Sigma keywords). Text is case-folded unless cased.
In a `like` pattern, a list, the elements are text, `0` for any characters and `1` for one character.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Node = list[Any]
Level = Literal["informational", "low", "medium", "high", "critical"]
LEVELS: tuple[Level, ...] = get_args(Level)


@dataclass(frozen=True, slots=True)
class Compiled:
    """One rule. `test` is the tree of a detection rule, `correlation` what a correlation rule counts.

    `logsource` is (product, category, service), "" where the rule names none.
    """

    id: str
    name: str
    title: str
    level: Level
    techniques: tuple[str, ...]
    tactics: tuple[str, ...]
    logsource: tuple[str, str, str]
    test: Node | None
    correlation: Mapping[str, Any] | None = None
    description: str = ""
    falsepositives: tuple[str, ...] = ()
    author: str = ""

    def row(self) -> dict[str, Any]:
        """The rule as JSON types; `compiled_from` reads it back."""
        row = {name: getattr(self, name) for name in self.__slots__}
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in row.items() if value
        }


def compiled_from(row: Mapping[str, Any]) -> Compiled:
    """A rule from what `Compiled.row` gave. Raises KeyError where it is not such a row."""
    product, category, service = row.get("logsource", ("", "", ""))
    return Compiled(
        id=row["id"],
        name=row.get("name", ""),
        title=row["title"],
        level=row["level"],
        techniques=tuple(row.get("techniques", ())),
        tactics=tuple(row.get("tactics", ())),
        logsource=(product, category, service),
        test=row.get("test"),
        correlation=row.get("correlation"),
        description=row.get("description", ""),
        falsepositives=tuple(row.get("falsepositives", ())),
        author=row.get("author", ""),
    )


def to_json(rules: Sequence[Compiled]) -> str:
    """One rule a line, so that a changed rule is a changed line."""
    lines = ",\n".join(json.dumps(rule.row(), separators=(",", ":"), ensure_ascii=False) for rule in rules)
    return f"[\n{lines}\n]\n"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Rules with where they come from: what an answer cites."""

    name: str
    version: str
    rules: Sequence[Compiled]
    refused: Sequence[str] = field(default=())
