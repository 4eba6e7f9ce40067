"""What others' rules say of the templates."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra.acknowledged import ROWS
from tests.infra.conftest import FOUND
from tests.infra.templates import Templates

# CDK writes DependsOn beside the references that say the same.
NOT_OURS = ("W3005",)


@pytest.mark.parametrize("name", ["lean", "full"])
def test_cdk_nag_finds_nothing_that_is_not_answered(name: str, request: pytest.FixtureRequest) -> None:
    templates: Templates = request.getfixturevalue(name)
    report = json.loads((templates.folder / FOUND).read_text(encoding="utf-8"))
    packs = {pack["pluginName"]: pack for pack in report["pluginReports"]}
    assert set(packs) == {"AwsSolutions", "Serverless", "NIST.800.53.R5"}
    assert [v["ruleName"] for pack in packs.values() for v in pack["violations"]] == []


def test_every_acknowledgement_gives_its_reason() -> None:
    assert all(len(row.why.split()) > 6 for row in ROWS)
    assert len({(row.id, row.where) for row in ROWS}) == len(ROWS)


def test_cfn_lint_finds_nothing_in_any_size(lean: Templates, grown: Templates, full: Templates) -> None:
    # What the standard size changes is in these stacks.
    changed = [path for path in grown.files if path.name.split(".")[0].endswith(("foundation", "agents"))]
    program = Path(sys.executable).with_name("cfn-lint")
    command = [str(program), "--regions", "us-east-1", "--ignore-checks", *NOT_OURS, "--template"]
    command += [str(path) for path in (*lean.files, *changed, *full.files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=390, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
