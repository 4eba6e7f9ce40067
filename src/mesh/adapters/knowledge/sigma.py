"""Sigma rules (https://github.com/SigmaHQ/sigma).

They come under the Detection Rule License 1.1, so each row keeps its author.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from mesh.adapters.knowledge.content import Content, content, unexpected
from mesh.adapters.knowledge.unpack import date_in, is_zip, looks_like_json, members, plain
from mesh.kit.problem import Malformed

_LIMIT = 128 << 20
_RULE_LIMIT = 256 << 10
# A rule of SigmaHQ has under 1,500 values. YAML aliases let a short text stand for billions (CWE-776).
_MAX_VALUES = 20_000
_EXPECTED = (
    "a zip archive of Sigma rules in YAML, or a JSON list of them with id, title, logsource, detection"
)
_KEPT = (
    "id", "name", "title", "status", "level", "author", "logsource", "tags", "description", "detection",
    "correlation", "falsepositives",
)  # fmt: skip
_IDLE = frozenset({"deprecated", "unsupported"})


def parse(raw: bytes, name: str) -> Content:
    """Rows by rule id, without deprecated and unsupported rules.

    Where the agent that matches them is installed, rows have the compiled form it reads at once; compiling
    takes milliseconds a rule, better paid here than by a question. Else they have the rule's own fields.
    """
    prepare = _preparation()
    if is_zip(raw):
        rules: Iterator[Any] = _from_archive(raw)
        version = _version(raw)
    else:
        rules, version = iter(_from_list(plain(raw, _LIMIT), name)), ""
    found: dict[str, dict[str, Any]] = {}
    newest = ""
    for rule in rules:
        if not _is_rule(rule) or rule.get("status") in _IDLE:
            continue
        row = {field: rule[field] for field in _KEPT if rule.get(field) is not None}
        found[rule["id"]] = {**prepare(row), "path": str(rule.get("path", ""))}
        dates = (str(rule.get(field) or "").replace("/", "-")[:10] for field in ("date", "modified"))
        newest = max(newest, *dates)
    return content(version, newest or date_in(name), found, name, _EXPECTED)


def _is_rule(rule: Any) -> bool:
    if not isinstance(rule, Mapping):
        return False
    named = all(isinstance(rule.get(field), str) and rule[field] for field in ("id", "title"))
    looks = all(isinstance(rule.get(field), Mapping) for field in ("logsource", "detection"))
    return named and (looks or isinstance(rule.get("correlation"), Mapping))


def _preparation() -> Callable[[dict[str, Any]], dict[str, Any]]:
    try:
        from mesh.agents.threat_intelligence.sigma import prepared
    except ModuleNotFoundError:  # an installation without that agent, or without pySigma
        return lambda row: row

    def prepare(row: dict[str, Any]) -> dict[str, Any]:
        try:
            return dict(prepared(row))
        except ValueError:  # a rule that cannot be evaluated: the agent reads the row itself and says why
            return row

    return prepare


def _from_list(data: bytes, name: str) -> list[Any]:
    if not looks_like_json(data):
        raise unexpected(name, _EXPECTED)
    try:
        rules = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise unexpected(name, _EXPECTED) from error
    if not isinstance(rules, list):
        raise unexpected(name, _EXPECTED)
    return rules


def _from_archive(raw: bytes) -> Iterator[dict[str, Any]]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for path, data in members(raw, (".yml", ".yaml"), _LIMIT, _RULE_LIMIT):
        try:
            documents = list(yaml.load_all(data, Loader=loader))
        except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError):
            continue  # one broken file among thousands is no reason to refuse the others
        for document in documents:
            if isinstance(document, dict):
                yield {**_plain(document, [_MAX_VALUES], path), "path": path}


def _version(raw: bytes) -> str:
    """SigmaHQ's release archives name the release in version.txt."""
    for path, data in members(raw, ("version.txt",), _LIMIT, _RULE_LIMIT):
        if path.rsplit("/", 1)[-1] == "version.txt":
            return data.decode("utf-8", "replace").strip().splitlines()[0][:80] if data.strip() else ""
    return ""


def _plain(value: Any, left: list[int], path: str, depth: int = 0) -> Any:
    """The value as JSON has it: dates as ISO text. `left[0]` counts down over the whole rule."""
    left[0] -= 1
    if left[0] < 0 or depth > 40:
        raise Malformed(f"{path} in the archive expands to more than a Sigma rule can hold.")
    if isinstance(value, dict):
        return {str(key): _plain(item, left, path, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, left, path, depth + 1) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
