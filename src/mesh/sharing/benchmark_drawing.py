"""What is drawn for one release: about how many MSPs, with how much noise, and the three quartiles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from mesh.sharing.benchmark_gate import FLOOR
from mesh.sharing.benchmark_noise import Draw, Grid, Quartiles, about

# The smaller the cohort, the more it takes to say something of it: 2 for forty MSPs, and at most 4.
EPSILON_LEAST, EPSILON_MOST, EPSILON_MSPS = 1.0, 4.0, 80.0
# What is spent on the size of the cohort, which then decides how much is spent on the quartiles.
EPSILON_SIZE = 0.25


@dataclass(frozen=True, slots=True)
class Drawn:
    """`epsilon` is the whole price of this; `error_points` holds nobody's data (see `expected_error`)."""

    p25: float
    p50: float
    p75: float
    cohort: int
    epsilon: float
    error_points: float


def drawn(values: Sequence[float], grid: Grid, uniform: Draw) -> Drawn:
    """Everything a release shows of these values, one per MSP: epsilon-differentially private in whether
    any one of them is there (the two parts add up; the second's epsilon depends on the first's output alone).
    """
    cohort = about(len(values), EPSILON_SIZE, uniform, FLOOR)
    epsilon = epsilon_for(cohort)
    p25, p50, p75 = (_shown(each) for each in Quartiles.over(values, grid, epsilon).draw(uniform))
    whole = round(epsilon + EPSILON_SIZE, 4)
    return Drawn(p25, p50, p75, cohort, whole, expected_error(grid, cohort, epsilon))


def epsilon_for(cohort: int) -> float:
    """What the quartiles of about so many MSPs may cost each of them.

    >>> epsilon_for(5), epsilon_for(40), epsilon_for(200)
    (4.0, 2.0, 1.0)
    """
    return min(max(EPSILON_MSPS / cohort, EPSILON_LEAST), EPSILON_MOST)


@lru_cache(maxsize=256)
def expected_error(grid: Grid, size: int, epsilon: float) -> float:
    """By how many percentile points each quartile is off on average, over a cohort of that size whose
    values are spread evenly over the middle third of the grid.
    """
    points = grid.points()
    third = len(points) // 3
    values = [points[third + (place * third) // max(size - 1, 1)] for place in range(size)]
    return round(Quartiles.over(values, grid, epsilon).points_off(), 1)


def shown(told: Mapping[str, object]) -> dict[str, object]:
    """What anyone may see of a release, of all that is stored of it."""
    names = ("id", "p25", "p50", "p75", "cohort", "epsilon", "error_points", "as_of")
    return {name: told[name] for name in names}


def _shown(value: float) -> float:
    """Four digits: the grid is coarser."""
    return float(f"{value:.4g}")
