"""The clients of a simulated MSP: who they are and what they buy."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesh.demo.calendar import Floats
from mesh.demo.company import Company
from mesh.demo.market import INDUSTRIES, SERVICES, TOGETHER, Industry
from mesh.demo.names import CLIENT_WORDS

MONTH_H = 730.5
COMPLIANT = 0.75  # the share of a regulated industry's clients that must comply


@dataclass(frozen=True)
class Clients:
    """Arrays over clients. `since` and `bought` are hours since the start of the span, below nought for what
    was before; `bought` (clients, services) is infinite for what is not bought within the span."""

    names: list[str]
    industries: list[Industry]
    complies: NDArray[np.bool_]
    seats: Floats
    since: Floats
    term_months: NDArray[np.int64]
    touchy: Floats
    loud: Floats
    discount: Floats
    season: Floats
    bought: Floats
    latitude: Floats
    longitude: Floats

    @property
    def count(self) -> int:
        return len(self.names)

    @property
    def buys(self) -> NDArray[np.bool_]:
        """Shape (clients, services): what each buys within the span."""
        return np.isfinite(self.bought)

    def months_to_renewal(self, at: float) -> Floats:
        """From a time to the end of the contract then in force."""
        age = (at - self.since) / MONTH_H
        return (-age) % self.term_months


def draw(of: Company) -> Clients:
    """Draw the clients of an MSP."""
    chance = of.chance("clients")
    shares = np.array([industry.share for industry in INDUSTRIES])
    picks = chance.choice(len(INDUSTRIES), of.clients, p=shares / shares.sum())
    industries = [INDUSTRIES[pick] for pick in picks]
    typical = np.array([industry.seats for industry in industries])
    seats = np.clip(np.round(typical * np.exp(chance.normal(0, 0.55, of.clients))), 5, 220)
    complies = np.array([bool(i.compliance) for i in industries]) & (chance.random(of.clients) < COMPLIANT)
    since = _since(of, chance)
    return Clients(
        names=_names(industries, chance),
        industries=industries,
        complies=complies,
        seats=seats,
        since=since,
        term_months=chance.choice([12, 24, 36], of.clients, p=[0.6, 0.15, 0.25]),
        touchy=chance.gamma(2.0, 0.5, of.clients),
        loud=np.exp(chance.normal(0, 0.3, of.clients)),
        discount=np.exp(-0.06 * np.log2(seats / 20) + chance.normal(0, 0.05, of.clients)),
        season=np.array([industry.season for industry in industries]),
        bought=_bought(of, industries, seats, complies, since),
        latitude=np.round(of.town.latitude + chance.normal(0, 0.11, of.clients), 5),
        longitude=np.round(of.town.longitude + chance.normal(0, 0.16, of.clients), 5),
    )


def _names(industries: list[Industry], chance: np.random.Generator) -> list[str]:
    """Each word names one client of an MSP, until the words run out."""
    words = [CLIENT_WORDS[place] for place in chance.permutation(len(CLIENT_WORDS))]
    names = []
    for place, industry in enumerate(industries):
        word = words[place % len(words)] + (" West" if place >= len(words) else "")
        names.append(f"{word} {industry.suffixes[int(chance.integers(len(industry.suffixes)))]}")
    return names


def _since(of: Company, chance: np.random.Generator) -> Floats:
    """Four in five were there before; the rest come while the span runs, the last of them 3 months before
    its end."""
    before = -chance.gamma(2.0, 2.0, of.clients) * 8766
    within = chance.uniform(0, max(of.span.edges[-1] - 3 * MONTH_H, 1.0), of.clients)
    since: Floats = np.where(chance.random(of.clients) < 0.82, before, within)
    # The first of a month at local midnight would be noon somewhere: days begin at 0 UTC here.
    return np.floor(since / 24) * 24


def _bought(
    of: Company, industries: list[Industry], seats: Floats, complies: NDArray[np.bool_], since: Floats
) -> Floats:
    """When each service was bought. Three in four come with the contract, the others later."""
    chance = of.chance("services")
    count = len(industries)
    buys = np.zeros((count, len(SERVICES)), dtype=bool)
    appetite = chance.normal(0, 0.35, count)
    place = {service.name: number for number, service in enumerate(SERVICES)}
    for number, service in enumerate(SERVICES):
        logit = service.liking + service.by_size * np.log2(seats / 20) + service.by_need * complies + appetite
        logit += [industry.wants.get(service.name, 0.0) for industry in industries]
        for (one, other), more in TOGETHER.items():
            if other == service.name and place[one] < number:
                logit += more * (buys[:, place[one]] - 0.4)
        buys[:, number] = chance.random(count) < (service.name in of.offers) / (1 + np.exp(-logit))
    buys[:, 0] |= ~buys.any(axis=1)
    later = chance.random(buys.shape) < 0.28
    later[:, 0] = False
    start = np.maximum(since, 0.0)[:, None]
    moment = start + chance.random(buys.shape) * np.maximum(of.span.edges[-1] - start, 0.0)
    return np.where(buys, np.where(later, moment, since[:, None]), np.inf)


def rows(of: Company, clients: Clients, seats: NDArray[np.int64], left: Floats) -> list[dict[str, Any]]:
    """Rows of kind `clients`; `seats` is the number at the end or at the client's last month."""
    since = of.span.texts(clients.since)
    gone = np.isfinite(left)
    final = np.where(gone, left, of.span.edges[-1])
    terms = np.floor((final - clients.since) / MONTH_H / clients.term_months - 1e-9) + 1
    renewal = clients.since + np.maximum(terms, 1) * clients.term_months * MONTH_H
    renews = of.span.texts(np.floor(renewal / 24) * 24)
    ends = of.span.texts(np.where(gone, left, 0.0))
    made = []
    for place, (name, industry) in enumerate(zip(clients.names, clients.industries, strict=True)):
        row: dict[str, Any] = {
            "id": of.id("c", place + 1),
            "simulated": True,
            "name": name,
            "industry": industry.name,
            "region": of.town.region,
            "seats": int(seats[place]),
            "since": since[place],
            "renews_at": renews[place],
            "latitude": float(clients.latitude[place]),
            "longitude": float(clients.longitude[place]),
            "contact": f"office@{name.lower().replace(' ', '-')}.example.com",
        }
        if gone[place]:
            row["left_at"] = ends[place]
        if clients.complies[place]:
            row["compliance"] = industry.compliance
        made.append(row)
    return made
