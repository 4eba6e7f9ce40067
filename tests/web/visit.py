"""A person at the dashboard, and what their browser has to say."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mesh.entrypoints import web_build

if TYPE_CHECKING:
    from playwright.sync_api import Page

PATIENCE_MS = 60_000
MSP = "demo-cedar"
AXE = web_build.WEB / "node_modules" / "axe-core" / "axe.min.js"


@dataclass
class Visit:
    """One page. What the browser complains of, and what it asks of other origins, is written down."""

    page: "Page"
    url: str
    complaints: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    # What a test provokes is no complaint.
    expected: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._asked)

    def go(self, place: str) -> "Page":
        self.page.goto(f"{self.url}/app/{place}")
        self.page.wait_for_selector("h1")
        return self.page

    def axe(self) -> list[str]:
        """What axe-core finds wrong on the page as it stands."""
        self.page.evaluate(AXE.read_text(encoding="utf-8") + "; null")
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found["violations"]]

    def settled(self) -> None:
        """Until nothing on the page says that it loads, and what fades in has its colours."""
        self.page.wait_for_function(
            "() => !/(Loading|Forecasting|Looking at)[^\\n]*…/.test(document.body.innerText)"
        )
        self.page.wait_for_function(
            "() => document.getAnimations().every((one) => one.playState !== 'running'"
            " || one.effect.getComputedTiming().iterations === Infinity)"
        )
        self.page.wait_for_timeout(400)

    def problems(self) -> list[str]:
        shown = [one for one in self.complaints if not any(word in one for word in self.expected)]
        return shown + [f"asked {url}" for url in self.elsewhere]

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.url, "blob:", "data:")):
            self.elsewhere.append(request.url)
