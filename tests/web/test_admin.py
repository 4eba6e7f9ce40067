"""What an administrator does: keys, feeds, other tools' exports, long lists; and what a member is told."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import expect

from mesh.kit.platform import Job, Platform, Tenant
from tests.server import Server
from tests.web.conftest import Visiting

pytestmark = pytest.mark.timeout(900)
BUSY_MS = 90_000
EXPORT = "Nr,Opened,Customer,Subject,Mood\n1,02.03.2026 09:00,c1,Printer,bad\n2,yesterday,c1,Mail,good\n"
MAPPING = (
    '{"name": "help-desk", "title": "Our help desk", "kind": "tickets", "time_formats": ["%d.%m.%Y %H:%M"],'
    ' "columns": {"id": ["Nr"], "at": ["Opened"], "client_id": ["Customer"], "title": ["Subject"]}}'
)


@dataclass(frozen=True)
class Fresh:
    """An MSP of the test's own, with a key of each role."""

    store: Platform
    msp_id: str
    admin: str
    member: str


@pytest.fixture(scope="module")
def fresh(server: Server) -> Iterator[Fresh]:
    store = server.open()
    store.tenants.put(Tenant(msp_id="msp-admin", name="Admin's MSP"))
    yield Fresh(
        store,
        "msp-admin",
        store.keys.create("msp-admin", "first", "admin"),
        store.keys.create("msp-admin", "tickets"),
    )
    store.close()


def test_a_key_is_made_shown_once_and_revoked(visiting: Visiting, fresh: Fresh, server: Server) -> None:
    page = visiting(with_key=fresh.admin).go("admin?tab=keys")
    page.get_by_label("What it is for").fill("Night shift")
    page.get_by_role("button", name="Make the key").click()
    key = page.get_by_test_id("new-key").inner_text()
    asked = {"headers": {"x-api-key": key}}
    assert httpx.get(f"{server.url}/tenant", headers=asked["headers"]).json()["msp_id"] == fresh.msp_id
    row = page.get_by_role("row", name=re.compile("Night shift"))
    expect(row).to_contain_text("live")
    page.reload()
    row.wait_for()
    assert key.split("_")[2] not in page.content()
    page.get_by_role("button", name="Revoke the key Night shift").click()
    page.get_by_label(re.compile("^Type ")).fill(key.split("_")[1])
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(row).to_contain_text("revoked")
    assert httpx.get(f"{server.url}/tenant", headers=asked["headers"]).status_code == 401


def test_a_members_key_is_told_what_it_takes(visiting: Visiting, fresh: Fresh) -> None:
    visit = visiting(with_key=fresh.member)
    visit.expected = ("403",)
    for tab in ("keys", "throttles", "feeds", "cost"):
        page = visit.go(f"admin?tab={tab}")
        page.get_by_text(re.compile("takes a key with the role admin")).wait_for()
    visit.go("admin?tab=jobs").get_by_role("heading", name=re.compile("Jobs and dead letters")).wait_for()


def test_rate_cost_and_models_show_figures_and_how_they_are_known(visiting: Visiting, fresh: Fresh) -> None:
    page = visiting(with_key=fresh.admin).go("admin?tab=throttles")
    page.get_by_text("1,000 requests a second").wait_for()
    page.get_by_role("tab", name="Cost this month").click()
    page.get_by_text("Nothing but providers is metered here").wait_for()
    page.get_by_role("tab", name="Agents and models").click()
    page.get_by_role("radio", name="Choose Client health").check()
    page.get_by_text("795 departures").wait_for()
    expect(page.get_by_text("AUC", exact=True)).to_be_visible()


def test_a_feed_is_fetched_as_a_job_and_a_failure_is_looked_at(visiting: Visiting, fresh: Fresh) -> None:
    page = visiting(with_key=fresh.admin).go("admin?tab=feeds")
    row = page.get_by_role("row", name=re.compile("CISA"))
    page.get_by_role("button", name=re.compile("Refresh CISA")).click()
    row.get_by_text(re.compile("fetching|Why it failed|2026")).first.wait_for(timeout=BUSY_MS)
    page.get_by_role("tab", name="Jobs").click()
    job = page.get_by_role("row", name=re.compile("Feeds"))
    expect(job).to_contain_text(re.compile("dead letter|done"), timeout=BUSY_MS)
    if "dead letter" in job.inner_text():
        job.get_by_role("radio").check()
        page.get_by_role("heading", name="Job for Feeds: dead letter").wait_for()
        page.get_by_role("button", name=re.compile("Put back in line: job")).click()
        expect(job).to_contain_text(re.compile("waiting|running|dead letter|done"))


def test_an_export_is_mapped_checked_imported_and_told_of(visiting: Visiting, fresh: Fresh) -> None:
    page = visiting(with_key=fresh.admin).go("data?kind=tickets")
    page.get_by_role("radio", name=re.compile("ConnectWise")).check()
    page.get_by_role("button", name="Make my own of it").click()
    page.get_by_label("Mapping", exact=True).fill(MAPPING)
    page.get_by_role("button", name="Keep it").click()
    connector = page.get_by_role("row", name=re.compile("Our help desk"))
    expect(connector).to_contain_text("none yet")
    page.get_by_label("Or paste rows").fill(EXPORT)
    page.get_by_label("From", exact=True).click()
    page.get_by_role("option", name="Our help desk").click()
    page.get_by_role("button", name="Check first").click()
    page.get_by_text("1 of 2 rows would be stored").wait_for()
    page.get_by_text("Not read: Mood").wait_for()
    expect(page.get_by_role("row", name=re.compile("yesterday"))).to_be_visible()
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_text("1 of 2 rows stored as tickets").wait_for()
    expect(connector).to_contain_text("1 row of 2 taken, 1 refused")


def test_lists_longer_than_a_page_of_the_api_are_there_whole(visiting: Visiting, fresh: Fresh) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(450):
        at = start + timedelta(minutes=number)
        fresh.store.jobs.add(
            Job(job_id=f"{fresh.msp_id}-{number:03}", msp_id=fresh.msp_id, agent=f"gone-{number:03}",
                question={}, state="dead", created_at=at, not_before=at)
        )  # fmt: skip
    clients = [{"id": f"c{number:05}", "name": f"Client {number:05}"} for number in range(10_000)]
    fresh.store.ports(fresh.msp_id).records.put("clients", clients)
    visit = visiting(with_key=fresh.admin)
    page = visit.go("admin?tab=jobs")
    page.get_by_text("All jobs, newest first").wait_for(timeout=BUSY_MS)
    page.get_by_label("Find in Jobs and dead letters").fill("Gone 007")
    page.get_by_text("1 match").first.wait_for()
    page = visit.go("data?kind=clients")
    page.get_by_text("All that is stored").wait_for(timeout=BUSY_MS)
    page.get_by_label("Find in Clients").fill("Client 09999")
    page.get_by_text("1 match").first.wait_for()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Export Clients as CSV").click()
    assert saved.value.path().read_text(encoding="utf-8").count("\n") == 10_001


def test_what_is_marked_as_expected_is_kept_and_the_next_answer_says_so(
    visiting: Visiting, fresh: Fresh
) -> None:
    first = datetime(2026, 10, 1, tzinfo=UTC)
    values = [50 + 20 * math.sin(n / 15) + n % 3 for n in range(1_200)]
    values[900] = 190.0
    rows = [
        {"id": f"m{n}", "at": (first + timedelta(minutes=5 * n)).isoformat(), "metric_type": "cpu_percent",
         "client_id": "c00001", "device": "srv-01", "value": value}
        for n, value in enumerate(values)
    ]  # fmt: skip
    records = fresh.store.ports(fresh.msp_id).records
    records.put("clients", [{"id": "c00001", "name": "Client 00001"}])
    records.put("metrics", rows)
    page = visiting(with_key=fresh.admin).go("agents/anomaly-detection?client=c00001")
    find = page.get_by_role("button", name="Find what is unusual")
    page.get_by_text("Cpu percent").first.wait_for(timeout=BUSY_MS)
    find.click()
    mark = page.get_by_role("button", name=re.compile("Mark as expected"))
    mark.first.wait_for(timeout=BUSY_MS)
    count = mark.count()
    mark.first.click()
    expect(mark).to_have_count(count - 1)
    find.click()
    page.get_by_text(re.compile("1 marked as expected")).first.wait_for(timeout=BUSY_MS)
    page.get_by_role("button", name=re.compile("Take the mark back")).first.click()
    expect(mark).to_have_count(count)
