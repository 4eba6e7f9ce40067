"""What the agent promises of its scenarios."""

from datetime import UTC, datetime
from typing import Any

import pytest

from mesh.agents.revenue_optimization.model import Answer, Outcome
from mesh.agents.revenue_optimization.tests import asked, invoices, stored, total
from mesh.kit.problem import Invalid
from mesh.kit.records import checked


def under(*changes: dict[str, Any], **more: Any) -> tuple[Answer, Outcome]:
    ports = stored(invoices(), **more)
    found = asked(ports, period_days=365, scenarios=[{"name": "if", "changes": list(changes)}])
    return found, found.scenarios[0]


def ratios(found: Answer, outcome: Outcome) -> list[float]:
    plain = total(found).steps
    return [a.expected / b.expected for a, b in zip(outcome.path.steps, plain, strict=True)]


def test_a_price_for_everything_moves_every_step_from_its_date_on() -> None:
    found, outcome = under({"kind": "price_change", "percent": 10, "starts": "2026-06-01"})
    assert ratios(found, outcome)[:3] == pytest.approx([1.0, 1.0, 1.0])
    assert ratios(found, outcome)[3:] == pytest.approx([1.1] * 9)
    assert outcome.difference == pytest.approx(outcome.path.expected - total(found).expected)


def test_a_price_of_one_service_moves_the_share_it_has() -> None:
    found, outcome = under(
        {"kind": "price_change", "percent": 10, "service": "backup", "starts": "2026-03-01"}
    )
    share = sum(300 + 2 * n for n in (35, 36, 37)) / sum(1000 + 6 * n for n in (35, 36, 37))
    assert ratios(found, outcome) == pytest.approx([1 + 0.1 * share] * 12)


def test_what_is_lost_over_a_price_is_taken_off() -> None:
    found, outcome = under(
        {"kind": "price_change", "percent": 25, "lost_percent": 20, "starts": "2026-03-01"}
    )
    assert ratios(found, outcome) == pytest.approx([1.0] * 12)


def test_a_change_within_a_month_counts_for_the_rest_of_it() -> None:
    found, outcome = under({"kind": "price_change", "percent": 31, "starts": "2026-03-16"})
    assert ratios(found, outcome)[0] == pytest.approx(1 + 0.31 * 16 / 31)


def test_clients_that_leave_take_their_share_with_them() -> None:
    found, outcome = under({"kind": "churn", "client_ids": ["c2"], "starts": "2026-04-01"})
    share = sum(600 + 2 * n for n in (35, 36, 37)) / sum(1000 + 6 * n for n in (35, 36, 37))
    assert ratios(found, outcome) == pytest.approx([1.0] + [1 - share] * 11)
    everyone, gone = under({"kind": "churn", "client_ids": ["c1", "c2"], "starts": "2026-03-01"})
    assert gone.path.expected == pytest.approx(0.0) and gone.difference == pytest.approx(
        -total(everyone).expected
    )


def test_stored_renewal_dates_are_used_and_what_is_unsure_widens_the_band() -> None:
    clients = [checked("clients", {"id": "c2", "name": "Birch", "renews_at": "2026-07-01"})]
    found, outcome = under({"kind": "renewals", "renewal_rate": 0.5}, clients=clients)
    share = sum(600 + 2 * n for n in (35, 36, 37)) / sum(1000 + 6 * n for n in (35, 36, 37))
    assert ratios(found, outcome) == pytest.approx([1.0] * 4 + [1 - share / 2] * 8)
    before, after = total(found).steps[-1].interval_80, outcome.path.steps[-1].interval_80
    assert before is not None and after is not None
    assert after.high - after.low > before.high - before.low
    assert "c2" in " ".join(outcome.assumptions)


def test_a_contract_renewed_for_sure_at_a_price_is_a_price_change() -> None:
    found, outcome = under(
        {
            "kind": "renewals",
            "renewal_rate": 1,
            "percent": 10,
            "client_ids": ["c1", "c2"],
            "date": "2026-03-01",
        }
    )
    assert ratios(found, outcome) == pytest.approx([1.1] * 12)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "churn", "client_ids": ["c1", "nobody"], "starts": "2026-04-01"}, "client_ids.1"),
        ({"kind": "price_change", "percent": 5, "service": "none", "starts": "2026-04-01"}, "service"),
        ({"kind": "renewals", "renewal_rate": 0.5, "client_ids": ["c1"]}, "client_ids.0"),
    ],
)
def test_what_has_no_revenue_or_date_is_refused_by_name(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        under(change)
    assert refused.value.errors[0].field == f"scenarios.0.changes.0.{field}"


def test_a_scenario_needs_a_history_with_dates() -> None:
    change = {"kind": "price_change", "percent": 5, "starts": "2026-04-01"}
    with pytest.raises(Invalid, match="needs them"):
        asked(history=[1.0] * 20, scenarios=[{"name": "x", "changes": [change]}])
    found = asked(
        history=[10.0] * 20, start="2024-07", period_days=60, scenarios=[{"name": "x", "changes": [change]}]
    )
    assert found.scenarios[0].path.steps[1].start == datetime(2026, 4, 1, tzinfo=UTC)
    assert found.scenarios[0].path.steps[1].expected == pytest.approx(10.5)
