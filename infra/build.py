"""Makes the functions' packages: zips, alike for the same sources and versions, kept until those change."""

import hashlib
import os
import shutil
import zipfile
from collections.abc import Collection, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.packaging import Zips
from infra.recipe import ROOT, Recipe, Target, recipes
from infra.wheels import (
    LIMIT_BYTES,
    WAYS,
    WHOLE,
    BuildFailed,
    Say,
    compile_under,
    libraries,
    python_like,
    resolved,
)
from mesh import registry

CACHE = ROOT / ".mesh" / "packages"
# Times in a zip say nothing; the earliest that the format knows.
NO_TIME = (1980, 1, 1, 0, 0, 0)
PREVIOUS_KEPT = 2


def build(
    say: Say, *, names: Collection[str] | None = None, target: Target | None = None, cache: Path = CACHE
) -> Zips:
    """Every package, or those of these names, with a line about each to `say`. Raises BuildFailed."""
    target = target or Target()
    python = python_like(target)
    if python is None:
        say(f"No Python {target.python} is here to make .pyc files: the functions will start slower.")
    wanted = {n: recipe for n, recipe in recipes(registry.agents()).items() if names is None or n in names}
    made, keys = {}, {}
    for count, recipe in enumerate(wanted.values(), start=1):
        say(f"Package {count} of {len(wanted)}: {recipe.name}")
        requirements = resolved(recipe, target, cache)
        key = fingerprint(recipe, requirements, target, compiled=python is not None)
        made[recipe.name] = cache / f"{recipe.name}-{key[:16]}.zip"
        keys[recipe.name] = key
        if not made[recipe.name].exists():
            folder = libraries(requirements, target, python, cache, say, in_function=recipe.in_function)
            _package(recipe, folder, python, made[recipe.name], say)
    return Zips(made, keys)


def _package(recipe: Recipe, folder: Path, python: str | None, path: Path, say: Say) -> None:
    with TemporaryDirectory(dir=path.parent) as work:
        ours = Path(work)
        for name, source in recipe.files():
            (ours / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, ours / name)
        compile_under(ours, python)
        size = _zipped([folder, ours], path)
    say(f"    {size / 1e6:.0f} MB unzipped, {path.stat().st_size / 1e6:.0f} MB zipped")
    if recipe.in_function and size > LIMIT_BYTES:
        path.unlink()
        raise BuildFailed(f"The package {recipe.name} has {size:,} bytes; Lambda takes {LIMIT_BYTES:,}.")
    _forget_older(recipe, path)


def fingerprint(recipe: Recipe, requirements: str, target: Target, *, compiled: bool) -> str:
    """Changes when anything that goes into the package does, and with nothing else."""
    digest = hashlib.sha256(f"{recipe}\n{requirements}\n{target}\n{compiled}\n".encode())
    for name, path in recipe.files():
        digest.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    for way in ("build.py", "recipe.py", *WAYS):
        digest.update((Path(__file__).parent / way).read_bytes())
    return digest.hexdigest()


def _zipped(folders: Iterable[Path], path: Path) -> int:
    """Writes the folders' files into one zip, always alike; how many bytes they have unzipped."""
    files = sorted((p.relative_to(f).as_posix(), p) for f in folders for p in f.rglob("*") if _ships(p))
    partial = path.with_suffix(f".{os.getpid()}.part")
    size = 0
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, file in files:
            entry = zipfile.ZipInfo(name, NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            # Readable by the user that Lambda runs functions as.
            entry.external_attr = 0o644 << 16
            content = file.read_bytes()
            size += len(content)
            archive.writestr(entry, content)
    partial.replace(path)
    return size


def _ships(path: Path) -> bool:
    return path.is_file() and path.name not in (WHOLE, ".lock")


def _forget_older(recipe: Recipe, newest: Path) -> None:
    """Packages of a name that were made long ago are not needed again."""
    of_name = [p for p in newest.parent.glob(f"{recipe.name}-{'?' * 16}.zip") if p != newest]
    for path in sorted(of_name, key=lambda p: p.stat().st_mtime)[:-PREVIOUS_KEPT]:
        path.unlink()
