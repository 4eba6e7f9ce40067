"""What is chosen on one half of the series is scored on the other half alone."""

import numpy as np
import pytest

from evals.forecast_selection import candidates, chosen_elsewhere, members
from mesh.agents.revenue_optimization.ensemble import forecast
from mesh.agents.revenue_optimization.rhythm import RHYTHMS


def test_a_choice_that_only_fits_its_own_half_is_worse_on_the_other() -> None:
    """Two candidates, each good on other series: what is best on one half is worse on the other, or even."""
    rng = np.random.default_rng(0)
    lucky = rng.random((30, 40))
    errors = {f"candidate {n}": row for n, row in enumerate(lucky)}
    total, names = chosen_elsewhere(errors, seed=1)
    assert total > min(row.sum() for row in lucky) and len(names) == 2


def test_a_candidate_that_is_best_everywhere_is_chosen_by_both_halves() -> None:
    errors = {"good": np.full(9, 1.0), "bad": np.full(9, 2.0)}
    assert chosen_elsewhere(errors, seed=3) == (9.0, ["good", "good"])


def test_what_is_served_is_among_the_candidates() -> None:
    rng = np.random.default_rng(1)
    rows = [100 + 10 * rng.random(48) + np.arange(48) for _ in range(2)]
    made = candidates(members(rows, RHYTHMS["month"], 6))
    served = made["0.5 blocks, damped logs + dynamic logs + theta logs"]
    assert served == pytest.approx(forecast(rows, RHYTHMS["month"], 6))
