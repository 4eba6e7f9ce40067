"""What holds of every cohort that the gate lets through, and of the noise over it: tried on many worlds."""

import math
import statistics
from itertools import combinations_with_replacement

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesh.sharing.benchmark_drawing import EPSILON_SIZE, drawn, epsilon_for, expected_error
from mesh.sharing.benchmark_gate import FLOOR, LARGEST_SHARE, choose, close
from mesh.sharing.benchmark_measures import MEASURES
from mesh.sharing.benchmark_noise import GAPS, SENSITIVITY, Grid, Quartiles, about, chance

NAMES = [f"m{n:02}" for n in range(24)]
Members = st.frozensets(st.sampled_from(NAMES))
Weights = st.dictionaries(st.sampled_from(NAMES), st.floats(0, 1e6), max_size=24)
SMALL = Grid(1.0, 16.0, 7)
Values = st.lists(st.floats(0.1, 40), min_size=1, max_size=9)


@settings(max_examples=400, deadline=None)
@given(live=Weights, earlier=st.sets(Members, max_size=6), order=st.permutations(NAMES))
def test_what_is_let_through_keeps_every_rule(
    live: dict[str, float], earlier: set[frozenset[str]], order: list[str]
) -> None:
    members = choose(live, order, earlier).members
    if members is None:
        return
    assert len(members) >= FLOOR and members <= live.keys()
    total = sum(live[name] for name in members)
    assert total > 0 and all(live[name] <= LARGEST_SHARE * total * 1.000001 for name in members)
    for release in earlier:
        assert len(members - release) == 0 or len(members - release) >= FLOOR
        if members & release:
            assert len(release - members) == 0 or len(release - members) >= FLOOR


@settings(max_examples=200, deadline=None)
@given(steps=st.lists(st.tuples(Members, st.permutations(NAMES)), min_size=1, max_size=12))
def test_no_run_of_releases_singles_out_fewer_than_five(
    steps: list[tuple[frozenset[str], list[str]]],
) -> None:
    released: set[frozenset[str]] = set()
    for live, order in steps:
        members = choose(dict.fromkeys(live, 1.0), order, released).members
        if members is not None:
            released.add(members)
    for one in released:
        for other in released:
            assert not one & other or len(one - other) == 0 or len(one - other) >= FLOOR
        inside = [part for part in released if part < one]
        assert not inside or not 0 < len(one.difference(*inside)) < FLOOR


@settings(max_examples=200, deadline=None)
@given(live=st.frozensets(st.sampled_from(NAMES), min_size=FLOOR), gone=st.sampled_from(NAMES))
def test_after_a_withdrawal_the_next_release_is_without_at_least_five(
    live: frozenset[str], gone: str
) -> None:
    first = choose(dict.fromkeys(live, 1.0), NAMES, ()).members
    assert first == live
    rest = dict.fromkeys(live - {gone}, 1.0)
    members = choose(rest, NAMES, {live}).members
    if gone not in live:
        assert members == live
    elif members is not None:
        assert gone not in members and len(live - members) >= FLOOR


def test_without_earlier_releases_five_equals_are_let_through_and_the_reasons_are_told_apart() -> None:
    five = dict.fromkeys(NAMES[:5], 1.0)
    assert choose(five, NAMES, ()).members == frozenset(five)
    assert choose(dict.fromkeys(NAMES[:4], 1.0), NAMES, ()).reason == "few"
    assert choose({**five, "giant": 2.0}, [*NAMES, "giant"], ()).reason == "dominated"
    assert choose(five, NAMES, {frozenset(NAMES[1:6])}).reason == "differencing"
    assert choose(dict.fromkeys(NAMES[:6], 0.0), NAMES, ()).reason == "dominated"
    assert choose({**five, "nan": math.nan}, NAMES, ()).members is None


def test_a_colluding_rest_cannot_come_back_without_the_one_they_are_after() -> None:
    colluders, victim = frozenset(NAMES[:8]), "m20"
    assert close(colluders, {colluders | {victim}})
    assert choose(dict.fromkeys(colluders, 1.0), NAMES, {colluders | {victim}}).members is None


@settings(max_examples=60, deadline=None)
@given(values=Values, more=st.floats(0.1, 40), epsilon=st.floats(0.1, 5))
def test_no_output_is_more_than_e_to_the_epsilon_likelier_with_one_msp_than_without(
    values: list[float], more: float, epsilon: float
) -> None:
    with_it, without = Quartiles.over([*values, more], SMALL, epsilon), Quartiles.over(values, SMALL, epsilon)
    for places in combinations_with_replacement(range(SMALL.steps), 3):
        odds = with_it.log_probability(places) - without.log_probability(places)
        assert abs(odds) <= epsilon + 1e-9


@settings(max_examples=30, deadline=None)
@given(values=Values, epsilon=st.floats(0.1, 5))
def test_probabilities_sum_to_one(values: list[float], epsilon: float) -> None:
    found = Quartiles.over(values, SMALL, epsilon)
    every = combinations_with_replacement(range(SMALL.steps), 3)
    assert sum(math.exp(found.log_probability(places)) for places in every) == pytest.approx(1)


def test_what_is_drawn_comes_as_often_as_its_probability() -> None:
    found = Quartiles.over([2, 3, 3, 5, 9], Grid(1, 16, 5), 2.0)
    uniform = chance(b"k" * 32, b"often")
    counts: dict[tuple[float, ...], int] = {}
    for _ in range(20_000):
        triple = found.draw(uniform)
        counts[triple] = counts.get(triple, 0) + 1
    for places in combinations_with_replacement(range(5), 3):
        told = counts.get(tuple(found.points[place] for place in places), 0) / 20_000
        assert told == pytest.approx(math.exp(found.log_probability(places)), abs=0.012)


def test_the_noise_on_the_size_is_geometric_and_never_under_the_floor() -> None:
    uniform = chance(b"k" * 32, b"size")
    off = [about(1_000, 0.5, uniform, 1) - 1_000 for _ in range(20_000)]
    ratio = math.exp(-0.5)
    for step in range(-3, 4):
        expected = (1 - ratio) / (1 + ratio) * ratio ** abs(step)
        assert off.count(step) / 20_000 == pytest.approx(expected, abs=0.012)
    assert all(about(5, 0.1, uniform, 5) >= 5 for _ in range(200))


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=60), key=st.binary(min_size=32, max_size=32)
)
def test_whatever_the_values_quartiles_lie_in_order_on_the_public_grid(
    values: list[float], key: bytes
) -> None:
    for measure in MEASURES.values():
        told = drawn(values, measure.grid, chance(key, b"q"))
        assert measure.grid.low * 0.999 <= told.p25 <= told.p50 <= told.p75 <= measure.grid.high * 1.001
        assert told.epsilon == pytest.approx(epsilon_for(told.cohort) + EPSILON_SIZE, abs=1e-4)


def test_the_same_secret_and_question_give_the_same_chance_and_others_do_not() -> None:
    def first(secret: bytes, question: bytes) -> float:
        return chance(secret, question)()

    assert first(b"a" * 32, b"q") == first(b"a" * 32, b"q")
    assert len({first(b"a" * 32, b"q"), first(b"b" * 32, b"q"), first(b"a" * 32, b"r")}) == 3


def test_the_error_that_is_told_is_the_one_that_is_made() -> None:
    grid, size = Grid(50, 400, 24), 20
    points = grid.points()
    values = [points[8 + (place * 8) // (size - 1)] for place in range(size)]
    found, uniform = Quartiles.over(values, grid, 2.0), chance(b"k" * 32, b"error")
    off = []
    for _ in range(1_500):
        for level, value in zip((0.25, 0.5, 0.75), found.draw(uniform), strict=True):
            off.append(100 * abs(sum(v < value for v in values) / size - level))
    assert expected_error(grid, size, 2.0) == pytest.approx(statistics.mean(off), abs=0.5)


def test_more_msps_and_more_epsilon_mean_less_error() -> None:
    grid = MEASURES["price_per_seat"].grid
    assert expected_error(grid, 40, 2.0) < expected_error(grid, 40, 1.0) < expected_error(grid, 5, 1.0)


def test_one_msp_more_moves_the_utility_by_as_much_as_is_accounted_for_and_no_more() -> None:
    def utility(gaps: tuple[int, ...]) -> float:
        return -sum(abs(gap - sum(gaps) / GAPS) for gap in gaps)

    every = [(a, b, c, d) for a in range(5) for b in range(5) for c in range(5) for d in range(5)]
    moved = max(abs(utility((a + 1, b, c, d)) - utility((a, b, c, d))) for a, b, c, d in every)
    assert moved == SENSITIVITY
