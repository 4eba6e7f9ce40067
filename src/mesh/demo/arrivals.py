"""When tickets come to a simulated service desk: every day, in bursts when something breaks for many, and
from incidents on devices."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mesh.demo.calendar import Floats
from mesh.demo.clients import MONTH_H, Clients
from mesh.demo.company import CLOSE, Company
from mesh.demo.course import Course
from mesh.demo.desk import CATEGORIES, OUTAGES

A_SEAT = 0.085  # tickets per seat and month
BY_TROUBLE = 0.18  # a client in trouble calls more
OUTAGES_A_YEAR = 7.0
NAMES = [category.name for category in CATEGORIES]
NO_OUTAGE = -1
UNDER_WAY_H = 1.5
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Arrivals:
    """Arrays over tickets: hours since the start of the span, which client, category, priority (0 for P1),
    which outage it belongs to, if any, and a device where one is meant."""

    at: Floats
    client: Ints
    category: Ints
    priority: Ints
    outage: Ints
    titles: list[str]
    devices: list[str]

    @property
    def count(self) -> int:
        return len(self.titles)


@dataclass(frozen=True)
class Report:
    """A ticket that an incident on a device brings about."""

    at: float
    client: int
    category: str
    priority: int
    title: str
    device: str


def draw(of: Company, clients: Clients, course: Course, reports: Sequence[Report]) -> Arrivals:
    """All that arrives while its client is there, in order of time."""
    chance = of.chance("tickets")
    parts = [_everyday(of, clients, course, chance)]
    parts += [
        _outage(number, float(begins), clients, chance) for number, begins in enumerate(_outages(of, chance))
    ]
    parts.append(_reported(reports))
    at, client, category, priority, outage = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("at", "client", "category", "priority", "outage")
    )
    titles = [title for part in parts for title in part.titles]
    devices = [device for part in parts for device in part.devices]
    there = (at >= np.maximum(clients.since[client], 0)) & (at < course.left[client])
    there &= at < of.span.edges[-1]
    order = np.nonzero(there)[0]
    order = order[np.argsort(at[order], kind="stable")]
    places = order.tolist()
    return Arrivals(
        at[order],
        client[order],
        category[order],
        priority[order],
        outage[order],
        [titles[place] for place in places],
        [devices[place] for place in places],
    )


def _everyday(of: Company, clients: Clients, course: Course, chance: np.random.Generator) -> Arrivals:
    edges = of.span.edges
    expected = A_SEAT * course.seats * clients.loud[:, None] * np.diff(edges) / MONTH_H
    expected *= clients.season[:, of.span.month_of_year()] * np.exp(BY_TROUBLE * course.trouble)
    counts = chance.poisson(expected)
    who, month = np.nonzero(counts)
    times = counts[who, month]
    client, month = np.repeat(who, times), np.repeat(month, times)
    at = of.week.arrivals(edges[month], edges[month + 1], chance.random(len(client)))
    shares = np.array([category.share for category in CATEGORIES])
    category = chance.choice(len(CATEGORIES), len(at), p=shares / shares.sum())
    priority, title = np.zeros(len(at), dtype=np.int64), np.zeros(len(at), dtype=np.int64)
    for number, kind in enumerate(CATEGORIES):
        mine = np.nonzero(category == number)[0]
        priority[mine] = chance.choice(4, len(mine), p=kind.priorities)
        title[mine] = chance.integers(len(kind.titles), size=len(mine))
    titles = [CATEGORIES[c].titles[t] for c, t in zip(category.tolist(), title.tolist(), strict=True)]
    none = np.full(len(at), NO_OUTAGE)
    return Arrivals(at, client, category, priority, none, titles, [""] * len(at))


def _outages(of: Company, chance: np.random.Generator) -> Floats:
    """When they begin. Those who look at the first MSPs find one under way."""
    count = int(chance.poisson(OUTAGES_A_YEAR * of.span.edges[-1] / (12 * MONTH_H)))
    begin = of.week.arrivals(np.zeros(count), np.full(count, of.span.edges[-1]), chance.random(count))
    return np.append(begin, of.span.edges[-1] - UNDER_WAY_H) if of.number < CLOSE else begin


def _outage(number: int, begins: float, clients: Clients, chance: np.random.Generator) -> Arrivals:
    """Many clients report one thing within hours, most of them as P1 or P2."""
    kind = OUTAGES[int(chance.integers(len(OUTAGES)))]
    hit = np.nonzero(chance.random(clients.count) < kind.reach * chance.uniform(0.6, 1.2))[0]
    who = np.repeat(hit, 1 + chance.poisson(0.04 * clients.seats[hit]).clip(0, 5))
    return Arrivals(
        begins + chance.exponential(1.2, len(who)),
        who,
        np.full(len(who), NAMES.index(kind.category)),
        chance.choice(4, len(who), p=[0.35, 0.45, 0.2, 0.0]),
        np.full(len(who), number),
        [kind.name] * len(who),
        [""] * len(who),
    )


def _reported(reports: Sequence[Report]) -> Arrivals:
    whole = np.int64
    return Arrivals(
        np.array([report.at for report in reports], dtype=np.float64),
        np.array([report.client for report in reports], dtype=whole),
        np.array([NAMES.index(report.category) for report in reports], dtype=whole),
        np.array([report.priority for report in reports], dtype=whole),
        np.full(len(reports), NO_OUTAGE, dtype=whole),
        [report.title for report in reports],
        [report.device for report in reports],
    )
