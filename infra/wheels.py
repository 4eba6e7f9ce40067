"""The libraries of a package, for the machine it will run on: resolved, fetched, trimmed and compiled."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from infra.recipe import ROOT, Recipe, Target
from infra.trimming import fit, trim

Say = Callable[[str], None]
LOCK = ROOT / "requirements-dev.lock"
# Libraries ask for these to draw; functions draw nothing.
NEVER = ("matplotlib",)
# What a folder of libraries depends on besides their versions.
WAYS = ("trimming.py", "wheels.py")
FETCH_S, COMPILE_S = 580, 900
WHOLE = ".whole"
# Lambda takes 250 MB of code, unzipped; the mesh itself has less than 8.
LIMIT_BYTES, OURS_BYTES = 250 * 1024 * 1024, 8 * 1024 * 1024
LIBRARIES_BYTES = LIMIT_BYTES - OURS_BYTES


class BuildFailed(ValueError):
    """A package could not be made; the text says what to do."""


def resolved(recipe: Recipe, target: Target, cache: Path) -> str:
    """The package's requirements with exact versions and hashes, as the lock has them where it has them.

    Kept until pyproject.toml or the lock change, so that newer releases change nothing.
    """
    project = ROOT / "pyproject.toml"
    read = [path.read_bytes() for path in (project, LOCK, Path(__file__)) if path.exists()]
    key = hashlib.sha256(b"".join([repr((recipe, target)).encode(), *read])).hexdigest()[:16]
    kept = cache / "resolved" / f"{recipe.name}-{key}.txt"
    if kept.exists():
        return kept.read_text(encoding="utf-8")
    kept.parent.mkdir(parents=True, exist_ok=True)
    besides, without = kept.with_suffix(".in"), kept.with_suffix(".without")
    besides.write_text("\n".join(recipe.besides), encoding="utf-8")
    without.write_text("\n".join(f"{name} ; python_version < '3'" for name in NEVER), encoding="utf-8")
    asked = [str(project), *(f"--extra={extra}" for extra in recipe.extras), str(besides)]
    limits = ["--override", str(without), *(["-c", str(LOCK)] if LOCK.exists() else [])]
    how = [*_for(target), *limits, "--generate-hashes", "--no-header", "--no-annotate", "--quiet"]
    found = _uv(["pip", "compile", *asked, *how], f"the libraries of {recipe.name} could not be resolved")
    kept.write_text(found, encoding="utf-8")
    return found


def libraries(
    requirements: str, target: Target, python: str | None, cache: Path, say: Say, *, in_function: bool = True
) -> Path:  # fmt: skip
    """A folder with the libraries, made once for each set of requirements; with .pyc files where `python`,
    an interpreter of the target's version, is there to make them. What goes `in_function` is made to fit.
    """
    ways = b"".join((Path(__file__).parent / way).read_bytes() for way in WAYS)
    own = hashlib.sha256(ways).hexdigest()
    wanted = f"{requirements}\n{target}\n{own}\n{bool(python)}"
    key = hashlib.sha256(wanted.encode()).hexdigest()[:16]
    folder = cache / "libraries" / key
    if (folder / WHOLE).exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    listed = folder.with_suffix(".txt")
    listed.write_text(requirements, encoding="utf-8")
    say(f"    fetching {requirements.count('==')} libraries for {target.platform} ...")
    install = ["pip", "install", *_for(target), "--no-deps", "--require-hashes", "--no-compile-bytecode"]
    where = ["--quiet", "--no-config", "--target", str(folder), "-r", str(listed)]
    _uv([*install, *where], "the libraries could not be fetched")
    trim(folder)
    compile_under(folder, python)
    for name in fit(folder, LIBRARIES_BYTES) if in_function else ():
        say(f"    {name} ships as .pyc alone, so that the package fits")
    (folder / WHOLE).touch()
    return folder


def compile_under(folder: Path, python: str | None) -> None:
    """Add .pyc files, which make imports up to five times faster; they name no path of this machine."""
    if python is None:
        return
    made = [python, "-m", "compileall", "-q", "-j", "1", "--invalidation-mode", "unchecked-hash"]
    # A library's template, or its code for newer Pythons, may not compile: then it is not imported either.
    whole = [*made, "-s", str(folder), "-p", "/var/task", str(folder)]
    try:
        subprocess.run(whole, capture_output=True, timeout=COMPILE_S, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise BuildFailed(f"compiling took longer than {COMPILE_S} s; run it again.") from error


def python_like(target: Target) -> str | None:
    """An interpreter whose .pyc files the target reads."""
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    managed = sorted(versions.glob(f"{target.python}*/bin/python{target.python}"))
    found = [sys.executable, shutil.which(f"python{target.python}"), *map(str, managed)]
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    for python in filter(None, found):
        # A version manager's stub is found even where that version is not installed.
        command = [python, "-c", ask]
        told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if told.stdout.strip() == target.python:
            return python
    return None


def _for(target: Target) -> list[str]:
    return ["--python-platform", target.platform, "--python-version", target.python, "--only-binary", ":all:"]


def _uv(arguments: Sequence[str], failing: str) -> str:
    uv = next(_uvs(), None)
    if uv is None:
        raise BuildFailed("uv, the installer, is not here: run any ./mesh command once, which fetches it.")
    try:
        done = subprocess.run(  # noqa: S603 - uv, with arguments made here
            [uv, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=FETCH_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise BuildFailed(f"{failing}: uv took longer than {FETCH_S} s; run it again.") from error
    if done.returncode:
        raise BuildFailed(f"{failing}: {done.stderr.strip()[-1_000:]}")
    return done.stdout


def _uvs() -> Iterator[str]:
    own = ROOT / ".mesh" / "bin" / "uv"
    if own.exists():
        yield str(own)
    if found := shutil.which("uv"):
        yield found
