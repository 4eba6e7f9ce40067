"""The templates under the eyes of checkov: `python -m infra.checkov [SIZE ...]`, 1 where a finding is open.

checkov (Apache-2.0) wants an environment of its own: it pins what CDK and boto3 share with us. It is
installed there at first, asks no service for anything, and knows nothing of what `acknowledged.py` tells
cdk-nag, so what is left as it is stands here once more, by its names. A test holds the two together.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infra import acknowledged
from infra.app import synth
from infra.plan import SIZES
from infra.recipe import ROOT
from infra.wheels import BuildFailed

VERSION = "3.3.30"
VENV = ROOT / ".mesh" / f"checkov-{VERSION}"
INSTALL_S, CHECK_S = 600, 900


@dataclass(frozen=True)
class Row:
    """One check and the resources (a pattern over type and logical id) where its finding is left, and why."""

    check: str
    where: str
    why: str


_ENVIRONMENT = (
    "A function's environment holds names of tables, buckets and queues, and nothing secret. AWS encrypts it "
    "with a key of its own; ours would make each cold start a call to KMS."
)
_TABLES = (
    "Encrypted with DynamoDB's own key. One of ours would cost a call to KMS for each read and not change "
    "who may read: roles and session policies do that."
)
_INTERFACES = (
    "With the switch `vpc`, Lambda makes the function's network interfaces in the function's own name, and "
    "AWS takes only `*` for where; whatever else a function may write is named."
)
_QUEUES = "Encrypted with SQS's own key (SqsManagedSseEnabled), which this check does not look for."
ROWS = (
    Row("CKV_AWS_115", "Lambda::Function", acknowledged.CONCURRENCY),
    Row("CKV_AWS_116", "Lambda::Function", acknowledged.DLQ),
    Row("CKV_AWS_117", "Lambda::Function", acknowledged.VPC),
    Row("CKV_AWS_173", "Lambda::Function", _ENVIRONMENT),
    Row("CKV_AWS_111", r"IAM::Policy\.\w+RoleDefaultPolicy", _INTERFACES),
    Row("CKV_AWS_119", "DynamoDB::Table", _TABLES),
    Row("CKV_AWS_27", "SQS::Queue", _QUEUES),
    Row("CKV_AWS_59", r"ApiGateway::Method\.Rest(ANY|proxyANY|health|docs|openapi)", acknowledged.OPEN),
    Row("CKV_AWS_120", "ApiGateway::Stage", acknowledged.CACHED),
    Row("CKV_AWS_68", "CloudFront::Distribution", acknowledged.WAF),
    Row("CKV_AWS_174", "CloudFront::Distribution", acknowledged.TLS),
    Row("CKV_AWS_18", r"S3::Bucket\.AccessLogs", acknowledged.LOGS_OF_LOGS),
)


@dataclass(frozen=True)
class Finding:
    check: str
    resource: str
    says: str


def left_open(found: Iterable[Finding]) -> list[Finding]:
    """Those that no row answers."""
    return [
        one
        for one in found
        if not any(row.check == one.check and re.search(row.where, one.resource) for row in ROWS)
    ]


def findings(folder: Path) -> list[Finding]:
    """What checkov finds in a folder of templates. Raises BuildFailed where it cannot be had or fails."""
    command = [str(_installed()), "-d", str(folder), "--framework", "cloudformation", "--compact", "--quiet"]
    # Without an address of its platform it asks for no guidelines.
    environment = {**os.environ, "BC_SKIP_MAPPING": "TRUE"}
    done = subprocess.run(  # noqa: S603 - checkov, with arguments made here
        [*command, "--skip-download", "-o", "json"],
        env=environment, capture_output=True, text=True, timeout=CHECK_S, check=False,
    )  # fmt: skip
    try:
        return list(read(json.loads(done.stdout)))
    except ValueError as error:
        raise BuildFailed(f"checkov failed: {done.stderr.strip()[-500:]}") from error


def read(told: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> Iterable[Finding]:
    """checkov's JSON: one report, or a list of them."""
    for report in [told] if isinstance(told, Mapping) else told:
        results = report.get("results", {})
        if report.get("summary", {}).get("parsing_errors"):
            raise BuildFailed(f"checkov could not read: {', '.join(results.get('parsing_errors', []))}")
        for one in results.get("failed_checks", []):
            yield Finding(one["check_id"], one["resource"], one["check_name"])


def _installed() -> Path:
    program, uv = VENV / "bin" / "checkov", ROOT / ".mesh" / "bin" / "uv"
    if program.exists():
        return program
    if not uv.exists():
        raise BuildFailed("uv, the installer, is not here: run any ./mesh command once, which fetches it.")
    for command in (
        ["venv", "--quiet", "--clear", "--python", sys.executable, str(VENV)],
        ["pip", "install", "--quiet", "--python", str(VENV / "bin" / "python"), f"checkov=={VERSION}"],
    ):
        done = subprocess.run(  # noqa: S603 - uv, with arguments made here
            [str(uv), *command], capture_output=True, text=True, timeout=INSTALL_S, check=False
        )
        if done.returncode:
            raise BuildFailed(f"checkov could not be installed: {done.stderr.strip()[-500:]}")
    return program


def main(sizes: Sequence[str]) -> int:
    still = 0
    for size in sizes or SIZES:
        with TemporaryDirectory(prefix="mesh-checkov-") as folder:
            synth(size, Path(folder))  # type: ignore[arg-type]
            found = findings(Path(folder))
        rest = left_open(found)
        sys.stdout.write(f"{size}: {len(found)} findings, {len(rest)} of them open\n")
        sys.stdout.writelines(f"  {one.check} {one.resource}: {one.says}\n" for one in rest)
        still += len(rest)
    return 1 if still else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
