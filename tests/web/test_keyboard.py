"""The task of every page, done without a pointer: nothing but Tab, arrows, Space, Enter and what is typed.

What stands there at the end is looked at with axe too.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.server import Server
from tests.web.conftest import Visiting

# A machine that does much else builds and draws slowly; nothing here measures time.
pytestmark = pytest.mark.timeout(900)
BUSY_MS = 120_000
MOST_TABS = 160
HERE = "e => e === document.activeElement || (e.id && e.id === document.activeElement?.id)"


@dataclass
class Keys:
    """A person who has a keyboard alone."""

    page: Page

    def to(self, place: Locator, key: str = "Tab") -> None:
        """Tab until the focus is there; fails where Tab never leads."""
        place.wait_for(state="attached", timeout=BUSY_MS)
        for _ in range(MOST_TABS):
            if place.evaluate(HERE):
                return
            self.page.keyboard.press(key)
        pytest.fail(f"{key} does not lead to {place}")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def button(self, name: str | re.Pattern[str], exact: bool = False, key: str = "Tab") -> None:
        self.to(self.page.get_by_role("button", name=name, exact=exact).first, key)
        self.press("Enter")

    def type(self, label: str, text: str, exact: bool = False) -> None:
        self.to(self.page.get_by_role("textbox", name=label, exact=exact).first)
        self.press("Control+a")
        self.page.keyboard.insert_text(text)

    def see(self, role: str, name: str | re.Pattern[str]) -> Locator:
        place = self.page.get_by_role(role, name=name).first  # type: ignore[arg-type]
        place.wait_for(state="attached", timeout=BUSY_MS)
        return place


def threat(keys: Keys) -> None:
    keys.type("What was seen", "Shadow copies were deleted with vssadmin, files were encrypted.")
    keys.button("Analyse", exact=True)
    keys.to(keys.see("tab", "Why"))
    keys.press("ArrowRight")
    expect(keys.see("region", "Techniques by tactic")).to_contain_text("T1490")


def anomaly(keys: Keys) -> None:
    # The page chooses a client of whom something is measured.
    expect(keys.page.get_by_role("button", name=re.compile("^Client"))).not_to_contain_text("Choose a client")
    keys.button("Find what is unusual")
    keys.see("heading", re.compile("What is unusual"))


def health(keys: Keys) -> None:
    keys.to(keys.see("radio", re.compile("Choose")))
    keys.press("Space")
    keys.see("heading", "What to do")


def schedule(keys: Keys) -> None:
    keys.type("Most tickets", "3")
    keys.button("Plan", exact=True)
    bar = keys.page.locator(".gantt-bar").first
    keys.to(bar)
    keys.press("ArrowRight")
    keys.button(re.compile("Re-plan around 1 pinned task"), key="Shift+Tab")
    expect(keys.page.locator('.gantt-bar[data-pinned="true"]')).to_have_count(1, timeout=BUSY_MS)


def revenue(keys: Keys) -> None:
    keys.see("heading", "What to sell to whom")
    keys.to(keys.page.get_by_label("Change of prices in per cent"))
    keys.press(*["ArrowRight"] * 5)
    keys.button("Forecast", exact=True)
    keys.page.get_by_text(re.compile(r"What if: \+\$")).wait_for(timeout=BUSY_MS)


def compliance(keys: Keys) -> None:
    keys.button("Judge what is stored")
    keys.see("tab", "Requirements")
    leaf = keys.page.locator(".tree-leaf").nth(1)
    keys.to(leaf)
    keys.press("Enter")
    expect(leaf).to_have_attribute("aria-current", "true")


def ask(keys: Keys) -> None:
    keys.type("Your question", "How many tickets were opened per month this year?")
    keys.press("Enter")
    keys.see("button", "The plan behind it")


def partners(keys: Keys) -> None:
    keys.type("The work, in plain words", "help desk at night")
    keys.button("Find partners")
    keys.button(re.compile("for an introduction"))
    keys.button("Send")
    keys.page.get_by_role("dialog").wait_for(state="hidden", timeout=BUSY_MS)


def market(keys: Keys) -> None:
    keys.button("Read the stored articles")
    keys.see("heading", "Price position")


def federated(keys: Keys) -> None:
    keys.to(keys.page.get_by_label("Rounds"))
    keys.press(*["ArrowLeft"] * 18)
    keys.button("Rehearse", exact=True)
    keys.see("table", "Sites")


def today(keys: Keys) -> None:
    keys.see("table", "Needs attention")
    keys.to(keys.page.get_by_role("table", name="Needs attention").get_by_role("link").first)
    keys.press("Enter")
    expect(keys.page).not_to_have_url(re.compile("today"))


def workflows(keys: Keys) -> None:
    keys.button("Run Client retention")
    keys.see("region", "Briefing")


def receipts(keys: Keys) -> None:
    keys.button("Verify the chain")
    keys.page.get_by_text(re.compile("lines hold")).wait_for()


def sightings(keys: Keys) -> None:
    keys.type("Indicator", "never-seen.example", exact=True)
    keys.button("Look it up")
    keys.page.get_by_text(re.compile("fewer than 3 MSPs that share it")).wait_for()


def benchmarks(keys: Keys) -> None:
    keys.to(keys.page.get_by_role("button", name=re.compile("^Measure")))
    keys.press("Enter")
    expect(keys.page.get_by_role("listbox")).to_be_focused()
    # The last of them: which one an arrow begins at depends on how soon the list is drawn.
    keys.press("End", "Enter")
    expect(keys.page).to_have_url(re.compile("measure="))


def answers(keys: Keys) -> None:
    keys.to(keys.see("table", "Answers").get_by_role("link").first)
    keys.press("Enter")
    keys.page.get_by_role("button", name="JSON").wait_for()


def data(keys: Keys) -> None:
    keys.type("Or paste rows", "id,published,title,text\nk1,2026-11-01,Keyboard,Text\n")
    keys.button("Import", exact=True)
    expect(keys.see("table", "Articles")).to_contain_text("k1")


def admin(keys: Keys) -> None:
    first = keys.page.get_by_role("tab").first
    keys.to(first)
    keys.press("ArrowRight")
    expect(keys.page.get_by_role("tab").nth(1)).to_have_attribute("aria-selected", "true")


TASKS: dict[str, Callable[[Keys], None]] = {
    "agents/threat-intelligence": threat,
    "agents/anomaly-detection": anomaly,
    "agents/client-health": health,
    "agents/resource-allocation": schedule,
    "agents/revenue-optimization": revenue,
    "agents/security-compliance": compliance,
    "agents/nlp-query": ask,
    "agents/collaboration": partners,
    "agents/market-intelligence": market,
    "agents/federated-learning": federated,
    "today": today,
    "workflows": workflows,
    "mesh?tab=receipts": receipts,
    "mesh?tab=sightings": sightings,
    "mesh?tab=benchmarks": benchmarks,
    "results": answers,
    "data?kind=articles": data,
    "admin": admin,
}


@pytest.mark.parametrize("place", TASKS)
def test_the_task_of_a_page_is_done_by_keyboard_alone(
    visiting: Visiting, seeker: Callable[[str], str], place: str
) -> None:
    # A partner can be asked once: by an MSP that nobody else asks in the name of.
    visit = visiting(with_key=seeker("asks-by-keyboard")) if place == "agents/collaboration" else visiting()
    page = visit.go(place)
    visit.settled()
    TASKS[place](Keys(page))
    visit.settled()
    assert visit.axe() == []


def test_consent_is_given_by_keyboard_alone(visiting: Visiting, server: Server) -> None:
    page = visiting(with_key=server.key("keyboard-alone")).go("mesh")
    keys = Keys(page)
    switch = page.get_by_role("checkbox", name=re.compile("benchmarks"))
    keys.to(switch)
    keys.press("Space")
    page.get_by_text("Changed 1 time,").wait_for()
    expect(switch).to_be_checked()
