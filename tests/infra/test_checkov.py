"""checkov over the templates: what it finds is mended or answered, and no answer is without its finding."""

import os
from pathlib import Path

import pytest

from infra.checkov import ROWS, Finding, findings, left_open, read
from infra.wheels import BuildFailed
from tests.infra.templates import Templates

FAILED = (
    ("CKV_AWS_116", "AWS::Lambda::Function.relayFunction1"),
    ("CKV_AWS_18", "AWS::S3::Bucket.Data7"),
    ("CKV_AWS_999", "AWS::S3::Bucket.AccessLogs8"),
)
REPORT = {
    "summary": {"parsing_errors": 0},
    "results": {
        "failed_checks": [{"check_id": c, "resource": where, "check_name": "n"} for c, where in FAILED]
    },
}


def test_a_finding_is_open_unless_its_check_is_answered_where_it_was_found() -> None:
    found = list(read([REPORT]))
    assert len(found) == 3
    assert [one.check for one in left_open(found)] == ["CKV_AWS_18", "CKV_AWS_999"]
    assert left_open([Finding("CKV_AWS_18", "AWS::S3::Bucket.AccessLogs8B62", "")]) == []


def test_a_template_that_checkov_cannot_read_is_no_clean_one() -> None:
    with pytest.raises(BuildFailed, match=r"could not read: a\.json"):
        list(read({"summary": {"parsing_errors": 1}, "results": {"parsing_errors": ["a.json"]}}))


def test_every_answer_says_enough_to_be_judged() -> None:
    assert all(len(row.why) > 40 for row in ROWS)
    assert len({row.check for row in ROWS}) == len(ROWS)


def test_checkov_leaves_nothing_open_in_the_lean_and_the_full_size(lean: Templates, full: Templates) -> None:
    if not os.environ.get("MESH_TEST_AWS"):
        pytest.skip("./mesh test --aws runs checkov, which is installed at first")
    seen = set[str]()
    for templates in (lean, full):
        folder: Path = templates.folder
        try:
            found = findings(folder)
        except BuildFailed as failed:
            if "installed" in str(failed):
                pytest.skip(f"CHECKOV WAS NOT RUN: {failed}")
            raise
        assert left_open(found) == []
        seen |= {one.check for one in found}
    assert {row.check for row in ROWS} <= seen
