"""What the agent promises of its forecasts."""

from datetime import UTC, datetime
from math import pi, sin
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from mesh.agents.revenue_optimization import AGENT
from mesh.agents.revenue_optimization.answer import answer
from mesh.agents.revenue_optimization.model import Answer, Band, Path, Question
from mesh.kit.agent import Answered
from mesh.kit.fakes import fake_ports
from mesh.kit.ports import Ports
from mesh.kit.problem import Invalid
from mesh.kit.records import checked

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def month(number: int) -> str:
    """The first day of a month, 0 being January 2023."""
    return f"{2023 + number // 12}-{number % 12 + 1:02}-01"


def rising(count: int = 36, seed: int = 1) -> list[float]:
    """Monthly revenue with a trend, a yearly rhythm and noise."""
    noise = np.random.default_rng(seed).normal(size=count)
    line = [1000 + 10 * n + 120 * sin(2 * pi * n / 12) + 15 * e for n, e in enumerate(noise)]
    return [round(float(value), 2) for value in line]


def invoices(months: int = 38, **changed: Any) -> list[dict[str, Any]]:
    """Rows of two clients and two services up to February 2026."""
    rows = []
    for n in range(38 - months, 38):
        for client, service, amount in (("c1", "backup", 300), ("c1", "voice", 100), ("c2", "voice", 600)):
            row = {"client_id": client, "service": service, "amount": amount + 2 * n, "date": month(n)}
            rows.append({**row, **changed})
    return rows


def stored(rows: list[dict[str, Any]], **more: Any) -> Ports:
    kept = [checked("revenue", {**row, "month": row["date"]}) for row in rows]
    return fake_ports(rows={"revenue": kept, **more}, now=NOW)


def answered(ports: Ports | None = None, **question: Any) -> Answered[Answer]:
    ask = Question.model_validate({"period_days": 90, **question})
    return answer(ask, ports or fake_ports(now=NOW))


def asked(ports: Ports | None = None, **question: Any) -> Answer:
    return Answer.model_validate(answered(ports, **question).answer.model_dump(mode="json"))


def total(found: Answer) -> Path:
    assert found.total is not None
    return found.total


def band(found: Band | None) -> Band:
    assert found is not None
    return found


def test_a_trend_and_a_yearly_rhythm_go_on() -> None:
    history = rising(60)
    path = total(asked(history=history, period_days=365))
    came = [1000 + 10 * n + 120 * sin(2 * pi * n / 12) for n in range(60, 72)]
    errors = [abs(step.expected - value) / value for step, value in zip(path.steps, came, strict=True)]
    assert np.mean(errors) < 0.04
    assert asked(history=history).method.season == [12]  # type: ignore[union-attr]


def test_the_wider_interval_holds_the_narrower_one_and_both_grow() -> None:
    path = total(asked(history=rising(), period_days=365))
    for step in path.steps:
        inner, outer = band(step.interval_80), band(step.interval_95)
        assert outer.low <= inner.low <= step.expected <= inner.high <= outer.high
    widths = [band(step.interval_80).high - band(step.interval_80).low for step in path.steps]
    assert widths == sorted(widths) and widths[-1] > widths[0]


def test_nothing_is_ever_forecast_below_zero() -> None:
    falling = [float(max(1000 - 40 * n, 5)) for n in range(26)]
    path = total(asked(history=falling, period_days=730))
    for step in path.steps:
        assert step.expected >= 0 and band(step.interval_95).low >= 0


def test_the_sum_takes_the_last_step_in_part() -> None:
    whole, part = (total(asked(history=rising(), period_days=days)) for days in (91, 76))
    assert len(whole.steps) == len(part.steps) == 3
    assert whole.expected == pytest.approx(sum(step.expected for step in whole.steps))
    assert part.expected == pytest.approx(
        sum(step.expected for step in whole.steps[:2]) + (76 / 30.436875 - 2) * whole.steps[2].expected
    )


def test_the_method_is_tested_on_its_own_past_and_beats_a_naive_forecast_on_a_line() -> None:
    tested = asked(history=[100.0 + 5 * n for n in range(40)], period_days=180).backtest
    assert tested is not None and tested.origins >= 5
    assert tested.smape is not None and tested.naive_smape is not None and tested.smape < tested.naive_smape
    assert tested.mase is not None and tested.mase < 1


def test_a_short_history_goes_on_as_it_is_and_is_said_to_be_short() -> None:
    found = asked(history=[100.0, 110.0, 105.0, 115.0])
    assert found.status == "short_history" and found.backtest is None and "4 values only" in found.message
    assert [step.expected for step in total(found).steps] == pytest.approx([110.0] * 3)
    assert band(total(found).interval_95).high > 115


def test_two_values_have_no_interval_because_nothing_supports_one() -> None:
    path = total(asked(history=[100.0, 110.0]))
    assert path.interval_80 is None and path.steps[0].interval_95 is None and "too few" in path.reason


@pytest.mark.parametrize("history", [[], [None, None], None])
def test_without_any_amount_there_is_no_forecast_and_that_is_said(history: list[None] | None) -> None:
    found = asked(history=history)
    assert found.status == "no_data" and found.total is None and "nothing to forecast from" in found.message
    assert AGENT.terminal.why_not(found) == found.message


def test_what_this_month_brings_is_used_where_it_is_known() -> None:
    plain = total(asked(history=rising()))
    higher = total(asked(history=rising(), current_revenue=5000.0))
    assert higher.last == 5000.0 and higher.expected > plain.expected
    alone = asked(current_revenue=900.0)
    assert alone.status == "short_history" and total(alone).expected == pytest.approx(2700.0)


def test_stored_invoices_are_summed_by_month_and_the_month_under_way_is_left_out() -> None:
    rows = [*invoices(), {"client_id": "c1", "service": "voice", "amount": 9, "date": "2026-03-01"}]
    found = asked(stored(rows))
    assert found.history[-1].start == datetime(2026, 2, 1, tzinfo=UTC)
    assert found.history[-1].amount == pytest.approx(1000 + 6 * 37)
    assert total(found).steps[0].start == datetime(2026, 3, 1, tzinfo=UTC)
    assert [issue.kind for issue in found.issues] == ["unfinished"]
    assert found.currency == "USD"


def test_stored_invoices_that_end_early_are_forecast_from_now_on() -> None:
    found = asked(stored([row for row in invoices() if row["date"] < "2025-12-01"]))
    assert found.history[-1].start == datetime(2025, 11, 1, tzinfo=UTC)
    assert total(found).steps[0].start == datetime(2026, 3, 1, tzinfo=UTC)
    assert len(total(found).steps) == 3 and "stale" in {issue.kind for issue in found.issues}


def test_answers_from_simulated_invoices_are_called_simulated() -> None:
    assert answered(stored(invoices(simulated=True))).simulated
    assert not answered(stored(invoices())).simulated
    assert not answered(stored(invoices(simulated=True)), history=rising()).simulated


@pytest.mark.parametrize("by", ["service", "client"])
def test_parts_add_up_to_the_total_at_every_step(by: str) -> None:
    found = asked(stored(invoices()), by=by)
    assert {part.name for part in found.parts} == ({"c1", "c2"} if by == "client" else {"backup", "voice"})
    for place, step in enumerate(total(found).steps):
        assert sum(part.steps[place].expected for part in found.parts) == pytest.approx(step.expected)


def test_a_client_that_stopped_paying_has_ended_and_is_expected_to_bring_nothing() -> None:
    rows = [row for row in invoices() if row["client_id"] == "c1" or row["date"] < "2025-10-01"]
    parts = {part.name: part for part in asked(stored(rows), by="client").parts}
    assert parts["c2"].status == "ended" and parts["c2"].expected == 0
    assert parts["c1"].status == "ok" and parts["c1"].expected > 0


def test_a_missing_month_is_filled_between_its_neighbours_and_named() -> None:
    rows = [row for row in invoices() if row["date"] != "2025-06-01"]
    found = asked(stored(rows))
    gap = next(point for point in found.history if point.filled)
    assert gap.start == datetime(2025, 6, 1, tzinfo=UTC) and gap.amount == pytest.approx(1000 + 6 * 29)
    assert "2025-06-01" in found.issues[0].detail and found.issues[0].kind == "missing"


def test_what_lies_before_a_long_gap_is_not_used() -> None:
    rows = [row for row in invoices() if not "2024-01-01" <= row["date"] <= "2024-09-01"]
    found = asked(stored(rows))
    assert found.history[0].start == datetime(2024, 10, 1, tzinfo=UTC) and len(found.history) == 17


def test_credit_notes_lower_their_month_and_are_told() -> None:
    rows = [*invoices(), {"client_id": "c2", "service": "voice", "amount": -2000.0, "date": "2026-01-15"}]
    found = asked(stored(rows))
    assert {issue.kind for issue in found.issues} == {"credit_notes", "negative"}
    assert found.history[-2].amount < 0 and all(step.expected >= 0 for step in total(found).steps)


def test_a_history_of_nothing_but_credit_is_refused() -> None:
    with pytest.raises(Invalid, match="below zero"):
        asked(history=[-5.0, -6.0])


def test_mixed_currencies_are_refused_until_one_is_named() -> None:
    rows = [*invoices(), *invoices(currency="EUR", client_id="c9")]
    with pytest.raises(Invalid, match="EUR") as refused:
        asked(stored(rows))
    assert refused.value.errors[0].field == "currency"
    kept = asked(stored(rows), currency="USD")
    assert kept.history[-1].amount == pytest.approx(1222) and kept.issues[0].kind == "currency"
    both = asked(stored(rows), currency="USD", exchange_rates={"EUR": 2.0})
    assert both.history[-1].amount == pytest.approx(3 * 1222)


def test_one_row_given_twice_counts_once_and_two_rows_with_one_id_are_refused() -> None:
    row = {"date": "2026-01-01", "amount": 50.0, "id": "i1"}
    others = [{"date": month(n), "amount": 40.0} for n in range(30)]
    found = asked(history=[*others, row, row])
    assert found.history[-1].amount == 50.0 and found.issues[0].kind == "duplicate"
    with pytest.raises(Invalid, match=r"history\.31\.id.*i1"):
        asked(history=[*others, row, {**row, "amount": 60.0}])


def test_invoices_alike_in_all_but_the_id_are_counted_and_told() -> None:
    ports = stored([{**row, "id": str(place)} for place, row in enumerate([*invoices(), *invoices()])])
    found = asked(ports)
    assert found.history[-1].amount == pytest.approx(2 * 1222) and found.issues[0].kind == "duplicate"


def test_rows_from_the_future_are_left_out_and_told() -> None:
    found = asked(history=[*invoices(), {"date": "2030-01-01", "amount": 1e9}])
    assert found.history[-1].amount == pytest.approx(1222) and found.issues[0].kind == "future"


@pytest.mark.parametrize(
    ("dates", "frequency"),
    [
        ([f"2026-01-{day:02}" for day in range(1, 29)], "day"),
        ([f"2026-01-{day:02}" for day in (1, 8, 15, 22, 29)], "week"),
        (["2025-09", "2025-10", "2025-11", "2025-12"], "month"),
        (["2025-01", "2025-04", "2025-07", "2025-10"], "quarter"),
        (["2022-01", "2023-01", "2024-01", "2025-01"], "year"),
    ],
)
def test_the_step_is_found_from_the_dates(dates: list[str], frequency: str) -> None:
    assert asked(history=[{"date": date, "amount": 5.0} for date in dates]).frequency == frequency


def test_a_flat_history_is_expected_to_stay_flat() -> None:
    path = total(asked(history=[250.0] * 30))
    assert path.expected == pytest.approx(750.0) and band(path.interval_95).high == pytest.approx(750.0)


@pytest.mark.parametrize("scale", [1e-6, 1e11])
def test_the_unit_of_money_makes_no_difference(scale: float) -> None:
    plain, scaled = (total(asked(history=[v * f for v in rising()])) for f in (1.0, scale))
    assert scaled.expected == pytest.approx(plain.expected * scale, rel=1e-6)
    assert band(scaled.interval_80).high == pytest.approx(band(plain.interval_80).high * scale, rel=1e-6)


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({}, "period_days"),
        ({"period_days": 0}, "period_days"),
        ({"period_days": 90, "history": [float("nan")]}, "history"),
        ({"period_days": 90, "history": [1.0, {"date": "2026-01", "amount": 1}]}, ""),
        ({"period_days": 90, "history": [1.0], "exchange_rates": {"EUR": 1.0}}, ""),
        ({"period_days": 90, "history": [{"date": "soon", "amount": 1}]}, "history"),
        ({"period_days": 90, "start": "2026-01"}, ""),
    ],
)
def test_an_impossible_question_is_refused_by_name(question: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Question.model_validate(question)
    assert field in ".".join(str(part) for error in refused.value.errors() for part in error["loc"])


def test_more_steps_than_can_be_seen_ahead_are_refused() -> None:
    with pytest.raises(Invalid, match="period_days"):
        asked(history=[1.0, 2.0], frequency="hour", period_days=100)


def test_a_history_of_too_many_steps_is_refused() -> None:
    rows = [{"date": "1200-01-01", "amount": 1.0}, {"date": "2026-01-01", "amount": 1.0}]
    with pytest.raises(Invalid, match="history"):
        asked(history=rows, frequency="day")
