"""Rounds from one base and back: who drives where in which order, by hybrid local search (PyVRP; Wouda, Lan,
Kool, 2024), fewest rounds first and then least travel, as Solomon's problems are judged.

It gives no bound. The same solver serves answers through `on_site.py`, with what a plan is worth.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

SEED = 1
FLEET_SHARE = 0.6  # of the time, for fewer rounds; the rest is for less travel


@dataclass(frozen=True, slots=True)
class Stop:
    """A visit: where, for how long, and between when and when it may start; `load` against the capacity."""

    place: int
    minutes: int
    earliest: int
    latest: int
    load: int = 0


@dataclass(frozen=True, slots=True)
class Rounds:
    """Stops by round, in order, and what is travelled. `feasible`: whether they do all."""

    routes: list[list[int]]
    distance: int
    feasible: bool


def drive(
    stops: Sequence[Stop],
    travel: Sequence[Sequence[int]],
    base: int,
    opens: tuple[int, int],
    vehicles: int,
    capacity: int,
    *,
    seconds: float,
    clock: Callable[[], float],
) -> Rounds:
    """Rounds from `base` and back within `opens`, at most `vehicles`, the fewest found, then of least travel.

    `travel[a][b]` is both time and distance between places. The search ends after `seconds` of `clock`.
    """
    from pyvrp import Solution, solve

    began = clock()
    data = _posed(stops, travel, base, opens, vehicles, capacity)
    best = _fewer(data, stops, capacity, _Until(clock, began + FLEET_SHARE * seconds))
    if best.is_feasible():
        data = _with_vehicles(data, best.num_routes())
    start = Solution(data, _orders(best))
    end = _Until(clock, began + seconds)
    best = solve(data, end, SEED, collect_stats=False, initial_solution=start).best
    return Rounds(_orders(best), int(best.distance()), bool(best.is_feasible()))


def _fewer(data: Any, stops: Sequence[Stop], capacity: int, until: "_Until") -> Any:
    """Rounds that do all with as few vehicles as were found by then: one less each time it was possible."""
    from pyvrp import solve
    from pyvrp.stop import FirstFeasible, MultipleCriteria

    least = ceil(sum(stop.load for stop in stops) / capacity) if capacity else 1
    best, number = None, data.num_vehicles
    while best is None or (number >= least and not until(0)):
        tried = _with_vehicles(data, number)
        stop = MultipleCriteria([FirstFeasible(), until])
        found = solve(tried, stop, SEED, collect_stats=False).best
        if best is None or found.is_feasible():
            best = found
        number = best.num_routes() - 1 if best.is_feasible() else 0
    return best


def _with_vehicles(data: Any, number: int) -> Any:
    return data.replace(vehicle_types=[data.vehicle_type(0).replace(num_available=number)])


def _orders(solution: Any) -> list[list[int]]:
    return [[visit.idx for visit in route if visit.is_client()] for route in solution.routes()]


def _posed(
    stops: Sequence[Stop],
    travel: Sequence[Sequence[int]],
    base: int,
    opens: tuple[int, int],
    vehicles: int,
    capacity: int,
) -> Any:
    """The problem as PyVRP has it."""
    import numpy as np
    from pyvrp import Client, Depot, Location, ProblemData, VehicleType

    matrix = np.array(travel, dtype=np.int64)
    clients = [
        Client(
            location=stop.place,
            delivery=[stop.load] if capacity else [],
            service_duration=stop.minutes,
            tw_early=stop.earliest,
            tw_late=stop.latest,
        )
        for stop in stops
    ]
    load = [capacity] if capacity else []
    vehicle = VehicleType(num_available=vehicles, capacity=load, tw_early=opens[0], tw_late=opens[1])
    depot = Depot(location=base, tw_early=opens[0], tw_late=opens[1])
    places = [Location(0, 0) for _ in range(len(matrix))]
    return ProblemData(places, clients, [depot], [vehicle], [matrix], [matrix])  # type: ignore[list-item]


@dataclass(slots=True)
class _Until:
    """Ends a search at a time of a clock, which may be processor time."""

    clock: Callable[[], float]
    end: float

    def __call__(self, best_cost: float) -> bool:  # noqa: ARG002
        return self.clock() >= self.end
