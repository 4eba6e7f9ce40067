"""What the simulated world promises to those who test, train and look at it."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import fmean
from typing import Any

import numpy as np
import pytest

from mesh.demo.world import Msp, msp, world
from mesh.kit.records import KINDS, checked
from tests.demo import how_hard

UNTIL = datetime(2026, 11, 18, 15, 20, tzinfo=UTC)
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def some() -> list[Msp]:
    """Eight MSPs: enough for what holds on average."""
    return list(world(8, until=UNTIL))


def every(some: list[Msp], kind: str) -> Rows:
    return [dict(row) for one in some for row in one.rows[kind]]


def test_the_same_seed_gives_the_same_rows_and_another_seed_does_not() -> None:
    assert msp(3, 6, until=UNTIL) == msp(3, 6, until=UNTIL)
    assert msp(3, 6, seed=8, until=UNTIL).rows != msp(3, 6, until=UNTIL).rows


def test_an_msp_made_alone_is_the_one_of_the_world() -> None:
    assert list(world(2, 6, until=UNTIL))[1] == msp(1, 6, until=UNTIL)


def test_the_first_two_keep_their_names_and_all_are_called_simulated(some: list[Msp]) -> None:
    assert [one.tenant.msp_id for one in some[:2]] == ["demo-cedar", "demo-harbor"]
    for one in some:
        assert one.tenant.simulated and one.tenant.msp_id.startswith("demo-")
        assert one.tenant.name.endswith("(simulated)")


def test_an_msp_has_rows_of_every_kind(some: list[Msp]) -> None:
    for one in some:
        assert set(one.rows) == set(KINDS) and all(one.rows.values())
        assert 15 <= len(one.rows["clients"]) <= 60 and len(one.rows["profile"]) == 1


def test_every_row_says_simulated_and_ids_are_its_own(some: list[Msp]) -> None:
    for kind in KINDS:
        ids = [row["id"] for row in every(some, kind)]
        assert len(set(ids)) == len(ids) and all(row_id.startswith("demo-") for row_id in ids)
        assert all(row["simulated"] is True for row in every(some, kind))


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_in_the_form_in_which_they_are_stored(some: list[Msp], kind: str) -> None:
    rows = every(some, kind)
    for row in rows[:: max(1, len(rows) // 400)]:
        assert checked(kind, row) == row


def test_nothing_lies_after_the_end_but_what_is_still_due(some: list[Msp]) -> None:
    end = UNTIL.strftime("%Y-%m-%dT%H:00:00Z")
    for kind in ("tickets", "revenue", "metrics", "security-events", "articles"):
        assert max(row["at"] for row in every(some, kind)) <= end
    for ticket in every(some, "tickets"):
        assert ticket["at"] <= ticket.get("resolved_at", end) <= end and ticket["at"] < ticket["due_at"]


def test_every_month_has_invoices_the_running_one_too(some: list[Msp]) -> None:
    months = sorted({row["at"] for row in some[0].rows["revenue"]})
    assert len(months) == 25 and months[0].startswith("2024-11-01") and months[-1].startswith("2026-11-01")


def test_a_client_that_left_has_no_later_invoices_and_no_later_tickets(some: list[Msp]) -> None:
    left = {row["id"]: row["left_at"] for row in every(some, "clients") if "left_at" in row}
    assert len(left) > 20
    for kind in ("revenue", "tickets"):
        for row in every(some, kind):
            assert row["at"] < left.get(row["client_id"], "9")


def test_nobody_is_a_client_before_the_contract_begins(some: list[Msp]) -> None:
    since = {row["id"]: row["since"] for row in every(some, "clients")}
    assert any(moment > "2025" for moment in since.values())
    for kind in ("revenue", "tickets"):
        assert all(row["at"] >= since[row["client_id"]] for row in every(some, kind))


def test_trouble_shows_in_the_half_year_before_a_client_leaves(some: list[Msp]) -> None:
    """Lower scores, more work reopened, more lateness and fewer seats than those that stay."""
    left = {c["id"]: c["left_at"] for c in every(some, "clients") if c.get("left_at", "") > "2025-06"}
    before: dict[bool, Rows] = {True: [], False: []}
    for ticket in every(some, "tickets"):
        moment = left.get(ticket["client_id"])
        if moment is None:
            before[False].append(ticket)
        elif days(ticket["at"], moment) < 180:
            before[True].append(ticket)

    def mean(leaving: bool, what: str) -> float:
        return fmean(row[what] for row in before[leaving] if what in row)

    def late(leaving: bool) -> float:
        closed = [row for row in before[leaving] if "resolved_at" in row]
        return fmean(row["resolved_at"] > row["due_at"] for row in closed)

    assert mean(True, "satisfaction_score") < mean(False, "satisfaction_score") - 0.4
    assert mean(True, "reopened") > 1.5 * mean(False, "reopened")
    assert late(True) > 1.4 * late(False)
    assert mean(True, "escalation_answered") < mean(False, "escalation_answered")
    seats = seats_by_client(some)
    shrunk = [seats[c][-1] / seats[c][-7] for c in left if len(seats[c]) > 7]
    grown = [of[-1] / of[-7] for c, of in seats.items() if c not in left and len(of) > 7]
    assert fmean(shrunk) < fmean(grown) - 0.02


def test_leaving_is_not_wholly_foreseeable(some: list[Msp]) -> None:
    """Some leave content."""
    left = {c["id"]: c["left_at"] for c in every(some, "clients") if "left_at" in c}
    scores = defaultdict(list)
    for ticket in every(some, "tickets"):
        moment = left.get(ticket["client_id"])
        if moment and "satisfaction_score" in ticket and days(ticket["at"], moment) < 120:
            scores[ticket["client_id"]].append(ticket["satisfaction_score"])
    assert any(fmean(of) >= 4 for of in scores.values() if len(of) >= 3)


def test_low_scores_and_slow_work_rank_many_of_those_who_leave_first_but_not_all(some: list[Msp]) -> None:
    samples = how_hard.leavers(some)
    assert 0.015 < samples.truth.mean() < 0.06
    score, slowness = samples.features[:, how_hard.SCORE], samples.features[:, how_hard.SLOWNESS]
    worry = np.nan_to_num(slowness - np.nanmean(slowness)) - np.nan_to_num(score - np.nanmean(score))
    leaving, staying = worry[samples.truth], worry[~samples.truth]
    # The chance that one who leaves ranks before one who stays: the area under the ROC curve.
    area = np.mean(leaving[:, None] > staying)
    assert 0.65 < area < 0.95


def test_the_working_week_shows_in_tickets(some: list[Msp]) -> None:
    tickets = [row for row in every(some, "tickets") if "outage" not in row]
    days_of_week = Counter(moment(row["at"]).weekday() for row in tickets)
    assert min(days_of_week[day] for day in range(5)) > 5 * max(days_of_week[5], days_of_week[6])


def test_an_outage_reaches_many_clients_within_hours(some: list[Msp]) -> None:
    outages: dict[str, Rows] = defaultdict(list)
    for ticket in every(some, "tickets"):
        if "outage" in ticket:
            outages[ticket["outage"]].append(ticket)
    largest = max(outages.values(), key=len)
    assert len({row["client_id"] for row in largest}) > 10
    assert days(largest[0]["at"], largest[-1]["at"]) < 1


def test_whoever_looks_at_the_first_msps_finds_an_outage_under_way(some: list[Msp]) -> None:
    since = (UNTIL - timedelta(hours=2)).isoformat()
    for one in some[:2]:
        open_now = [row for row in one.rows["tickets"] if row["at"] >= since and "resolved_at" not in row]
        assert len({row["client_id"] for row in open_now if "outage" in row}) >= 3
        assert {"P1", "P2"} <= {row["priority"] for row in open_now}


def test_some_of_the_last_weeks_tickets_are_open_with_what_a_dispatcher_needs(some: list[Msp]) -> None:
    since = (UNTIL - timedelta(days=28)).isoformat()
    # Without the first two, which have an outage under way.
    recent = [row for row in every(some[2:], "tickets") if row["at"] >= since]
    open_now = [row for row in every(some[2:], "tickets") if "resolved_at" not in row]
    assert 0.05 < len(open_now) / len(recent) < 0.2
    for row in open_now:
        assert row["status"] in ("new", "waiting", "in progress") and row["hours"] > 0 and row["due_at"]
        assert row["skill"] and isinstance(row["on_site"], bool)
        assert ("technician_id" in row) == (row["status"] != "new")


def test_the_more_urgent_a_ticket_the_sooner_it_is_due_and_some_are_late(some: list[Msp]) -> None:
    due: dict[str, list[float]] = defaultdict(list)
    late: list[bool] = []
    for row in every(some, "tickets"):
        due[row["priority"]].append(days(row["at"], row["due_at"]))
        if "resolved_at" in row:
            late.append(row["resolved_at"] > row["due_at"])
    means = [fmean(due[priority]) for priority in ("P1", "P2", "P3", "P4")]
    assert means == sorted(means) and max(due["P1"]) * 24 == pytest.approx(4, abs=0.02)
    assert 0.05 < fmean(late) < 0.25


def test_every_skill_that_is_needed_is_somebodys(some: list[Msp]) -> None:
    for one in some:
        skills = {skill for person in one.rows["technicians"] for skill in person["skills"]}
        assert {row["skill"] for row in one.rows["tickets"]} <= skills
        known = {person["id"] for person in one.rows["technicians"]}
        assert {row["technician_id"] for row in one.rows["tickets"] if "technician_id" in row} <= known


def test_prices_differ_between_msps_and_rise_with_the_years(some: list[Msp]) -> None:
    """What a seat of managed support costs, client by client."""
    rates: dict[str, list[float]] = defaultdict(list)
    for row in every(some, "revenue"):
        if row["service"] == "Managed support" and row["at"].startswith(("2024-11", "2026-11")):
            rates[row["at"][:4] + row["client_id"].rsplit("-", 1)[0]].append(row["amount"] / row["seats"])
    then, now = (
        [fmean(of) for key, of in sorted(rates.items()) if key[:4] == year] for year in ("2024", "2026")
    )
    assert max(then) > 1.25 * min(then)
    assert all(after > before for before, after in zip(then, now, strict=True))


def test_mrr_has_a_season_and_projects_have_a_stronger_one(some: list[Msp]) -> None:
    seats: dict[str, list[int]] = defaultdict(list)
    retail = {row["id"] for row in every(some, "clients") if row["industry"] == "retail"}
    for row in every(some, "revenue"):
        if row["service"] == "Managed support" and row["client_id"] in retail:
            seats[row["at"][5:7]].append(row["seats"])
    assert fmean(seats["12"]) > 1.1 * fmean(seats["02"])
    projects = Counter[str]()
    for row in every(some, "revenue"):
        if row["service"] == "Projects" and "2024-12" <= row["at"] < "2026-12":
            projects[row["at"][5:7]] += 1
    # Invoiced in the month after the work.
    assert projects["12"] + projects["01"] > 1.3 * (projects["08"] + projects["09"])


def test_clients_of_a_kind_buy_alike(some: list[Msp]) -> None:
    bought: dict[str, set[str]] = defaultdict(set)
    for row in every(some, "revenue"):
        bought[row["client_id"]].add(row["service"])
    needing = {row["id"]: "compliance" in row for row in every(some, "clients")}
    share = {
        need: fmean(
            "Compliance programme" in bought[c] for c, has in needing.items() if has == need and bought[c]
        )
        for need in (True, False)
    }
    assert share[True] > 4 * share[False]


def test_services_are_bought_later_too(some: list[Msp]) -> None:
    """So that a recommendation can be tried on purchases it has not seen."""
    first: dict[tuple[str, str], str] = {}
    start: dict[str, str] = {}
    for row in sorted(every(some, "revenue"), key=lambda row: row["at"]):
        first.setdefault((row["client_id"], row["service"]), row["at"])
        start.setdefault(row["client_id"], row["at"])
    later = [key for key, at in first.items() if key[1] != "Projects" and at > max(start[key[0]], "2026-05")]
    assert len(later) > 20


def test_an_incident_shows_in_a_devices_metrics_and_in_a_ticket(some: list[Msp]) -> None:
    (ticket, *_) = [row for row in some[0].rows["tickets"] if row.get("device") and "Memory" in row["title"]]
    series = [
        row
        for row in some[0].rows["metrics"]
        if row["device"] == ticket["device"] and row["metric_type"] == "memory_percent"
    ]
    usual = fmean(row["value"] for row in series)
    near = [row["value"] for row in series if abs(days(row["at"], ticket["at"])) < 0.1]
    assert max(near) > usual + 20
    assert all(row["client_id"] == ticket["client_id"] for row in series)


def test_the_first_msps_are_read_every_ten_minutes(some: list[Msp]) -> None:
    for one, step in ((some[1], timedelta(minutes=10)), (some[2], timedelta(hours=1))):
        first = one.rows["metrics"][0]
        times = [
            moment(row["at"])
            for row in one.rows["metrics"]
            if (row["device"], row["metric_type"]) == (first["device"], first["metric_type"])
        ]
        assert {after - before for before, after in pairwise(times)} == {step}


def test_addresses_and_domains_are_those_kept_for_examples(some: list[Msp]) -> None:
    for row in every(some, "clients"):
        assert row["contact"].endswith(".example.com")
    for row in every(some, "security-events"):
        for word in row["event"].replace("/", " ").split():
            if word.count(".") == 3 and word[0].isdigit():
                assert word.split(":")[0].startswith(("192.0.2.", "198.51.100.", "203.0.113."))


def test_a_short_young_world_works_too() -> None:
    one = msp(39, 3, until=datetime(2026, 3, 1, 0, 5, tzinfo=UTC))
    assert all(one.rows[kind] for kind in ("clients", "tickets", "revenue"))


def seats_by_client(some: list[Msp]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for row in every(some, "revenue"):
        if row["service"] == "Managed support":
            found[row["client_id"]].append(row["seats"])
    return found


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def days(since: str, until: str) -> float:
    return (moment(until) - moment(since)).total_seconds() / 86_400
