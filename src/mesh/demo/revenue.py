"""What a simulated MSP invoices: each client's services on the first of each month, and projects."""

from typing import Any

import numpy as np

from mesh.demo.clients import Clients
from mesh.demo.company import Company
from mesh.demo.course import Course
from mesh.demo.market import PROJECTS, SERVICES

# When budgets are spent: the share of each month, January first, against the year's mean.
BUDGETS = np.array([0.75, 0.8, 1.0, 1.05, 1.05, 0.95, 0.65, 0.7, 1.1, 1.25, 1.35, 1.35])
PROJECT_A_MONTH = 0.075


def rows(of: Company, clients: Clients, course: Course) -> list[dict[str, Any]]:
    """Rows of kind `revenue`. Projects are invoiced on the first of the month after the work."""
    chance = of.chance("revenue")
    over = of.span
    first = over.edges[:-1]
    price = of.price * np.cumprod(1 + course.rise)
    # New clients come at the price list of their day, older ones have been raised along.
    made: list[dict[str, Any]] = []
    texts = over.texts(first)
    months = [text[:7] for text in texts]
    active = (clients.since[:, None] <= first) & (first < course.left[:, None])
    for number, service in enumerate(SERVICES):
        mine = price * np.exp(of.chance(service.name).normal(0, 0.07))
        amounts = (service.seat * course.seats + service.flat) * mine * clients.discount[:, None]
        held = active & (clients.bought[:, [number]] <= first)
        slug = service.name.lower().replace(" ", "-")
        who, when = np.nonzero(held)
        for client, month, amount, seats in zip(
            who.tolist(),
            when.tolist(),
            np.round(amounts[held], 2).tolist(),
            course.seats[held].tolist(),
            strict=True,
        ):
            client_id = of.id("c", client + 1)
            made.append(
                {
                    "id": f"{client_id}-{slug}-{months[month]}",
                    "simulated": True,
                    "at": texts[month],
                    "client_id": client_id,
                    "service": service.name,
                    "amount": amount,
                    "seats": seats,
                    "currency": "USD",
                }
            )
    return made + _projects(of, course, chance, texts, active)


def _projects(
    of: Company,
    course: Course,
    chance: np.random.Generator,
    texts: list[str],
    active: np.ndarray[Any, np.dtype[np.bool_]],
) -> list[dict[str, Any]]:
    season = BUDGETS[of.span.month_of_year() - 1]
    happens = active & (
        chance.random(active.shape) < PROJECT_A_MONTH * season * np.exp(-0.5 * course.trouble)
    )
    worth = 160 * of.price * course.seats * np.exp(chance.normal(0, 0.6, active.shape))
    who, when = np.nonzero(happens)
    made = []
    for client, month in zip(who.tolist(), when.tolist(), strict=True):
        client_id = of.id("c", client + 1)
        made.append(
            {
                "id": f"{client_id}-projects-{texts[month][:7]}",
                "simulated": True,
                "at": texts[month],
                "client_id": client_id,
                "service": PROJECTS,
                "amount": round(float(worth[client, month]), 2),
                "currency": "USD",
            }
        )
    return made
