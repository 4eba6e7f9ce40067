"""The deployment in MiniStack: the assembly made fit for it, and the API at an address of its own."""

import compileall
import hashlib
import json
import py_compile
import shutil
import tempfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from mesh.adapters.aws.deployment import assembly, emulated, ministack
from mesh.adapters.aws.deployment.account import Account, plainly
from mesh.adapters.aws.deployment.found import Found

CODE = "mesh-local-code"


def adapt(folder: Path, running: ministack.Running, account: Account) -> list[str]:
    """Rewrites an assembly in its folder; the types of resources that are left out."""
    scratch = str(running.home / "scratch")
    here = emulated.Here(running.front, _sources(account), ministack.python_path(), scratch)
    left: set[str] = set()
    for plan in assembly.read(folder):
        left |= set(emulated.adapt_file(plan.template, here))
    for manifest in folder.glob("*.assets.json"):
        manifest.write_text(json.dumps(_templates_only(json.loads(manifest.read_text(encoding="utf-8")))))
    return sorted(left)


def front(found: Found, account: Account, running: ministack.Running) -> None:
    """The API at the root of `running.front`, as a custom domain has it on AWS."""
    domain = running.front.split("://")[1].split(":")[0]
    gateway = account.client("apigateway")
    with plainly("giving the API its address"):
        gateway.create_domain_name(domainName=domain)
        gateway.create_base_path_mapping(
            domainName=domain, restApiId=found.output("ApiId"), stage=found.output("ApiStage")
        )


def _templates_only(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Packages stay here: functions get the sources instead, and are built for another machine anyway."""
    files = {n: f for n, f in manifest.get("files", {}).items() if f["source"].get("packaging") != "zip"}
    return {**manifest, "files": files}


def _sources(account: Account) -> dict[str, str]:
    """Where the package's sources are in S3, compiled, as a bundle has them."""
    with tempfile.TemporaryDirectory() as work:
        package = Path(work) / "mesh"
        shutil.copytree(
            ministack.ROOT / "src" / "mesh", package, ignore=shutil.ignore_patterns("__pycache__")
        )
        # Checked by nothing, since the zip does not keep when the sources changed.
        compileall.compile_dir(
            package, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
        )
        body = assembly.zipped(Path(work))
    key = f"{hashlib.sha256(body).hexdigest()}.zip"
    with plainly("uploading the sources"):
        s3 = account.client("s3")
        s3.create_bucket(Bucket=CODE)
        s3.upload_fileobj(BytesIO(body), CODE, key)
    return {"S3Bucket": CODE, "S3Key": key}
