"""What changes while one looks: news from elsewhere, a server that restarts, one that is slow or fails."""

import re
import time
from collections.abc import Callable, Mapping

import httpx
import pytest
from playwright.sync_api import Route, expect

from tests.conftest import NewHome
from tests.server import LISTENS, Server
from tests.web.conftest import Visiting
from tests.web.visit import MSP, Visit

# A machine that does much else builds and draws slowly; nothing here measures time.
pytestmark = pytest.mark.timeout(900)
SERIES = {"metric_type": "web", "values": [1.0, 2.0, 1.0, 2.0] * 30}
HOSTILE = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>'


def ask(server: Server, key: str, values: Mapping[str, object]) -> str:
    """A second client's question; the result's id."""
    reply = httpx.post(f"{server.url}/anomaly/detect", json=values, headers={"x-api-key": key}, timeout=60)
    assert reply.status_code == 200, reply.text
    return str(reply.json()["result_id"])


def test_what_a_second_client_does_shows_by_itself(visiting: Visiting, server: Server, key: str) -> None:
    page = visiting().go("today")
    page.get_by_role("button", name="Live updates: Live").wait_for()
    found = ask(server, key, SERIES)
    page.locator(f'[data-testid="feed"] a[href*="{found}"]').wait_for(timeout=10_000)


def test_after_a_restart_it_reconnects_and_catches_up(
    chromium_visit: Callable[[Server, str], Visit], new_home: NewHome
) -> None:
    own = Server(new_home("web-restart"), options=("--no-open",)).start()
    key = own.key(MSP)
    visit = chromium_visit(own, key)
    page = visit.go("today")
    page.get_by_role("button", name="Live updates: Live").wait_for()
    before = ask(own, key, SERIES)
    page.locator(f'[data-testid="feed"] a[href*="{before}"]').wait_for()
    own.end()
    page.get_by_role("button", name="Live updates: Reconnecting …").wait_for()
    port = own.url.rsplit(":", 1)[1]
    again = Server(own.home, options=("--no-open", "--port", port)).start()
    missed = ask(again, key, {**SERIES, "metric_type": "web-again"})
    page.get_by_role("button", name="Live updates: Live").wait_for(timeout=60_000)
    page.locator(f'[data-testid="feed"] a[href*="{missed}"]').wait_for(timeout=60_000)
    again.end()


def test_the_printed_link_opens_it_without_a_key_and_works_once(visiting: Visiting, server: Server) -> None:
    said = server.said.read_text(encoding="utf-8")
    assert LISTENS.search(said)
    link = re.findall(r"http://127\.0\.0\.1:\d+/#enter=\S+", said)[-1]
    visit = visiting(with_key=None)
    visit.page.goto(link)
    visit.page.get_by_role("heading", name="Today", level=1).wait_for()
    assert "enter" not in visit.page.url
    other = visiting(with_key=None)
    other.expected = ("401",)
    other.page.goto(link)
    other.page.get_by_text("That link was used before").wait_for()


def test_a_slow_answer_can_be_left_and_is_there_on_coming_back(visiting: Visiting) -> None:
    visit = visiting()

    def slowly(route: Route) -> None:
        time.sleep(2)
        route.continue_()

    visit.page.route("**/market-intelligence/analyze", slowly)
    page = visit.go("agents/market-intelligence")
    page.get_by_role("button", name="Read the stored articles").click()
    page.get_by_text("Reading …").wait_for()
    page.get_by_role("link", name="Data", exact=True).click()
    page.get_by_role("heading", name="Data", level=1).wait_for()
    page.get_by_role("link", name="Market intelligence").first.click()
    page.get_by_role("heading", name="Price position").wait_for(timeout=90_000)


def test_a_failing_server_is_told_of_with_what_to_do_and_tried_again(visiting: Visiting) -> None:
    visit = visiting()
    visit.expected = ("503", "ERR_FAILED", "net::")
    problem = '{"type":"about:blank","title":"Not now","status":503,"detail":"Come back in a minute."}'
    visit.page.route(
        "**/client-health/ranking*",
        lambda route: route.fulfill(status=503, content_type="application/problem+json", body=problem),
    )
    page = visit.go("agents/client-health")
    page.get_by_text("Come back in a minute.").wait_for()
    page.unroute("**/client-health/ranking*")
    page.get_by_role("button", name="Try again").click()
    page.get_by_role("radio").first.wait_for()
    page.route("**/results?*", lambda route: route.abort())
    page.get_by_role("link", name="Answers", exact=True).click()
    page.get_by_text("The mesh does not answer").wait_for()


def test_hostile_text_that_was_stored_stays_text(visiting: Visiting, server: Server) -> None:
    key = server.key("hostile-names")
    rows = [{"id": "evil", "name": HOSTILE, "industry": "=HYPERLINK(1)"}]
    assert (
        httpx.post(f"{server.url}/records/clients", json=rows, headers={"x-api-key": key}).status_code == 200
    )
    visit = visiting(with_key=key)
    page = visit.go("data?kind=clients&id=evil")
    expect(page.get_by_text("<script>").first).to_be_visible()
    page = visit.go("agents/client-health")
    visit.settled()
    page.goto(f"{server.url}/app/agents/{HOSTILE}?client={HOSTILE}")
    page.get_by_text("There is no such page").wait_for()
    assert "owned" not in page.title()


def test_ten_thousand_rows_filter_sort_and_page(visiting: Visiting, server: Server) -> None:
    key = server.key("web-large")
    for start in range(0, 10_000, 5_000):
        lines = "id,name,seats\n" + "".join(f"c{n:05},Client {n},{n}\n" for n in range(start, start + 5_000))
        stored = httpx.post(
            f"{server.url}/records/clients",
            content=lines,
            headers={"x-api-key": key, "content-type": "text/csv"},
            timeout=60,
        )
        assert stored.status_code == 200
    page = visiting(with_key=key).go("data?kind=clients")
    # All pages of the list are read, one after another.
    expect(page.get_by_text("(10000)")).to_be_visible(timeout=120_000)
    page.get_by_label("Find in Clients").fill("Client 9876")
    expect(page.get_by_text("1 match").first).to_be_visible()
    page.get_by_label("Find in Clients").fill("")
    page.get_by_role("button", name="Seats").click()
    page.get_by_role("button", name="Seats").click()
    expect(page.get_by_role("table", name="Clients")).to_contain_text("Client 9999")
