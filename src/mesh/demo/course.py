"""How each client fares, month by month: the trouble it has with its MSP, its seats, and whether it leaves.

Trouble is a latent number: 0 is a client that is served well. It slows tickets, lowers scores, reopens
work and sheds seats before it makes a client leave, so that leaving shows in the rows before it happens. The
equations are in README.md.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mesh.demo.calendar import Floats
from mesh.demo.clients import Clients
from mesh.demo.company import Company

# An episode of trouble: how likely it begins in a month, how long it lasts, how deep it goes.
BEGINS, SHORTEST, LONGEST, MILDEST, DEEPEST = 0.022, 4, 10, 0.8, 3.3
# Months drawn before the span, so that it begins in the midst of things.
BEFORE = 6
# The monthly logit of giving notice, and what moves it.
NOTICE, BY_TROUBLE, BY_RENEWAL, BY_RISE, BY_TENURE, BY_SERVICES = -8.35, 3.2, 2.0, 14.0, -0.08, -0.10
# Those who leave for reasons of their own: sold, closed, merged.
CHANCE = 0.0013
SETTLED_H = 24 * 60  # nobody leaves in the first two months
LEAVES_AFTER = 2  # months from giving notice to the last day, at the end of that month


@dataclass(frozen=True)
class Course:
    """Arrays of shape (clients, months), but `left` (clients,): hours since the start, infinite for those
    that stay beyond the end of the span."""

    trouble: Floats
    seats: NDArray[np.int64]
    rise: Floats
    left: Floats


def course(of: Company, clients: Clients) -> Course:
    """Draw the course of every client of an MSP."""
    chance = of.chance("course")
    trouble = _trouble(of, clients, chance)
    rise = _rises(of)
    left = _leaving(of, clients, trouble, rise, chance)
    trouble = trouble[:, BEFORE:]
    return Course(trouble, _seats(of, clients, trouble, chance), rise, left)


def _trouble(of: Company, clients: Clients, chance: np.random.Generator) -> Floats:
    """Shape (clients, BEFORE + months)."""
    count, months = clients.count, BEFORE + of.span.months
    # A technician leaves, a tool is changed: the whole MSP is worse for a while.
    strain = np.convolve((chance.random(months) < 0.04) * chance.uniform(0.3, 0.9, months), np.ones(4))[
        :months
    ]
    level = np.zeros((count, months))
    remaining, depth, now = np.zeros(count), np.zeros(count), np.abs(chance.normal(0, 0.2, count))
    for month in range(months):
        begins = (remaining <= 0) & (chance.random(count) < BEGINS * of.pace * clients.touchy)
        remaining = np.where(begins, chance.integers(SHORTEST, LONGEST + 1, count), remaining - 1)
        depth = np.where(begins, chance.uniform(MILDEST, DEEPEST, count), depth)
        aim = np.where(remaining > 0, depth, 0.0) + strain[month]
        now = now + 0.42 * (aim - now) + chance.normal(0, 0.12, count)
        level[:, month] = np.maximum(now, 0.0)
    return level


def _rises(of: Company) -> Floats:
    """The price rise of each month: nought but in the month when the MSP's new price list holds."""
    years = of.span.start.year + (np.arange(of.span.months) + of.span.start.month - 1) // 12
    rises = np.array([of.rises[int(year)] for year in years])
    return np.where(of.span.month_of_year() == of.raised_in, rises, 0.0)


def _leaving(
    of: Company, clients: Clients, trouble: Floats, rise: Floats, chance: np.random.Generator
) -> Floats:
    months = of.span.months
    left = np.full(clients.count, np.inf)
    felt = np.convolve(rise, np.ones(4))[:months]
    for month in range(1 - LEAVES_AFTER, months):
        begins = of.span.edges[max(month, 0)]
        near = (clients.months_to_renewal(begins) <= 3).astype(np.float64)
        tenure = np.clip((begins - clients.since) / 8766, 0, 10)
        score = NOTICE + BY_TROUBLE * trouble[:, BEFORE + month - 1 : BEFORE + month + 1].mean(axis=1)
        score += near * (BY_RENEWAL + BY_RISE * felt[max(month, 0)]) + BY_TENURE * tenure
        score += BY_SERVICES * clients.buys.sum(axis=1)
        leaves = chance.random(clients.count) < CHANCE + 1 / (1 + np.exp(-score))
        leaves &= np.isinf(left) & (clients.since < begins - SETTLED_H)
        last = month + LEAVES_AFTER
        # A last day after the end of the span is not known yet: the row does not say it.
        left = np.where(leaves, of.span.edges[last] if last < months else np.nan, left)
    known: Floats = np.where(np.isnan(left), np.inf, left)
    return known


def _seats(of: Company, clients: Clients, trouble: Floats, chance: np.random.Generator) -> NDArray[np.int64]:
    count, months = clients.count, of.span.months
    growth = chance.normal(0.003, 0.004, (count, 1)) + chance.normal(0, 0.02, (count, months))
    growth -= 0.028 * np.maximum(trouble - 0.7, 0.0)
    # Most months nobody comes or goes.
    moves = np.where(chance.random((count, months)) < 0.35, growth / 0.35, 0.0)
    level = clients.seats[:, None] * np.exp(np.cumsum(moves, axis=1))
    seasonal = 1 + 0.55 * (clients.season[:, of.span.month_of_year()] - 1)
    seats: NDArray[np.int64] = np.maximum(np.round(level * seasonal), 2).astype(np.int64)
    return seats
