"""The pictures in docs/screens: which pages they show, after which task, and what those pages say.

What a page says is kept beside the pictures (`contents.json`), without what is only
data: numbers, dates and names.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesh.demo.video.script import read

if TYPE_CHECKING:
    from playwright.sync_api import Page

SCREENS = Path(__file__).resolve().parents[2] / "docs" / "screens"
CONTENTS = SCREENS / "contents.json"
MOST_BYTES = 3_000_000
TALLEST = 1300
DESKTOP, PHONE = (1280, 800), (390, 844)


@dataclass(frozen=True)
class Picture:
    """A page at an address after some steps, each a step of the film's script (mesh.demo.video.script)."""

    open: str
    steps: list[dict[str, Any]] = field(default_factory=list)
    theme: str = "light"
    size: tuple[int, int] = DESKTOP


def click(name: str, role: str = "button", **more: object) -> dict[str, Any]:
    return {"click": {"role": role, "name": name, **more}}


def wait(name: str, role: str = "heading", **more: object) -> dict[str, Any]:
    return {"wait": {"role": role, "name": name, **more}}


REPORT: list[dict[str, Any]] = [
    {"type": {"label": "What was seen", "text": read().text("$report")}},
    click("Analyse", exact=True),
    wait("Why", "tab"),
]
TODAY = [wait("Needs attention", "table")]
PICTURES = {
    "enter": Picture(""),
    "today": Picture("today", TODAY),
    "today-dark": Picture("today", TODAY, theme="dark"),
    "today-phone": Picture("today", [wait("Needs attention")], size=PHONE),
    "threat": Picture("agents/threat-intelligence", REPORT),
    "threat-techniques-dark": Picture(
        "agents/threat-intelligence", [*REPORT, click("Techniques", "tab")], theme="dark"
    ),
    "threat-phone": Picture("agents/threat-intelligence", REPORT, size=PHONE),
    "anomaly": Picture(
        "agents/anomaly-detection",
        [{"pause_s": 1.5}, click("Find what is unusual"), wait("What is unusual")],
    ),
    "forecast": Picture("agents/revenue-optimization", [wait("What to sell to whom")]),
    "client-health": Picture("agents/client-health", [click("", "radio"), wait("What to do")]),
    "schedule": Picture(
        "agents/resource-allocation",
        [click("Plan", exact=True), wait("The plan by technician and time", "region")],
    ),
    "compliance": Picture(
        "agents/security-compliance", [click("Judge what is stored"), wait("Requirements", "tab")]
    ),
    "ask": Picture(
        "agents/nlp-query",
        [
            {"type": {"label": "Your question", "text": read().text("$question")}},
            {"press": {"key": "Enter"}},
            wait("The plan behind it", "button"),
        ],
    ),
    "partners": Picture(
        "agents/collaboration",
        [
            {"type": {"label": "The work, in plain words", "text": "help desk at night, penetration tests"}},
            click("Find partners"),
            wait("for an introduction", "button"),
        ],
    ),
    "market": Picture(
        "agents/market-intelligence", [click("Read the stored articles"), wait("Price position")]
    ),
    "federated": Picture(
        "agents/federated-learning",
        [
            {"focus": {"role": "slider", "name": "Rounds"}},
            {"press": {"key": "ArrowLeft", "times": 15}},
            click("Rehearse", exact=True),
            wait("Sites", "table"),
        ],
    ),
    "workflows": Picture(
        "workflows", [click("Run Client retention"), wait("Briefing", "region"), {"pause_s": 1}]
    ),
    "mesh-consent": Picture("mesh", [wait("What you share", "heading")]),
    "mesh-sightings": Picture(
        "mesh?tab=sightings",
        [
            wait("Did others see it?"),
            {
                "others": {
                    "msps": ["demo-harbor", "demo-juniper", "demo-willow"],
                    "route": "/threat-intelligence/analyze",
                    "question": {"text": read().text("$report"), "tlp": "GREEN"},
                }
            },
            click("What you share", "tab"),
            click("Sightings", "tab"),
            wait("Campaigns"),
            {"pause_s": 1},
        ],
    ),
    "mesh-benchmarks": Picture("mesh?tab=benchmarks", [wait("Privacy budget")]),
    "data": Picture("data", [wait("Import clients")]),
    "answers": Picture("results", [wait("Answers", "table")]),
    "admin": Picture("admin"),
}

ROLES = (
    "heading",
    "tab",
    "columnheader",
    "button",
    "textbox",
    "combobox",
    "slider",
    "switch",
    "checkbox",
    "link",
)
LINE = re.compile(rf'^\s*- (?:{"|".join(ROLES)}) "((?:[^"\\]|\\.)*)"')
ROLE = re.compile(r"^\s*- (\w+)")
# Whether a list has several pages is data too: how much is stored, and how much of it is due today.
PAGER = re.compile(r"button (Previous page|Next page|Page # of all pages)$")
DATA = (
    (re.compile(r"partner-[0-9a-f]+"), "partner-#"),
    (re.compile(r"[0-9a-f]{4,}|[$€£]?[-+]?\d[\d,.:/]*"), "#"),
    (re.compile(r"(: |…|, ).*"), ""),
)


def says(page: "Page", names: Iterable[str]) -> list[str]:
    """Headings, tabs, columns, buttons and fields of a page in order, each once; `names` are data."""
    found: list[str] = []
    for line in page.locator("body").aria_snapshot().splitlines():
        match = LINE.match(line)
        if not match:
            continue
        words = match[1]
        if any(name in words for name in names):
            continue
        for pattern, instead in DATA:
            words = pattern.sub(instead, words)
        role = ROLE.match(line)
        told = f"{role[1] if role else ''} {' '.join(words.split())}"
        if PAGER.match(told):
            continue
        # A link's words are data more often than not; those of the navigation are the same on each page.
        if not told.startswith("link ") and told not in found:
            found.append(told)
    return found


def save(page: "Page", picture: Picture, file: Path) -> None:
    """The page from its top, as WebP of few colours' worth of bytes."""
    import io

    from PIL import Image

    width, height = picture.size
    tall = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": width, "height": min(max(tall, height), TALLEST)})
    page.evaluate("window.scrollTo(0, 0)")
    page.wait_for_timeout(700)
    drawn = Image.open(io.BytesIO(page.screenshot()))
    file.parent.mkdir(parents=True, exist_ok=True)
    drawn.save(file, "WEBP", quality=72, method=6)
