"""`bench dashboard`: how soon a page stands, how soon another client's doings show, and what Lighthouse says.

Pages are opened in Chromium without a cache, one after the other, on a mesh of its own with simulated MSPs.
Lighthouse is no part of this project: it is used where `--lighthouse DIR` names a folder with it
(`npm install lighthouse` there; version 13 needs Node 22.19).
"""

import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.processes import ROOT, Measured, process, say
from mesh.kit.problem import Unavailable

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

MSP, MSPS = "demo-cedar", 8
PAGES = ("today", "agents/client-health", "agents/threat-intelligence", "mesh?tab=benchmarks")
UPDATES = 20
SERIES = {"metric_type": "web", "values": [1.0, 2.0, 1.0, 2.0] * 30}
# Aims: largest paint and live update in milliseconds, Lighthouse's scores of 100.
PAINT_MS, UPDATE_MS, PERFORMANCE, ACCESSIBILITY = 2_500, 1_000, 95, 100
LARGEST = """() => new Promise(done => {
  let last = 0;
  new PerformanceObserver(list => { for (const e of list.getEntries()) last = e.startTime; })
    .observe({type: "largest-contentful-paint", buffered: true});
  setTimeout(() => done(last), 2500);
})"""
SCRIPTS = """() => performance.getEntriesByType("resource")
  .filter(e => e.name.endsWith(".js")).reduce((sum, e) => sum + e.encodedBodySize, 0)"""
# Told by the page itself, so that no question of the test's stands between the change and its time.
SHOWN = """id => new Promise(done => {
  const feed = document.querySelector('[data-testid="feed"]');
  const look = () => feed.querySelector(`a[href*="${id}"]`) && (watch.disconnect(), done(Date.now()));
  const watch = new MutationObserver(look);
  watch.observe(feed, {childList: true, subtree: true});
  look();
})"""


def measure(lighthouse: Path | None) -> Measured:
    """Raises Unavailable where Chromium, Playwright or Lighthouse is missing."""
    from mesh.demo.video.record import chromium

    with chromium():
        pass
    with (
        tempfile.TemporaryDirectory(prefix="mesh-bench-") as place,
        _served(Path(place)) as (url, key),
        _browser(Path(place), key) as (context, port),
    ):
        page = context.new_page()
        paints = {name: _paint(page, f"{url}/app/{name}") for name in PAGES}
        updates = sorted(_updates(page, url, key))
        scores = _lighthouse(lighthouse, f"{url}/app/today", port) if lighthouse else {}
    figures: dict[str, object] = {
        "largest_paint_ms": {name: round(ms) for name, (ms, _) in paints.items()},
        "scripts_bytes": {name: size for name, (_, size) in paints.items()},
        "live_update_ms": {"p50": round(updates[len(updates) // 2]), "worst": round(updates[-1])},
        "lighthouse": scores,
    }
    return Measured(figures, _told(figures))


@contextmanager
def _served(folder: Path) -> Iterator[tuple[str, str]]:
    home = folder / "home"
    home.mkdir()
    command = [sys.executable, "-m", "mesh.entrypoints.cli"]
    up = [*command, "up", "--home", str(home), "--port", "0", "--demo", str(MSPS), "--no-open"]
    loaded = [*command, "demo", "load", "--home", str(home), "--msps", str(MSPS)]
    say("Building what is missing, and loading simulated MSPs ...")
    subprocess.run(loaded, cwd=ROOT, check=True, capture_output=True)
    with process(up, folder / "mesh.log") as url:
        made = [*command, "keys", "--home", str(home), "create", MSP]
        key = subprocess.run(made, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
        yield url, key


@contextmanager
def _browser(folder: Path, key: str) -> "Iterator[tuple[BrowserContext, int]]":
    """A browser with a profile of its own and a port that Lighthouse can reach it by."""
    from playwright.sync_api import sync_playwright

    from mesh.demo.video.record import CHROMIUM, FLAGS

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    program = next(path for path in CHROMIUM if Path(path).exists())
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(folder / "profile"), executable_path=program, headless=True,
            args=[*FLAGS, f"--remote-debugging-port={port}"], viewport={"width": 1440, "height": 900},
        )  # fmt: skip
        context.add_init_script(f"localStorage.setItem('mesh.key', {json.dumps(key)})")
        yield context, port
        context.close()


def _paint(page: "Page", address: str) -> tuple[float, int]:
    """Milliseconds to the largest paint, and bytes of script as sent."""
    session = page.context.new_cdp_session(page)
    session.send("Network.clearBrowserCache")
    session.detach()
    page.goto(address)
    return page.evaluate(LARGEST), page.evaluate(SCRIPTS)


def _updates(page: "Page", url: str, key: str) -> Iterator[float]:
    """Milliseconds from a second client's reply to its line in the feed."""
    page.goto(f"{url}/app/today")
    page.get_by_role("button", name="Live updates: Live").wait_for()
    for _ in range(UPDATES):
        reply = page.context.request.post(f"{url}/anomaly/detect", headers={"x-api-key": key}, data=SERIES)
        answered = time.time() * 1000
        yield max(0.0, page.evaluate(SHOWN, reply.json()["result_id"]) - answered)


def _lighthouse(folder: Path, address: str, port: int) -> dict[str, dict[str, float]]:
    from mesh.entrypoints.web_build import node_and_npm, packaged

    program = folder.resolve() / "node_modules" / "lighthouse" / "cli" / "index.js"
    if not program.is_file():
        raise Unavailable(f"There is no Lighthouse in {folder}: run `npm install lighthouse` there.")
    node, _ = packaged() or node_and_npm()
    found: dict[str, dict[str, float]] = {}
    for form in ("desktop", "phone"):
        say(f"Lighthouse, as on a {form} ...")
        chosen = ["--preset=desktop"] if form == "desktop" else []
        ended = subprocess.run(
            [node, str(program), address, f"--port={port}", "--disable-storage-reset", *chosen,
             "--output=json", "--quiet", "--only-categories=performance,accessibility,best-practices"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if ended.returncode:
            raise Unavailable(f"Lighthouse failed: {(ended.stderr.strip().splitlines() or ['silently'])[-1]}")
        report: dict[str, Any] = json.loads(ended.stdout)
        found[form] = {name: round(part["score"] * 100) for name, part in report["categories"].items()}
        found[form]["largest_paint_ms"] = round(report["audits"]["largest-contentful-paint"]["numericValue"])
    return found


def _told(figures: dict[str, Any]) -> str:
    lines = ["page                          largest paint   script as sent"]
    for name, ms in figures["largest_paint_ms"].items():
        lines.append(f"{name:<28} {ms:>8} ms   {figures['scripts_bytes'][name] / 1000:>10.0f} kB")
    update = figures["live_update_ms"]
    lines.append(f"(aim: {PAINT_MS} ms)")
    slowest = f"{update['p50']} ms in the middle, {update['worst']} ms at worst"
    lines.append(f"Another client's answer in the feed: {slowest} of {UPDATES} (aim: {UPDATE_MS} ms)")
    for form, scores in figures["lighthouse"].items():
        told = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in scores.items())
        lines.append(f"Lighthouse, as on a {form}: {told}")
    if figures["lighthouse"]:
        lines.append(f"(aim: performance {PERFORMANCE} on a desktop, accessibility {ACCESSIBILITY})")
    return "\n".join(lines)
