"""Indicators read from STIX and MISP, and written so that other tools take them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stix2
from hypothesis import given
from hypothesis import strategies as st
from stix2validator import ValidationOptions, validate_string

from mesh.adapters.exchange import misp, stix
from mesh.adapters.exchange.indicator import Indicator, of_row, rows_of
from mesh.kit import tlp
from mesh.kit.problem import Invalid, Problem

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
GREEN = tlp.MARKINGS["TLP:GREEN"]
FILE = "9f2c6a1be07d54c3380f9d4be1f2a7a0c6e55d18b9043ef7721ac4d0586be3f1"


def indicator(pattern: str, **more: object) -> dict[str, Any]:
    return {
        "type": "indicator", "spec_version": "2.1",
        "id": "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", "created": "2026-02-01T00:00:00.000Z",
        "modified": "2026-02-01T00:00:00.000Z", "pattern": pattern, "pattern_type": "stix",
        "valid_from": "2026-02-01T00:00:00Z", **more,
    }  # fmt: skip


def of_bundle(*objects: object) -> Any:
    return stix.read(json.dumps({"type": "bundle", "id": "bundle--x", "objects": objects}), NOW)


def pairs(reading: Any) -> list[tuple[str, str]]:
    return [(one.kind, one.value) for one in reading.indicators]


def event(*attributes: dict[str, Any], **more: object) -> str:
    return json.dumps({"Event": {"info": "Invoices", "distribution": "3", "Attribute": attributes, **more}})


def attribute(kind: str, value: str, **more: object) -> dict[str, Any]:
    return {"type": kind, "value": value, "to_ids": True, "uuid": "u", "timestamp": "1769900000", **more}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("[domain-name:value = 'evil.test']", [("domain", "evil.test")]),
        ("[ipv4-addr:value = '45.77.12.9' OR ipv4-addr:value = '45.77.12.8']",
         [("ipv4", "45.77.12.9"), ("ipv4", "45.77.12.8")]),
        ("[ipv4-addr:value ISSUBSET '45.77.0.0/16']", [("ipv4_cidr", "45.77.0.0/16")]),
        ("[ipv4-addr:value = '45.77.0.0/16']", [("ipv4_cidr", "45.77.0.0/16")]),
        (f"[file:hashes.'SHA-256' = '{FILE}']", [("sha256", FILE)]),
        (f"[file:hashes.MD5 = '{'a' * 32}' AND file:hashes.SHA256 = '{FILE}']",
         [("md5", "a" * 32), ("sha256", FILE)]),
        (r"[url:value = 'https://evil.test/a\'b AND c']", [("url", "https://evil.test/a'b AND c")]),
        ("[domain-name:value = 'evil.test' AND url:value = 'https://evil.test/']", []),
        ("[domain-name:value != 'good.test']", []),
        ("[domain-name:value LIKE '%.evil.test']", []),
        ("[domain-name:value = 'a.test'] FOLLOWEDBY [domain-name:value = 'b.test']", []),
        ("[domain-name:value = 'a.test'] REPEATS 5 TIMES", []),
        ("NOT A PATTERN", []),
    ],
)  # fmt: skip
def test_of_a_pattern_is_taken_what_alone_is_enough(pattern: str, expected: list[tuple[str, str]]) -> None:
    reading = of_bundle(indicator(pattern))
    assert pairs(reading) == expected
    assert bool(reading.skipped) == (not expected)


def test_what_is_revoked_run_out_or_no_indicator_is_counted_and_not_taken() -> None:
    reading = of_bundle(
        indicator("[domain-name:value = 'a.test']", revoked=True),
        indicator("[domain-name:value = 'b.test']", valid_until="2026-02-02T00:00:00Z"),
        indicator("rule x {}", pattern_type="yara"),
        {"type": "malware", "id": "malware--x"}, 7, {"type": 7},
        indicator("[domain-name:value = 'c.test']", valid_until="2026-04-02T00:00:00Z"),
    )  # fmt: skip
    assert pairs(reading) == [("domain", "c.test")] and sum(reading.skipped.values()) == 6


def test_markings_of_either_edition_are_read_and_the_strictest_counts() -> None:
    white = "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"
    ours = {"type": "marking-definition", "id": "marking-definition--own", "name": "TLP:AMBER+STRICT"}
    reading = of_bundle(
        ours,
        indicator("[domain-name:value = 'a.test']", object_marking_refs=[white]),
        indicator("[domain-name:value = 'b.test']", object_marking_refs=[GREEN, ours["id"]]),
        indicator("[domain-name:value = 'c.test']", object_marking_refs=["marking-definition--unknown"]),
    )
    assert [one.tlp for one in reading.indicators] == ["TLP:CLEAR", "TLP:AMBER+STRICT", None]


def test_what_misp_wrote_is_read_with_its_pairs_objects_and_tags() -> None:
    reading = misp.read(
        event(
            attribute("ip-dst|port", "45.77.12.9|443"),
            attribute("filename|sha256", f"inv.exe|{FILE}", Tag=[{"name": "tlp:white"}]),
            attribute("hostname", "c2.evil.test"),
            attribute("comment", "seen on Monday"),
            attribute("domain", "vendor.test", to_ids=False),
            attribute("domain", "gone.test", deleted=True),
            Object=[{"name": "url", "Attribute": [attribute("url", "https://evil.test/x")]}],
            Tag=[{"name": "tlp:green"}, {"name": "kill-chain"}],
        ),
        NOW,
    )
    assert [(one.kind, one.value, one.tlp) for one in reading.indicators] == [
        ("ipv4", "45.77.12.9", "TLP:GREEN"), ("sha256", FILE, "TLP:CLEAR"),
        ("domain", "c2.evil.test", "TLP:GREEN"), ("url", "https://evil.test/x", "TLP:GREEN"),
    ]  # fmt: skip
    assert sum(reading.skipped.values()) == 2


@pytest.mark.parametrize(
    ("of_event", "of_attribute", "expected"),
    [
        ("0", "5", "TLP:AMBER+STRICT"),
        ("4", "5", "TLP:AMBER+STRICT"),
        ("3", "0", "TLP:AMBER+STRICT"),
        ("0", "3", "TLP:AMBER+STRICT"),
        ("3", "5", None),
        ("1", "3", None),
    ],
)
def test_what_misp_keeps_in_an_organisation_or_a_group_goes_no_further_here(
    of_event: str, of_attribute: str, expected: str | None
) -> None:
    text = event(attribute("domain", "a.test", distribution=of_attribute), distribution=of_event)
    assert misp.read(text, NOW).indicators[0].tlp == expected


def test_one_id_for_two_things_of_two_sources_stays_two_things() -> None:
    one = rows_of(misp.read(event(attribute("domain", "a.test")), NOW).indicators, "north")
    other = rows_of(misp.read(event(attribute("domain", "b.test")), NOW).indicators, "south")
    same = rows_of(misp.read(event(attribute("domain", "A.test.")), NOW).indicators, "north")
    assert one[0]["reference"] == other[0]["reference"] == "u"
    assert one[0]["id"] != other[0]["id"] and one[0]["id"] == same[0]["id"]
    elsewhere = rows_of(misp.read(event(attribute("domain", "a.test")), NOW).indicators, "south")
    assert elsewhere[0]["id"] != one[0]["id"], "a source does not replace what another one brought"


SHARED = [
    Indicator("domain", "evil.test", "TLP:GREEN", at=NOW - timedelta(days=9), last_seen=NOW, seen_by=4),
    Indicator("url", "https://evil.test/o'b\\c", "TLP:CLEAR", at=NOW, description="Loader"),
    Indicator("sha256", FILE, "TLP:AMBER", at=NOW, valid_until=NOW + timedelta(days=30), confidence=80),
    Indicator("ipv6_cidr", "2001:db8:1::/48", None, at=NOW, simulated=True),
    Indicator("bitcoin", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "TLP:GREEN", at=NOW),
]


def test_what_is_written_as_stix_is_valid_and_read_again_as_it_was() -> None:
    text = json.dumps(stix.bundle(SHARED, NOW, "cedar"))
    report = validate_string(text, ValidationOptions(version="2.1"))
    assert report.is_valid, [str(error) for error in report.errors]
    assert len(stix2.parse(text, allow_custom=False).objects) > 5
    again = stix.read(text, NOW)
    assert [(one.kind, one.value, one.tlp) for one in again.indicators] == [
        (one.kind, one.value, one.tlp) for one in SHARED[:4]
    ]
    assert again.indicators[2].confidence == 80
    assert '"count": 4' in text and '"simulated"' in text


def test_two_makers_give_one_value_two_ids_and_one_maker_always_the_same() -> None:
    ids = [stix.bundle(SHARED[:1], NOW, name)["objects"][2]["id"] for name in ("cedar", "harbor", "cedar")]
    assert ids[0] == ids[2] != ids[1]


def test_what_is_written_for_misp_is_read_again_as_it_was() -> None:
    written = misp.event(SHARED, NOW, "cedar")
    assert written["Event"]["distribution"] == "0" and not written["Event"]["published"]
    again = misp.read(json.dumps(written), NOW)
    # The event stays with whoever imports it, so that nothing goes on before a person says so.
    assert [(one.kind, one.value) for one in again.indicators] == [
        ("ipv6_cidr" if one.kind == "ipv6_cidr" else one.kind, one.value) for one in SHARED
    ]
    assert {one.tlp for one in again.indicators} == {"TLP:AMBER+STRICT"}


def test_a_row_is_the_indicator_that_was_stored() -> None:
    (row,) = rows_of(SHARED[2:3], "north")
    assert of_row(row) == Indicator(
        "sha256", FILE, "TLP:AMBER", at=NOW, valid_until=NOW + timedelta(days=30), confidence=80
    )


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"objects": 7}', '{"Event": 7}', "[" * 5_000, b"\xff"])
def test_what_is_neither_is_refused_in_words(text: str | bytes) -> None:
    with pytest.raises(Invalid):
        stix.read(text, NOW)
    with pytest.raises(Invalid):
        if misp.read(text, NOW).indicators == []:
            raise Invalid("nothing in it")


KEYS = (
    "type", "pattern", "value", "Attribute", "Tag", "name", "to_ids", "created", "valid_until", "uuid",
    "object_marking_refs", "timestamp",
)  # fmt: skip
Leaf = st.none() | st.booleans() | st.integers() | st.text(max_size=20)
Json = st.recursive(
    Leaf | st.sampled_from(["indicator", "[a:b = 'c']", "domain"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner),
    max_leaves=20,
)


@given(Json, st.sampled_from(["type", "Event", "response"]))
def test_no_document_crashes_the_readers(value: Any, key: str) -> None:
    for read, text in (
        (stix.read, json.dumps({"objects": [value, {"type": "indicator", "pattern": value}]})),
        (misp.read, json.dumps({key: value, "Event": {"Attribute": [value], "Object": value}})),
    ):
        try:
            rows_of(read(text, NOW).indicators, "s")
        except Problem as problem:
            assert problem.detail
