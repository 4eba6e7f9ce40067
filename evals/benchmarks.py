"""How far released percentiles are from the true ones, over the simulated world's MSPs, by epsilon."""

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean, median, quantiles

from evals.figure import Figure
from mesh.demo.world import MSPS, SEED, msp
from mesh.kit.fakes import MemoryRecords
from mesh.kit.problem import FieldError, Invalid
from mesh.sharing.benchmark_drawing import EPSILON_SIZE, drawn, epsilon_for
from mesh.sharing.benchmark_gate import FLOOR
from mesh.sharing.benchmark_measures import MEASURES, NAMES, Contribution, MeasureName, contribution
from mesh.sharing.benchmark_noise import Quartiles, chance
from mesh.sharing.budgets import ALLOWANCE

# No public data: nobody publishes what MSPs charge, one by one. The figures stand in this document as well.
AREA = ""
CARD = "docs/benchmarks.md"
UNTIL = datetime(2026, 11, 22, tzinfo=UTC)
# Churn looks back a year.
MONTHS = 13
DRAWS = 200
EPSILONS = (0.5, 1.0, 2.0, 4.0)
SECRET = b"\0" * 32  # draws that can be repeated; no figure that anyone sees is made with it
LEVELS = (0.25, 0.5, 0.75)
Triple = tuple[float, float, float]


def evaluate(_: Path, data: Path | None, train: Path | None, say: Callable[[str], None]) -> list[Figure]:
    """Errors of quartiles over 40 MSPs for four epsilons, and of what is released by measure and cohort."""
    if data or train:
        raise Invalid("Benchmarks take no file.", errors=[FieldError("--data", "the world is simulated")])
    world = []
    for number in range(MSPS):
        world.append(_contribution(number))
        if number % 10 == 9:
            say(f"{number + 1} of {MSPS} simulated MSPs")
    values = {name: _values(world, name) for name in NAMES}
    figures = []
    for epsilon in EPSILONS:
        errors = [
            error
            for name in NAMES
            for told in _quartiles(name, values[name], epsilon)
            for error in _points(told, values[name])
        ]
        note = "mean over six measures; 200 draws each; simulated"
        figures.append(_figure(f"percentile points off, {MSPS} MSPs, epsilon {epsilon:g}", errors, note))
    for name in NAMES:
        figures += _released(name, values[name], "all MSPs")
    for region, found in _regions(world):
        figures += _released("price_per_seat", found, f"region {region}")
    figures.append(_composed())
    return figures


def _contribution(number: int) -> Contribution:
    rows, records = msp(number, MONTHS, SEED, until=UNTIL).rows, MemoryRecords()
    for kind in ("clients", "tickets", "technicians", "revenue", "profile"):
        records.put(kind, rows[kind])
    return contribution(records, UNTIL, simulated=True)


def _values(world: Sequence[Contribution], measure: MeasureName) -> list[float]:
    found = (one.find(measure, None) for one in world)
    return [figure.value for figure in found if figure]


def _regions(world: Sequence[Contribution]) -> Iterator[tuple[str, list[float]]]:
    for region in sorted({one.region for one in world if one.region}):
        found = _values([one for one in world if one.region == region], "price_per_seat")
        if len(found) >= FLOOR:
            yield region, found


def _quartiles(measure: MeasureName, values: Sequence[float], epsilon: float) -> list[Triple]:
    uniform = chance(SECRET, f"{measure} {epsilon}".encode())
    found = Quartiles.over(values, MEASURES[measure].grid, epsilon)
    return [found.draw(uniform) for _ in range(DRAWS)]


def _released(measure: MeasureName, values: Sequence[float], where: str) -> list[Figure]:
    """As they are released: the noised size of the cohort decides how much is spent."""
    uniform, grid = chance(SECRET, f"{measure} {where}".encode()), MEASURES[measure].grid
    told: list[Triple] = []
    for _ in range(DRAWS):
        one = drawn(values, grid, uniform)
        told.append((one.p25, one.p50, one.p75))
    epsilon = epsilon_for(len(values)) + EPSILON_SIZE
    what = f"{measure}, {where} ({len(values)}), epsilon {epsilon:.2f}"
    points = [error for each in told for error in _points(each, values)]
    true = quantiles(values, n=4, method="inclusive")
    of_value = [abs(one / right - 1) for each in told for one, right in zip(each, true, strict=True) if right]
    note = f"median error of the value itself {median(of_value):.1%}"
    return [_figure(f"percentile points off: {what}", points, note)]


def _points(told: Triple, values: Sequence[float]) -> list[float]:
    """How far each lies from its place: none where a part of equal values holds it."""
    off = []
    for value, level in zip(told, LEVELS, strict=True):
        below = sum(each < value for each in values) / len(values)
        upto = sum(each <= value for each in values) / len(values)
        off.append(100 * max(below - level, level - upto, 0.0))
    return off


def _figure(measure: str, errors: Sequence[float], note: str) -> Figure:
    return Figure(measure, round(fmean(errors), 2), higher_is_better=False, rows=len(errors), note=note)


def _composed() -> Figure:
    """What a quarter's allowance costs by the best composition that is known, beside the ledger's sum."""
    from dp_accounting import (  # type: ignore[import-untyped]
        NeighboringRelation,
        RandomizedResponseDpEvent,
    )
    from dp_accounting.pld import PLDAccountant  # type: ignore[import-untyped]

    each = epsilon_for(MSPS) + EPSILON_SIZE
    count = int(ALLOWANCE / each)
    accountant = PLDAccountant(neighboring_relation=NeighboringRelation.REPLACE_ONE)
    for _ in range(count):
        # No mechanism of that epsilon composes worse (Kairouz, Oh and Viswanath 2015, theorem 3.3).
        accountant.compose(RandomizedResponseDpEvent(2 / (1 + math.exp(each)), 2))
    best = float(accountant.get_epsilon(1e-5))
    note = f"the ledger says {count * each:g}: the sum loses nothing at this price"
    return Figure(
        f"epsilon of {count} releases at delta 1e-5, by dp-accounting", round(best, 2),
        higher_is_better=False, rows=count, note=note,
    )  # fmt: skip
