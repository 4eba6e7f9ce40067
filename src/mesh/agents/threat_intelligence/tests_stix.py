import json
from typing import Any

import pytest

from mesh.agents.threat_intelligence.model import IndicatorFound, Tlp
from mesh.agents.threat_intelligence.stix import render
from mesh.agents.threat_intelligence.stix_patterns import pattern
from mesh.agents.threat_intelligence.tests import HASH, ask, envelope

REPORT = (
    "The mail from billing@parcel-desk-support[.]com led to hxxps://cdn.parcel-desk-support[.]com/a.dat "
    f"({HASH}), then CVE-2021-44228 and T1486. Ransom to 1BoatSLRHtKNngkdXEeobR76b53LETtpyT, key "
    r"HKLM\Software\Microsoft\Windows\CurrentVersion\Run\it's, file C:\Users\Public\run.exe. "
    "Backups are on 10.0.0.1."
)


def bundle(tlp: Tlp = "AMBER", result_id: str = "r-1", text: str = REPORT) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render(envelope(ask(text, tlp=tlp), result_id)))
    return found


def kinds(found: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [made for made in found["objects"] if made["type"] == kind]


@pytest.mark.parametrize("text", [REPORT, "Lunch is at noon."], ids=["report", "nothing"])
def test_a_bundle_is_valid_by_the_validator_of_oasis(text: str) -> None:
    validator = pytest.importorskip("stix2validator")
    checked = validator.validate_parsed_json(bundle(text=text))
    if not checked.is_valid and "Cannot locate a schema" in str(checked.errors[0]):
        pytest.skip("this release of stix2-validator comes without its schemas")
    assert checked.is_valid, [str(error) for error in checked.errors]


@pytest.mark.parametrize(
    ("tlp", "marking"),
    [
        ("CLEAR", "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"),
        ("GREEN", "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"),
        ("AMBER", "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"),
        ("AMBER+STRICT", "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"),
        ("RED", "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"),
    ],
)
def test_every_object_carries_the_official_marking_of_its_level(tlp: Tlp, marking: str) -> None:
    found = bundle(tlp)
    (definition,) = kinds(found, "marking-definition")
    (extension,) = definition["extensions"].values()
    assert (definition["id"], extension["tlp_2_0"]) == (marking, tlp.lower())
    others = [made for made in found["objects"] if made["type"] != "marking-definition"]
    assert others and all(made["object_marking_refs"] == [marking] for made in others)


def test_the_same_result_gives_the_same_bundle_and_another_result_other_ids() -> None:
    assert bundle() == bundle()
    first, second = ({made["id"] for made in kinds(bundle(result_id=r), "indicator")} for r in ("r-1", "r-2"))
    assert first and not first & second


def test_observables_have_the_ids_that_stix_recommends() -> None:
    one, other = (kinds(bundle(result_id=r), "url")[0]["id"] for r in ("r-1", "r-2"))
    assert one == other


def test_the_report_refers_to_everything_and_nothing_is_left_hanging() -> None:
    found = bundle()
    ids = {made["id"] for made in found["objects"]}
    (report,) = kinds(found, "report")
    (note,) = kinds(found, "note")
    assert ids - set(report["object_refs"]) == {
        report["id"], note["id"], *(made["id"] for made in kinds(found, "marking-definition")),
    }  # fmt: skip
    for made in kinds(found, "relationship"):
        assert {made["source_ref"], made["target_ref"]} <= ids
    assert "1BoatSLRHtKNngkdXEeobR76b53LETtpyT" in note["content"]


def test_what_is_harmless_or_denied_is_no_indicator_and_no_client_is_named() -> None:
    told = json.dumps(bundle())
    assert "10.0.0.1" not in told and "client" not in told


def test_techniques_refer_to_attack_and_vulnerabilities_to_cve() -> None:
    found = bundle()
    (attack,) = kinds(found, "attack-pattern")
    (weakness,) = kinds(found, "vulnerability")
    assert attack["external_references"][0]["external_id"] == "T1486"
    assert attack["kill_chain_phases"] == [{"kill_chain_name": "mitre-attack", "phase_name": "impact"}]
    assert weakness["external_references"] == [{"source_name": "cve", "external_id": "CVE-2021-44228"}]
    assert "CVSS 3.1 10.0" in weakness["description"]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("domain", "a'b\\c", r"[domain-name:value = 'a\'b\\c']"),
        ("ipv4_cidr", "203.0.114.0/24", "[ipv4-addr:value ISSUBSET '203.0.114.0/24']"),
        ("sha1", "ab", "[file:hashes.'SHA-1' = 'ab']"),
        ("registry_key", r"HKLM\Run", r"[windows-registry-key:key = 'HKEY_LOCAL_MACHINE\\Run']"),
        ("asn", "AS64500", "[autonomous-system:number = 64500]"),
        ("file_path", "/tmp/x", "[file:name = 'x' AND file:parent_directory_ref.path = '/tmp']"),
        ("bitcoin", "1x", None),
    ],
)
def test_patterns_are_quoted_as_the_standard_says(kind: str, value: str, expected: str | None) -> None:
    assert pattern(IndicatorFound(type=kind, value=value, benign=False, source="text")) == expected
