"""Solomon's vehicle routing problems with time windows, 100 customers (Operations Research 35(2), 1987).

The best known are those of SINTEF's list, where fewer vehicles come first and then distance: a shorter
distance with more vehicles is no better there, so gaps are taken where no more vehicles were used, and the
others counted. A best known's vehicles are its routes that visit someone. Distances are Euclidean; for the
search they are counted in thousandths and rounded up, for the figure they are summed in full precision over
the routes found, which are checked for capacity and time windows here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, hypot
from statistics import mean
from time import process_time
from typing import Any

from evals.figure import Figure
from mesh.agents.resource_allocation.rounds import Stop, drive

Say = Callable[[str], None]

KEYS = {"customers", "capacity", "vehicles"}
SECONDS = 10.0
SCALE = 1_000
AIM = 0.01


@dataclass(frozen=True, slots=True)
class Driven:
    """Rounds found for one instance, beside the best known; `gap` is None where none of them are feasible."""

    instance: str
    gap: float | None
    vehicles: int
    best_vehicles: int


def figures(instances: list[dict[str, Any]], say: Say) -> list[Figure]:
    """Gap to the best known where the number of vehicles is the same, and where it is not."""
    known = [one for one in instances if one.get("bks_distance") and one.get("bks_feasible", True)]
    return summary([driven(one, say) for one in known])


def driven(one: dict[str, Any], say: Say) -> Driven:
    """The rounds that the solver finds for an instance, checked and measured."""
    routes, best = _solved(one), best_vehicles(one)
    length = checked_length(one, routes)
    if length is None:
        say(f"{one['instance']}: no feasible rounds")
        return Driven(one["instance"], None, len(routes), best)
    gap = length / one["bks_distance"] - 1
    say(f"{one['instance']}: {len(routes)} vehicles, {length:.2f}; best known {best}, "
        f"{one['bks_distance']:.2f}; {gap:+.2%}")  # fmt: skip
    return Driven(one["instance"], gap, len(routes), best)


def summary(found: list[Driven]) -> list[Figure]:
    """The figures of all instances that have a best known."""
    every = [one.gap for one in found if one.gap is not None]
    gaps = [one.gap for one in found if one.gap is not None and one.vehicles <= one.best_vehicles]
    same, known = len(gaps), len(found)
    note = f"{same} of {known} with no more vehicles than best known, {len(every) - same} with more, " \
           f"{known - len(every)} not solved; {SECONDS:.0f} s of processor time each"  # fmt: skip
    close = sum(gap <= AIM for gap in gaps)
    return [
        Figure("Solomon, mean gap to best known", mean(gaps) if gaps else None, AIM, False, rows=same,
               anchors="PyVRP .0065 on 1,000 customers", note=note),
        Figure("Solomon, share within 1 % of best known, no more vehicles",
               close / known if known else None, 1.0, rows=known, note=f"{close} of {known}"),
        Figure("Solomon, worst gap to best known", max(gaps, default=None), AIM, False, rows=same),
        Figure("Solomon, mean gap in distance, any number of vehicles", mean(every) if every else None,
               AIM, False, rows=len(every), note=f"worst {max(every, default=0):.4f}"),
        Figure("Solomon, share with the best known number of vehicles", same / known if known else None,
               rows=known),
    ]  # fmt: skip


def best_vehicles(one: dict[str, Any]) -> int:
    """Vehicles of the best known; some lists of its routes hold an empty one, which their number counts."""
    routes = [route for route in one.get("bks_routes") or [] if route]
    return len(routes) or int(one["bks_vehicles"])


def _solved(one: dict[str, Any]) -> list[list[int]]:
    """Rounds of the fewest vehicles that were found, then the shortest."""
    rows = one["customers"]
    travel = [[ceil(SCALE * hypot(a[1] - b[1], a[2] - b[2]) - 1e-9) for b in rows] for a in rows]
    stops = [
        Stop(place, int(SCALE * row[6]), int(SCALE * row[4]), int(SCALE * row[5]), int(row[3]))
        for place, row in enumerate(rows)
        if place
    ]
    found = drive(
        stops, travel, 0, (int(SCALE * rows[0][4]), int(SCALE * rows[0][5])), int(one["vehicles"]),
        int(one["capacity"]), seconds=SECONDS, clock=process_time,
    )  # fmt: skip
    return [[stop + 1 for stop in route] for route in found.routes] if found.feasible else []


def checked_length(one: dict[str, Any], routes: list[list[int]]) -> float | None:
    """The distance in full precision; None where a rule is broken or a customer is not visited once."""
    rows = one["customers"]
    if sorted(stop for route in routes for stop in route) != list(range(1, len(rows))):
        return None
    total = 0.0
    for route in routes:
        here, clock, load = rows[0], float(rows[0][4]), 0
        for stop in [*route, 0]:
            there = rows[stop]
            way = hypot(here[1] - there[1], here[2] - there[2])
            clock = max(clock + way, float(there[4]))
            if clock > there[5] + 1e-6:
                return None
            clock += there[6]
            total, load, here = total + way, load + there[3], there
        if load > one["capacity"]:
            return None
    return total if len(routes) <= one["vehicles"] else None
