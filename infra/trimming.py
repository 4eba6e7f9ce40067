"""Making a package's libraries small: what no function imports goes; where that is not enough, sources."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

# Services that `mesh.adapters.aws.clients` has clients of, or will when agents call them. botocore describes
# four hundred, in 20 MB of JSON.
SERVICES = (
    "apigateway", "apigatewaymanagementapi", "bedrock-runtime", "comprehend", "dynamodb", "dynamodbstreams",
    "ecs", "events", "kinesis", "lambda", "s3", "secretsmanager", "sqs", "stepfunctions", "sts",
)  # fmt: skip
UNUSED_FOLDERS = ("tests", "test", "testing", "include", "__pycache__", "bin")
# numpy.testing and the like are imported by what ships; only these are known not to be.
KEPT_FOLDERS = ("numpy/testing", "pandas/testing", "scipy/_lib", "sklearn/utils", "numpy/_core/include")
UNUSED_ENDINGS = (".pyi", ".pyx", ".pxd", ".h", ".hpp", ".c", ".cpp", ".f90", ".a", ".lib", ".pdb")
# Data to try a library with, beside the code that reads it.
SAMPLES = ("statsmodels/datasets/", "sklearn/datasets/data/", "scipy/datasets/")
UNUSED_PARTS = ("matplotlib/mpl-data/sample_data/",)


def trim(folder: Path) -> int:
    """Remove what no function imports; how many bytes that was. Nothing is stripped: that breaks wheels."""
    gone = 0
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file() and _unused(path.relative_to(folder)):
            gone += path.stat().st_size
            path.unlink()
        elif path.is_dir() and not any(path.iterdir()):
            path.rmdir()
    return gone + _other_services(folder / "botocore" / "data")


def fit(folder: Path, limit: int) -> Iterator[str]:
    """Where the folder has more than `limit` bytes, leave the sources of compiled modules out, library by
    library, the largest first; the names of those. They import as before; a traceback shows no lines of them.
    """
    libraries = sorted((p for p in folder.iterdir() if p.is_dir()), key=_sources_size, reverse=True)
    rest = size(folder) - limit
    for library in libraries:
        if rest <= 0:
            return
        saved = _without_sources(library)
        if saved:
            rest -= saved
            yield library.name


def size(folder: Path) -> int:
    """Bytes of all files in it."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _other_services(data: Path) -> int:
    """Take out of botocore's list of endpoints, which every function reads, what is of services that are
    gone; how many bytes that was.
    """
    listed = data / "endpoints.json"
    if not listed.is_file():
        return 0
    described = (json.loads(gzip.decompress(p.read_bytes())) for p in data.glob("*/*/service-2.json.gz"))
    kept = {service["metadata"]["endpointPrefix"] for service in described}
    known = json.loads(listed.read_text(encoding="utf-8"))
    for partition in known["partitions"]:
        partition["services"] = {n: where for n, where in partition["services"].items() if n in kept}
    before = listed.stat().st_size
    # Not in its place: the file may be the installer's own, linked to.
    listed.unlink()
    listed.write_text(json.dumps(known, separators=(",", ":")), encoding="utf-8")
    return before - listed.stat().st_size


def _sources_size(library: Path) -> int:
    return sum(path.stat().st_size for path in library.rglob("*.py"))


def _without_sources(library: Path) -> int:
    """A .pyc beside where its source was is imported in the source's place (PEP 3147)."""
    saved = 0
    for source in library.rglob("*.py"):
        compiled = next((source.parent / "__pycache__").glob(f"{source.stem}.cpython-*.pyc"), None)
        if compiled:
            saved += source.stat().st_size
            compiled.replace(source.with_suffix(".pyc"))
            source.unlink()
    return saved


def _unused(name: Path) -> bool:
    text = name.as_posix()
    if text.startswith("botocore/data/") and len(name.parts) > 3:
        return name.parts[2] not in SERVICES
    if text.startswith(SAMPLES) and name.suffix != ".py":
        return True
    in_folder = any(part in UNUSED_FOLDERS for part in name.parts[:-1])
    kept = any(text.startswith(f"{folder}/") for folder in KEPT_FOLDERS)
    return (
        (in_folder and not kept)
        or text.startswith(UNUSED_PARTS)
        or name.suffix in UNUSED_ENDINGS
        or _spare_onnxruntime(name)
    )


def _spare_onnxruntime(name: Path) -> bool:
    """Its wheel ships the library once more for programs in C."""
    return name.parent.as_posix() == "onnxruntime/capi" and name.name.startswith("libonnxruntime.so")
