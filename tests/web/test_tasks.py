"""A real task on each page, through to its result, as a dispatcher, an engineer or an owner would do it."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from mesh.kit.platform import Tenant
from mesh.sharing.federation_sites import Sites
from tests.server import Server
from tests.sharing.test_training_sites import a_key
from tests.web.conftest import Visiting

# A machine that does much else builds and draws slowly; nothing here measures time.
pytestmark = pytest.mark.timeout(900)
REPORT = (
    "Ransom note found on FS01. Files were encrypted and shadow copies deleted with vssadmin. "
    "The loader came from hxxps://drop.bad-parcel[.]com/inv.dat and CVE-2020-1472 was used."
)
BUSY_MS = 90_000


def saved(page: Page, button: str) -> str:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).first.click()
    return Path(download.value.path()).read_text(encoding="utf-8")


def test_an_engineer_pastes_a_report_and_takes_the_indicators_along(visiting: Visiting) -> None:
    page = visiting().go("agents/threat-intelligence")
    page.get_by_label("What was seen").fill(REPORT)
    page.get_by_role("button", name="Analyse", exact=True).click()
    page.get_by_role("tab", name="Why").wait_for(timeout=BUSY_MS)
    document = page.get_by_role("region", name="The text with what was found in it")
    expect(document.locator("mark.mark-vulnerability")).to_have_text("CVE-2020-1472")
    page.get_by_role("tab", name=re.compile("Techniques")).click()
    expect(page.get_by_role("region", name="Techniques by tactic")).to_contain_text("T1490")
    page.get_by_role("tab", name=re.compile("Indicators")).click()
    page.get_by_role("button", name="Copy defanged").click()
    page.get_by_text("Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "hxxps://drop[.]bad-parcel[.]com/inv[.]dat" in copied
    assert json.loads(saved(page, "STIX 2.1"))["type"] == "bundle"
    page.reload()
    page.get_by_role("tab", name="Why").wait_for(timeout=BUSY_MS)


def test_a_dispatcher_plans_moves_a_task_and_plans_again_around_it(visiting: Visiting) -> None:
    page = visiting().go("agents/resource-allocation")
    page.get_by_label("Most tickets").fill("8")
    page.get_by_role("button", name="Plan", exact=True).click()
    region = page.get_by_role("region", name="The plan by technician and time")
    region.wait_for(timeout=BUSY_MS)
    # The first, and not far: what is moved past the end of a shift is left out with its reason.
    bar = region.get_by_role("button").first
    bar.scroll_into_view_if_needed()
    before = bar.bounding_box()
    assert before is not None
    page.mouse.move(before["x"] + 5, before["y"] + 5)
    page.mouse.down()
    page.mouse.move(before["x"] + 30, before["y"] + 5, steps=4)
    page.mouse.up()
    page.get_by_role("button", name=re.compile("Re-plan around 1 pinned task")).click()
    expect(page.locator('.gantt-bar[data-pinned="true"]')).to_have_count(1, timeout=BUSY_MS)
    assert saved(page, "Calendar (ics)").startswith("BEGIN:VCALENDAR")


def test_a_task_is_pinned_with_the_arrow_keys_alone(visiting: Visiting) -> None:
    page = visiting().go("agents/resource-allocation")
    page.get_by_label("Most tickets").fill("3")
    page.get_by_role("button", name="Plan", exact=True).press("Enter")
    bar = page.locator(".gantt-bar").first
    bar.wait_for(timeout=BUSY_MS)
    bar.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name=re.compile("Re-plan around 1 pinned"))).to_be_enabled()


def test_an_owner_sees_who_may_leave_why_and_what_to_do(visiting: Visiting) -> None:
    page = visiting().go("agents/client-health")
    page.get_by_role("radio").first.check()
    page.get_by_role("heading", name="What to do").wait_for(timeout=BUSY_MS)
    expect(page.get_by_role("img", name=re.compile("What leads to"))).to_be_visible()
    assert "client=" in page.url


def test_an_owner_forecasts_with_dearer_prices(visiting: Visiting) -> None:
    page = visiting().go("agents/revenue-optimization")
    page.get_by_role("heading", name="What to sell to whom").wait_for(timeout=BUSY_MS)
    slider = page.get_by_label("Change of prices in per cent")
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Forecast", exact=True).click()
    page.get_by_text(re.compile(r"What if: \+\$")).wait_for(timeout=BUSY_MS)


def test_a_compliance_lead_sees_the_sentence_that_proves_and_takes_the_report(visiting: Visiting) -> None:
    page = visiting().go("agents/security-compliance?framework=SOC2")
    page.get_by_text("Judge a text of your own").click()
    page.get_by_label("Policy", exact=True).fill(
        "Access to systems is reviewed every quarter by the security officer. Backups are made every night."
    )
    page.get_by_role("button", name="Judge this text").click()
    page.get_by_role("tab", name="Evidence in the documents").click(timeout=BUSY_MS)
    expect(page.get_by_role("region", name="Policy text").locator("mark").first).to_be_visible()
    page.get_by_role("tab", name="Crosswalk").click()
    page.get_by_role("heading", name=re.compile("The same elsewhere")).wait_for()
    assert "<html" in saved(page, "Report (HTML)").lower()


def test_an_owner_asks_and_asks_on(visiting: Visiting) -> None:
    page = visiting().go("agents/nlp-query")
    box = page.get_by_role("textbox", name="Your question")
    box.fill("How many tickets were opened per month this year?")
    page.keyboard.press("Enter")
    page.get_by_text("The plan behind it").wait_for(timeout=BUSY_MS)
    expect(page.get_by_role("heading", name=re.compile(r"Rows"))).to_be_visible()
    box.fill("What will the weather be tomorrow?")
    page.keyboard.press("Enter")
    page.get_by_role("button", name=re.compile("^Ask: ")).wait_for(timeout=BUSY_MS)


def test_an_owner_finds_a_partner_and_asks_for_an_introduction(
    visiting: Visiting, seeker: Callable[[str], str]
) -> None:
    page = visiting(with_key=seeker("finds-partners")).go("agents/collaboration")
    page.get_by_label("The work, in plain words").fill("help desk at night, penetration tests")
    page.get_by_role("button", name="Find partners").click()
    unasked = page.get_by_role("button", name=re.compile("for an introduction"))
    unasked.first.wait_for(timeout=BUSY_MS)
    before = unasked.count()
    unasked.first.click()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("table", name="Introductions")).to_contain_text("open")
    # Whom they asked they are not offered to ask again.
    page.get_by_text("Asked; they have not answered yet").first.wait_for(timeout=BUSY_MS)
    expect(unasked).to_have_count(before - 1)


def test_an_owner_reads_the_market(visiting: Visiting) -> None:
    page = visiting().go("agents/market-intelligence")
    page.get_by_role("button", name="Read the stored articles").click()
    page.get_by_role("heading", name="Price position").wait_for(timeout=BUSY_MS)
    expect(page.get_by_role("heading", name=re.compile("Sources"))).to_be_visible()


def test_rows_are_imported_looked_at_and_the_bad_ones_told(visiting: Visiting) -> None:
    page = visiting().go("data?kind=articles")
    rows = "id,published,title,text\nw1,2026-11-01,Web test,Text\nw2,never,Broken,Text\n"
    page.get_by_label("Or paste rows").fill(rows)
    expect(page.get_by_role("region", name="The first rows")).to_contain_text("Web test")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("table", name="Rows not stored")).to_contain_text("at")
    expect(page.get_by_role("table", name="Articles")).to_contain_text("w1")
    assert "w1" in saved(page, "Export everything")


def test_consent_is_given_and_taken_back_at_once(visiting: Visiting, server: Server) -> None:
    # A simulated MSP agreed to everything when it was made.
    simulated = visiting().go("mesh").get_by_role("checkbox", name=re.compile("benchmarks"))
    expect(simulated).to_be_checked()
    page = visiting(with_key=server.key("consents")).go("mesh")
    switch = page.get_by_role("checkbox", name=re.compile("benchmarks"))
    page.get_by_text("Never changed").wait_for()
    # The switch moves once the server has said so.
    switch.click()
    page.get_by_text("Changed 1 time,").wait_for()
    page.reload()
    expect(switch).to_be_checked()
    switch.click()
    page.get_by_text("Changed 2 times,").wait_for()
    expect(switch).not_to_be_checked()


def test_a_site_of_ones_own_is_shown_and_forgotten(visiting: Visiting, server: Server) -> None:
    platform = server.open()
    platform.tenants.put(Tenant(msp_id="apart", name="Rows apart"))
    page = visiting(with_key=server.key("apart")).go("mesh")
    page.get_by_text("run a site there instead").wait_for()
    site = Sites(platform.commons, platform.clock).register("apart", a_key())
    platform.close()
    page.reload()
    page.get_by_text(site.fingerprint).wait_for()
    page.get_by_role("button", name="Forget").click()
    page.get_by_label("Type forget to go on").fill("forget")
    page.get_by_role("dialog").get_by_role("button", name="Forget").click()
    page.get_by_text("run a site there instead").wait_for()


def test_a_benchmark_of_two_msps_is_withheld_and_says_why(visiting: Visiting) -> None:
    page = visiting().go("mesh?tab=benchmarks")
    page.get_by_text("Withheld").first.wait_for()


def test_a_playbook_is_run_to_its_briefing(visiting: Visiting) -> None:
    page = visiting().go("workflows")
    page.get_by_role("button", name=re.compile("^Run Full")).click()
    page.get_by_role("region", name="Briefing").wait_for(timeout=2 * BUSY_MS)
    assert "run=" in page.url


def ended(job: str, headers: dict[str, str]) -> dict[str, Any]:
    """The job once nobody works on it any more."""
    deadline = time.monotonic() + BUSY_MS / 1000
    while (found := httpx.get(job, headers=headers).json())["state"] not in ("done", "dead"):
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return dict(found)


def test_a_dead_letter_is_put_back_in_line(visiting: Visiting, server: Server, key: str) -> None:
    headers = {"x-api-key": key, "prefer": "respond-async"}
    hopeless = {"tasks": [{"id": "a", "hours": 1, "technician_id": "nobody"}], "technicians": [{"id": "p"}]}
    asked = httpx.post(f"{server.url}/resource/optimize", json=hopeless, headers=headers)
    assert asked.status_code == 202
    job = f"{server.url}/jobs/{asked.json()['job_id']}"
    ended(job, headers)
    page = visiting().go("admin?tab=jobs")
    again = page.get_by_role("button", name=f"Put back in line: job {asked.json()['job_id']}")
    row = page.get_by_role("table", name="Jobs and dead letters").get_by_role("row").filter(has=again)
    expect(row).to_contain_text("dead letter", timeout=BUSY_MS)
    with page.expect_response(re.compile("/redrive$")) as answered:
        again.click()
    assert answered.value.ok
    assert ended(job, headers)["problem"]["status"] == 422
    expect(row).to_contain_text("dead letter", timeout=BUSY_MS)


def test_today_says_what_comes_first_and_the_agents_can_be_asked(visiting: Visiting) -> None:
    page = visiting().go("today")
    matters = page.get_by_role("table", name="Needs attention")
    matters.get_by_role("link").first.wait_for(timeout=BUSY_MS)
    page.get_by_role("button", name="Ask the agents now").click()
    page.get_by_text("Compliance of the stored policies").wait_for()
    # What other tests found may stand before it, on a page of its own.
    find = page.get_by_label("Find in Needs attention")
    for words in ("SLA", "without evidence"):
        expect(find.or_(matters.get_by_text(words)).first).to_be_visible(timeout=2 * BUSY_MS)
        if find.count():
            find.fill(words)
        expect(matters).to_contain_text(words, timeout=2 * BUSY_MS)


def test_a_model_is_trained_in_a_rehearsal(visiting: Visiting) -> None:
    page = visiting().go("agents/federated-learning")
    page.get_by_label("Rounds").focus()
    for _ in range(17):
        page.keyboard.press("ArrowLeft")
    page.get_by_role("button", name="Rehearse").click()
    page.get_by_role("table", name="Sites").wait_for(timeout=3 * BUSY_MS)
