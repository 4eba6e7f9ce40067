"""On-site rounds: who drives where in which order, by hybrid local search (PyVRP; Wouda, Lan, Kool, 2024).

It gives no bound. Where travel is what decides, it finds in seconds what the other methods take minutes for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

SEED = 1


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
    seconds: float | None = None,
    iterations: int | None = None,
    patience: int | None = None,
    vehicle_cost: int = 0,
    clock: Callable[[], float] | None = None,
) -> Rounds:
    """Rounds from `base` and back within `opens`, of least travel (and `vehicle_cost` for each used).

    `travel[a][b]` is both time and distance between places. After `iterations` the same question has
    the same answer; `seconds` of `clock` end it by time. `patience` ends it after so many iterations
    without a better solution. Give at least one of the three.
    """
    import numpy as np
    from pyvrp import Client, Depot, Location, ProblemData, VehicleType, solve
    from pyvrp.stop import MaxIterations, MultipleCriteria, NoImprovement

    matrix = np.array(travel, dtype=np.int64)
    load = [capacity] if capacity else []
    data = ProblemData(
        locations=[Location(0, 0) for _ in range(len(matrix))],
        clients=[
            Client(
                location=stop.place,
                delivery=[stop.load] if capacity else [],
                service_duration=stop.minutes,
                tw_early=stop.earliest,
                tw_late=stop.latest,
            )
            for stop in stops
        ],
        depots=[Depot(location=base, tw_early=opens[0], tw_late=opens[1])],
        vehicle_types=[
            VehicleType(
                num_available=vehicles,
                capacity=load,
                fixed_cost=vehicle_cost,
                tw_early=opens[0],
                tw_late=opens[1],
            )
        ],
        distance_matrices=[matrix],  # type: ignore[list-item]
        duration_matrices=[matrix],  # type: ignore[list-item]
    )
    ends: list[object] = [MaxIterations(iterations)] if iterations is not None else []
    if patience is not None:
        ends.append(NoImprovement(patience))
    if seconds is not None:
        ends.append(_Clock(seconds, clock))
    found = solve(data, stop=MultipleCriteria(ends), seed=SEED, display=False)  # type: ignore[arg-type]
    routes = [[visit.idx for visit in route if visit.is_client()] for route in found.best.routes()]
    return Rounds(routes, int(found.best.distance()), bool(found.is_feasible()))


class _Clock:
    """Ends the search after so many seconds of a clock, processor time included."""

    def __init__(self, seconds: float, clock: Callable[[], float] | None) -> None:
        from time import monotonic

        self._clock = clock or monotonic
        self._until = self._clock() + seconds

    def __call__(self, best_cost: float) -> bool:  # noqa: ARG002
        return self._clock() >= self._until
