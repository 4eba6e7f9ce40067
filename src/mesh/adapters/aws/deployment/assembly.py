"""Reads a cloud assembly, the folder that CDK synthesises: which stacks, in which order, with which files.

The format is that of AWS's `cloud-assembly-schema`. Roles and lookups of CDK's bootstrap stack are passed
over: the person's own credentials do all of it (docs/adr/0008).
"""

import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mesh.kit.problem import Unavailable

MANIFEST = "manifest.json"
STACK, FILES = "aws:cloudformation:stack", "cdk:asset-manifest"
# The same bytes from the same files: zip keeps times, and 1980 is the first it can.
FIRST_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a stack. `bucket` and `key` may hold placeholders such as ${AWS::Region}."""

    name: str
    source: Path
    zipped: bool
    bucket: str
    key: str


@dataclass(frozen=True, slots=True)
class Plan:
    """One stack: its name, its template, and what must be uploaded before it is made."""

    name: str
    template: Path
    url: str
    uploads: tuple[Upload, ...]
    tags: Mapping[str, str] = field(default_factory=dict)


def read(folder: Path) -> list[Plan]:
    """The stacks, each behind those it needs. Raises Unavailable for a folder that is no assembly."""
    artifacts = _json(folder / MANIFEST).get("artifacts", {})
    uploads = {
        name: tuple(_uploads(folder, artifact["properties"]["file"]))
        for name, artifact in artifacts.items()
        if artifact["type"] == FILES
    }
    stacks = {name: artifact for name, artifact in artifacts.items() if artifact["type"] == STACK}
    if not stacks:
        raise Unavailable(f"There are no stacks in {folder}: run ./mesh aws synth --out {folder}.")
    plans = []
    for name in _in_order({n: a.get("dependencies", ()) for n, a in stacks.items()}):
        needed = [upload for need in stacks[name].get("dependencies", ()) for upload in uploads.get(need, ())]
        plans.append(_plan(folder, stacks[name]["properties"], name, needed))
    return plans


def _plan(folder: Path, properties: dict[str, Any], name: str, uploads: Sequence[Upload]) -> Plan:
    return Plan(
        name=properties.get("stackName", name),
        template=folder / properties["templateFile"],
        url=properties.get("stackTemplateAssetObjectUrl", ""),
        uploads=tuple(uploads),
        tags=properties.get("tags", {}),
    )


def _in_order(needs: dict[str, Iterable[str]]) -> list[str]:
    """Names, each behind those it needs that are among them."""
    ordered: list[str] = []
    left = dict(needs)
    while left:
        ready = [name for name, need in left.items() if not any(other in left for other in need)]
        if not ready:
            raise Unavailable(f"The stacks {', '.join(left)} need each other in a circle.")
        ordered += ready
        left = {name: need for name, need in left.items() if name not in ready}
    return ordered


def _uploads(folder: Path, file: str) -> Iterable[Upload]:
    found = _json(folder / file)
    if found.get("dockerImages"):
        raise Unavailable("The assembly holds container images, which ./mesh aws deploy does not push.")
    for name, asset in found.get("files", {}).items():
        source = asset["source"]
        if "path" not in source:
            raise Unavailable(
                f"The file {name} of the assembly is made by a command; only files are uploaded."
            )
        for place in asset["destinations"].values():
            yield Upload(
                name=asset.get("displayName", name),
                source=folder / source["path"],
                zipped=source.get("packaging") == "zip",
                bucket=place["bucketName"],
                key=place["objectKey"],
            )


def zipped(folder: Path) -> bytes:
    """A folder as Lambda takes it: the same bytes for the same files, whenever it is made."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), FIRST_TIME)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = (0o755 if path.stat().st_mode & 0o100 else 0o644) << 16
                archive.writestr(entry, path.read_bytes())
    return made.getvalue()


def _json(path: Path) -> dict[str, Any]:
    try:
        read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        detail = f"{path.parent} is no cloud assembly ({path.name} is missing): run ./mesh aws synth first."
        raise Unavailable(detail) from error
    except ValueError as error:
        raise Unavailable(f"{path} is not JSON: run ./mesh aws synth again.") from error
    return read
