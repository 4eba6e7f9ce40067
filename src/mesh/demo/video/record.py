"""Plays a script on a running mesh and records it."""

import html
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mesh.demo.video.film import CODECS, Cast, caption, ffmpeg, joined, segment
from mesh.demo.video.script import Scene, Script
from mesh.demo.video.stage import WIDTH, Stage
from mesh.kit.problem import FieldError, Invalid, Unavailable

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[4]
CHROMIUM = (
    "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)  # fmt: skip
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars",
]  # fmt: skip
COMMAND_S = 300
# A command stands so long before its output does.
COMMAND_SHOWN_S = 3.0
MOST_LINES = 34
TERMINAL = (
    "<style>body{margin:0;background:#101820;color:#e6edf3;"
    "font:15px/1.35 ui-monospace,'DejaVu Sans Mono',monospace}"
    "pre{margin:0;padding:22px 28px;white-space:pre-wrap;overflow-wrap:anywhere}b{color:#7ee787}</style>"
)
Say = Callable[[str], None]


@dataclass(frozen=True)
class Filmed:
    file: Path
    seconds: float
    scenes: int


def ready(film: Path) -> None:
    """Raises before anything is done: Invalid for a film of another kind, Unavailable for what is missing."""
    if film.suffix not in CODECS:
        raise Invalid("The film must be .mp4 or .webm.", errors=[FieldError("--out", f"is {film.name}")])
    ffmpeg(["-version"])
    with chromium():
        pass


@contextmanager
def chromium() -> "Iterator[Browser]":
    """The system's Chromium, without a window. Raises Unavailable where it or Playwright is missing."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        raise Unavailable(
            "The Python package playwright is not installed; run `./mesh test --help` once."
        ) from error
    program = next((path for path in CHROMIUM if Path(path).exists()), None)
    if program is None:
        raise Unavailable("There is no Chromium here; it plays the scenes (Debian: apt install chromium).")
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        except Error as error:
            raise Unavailable(f"{program} does not start: {error.message.splitlines()[0]}") from error
        yield browser
        browser.close()


def record(script: Script, url: str, keys: Mapping[str, str], film: Path, say: Say) -> Filmed:
    """Every scene played on the mesh at `url` and put into one film. Commands are run, pictures are drawn."""
    ready(film)
    seconds = 0.0
    segments: list[Path] = []
    with tempfile.TemporaryDirectory(prefix="mesh-film-") as place, chromium() as browser:
        work, stage = Path(place), Stage(browser, url, keys, script)
        captions = browser.new_page()
        for chapter in script.chapters:
            say(f"{chapter.title}:")
            for scene in chapter.scenes:
                number = len(segments)
                strip, file = work / f"{number:03}.png", work / f"{number:03}{film.suffix}"
                caption(captions, scene.caption, f"{script.title}: {chapter.title}", WIDTH, strip)
                took = segment(_frames(stage, scene), strip, scene.least_s, work / f"{number:03}", file)
                say(f"  {took:5.1f} s  {scene.caption}")
                seconds += took
                segments.append(file)
        joined(segments, film)
    return Filmed(film, seconds, len(segments))


def _frames(stage: Stage, scene: Scene) -> list[tuple[float, bytes]]:
    if scene.command:
        return _command(stage.blank(), scene.command)
    if scene.picture:
        page = stage.blank()
        _picture(page, scene.picture)
        return [(0.0, page.screenshot(type="jpeg", quality=90))]
    page = stage.page(scene)
    cast = Cast(page)
    cast.start()
    stage.play(page, scene)
    page.wait_for_timeout(400)
    cast.stop()
    return cast.frames


def _command(page: "Page", command: list[str]) -> list[tuple[float, bytes]]:
    """The command, and after a while what it printed; however long it took in truth, it is cut to that."""
    shown = _terminal(command)
    page.set_content(shown.format(body=""))
    before = page.screenshot(type="jpeg", quality=90)
    page.set_content(shown.format(body=html.escape(_run(command))))
    return [(0.0, before), (COMMAND_SHOWN_S, page.screenshot(type="jpeg", quality=90))]


def _terminal(command: list[str]) -> str:
    line = html.escape(f"$ ./mesh {' '.join(command)}").replace("{", "{{").replace("}", "}}")
    return TERMINAL.replace("{", "{{").replace("}", "}}") + f"<pre><b>{line}</b>\n\n{{body}}</pre>"


def _run(command: list[str]) -> str:
    """What the mesh's own command line prints, to its last lines. Raises Unavailable where it fails."""
    ended = subprocess.run(  # noqa: S603 - the script names a command of our own
        [sys.executable, "-m", "mesh.entrypoints.cli", *command],
        cwd=ROOT, capture_output=True, text=True, timeout=COMMAND_S, check=False,
    )  # fmt: skip
    if ended.returncode:
        raise Unavailable(
            f"./mesh {' '.join(command)} ended with {ended.returncode}: {ended.stderr.strip()[-200:]}"
        )
    lines = (ended.stderr + ended.stdout).splitlines()
    return "\n".join(lines if len(lines) <= MOST_LINES else [*lines[: MOST_LINES - 1], "..."])


def _picture(page: "Page", name: str) -> None:
    file = (ROOT / name).resolve()
    if not file.is_relative_to(ROOT) or not file.is_file():
        raise Unavailable(f"{name} is no picture of this checkout.")
    page.set_content(
        "<style>body{margin:0;background:#fff;display:grid;place-items:center;height:100vh}"
        "svg{max-width:100vw;max-height:100vh;width:auto;height:100%}</style>"
        + file.read_text(encoding="utf-8")
    )
