"""Carries out the steps of a scene in a browser, as a person at the dashboard would."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mesh.demo.video.script import Dragged, Others, Scene, Script, Step, Target
from mesh.kit.problem import Unavailable

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

PATIENCE_MS = 90_000
WIDTH, HEIGHT = 1280, 720
LOADING = "() => !/(Loading|Forecasting|Looking at|Opening)[^\\n]*…/.test(document.body.innerText)"
SETTLE_MS = 600
KEY_PAUSE_MS = 60


class Stage:
    """One browser on one mesh, with a page for each MSP that is looked at. `keys`: an API key by MSP."""

    def __init__(self, browser: "Browser", url: str, keys: Mapping[str, str], script: Script) -> None:
        self.browser, self.url, self.keys, self.script = browser, url, keys, script
        self._pages: dict[str, Page] = {}

    def page(self, scene: Scene) -> "Page":
        """The page that a scene plays on, opened where the scene says."""
        page = self._pages.get(scene.msp) or self._entered(scene.msp)
        if scene.open is not None:
            page.goto(f"{self.url}/app/{scene.open}")
            page.wait_for_selector("h1")
            self._settled(page)
        return page

    def blank(self) -> "Page":
        """A page that belongs to no MSP, for a command or a picture."""
        context = self.browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
        return context.new_page()

    def play(self, page: "Page", scene: Scene) -> None:
        """Every step in turn. Raises Unavailable that says which could not be done."""
        from playwright.sync_api import Error

        for number, step in enumerate(scene.steps, 1):
            try:
                self._do(page, step)
            except Error as error:
                told = step.model_dump_json(exclude_unset=True)
                first = error.message.splitlines()[0]
                raise Unavailable(
                    f'Step {number} of the scene "{scene.caption[:50]}" failed ({told}): {first}'
                ) from error

    def _entered(self, msp: str) -> "Page":
        context = self.browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT},
            color_scheme="light",
            locale="en-US",
            timezone_id="UTC",
        )
        context.add_init_script(f"localStorage.setItem('mesh.key', {json.dumps(self.keys[msp])})")
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        self._pages[msp] = page
        return page

    def _do(self, page: "Page", step: Step) -> None:
        if step.click:
            _found(page, step.click).click()
        if step.wait:
            _found(page, step.wait).wait_for()
            self._settled(page)
        if step.show:
            _brought_up(_found(page, step.show))
        if step.focus:
            _found(page, step.focus).focus()
        if step.drag:
            _dragged(page, step.drag)
        if step.type:
            page.get_by_role("textbox", name=step.type.label).first.fill(self.script.text(step.type.text))
        if step.press:
            for _ in range(step.press.times):
                page.keyboard.press(step.press.key)
                page.wait_for_timeout(KEY_PAUSE_MS)
        if step.others:
            self._asked(page, step.others)
        if step.pause_s:
            page.wait_for_timeout(step.pause_s * 1000)

    def _asked(self, page: "Page", others: Others) -> None:
        for msp in others.msps:
            reply = page.context.request.post(
                self.url + others.route, headers={"x-api-key": self.keys[msp]},
                data=self.script.filled(others.question), timeout=PATIENCE_MS,
            )  # fmt: skip
            if not reply.ok:
                raise Unavailable(f"{msp} was refused at {others.route} with {reply.status}.")
            page.wait_for_timeout(SETTLE_MS)

    def _settled(self, page: "Page") -> None:
        page.wait_for_function(LOADING)
        page.wait_for_timeout(SETTLE_MS)


def _found(page: "Page", target: Target) -> "Locator":
    role = page.get_by_role(target.role, name=target.name or None, exact=target.exact)  # type: ignore[arg-type]
    return role.nth(target.nth)


def _brought_up(place: "Locator") -> None:
    """Scrolled gently until it stands below the bar at the top."""
    place.evaluate(
        "e => window.scrollTo({top: e.getBoundingClientRect().top + window.scrollY - 70, behavior: 'smooth'})"
    )
    place.page.wait_for_timeout(SETTLE_MS * 2)


def _dragged(page: "Page", drag: Dragged) -> None:
    place = _found(page, drag.target)
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    if box is None:
        raise Unavailable(f"{drag.target.name} is not to be seen, so it cannot be dragged.")
    x, y = box["x"] + 6, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for part in range(1, 13):
        page.mouse.move(x + drag.right_px * part / 12, y)
        page.wait_for_timeout(KEY_PAUSE_MS)
    page.mouse.up()
