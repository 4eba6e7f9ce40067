"""Every page, in both themes, wide and narrow: it opens, axe is content, nothing leaves the origin."""

import httpx
import pytest
from playwright.sync_api import expect

from tests.server import Server
from tests.web.conftest import Visiting

# A machine that does much else builds and draws slowly; nothing here measures time.
pytestmark = pytest.mark.timeout(900)
PHONE = 390
PAGES = [
    "today",
    "workflows",
    "mesh",
    "mesh?tab=receipts",
    "mesh?tab=sightings",
    "mesh?tab=benchmarks",
    "data",
    "results",
    "admin",
    "admin?tab=jobs",
    "admin?tab=keys",
    "admin?tab=throttles",
    "admin?tab=feeds",
    "admin?tab=cost",
    "agents/anomaly-detection",
    "agents/client-health",
    "agents/collaboration",
    "agents/federated-learning",
    "agents/market-intelligence",
    "agents/nlp-query",
    "agents/resource-allocation",
    "agents/revenue-optimization",
    "agents/security-compliance",
    "agents/threat-intelligence",
]


@pytest.mark.parametrize(("theme", "width"), [("light", 1366), ("dark", PHONE)])
def test_axe_finds_nothing_on_any_page_and_none_is_wider_than_the_screen(
    visiting: Visiting, theme: str, width: int
) -> None:
    visit = visiting(theme, width)
    found, wide = {}, []
    for place in PAGES:
        page = visit.go(place)
        visit.settled()
        found[place] = visit.axe()
        if page.evaluate("document.documentElement.scrollWidth - window.innerWidth") > 1:
            wide.append(place)
    assert {place: wrong for place, wrong in found.items() if wrong} == {}
    assert wide == []


def test_every_agent_of_the_server_has_its_place_in_the_navigation(
    visiting: Visiting, server: Server, key: str
) -> None:
    page = visiting().go("today")
    status = httpx.get(f"{server.url}/agents/status", headers={"x-api-key": key}).json()
    titles = [one["title"] for one in status["agents"]]
    navigation = page.get_by_role("navigation", name="Pages")
    for title in titles:
        assert navigation.get_by_role("link", name=title).count() == 1, title


def test_an_address_without_a_page_says_so(visiting: Visiting) -> None:
    assert visiting().go("nowhere/at/all").get_by_text("There is no such page").is_visible()


def test_the_palette_goes_anywhere_by_keyboard_alone(visiting: Visiting) -> None:
    page = visiting().go("today")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Page or command")).to_be_focused()
    page.keyboard.type("partner")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Partner matching", level=1).wait_for()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Page or command").fill("dark")
    page.keyboard.press("Enter")
    page.wait_for_selector('html[data-theme="dark"]')


def test_one_gets_out_and_in_again_with_a_key_alone(visiting: Visiting, key: str) -> None:
    visit = visiting(with_key=None)
    visit.expected = ("401",)
    page = visit.page
    page.goto(visit.url)
    page.get_by_label("Your key").fill("wrong")
    page.get_by_role("button", name="Enter").click()
    page.get_by_text("not known here").wait_for()
    page.get_by_label("Your key").fill(key)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Today", level=1).wait_for()
    assert page.evaluate("[localStorage['mesh.key'], sessionStorage['mesh.key'] === undefined]") == [
        None,
        False,
    ]
    page.get_by_role("button", name="Cedar").click()
    page.get_by_role("menuitem", name="Leave").click()
    page.get_by_label("Your key").wait_for()
    assert page.evaluate("Object.keys(sessionStorage).includes('mesh.key')") is False
