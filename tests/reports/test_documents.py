"""The pages in docs/ that are made by code are what the code makes now."""

from pathlib import Path

import pytest

from mesh.entrypoints.cli import main

DOCS = Path(__file__).resolve().parents[2] / "docs"
RENEW = {
    "cost": "./mesh cost --write",
    "security": "./mesh security report --write",
    "picture": "./mesh security picture --write",
}


@pytest.mark.parametrize("kind", RENEW)
def test_a_page_that_is_made_from_the_templates_is_up_to_date(kind: str) -> None:
    pytest.importorskip(
        "aws_cdk", reason="aws-cdk-lib is not installed, so docs/ were not compared with the templates"
    )
    from reports.documents import written

    name, text = written(kind)
    assert (DOCS / name).read_text(encoding="utf-8") == text, f"renew it: {RENEW[kind]}"


@pytest.mark.parametrize(
    "arguments",
    [
        ["cost", "--requests-per-month", "-5"],
        ["cost", "--requests-per-month", "many"],
        ["cost", "--size", "huge"],
        ["security", "rumour"],
        ["security"],
    ],
)
def test_bad_use_is_refused_with_what_to_do(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "usage: mesh" in capsys.readouterr().err
