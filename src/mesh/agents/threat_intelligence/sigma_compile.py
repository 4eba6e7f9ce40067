"""Sigma rules read by pySigma, once, into what is matched without it.

pySigma parses and checks a rule (conditions, modifiers, wildcards, correlations) when rules are loaded; what
stays is a `sigma_rule.Compiled`, so that answering a question neither imports nor parses anything.
Sigma rules and correlation rules 2.1.0: https://github.com/SigmaHQ/sigma-specification
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mesh.agents.threat_intelligence.sigma_rule import LEVELS, Compiled, Node

# Rules nested deeper than this are no rules anyone writes; the bound keeps recursion safe.
DEEPEST = 40
_EVALUATED = ("title", "name", "logsource", "detection", "correlation")
_MERGED = {"is", "has", "starts", "ends", "like"}
_TECHNIQUE = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)", re.IGNORECASE)
_COUNTED = {"event_count", "value_count"}
_TEMPORAL = {"temporal", "temporal_ordered"}


class Refused(ValueError):
    """A rule that cannot be read or evaluated faithfully, and why."""


def compile_rule(document: Mapping[str, Any]) -> Compiled:
    """A parsed Sigma document (YAML or JSON) as a compiled rule. Raises Refused with the reason."""
    from sigma.correlations import SigmaCorrelationRule
    from sigma.exceptions import SigmaError
    from sigma.rule import SigmaRule

    # Only what is evaluated is checked: an odd date or tag does not make a rule unusable.
    body = {name: document[name] for name in _EVALUATED if name in document}
    try:
        if "correlation" in body:
            correlation = _correlation(SigmaCorrelationRule.from_dict(body))
            return _described(document, ("", "", ""), None, correlation)
        rule = SigmaRule.from_dict(body)
        trees = [_tree(condition.parsed, 0) for condition in rule.detection.parsed_condition]
        source = rule.logsource
        logsource = (source.product or "", source.category or "", source.service or "")
        return _described(document, logsource, _joined("any", trees), None)
    except (SigmaError, ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise Refused(f"{document.get('title', 'untitled rule')}: {error}") from error


def compile_all(documents: Iterable[Mapping[str, Any]]) -> tuple[list[Compiled], list[str]]:
    """Every rule that compiles, and a sentence for each that does not."""
    compiled, refused = [], []
    for document in documents:
        try:
            compiled.append(compile_rule(document))
        except Refused as why:
            refused.append(str(why))
    return compiled, refused


def compile_yaml(texts: Iterable[str]) -> list[Compiled]:
    """The rules of YAML files; one file may hold several documents. Raises Refused at the first bad one."""
    import yaml

    return [compile_rule(document) for text in texts for document in yaml.safe_load_all(text) if document]


def _described(
    document: Mapping[str, Any],
    logsource: tuple[str, str, str],
    test: Node | None,
    correlation: Mapping[str, Any] | None,
) -> Compiled:
    tags = [str(tag) for tag in document.get("tags") or ()]
    techniques = [found[1].upper() for tag in tags if (found := _TECHNIQUE.fullmatch(tag))]
    tactics = [tag[7:] for tag in tags if re.fullmatch(r"attack\.[a-z_-]+", tag)]
    level = str(document.get("level", "medium"))
    return Compiled(
        id=str(document.get("id") or document.get("name") or document["title"]),
        name=str(document.get("name", "")),
        title=str(document["title"]),
        level=level if level in LEVELS else "medium",
        techniques=tuple(dict.fromkeys(techniques)),
        tactics=tuple(dict.fromkeys(tactics)),
        logsource=logsource,
        test=test,
        correlation=correlation,
        description=" ".join(str(document.get("description", "")).split()),
        falsepositives=tuple(str(each) for each in document.get("falsepositives") or ()),
        author=str(document.get("author") or ""),
    )


def _correlation(rule: Any) -> dict[str, Any]:
    """What a correlation counts, over what, in how many seconds."""
    kind = rule.type.name.lower()
    if kind not in _COUNTED | _TEMPORAL:
        raise Refused(f"correlations of type {kind} are not supported")
    if rule.rules is None or not hasattr(rule.condition, "count"):
        raise Refused("correlations with an expression as condition are not supported")
    fields = rule.condition.fieldref
    return {
        "type": kind,
        "rules": [each.reference for each in rule.rules],
        "group_by": list(rule.group_by or ()),
        "aliases": {
            each.alias: {reference.reference: name for reference, name in each.mapping.items()}
            for each in rule.aliases
        },
        "seconds": rule.timespan.seconds,
        "op": rule.condition.op.name.lower(),
        "count": rule.condition.count if kind in _COUNTED else len(rule.rules),
        "fields": [fields] if isinstance(fields, str) else list(fields or ()),
        "generate": rule.generate,
    }


def _tree(item: Any, depth: int) -> Node:
    from sigma import conditions as c

    if depth > DEEPEST:
        raise Refused(f"conditions nested deeper than {DEEPEST}")
    if isinstance(item, c.ConditionFieldEqualsValueExpression):
        return _leaf(item.field, item.value)
    if isinstance(item, c.ConditionValueExpression):
        return _leaf("", item.value)
    nodes = [_tree(each, depth + 1) for each in item.args]
    if isinstance(item, c.ConditionNOT):
        return ["not", nodes[0]]
    return _joined("all" if isinstance(item, c.ConditionAND) else "any", nodes)


def _joined(kind: str, nodes: Sequence[Node]) -> Node:
    """The nodes under one; alternatives that test the same field in the same way become one test."""
    joined: list[Node] = []
    same: dict[tuple[Any, ...], Node] = {}
    for node in (inner for each in nodes for inner in (each[1:] if each[0] == kind else [each])):
        key = (node[0], *node[1:-1]) if node[0] in _MERGED or node[0] in {"re", "cidr"} else None
        if kind == "any" and key in same:
            same[key][-1].extend(node[-1])
            continue
        if kind == "any" and key is not None:
            same[key] = node = [*node[:-1], list(node[-1])]
        joined.append(node)
    return joined[0] if len(joined) == 1 else [kind, *joined]


def _leaf(name: str, value: Any) -> Node:
    """One test of one field (`""`: the text of the event) against one value of a rule."""
    from sigma import types as t

    if isinstance(value, t.SigmaString):
        return _text_test(name, value)
    if isinstance(value, t.SigmaNumber) and not isinstance(value, t.SigmaTimestampPart):
        return ["is", name, False, [str(value)]] if name else ["has", name, False, [str(value)]]
    if isinstance(value, t.SigmaBool):
        return ["is", name, False, [str(value.boolean).lower()]]
    if isinstance(value, t.SigmaNull):
        return ["null", name]
    if isinstance(value, t.SigmaExists):
        return ["exists", name, bool(value)]
    if isinstance(value, t.SigmaRegularExpression):
        flags = "".join(sorted(value.sigma_to_re_flag[flag] for flag in value.flags))
        return ["re", name, [f"(?{flags}){value.regexp}" if flags else str(value.regexp)]]
    if isinstance(value, t.SigmaCIDRExpression):
        return ["cidr", name, [str(value.network)]]
    if isinstance(value, t.SigmaCompareExpression):
        return ["cmp", name, value.op.name.lower(), value.number.number]
    if isinstance(value, t.SigmaFieldReference):
        return [
            "same",
            name,
            value.field,
            "starts" if value.starts_with else "ends" if value.ends_with else "is",
        ]
    if isinstance(value, t.SigmaExpansion):
        return _joined("any", [_leaf(name, each) for each in value.values])
    return ["never", f"values of type {type(value).__name__} are not supported"]


def _text_test(name: str, value: Any) -> Node:
    from sigma.types import Placeholder, SigmaCasedString, SpecialChars

    cased = isinstance(value, SigmaCasedString)
    if any(isinstance(part, Placeholder) for part in value.s):
        return ["never", "the rule leaves a list of values to be filled in by its user"]
    parts: list[str | int] = []
    for part in value.s:
        if isinstance(part, str):
            parts.append(part if cased else part.casefold())
        else:
            parts.append(0 if part is SpecialChars.WILDCARD_MULTI else 1)
    if parts == [0]:
        return ["exists", name, True]
    if not name:  # a keyword may stand anywhere in the text
        parts = parts[1 if parts[:1] == [0] else 0 : -1 if parts[-1:] == [0] else None]
        return ["has", "", cased, parts] if _plain(parts) else ["like", "", cased, [[0, *parts, 0]]]
    for kind, inner in (("is", parts), ("starts", parts[:-1]), ("ends", parts[1:]), ("has", parts[1:-1])):
        if _plain(inner) and parts == _wrapped(kind, inner):
            return [kind, name, cased, inner or [""]]
    return ["like", name, cased, [parts]]


def _plain(parts: Sequence[str | int]) -> bool:
    return len(parts) <= 1 and all(isinstance(part, str) for part in parts)


def _wrapped(kind: str, inner: Sequence[str | int]) -> list[str | int]:
    before = [0] if kind in {"ends", "has"} else []
    after = [0] if kind in {"starts", "has"} else []
    return [*before, *inner, *after]
