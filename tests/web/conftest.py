"""The dashboard in a real Chromium, over a mesh of its own with two simulated MSPs."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from mesh.entrypoints import web_build
from mesh.entrypoints.web import DIST
from tests.conftest import NewHome
from tests.server import Server
from tests.web.visit import AXE, MSP, PATIENCE_MS, Visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def built() -> Path:
    """The dashboard, built from this checkout."""
    said: list[str] = []
    if not web_build.ready(said.append) or not AXE.is_file():
        pytest.skip("LOUDLY: no dashboard could be built here: " + " ".join(said))
    return DIST


@pytest.fixture(scope="session")
def chromium() -> "Iterator[Browser]":
    pytest.importorskip("playwright", reason="LOUDLY: the Python package playwright is not installed")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    program = next((path for path in CHROMIUM if Path(path).exists()), None) or shutil.which("chromium")
    if program is None:
        pytest.skip("LOUDLY: there is no Chromium here (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(built: Path, new_home: NewHome) -> Iterator[Server]:
    """`./mesh up` with the dashboard, on a home of its own."""
    running = Server(new_home("web"), options=("--no-open",)).start()
    yield running
    running.end()


@pytest.fixture(scope="session")
def key(server: Server) -> str:
    return server.key(MSP)


@pytest.fixture
def seeker(server: Server) -> Callable[[str], str]:
    """A key of an MSP that the test has to itself and that shows what it does: it may ask for introductions,
    and nobody else has asked in its name."""

    def made(msp_id: str) -> str:
        key = server.key(msp_id)
        profile = {
            "id": "own", "name": f"{msp_id} Ltd.", "services": ["Web design"],
            "tlp": "TLP:GREEN", "shared": ["services"],
        }  # fmt: skip
        stored = httpx.post(f"{server.url}/records/profile", json=[profile], headers={"x-api-key": key})
        assert stored.status_code == 200, stored.text
        return key

    return made


Visiting = Callable[..., Visit]


@pytest.fixture
def opened(chromium: "Browser") -> "Iterator[Callable[..., Visit]]":
    """Opens a mesh's dashboard. Complaints of the browser, and requests elsewhere, fail the test."""
    contexts: list[BrowserContext] = []
    visits: list[Visit] = []

    def visit(url: str, key: str | None, theme: str = "light", width: int = 1366) -> Visit:
        context = chromium.new_context(
            viewport={"width": width, "height": 860}, color_scheme=theme, accept_downloads=True,  # type: ignore[arg-type]
            locale="en-US", timezone_id="UTC", permissions=["clipboard-read", "clipboard-write"],
        )  # fmt: skip
        if key:
            context.add_init_script(f"localStorage.setItem('mesh.key', {json.dumps(key)})")
        contexts.append(context)
        visits.append(Visit(context.new_page(), url))
        return visits[-1]

    yield visit
    for context in contexts:
        context.close()
    for each in visits:
        assert each.problems() == []


@pytest.fixture
def visiting(opened: "Callable[..., Visit]", server: Server, key: str) -> Visiting:
    """The dashboard of the shared mesh, as its simulated MSP unless another key is given."""

    def visit(theme: str = "light", width: int = 1366, with_key: str | None = key) -> Visit:
        return opened(server.url, with_key, theme, width)

    return visit


@pytest.fixture
def chromium_visit(opened: "Callable[..., Visit]") -> Callable[[Server, str], Visit]:
    """The dashboard of a mesh of the test's own, which may go away under it."""

    def visit(server: Server, key: str) -> Visit:
        made = opened(server.url, key)
        made.expected = ("WebSocket connection", "ERR_CONNECTION", "net::")
        return made

    return visit
