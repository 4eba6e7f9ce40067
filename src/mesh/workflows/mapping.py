"""How a question is made from what is known: JMESPath in double braces, and nothing that could run for ever.

A value is taken as it stands, but for text with `{{ expression }}` in it: an expression alone gives what it
finds, of any type; among other words it is written out. What is not known is null: such a field is left out,
and a text with such a gap is itself not known. https://jmespath.org/specification.html
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import jmespath
from jmespath import exceptions, functions

Context = Mapping[str, Any]
HOLE = re.compile(r"\{\{(.+?)\}\}", re.DOTALL)
MOST_HOURS = 24 * 366.0


class Expressions(functions.Functions):
    """What expressions may call besides the functions of JMESPath."""

    @functions.signature({"types": ["array"]}, {"types": ["string"]}, {"types": []})
    def _func_where(self, rows: list[Any], name: str, value: Any) -> list[Any]:
        """Rows whose field has the value."""
        return [row for row in rows if isinstance(row, dict) and row.get(name) == value]

    @functions.signature({"types": ["array"]}, {"types": ["number"]})
    def _func_first(self, rows: list[Any], count: float) -> list[Any]:
        return rows[: max(0, int(count))]

    @functions.signature({"types": ["string"]}, {"types": ["number"]})
    def _func_later(self, moment: str, hours: float) -> str | None:
        """The time so many hours later; null for a text that is no time."""
        try:
            at = datetime.fromisoformat(moment)
            return (at + timedelta(hours=min(max(hours, -MOST_HOURS), MOST_HOURS))).isoformat()
        except (ValueError, OverflowError):
            return None

    @functions.signature({"types": ["number"]})
    def _func_percent(self, share: float) -> str:
        return f"{100 * share:.0f} %" if abs(share) >= 0.1 else f"{100 * share:.1f} %"

    @functions.signature({"types": ["number"]})
    def _func_money(self, amount: float) -> str:
        return f"{amount:,.0f}"

    @functions.signature({"types": ["string"]})
    def _func_words(self, name: str) -> str:
        """The name of a measure or a class as people write it: `cpu_percent` is "cpu percent"."""
        return name.replace("_", " ").lower()

    @functions.signature({"types": ["string"]})
    def _func_day(self, moment: str) -> str:
        """A time without its seconds, as people write it."""
        return moment[:16].replace("T", " ")


OPTIONS = jmespath.Options(custom_functions=Expressions())
FUNCTIONS = frozenset(Expressions.FUNCTION_TABLE)


@cache
def compiled(expression: str) -> Any:
    """The expression, parsed. Raises ValueError that says where it is wrong, or what it may not call."""
    try:
        parsed = jmespath.compile(expression)
    except exceptions.JMESPathError as error:
        raise ValueError(f"{expression!r} is no JMESPath expression: {error}") from error
    unknown = sorted(set(_called(parsed.parsed)) - FUNCTIONS)
    if unknown:
        raise ValueError(f"{expression!r} calls {unknown[0]}, which is not a function here")
    return parsed


def found(expression: str, context: Context) -> Any:
    """What the expression finds; null where it finds nothing, or where a value is not of the type it needs.

    >>> found("threat.techniques[].id", {"threat": {"techniques": [{"id": "T1486"}]}})
    ['T1486']
    >>> found("length(threat.techniques)", {}) is None
    True
    """
    try:
        return compiled(expression).search(context, options=OPTIONS)
    except exceptions.JMESPathError:
        return None


def holds(expression: str, context: Context) -> bool:
    """Whether a condition holds; what is not known does not.

    >>> holds("threat.severity == 'HIGH'", {"threat": {"severity": "HIGH"}}), holds("threat.severity", {})
    (True, False)
    """
    value = found(expression, context)
    return value is not None and value is not False and value not in ("", [], {})


def filled(form: Any, context: Context) -> Any:
    """The form with everything in braces found; null where it is not known.

    >>> filled({"tlp": "{{ input.tlp }}", "title": "Visit to {{ client.name }}", "hours": 2},
    ...        {"client": {"name": "Harbor Dental"}})
    {'title': 'Visit to Harbor Dental', 'hours': 2}
    """
    if isinstance(form, str):
        return _text(form, context)
    if isinstance(form, Mapping):
        parts = {name: filled(part, context) for name, part in form.items()}
        return {name: part for name, part in parts.items() if part is not None}
    if isinstance(form, list | tuple):
        return [part for one in form if (part := filled(one, context)) is not None]
    return form


def _text(form: str, context: Context) -> Any:
    alone = HOLE.fullmatch(form.strip())
    if alone and len(HOLE.findall(form)) == 1:
        return found(alone[1].strip(), context)
    parts: list[str] = []
    end = 0
    for hole in HOLE.finditer(form):
        value = found(hole[1].strip(), context)
        if value is None:
            return None
        parts += [form[end : hole.start()], written(value)]
        end = hole.end()
    return "".join([*parts, form[end:]])


def written(value: Any) -> str:
    """A value in the middle of a sentence.

    >>> written(["DNS", "mail"]), written(2.5), written(1200), written(True)
    ('DNS, mail', '2.5', '1,200', 'yes')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}".rstrip("0").rstrip(".")
    if isinstance(value, list):
        return ", ".join(written(one) for one in value)
    return str(value)


def expressions(form: Any) -> Iterator[str]:
    """Every expression in a form."""
    if isinstance(form, str):
        yield from (hole.strip() for hole in HOLE.findall(form))
    elif isinstance(form, Mapping):
        for part in form.values():
            yield from expressions(part)
    elif isinstance(form, list | tuple):
        for part in form:
            yield from expressions(part)


def roots(expression: str) -> frozenset[str]:
    """The names that an expression begins with: which answers it reads.

    >>> sorted(roots("not_null(input.client_id, threat.client_id) && length(others.rows[?seats > `3`])"))
    ['input', 'others', 'threat']
    """
    return frozenset(_roots(compiled(expression).parsed))


# Of these the first child alone is read from the whole context, the others from what the first one found.
_RELATIVE = ("subexpression", "index_expression", "projection", "filter_projection", "value_projection",
             "flatten", "pipe")  # fmt: skip


def _roots(node: Mapping[str, Any]) -> Iterator[str]:
    kind, children = node["type"], node["children"]
    if kind == "field":
        yield node["value"]
    elif kind == "expref":
        return
    for child in children[:1] if kind in _RELATIVE else children:
        yield from _roots(child)


def _called(node: Mapping[str, Any]) -> Iterator[str]:
    if node["type"] == "function_expression":
        yield node["value"]
    for child in node["children"]:
        yield from _called(child)
