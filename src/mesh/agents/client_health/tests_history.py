"""What rows say at a moment, and that they say nothing of later ones."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from mesh.agents.client_health.history import DAY, History, gathered
from mesh.agents.client_health.moment import features
from mesh.kit.fakes import NOON

DAYS = NOON.timestamp() / DAY


def at(days_ago: float) -> str:
    return (NOON - timedelta(days=days_ago)).isoformat()


def history(
    tickets: list[dict[str, Any]], bills: list[dict[str, Any]] | None = None, **client: Any
) -> History:
    rows = [{"client_id": "c", **row} for row in tickets]
    row = {"id": "c", "name": "C", "since": at(1000), **client}
    (found,) = gathered([row], rows, [{"client_id": "c", **bill} for bill in bills or []], DAYS - 500)
    return found


def bill(month: str, service: str, amount: float, **more: Any) -> dict[str, Any]:
    return {"at": f"{month}-01T00:00:00+00:00", "service": service, "amount": amount, **more}


def test_rates_are_of_the_last_ninety_days_and_trends_against_the_half_year_before() -> None:
    late = [{"at": at(5 + 10 * n), "priority": "P1" if n < 3 else "P4"} for n in range(9)]
    early = [{"at": at(95 + 20 * n)} for n in range(9)]
    found = features(history([*early, *late]), NOON)
    assert found["ticket_volume"] == pytest.approx(9 / 90 * 365.25 / 12)
    assert found["ticket_trend"] == pytest.approx(100)
    assert found["urgent_share"] == pytest.approx(1 / 3)
    assert found["open_tickets"] == 18


def test_a_silent_client_has_no_tickets_but_one_never_heard_of_is_not_known() -> None:
    assert features(history([{"at": at(400)}]), NOON)["ticket_volume"] == 0
    (unheard,) = gathered([{"id": "c", "name": "C"}], [], [], DAYS - 500)
    assert features(unheard, NOON)["ticket_volume"] is None


def test_a_new_client_is_measured_over_the_days_it_has_been_one() -> None:
    found = features(history([{"at": at(n)} for n in range(1, 31)], since=at(30)), NOON)
    assert found["ticket_volume"] == pytest.approx(365.25 / 12, rel=0.01)
    assert found["ticket_trend"] is None
    assert features(history([{"at": at(2)}], since=at(5)), NOON)["ticket_volume"] is None


def test_service_is_what_resolution_deadlines_reopenings_and_scores_say() -> None:
    tickets: list[dict[str, Any]] = [
        {"at": at(20), "due_at": at(19), "resolved_at": at(18), "reopened": 2, "satisfaction_score": 2},
        {"at": at(10), "due_at": at(9), "resolved_at": at(9.5), "reopened": 0, "satisfaction_score": 4},
        {"at": at(8), "due_at": at(7)},
        {"at": at(150), "resolved_at": at(149), "satisfaction_score": 5},
    ]
    found = features(history(tickets), NOON)
    assert found["resolution_time"] == pytest.approx((48 + 12) / 2)
    assert found["resolution_trend"] == pytest.approx(25)
    assert found["sla_breach_rate"] == pytest.approx(2 / 3) and found["reopen_rate"] == 0.5
    assert found["satisfaction_score"] == 3 and found["satisfaction_trend"] == -2
    assert found["open_tickets"] == 1


def test_nothing_that_came_later_is_known_at_a_moment() -> None:
    tickets = [
        {
            "at": at(50 + 4 * n),
            "due_at": at(49 + 4 * n),
            "resolved_at": at(20 + 4 * n),
            "satisfaction_score": 1,
        }
        for n in range(60)
    ]
    bills = [bill(f"2025-{month:02d}", "Support", 100 * month, seats=month) for month in range(1, 13)]
    then = NOON - timedelta(days=100)
    moment = then.timestamp() / DAY

    def known(row: dict[str, Any]) -> dict[str, Any] | None:
        """What was stored of the row by then."""
        if datetime.fromisoformat(row["at"]).timestamp() / DAY >= moment:
            return None
        done = row.get("resolved_at")
        if done and datetime.fromisoformat(done).timestamp() / DAY >= moment:
            return {name: row[name] for name in ("at", "due_at")}
        return row

    past = history([k for t in tickets if (k := known(t))], [k for b in bills if (k := known(b))])
    whole = history(tickets, bills, left_at=at(1))
    for long_ago in (False, True):
        assert features(past, then, long_ago=long_ago) == features(whole, then, long_ago=long_ago)


def test_only_what_is_invoiced_month_after_month_is_recurring() -> None:
    months = ["2025-07", "2025-08", "2025-09", "2025-12", "2026-01", "2026-02", "2026-03"]
    bills = [bill(month, "Support", 1000.0, seats=10) for month in months]
    bills += [bill(month, "Backup", 200.0, seats=10) for month in months[:3]]
    bills.append(bill("2026-02", "Projects", 9000.0))
    found = features(history([], bills), NOON)
    assert found["monthly_revenue"] == 1000 and found["services"] == 1
    assert found["revenue_change"] == pytest.approx(100 * (1000 / 1200 - 1))


def test_a_price_rise_is_told_from_growth() -> None:
    def with_prices(then: tuple[float, int], now: tuple[float, int]) -> float | None:
        bills = [
            bill("2025-11", "Support", then[0], seats=then[1]),
            bill("2026-03", "Support", now[0], seats=now[1]),
        ]
        return features(history([], bills), NOON)["price_change"]

    assert with_prices((1000, 10), (1100, 10)) == pytest.approx(10)
    assert with_prices((1000, 10), (1500, 15)) == 0
    assert with_prices((1000, 10), (1000, 15)) == 0


def test_the_end_of_a_contract_long_ahead_counts_as_a_year() -> None:
    assert features(history([], renews_at=at(-30)), NOON)["days_to_renewal"] == pytest.approx(30)
    assert features(history([], renews_at=at(-900)), NOON)["days_to_renewal"] == 365.25
    assert features(history([], renews_at=at(5)), NOON)["days_to_renewal"] is None
    long_ago = features(history([], renews_at=at(-400)), NOON, long_ago=True)
    assert long_ago["days_to_renewal"] == pytest.approx(400 - 365.25)


def test_scores_on_another_scale_are_not_taken_for_scores_from_one_to_five() -> None:
    tickets = [{"at": at(9), "resolved_at": at(8), "satisfaction_score": score} for score in (3, 9, 10)]
    assert features(history(tickets), NOON)["satisfaction_score"] is None
