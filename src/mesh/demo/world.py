"""The simulated world: MSP after MSP, each made by itself from the seed and its number."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from mesh.demo import arrivals, clients, devices, papers, people, revenue, security, tickets
from mesh.demo.company import company
from mesh.demo.course import course
from mesh.kit.platform import Tenant

MSPS, MONTHS, SEED = 40, 24, 7


@dataclass(frozen=True, slots=True)
class Msp:
    """A tenant and its rows by kind, in the form in which `mesh.kit.records.checked` gives them."""

    tenant: Tenant
    rows: Mapping[str, Sequence[Mapping[str, Any]]]


def world(msps: int = MSPS, months: int = MONTHS, seed: int = SEED, *, until: datetime) -> Iterator[Msp]:
    """`msps` MSPs with `months` whole months before the one in which `until` lies, and that one up to it.

    The same arguments give the same rows; `until` counts to the hour, and must have a zone.
    """
    return (msp(number, months, seed, until=until) for number in range(msps))


def msp(number: int, months: int = MONTHS, seed: int = SEED, *, until: datetime) -> Msp:
    """MSP `number`, 0 and up, as it is in the world of that seed: it can be made alone."""
    of = company(number, months, seed, until)
    book = clients.draw(of)
    fate = course(of, book)
    staff = people.draw(of, float(book.seats.sum()))
    watched = devices.watched(of, book, fate.left)
    found = devices.incidents(of, watched)
    calls = arrivals.draw(of, book, fate, devices.reports(watched, found))
    present = np.nonzero(np.isinf(fate.left) & (book.since < of.span.edges[-1]))[0].tolist()
    last = np.searchsorted(of.span.edges, np.minimum(fate.left, of.span.edges[-1]) - 1, side="right") - 1
    seats = fate.seats[np.arange(book.count), last]
    rows = {
        "clients": clients.rows(of, book, seats, fate.left),
        "technicians": people.rows(of, staff),
        "tickets": tickets.rows(of, fate, staff, calls),
        "revenue": revenue.rows(of, book, fate),
        "metrics": devices.rows(of, watched, found),
        "policies": papers.policies(of),
        "profile": papers.profile(of, book, staff),
        "security-events": security.rows(of, present),
        "articles": papers.articles(of),
        "indicators": security.indicators(of),
    }
    return Msp(of.tenant, rows)
