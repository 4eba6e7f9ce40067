"""Who is likely to buy which service next, with the evidence, the amount and how sure that is."""

from dataclasses import dataclass

import numpy as np

from mesh.agents.revenue_optimization.affinity import Affinity, affinity, expit, fitted, nearest
from mesh.agents.revenue_optimization.holdings import Holdings
from mesh.agents.revenue_optimization.model import Neighbour, Opportunity
from mesh.agents.revenue_optimization.panel import Floats

WITHIN_MONTHS = 6
WITHIN_DAYS = 183
LEAST_CLIENTS = 8
LEAST_MONTHS = 2 * WITHIN_MONTHS
MOST_ORIGINS = 3
# Weights before anything is seen: one in twenty buys within the time, and fit counts.
PRIOR = np.array([-3.0, 0.7])
PRECISION = np.array([1.0, 8.0])
EVIDENCE = 3
PRICE_PULL = 4.0  # how many holders the prior on how prices grow with size weighs
GROWS = 0.6  # that prior: an amount grows with the seats to this power


@dataclass(frozen=True)
class Offers:
    """What there is to sell, best first, or why nothing is said."""

    found: list[Opportunity]
    reason: str


def offers(book: Holdings, limit: int) -> Offers:
    """The pairs of client and service that are worth most, at most `limit`.

    `probability` is of a purchase within six months. It is measured: the same evidence is counted at up
    to three earlier times, and a logistic curve fitted to who bought in the six months that followed.
    """
    why = _too_little(book)
    if why:
        return Offers([], why)
    now = affinity(book, book.months - 1)
    chances = probabilities(book, now)
    amounts = expected_amounts(book, now)
    open_to = ~now.held & ~book.left[now.clients].reshape(-1, 1)
    worth = np.where(open_to, chances * amounts, -1.0)
    order = np.argsort(-worth, axis=None, kind="stable")
    best = [divmod(int(place), worth.shape[1]) for place in order[:limit] if worth.flat[place] > 0]
    found = [_opportunity(book, now, chances, amounts, client, service) for client, service in best]
    reason = (
        f"{int(open_to.sum())} pairs of client and service were weighed" if found else "Nothing is lacking"
    )
    return Offers(found, f"{reason}.")


def _too_little(book: Holdings) -> str:
    if not book.services or not book.clients:
        return "The history names no clients with services that recur, so nothing can be proposed."
    if book.months < LEAST_MONTHS:
        return f"{book.months} months are too few to see who buys what later; {LEAST_MONTHS} are needed."
    if book.active(book.months - 1).size < LEAST_CLIENTS:
        return f"Fewer than {LEAST_CLIENTS} clients are too few to compare."
    return ""


def probabilities(book: Holdings, now: Affinity) -> Floats:
    """The chance that each client buys each service within six months, (clients, services)."""
    evidence, bought = [np.zeros((0, 2))], [np.zeros(0)]
    last = book.months - 1
    for turn in range(1, MOST_ORIGINS + 1):
        month = last - turn * WITHIN_MONTHS
        if month < 0 or book.active(month).size < LEAST_CLIENTS:
            break
        then = affinity(book, month)
        after = book.held[then.clients, :, month + 1 : month + WITHIN_MONTHS + 1]
        later = np.asarray(after.any(axis=2))
        lacking = np.logical_not(then.held)
        evidence.append(_told(then.logit[lacking]))
        bought.append(later[lacking].astype(np.float64))
    weights = fitted(np.concatenate(evidence), np.concatenate(bought), PRIOR, PRECISION)
    return expit(_told(now.logit.ravel()) @ weights).reshape(now.logit.shape)


def _told(logit: Floats) -> Floats:
    return np.stack([np.ones_like(logit), logit], axis=1)


def expected_amounts(book: Holdings, now: Affinity) -> Floats:
    """What each client would pay a month for each service, from the holders' amounts, (clients, services).

    The logarithm of the amount is a line in the logarithm of the seats, its slope drawn to a prior.
    """
    latest = _latest(book)[now.clients]
    size = book.size[now.clients]
    size = np.nan_to_num(size, nan=float(np.nanmean(size)) if (~np.isnan(size)).any() else 0.0)
    found = np.zeros_like(latest)
    for service in range(latest.shape[1]):
        paying = latest[:, service] > 0
        if not paying.any():
            continue
        amount, seats = np.log(latest[paying, service]), size[paying]
        middle = float(np.median(seats))
        centred = seats - seats.mean()
        slope = (centred @ (amount - amount.mean()) + PRICE_PULL * GROWS * np.log(2)) / (
            centred @ centred + PRICE_PULL
        )
        level = float(np.median(amount - slope * (seats - middle)))
        found[:, service] = np.exp(level + slope * (size - middle))
    return found


def _latest(book: Holdings) -> Floats:
    """The last amount above zero of each holding now held, (clients, services)."""
    found = np.zeros(book.held.shape[:2])
    for month in range(max(book.months - 3, 0), book.months):
        amounts = book.amounts[:, :, month]
        found = np.where(amounts > 0, amounts, found)
    return np.where(book.held[:, :, -1], found, 0.0)


def _opportunity(
    book: Holdings, now: Affinity, chances: Floats, amounts: Floats, client: int, service: int
) -> Opportunity:
    alike = nearest(now.likeness[service])[client]
    holders = [int(place) for place in alike if now.held[place, service]]
    latest = _latest(book)
    place = int(now.clients[client])
    chance, amount = float(chances[client, service]), float(amounts[client, service])
    share = float(now.held[:, service].mean())
    return Opportunity(
        client_id=book.clients[place],
        client_name=book.names[place],
        service=book.services[service],
        probability=chance,
        within_days=WITHIN_DAYS,
        expected_monthly=amount,
        expected_value=chance * amount,
        buying=len(holders),
        similar=int(alike.size),
        base_rate=share,
        evidence=[
            Neighbour(
                client_id=book.clients[now.clients[other]],
                name=book.names[now.clients[other]],
                likeness=float(now.likeness[service, client, other]),
                monthly=float(latest[now.clients[other], service]),
            )
            for other in holders[:EVIDENCE]
        ],
        reasons=_reasons(book, now, client, service, len(holders), alike.size),
    )


def _reasons(book: Holdings, now: Affinity, client: int, service: int, holders: int, alike: int) -> list[str]:
    name = book.services[service]
    told = [
        f"{holders} of the {alike} clients most like it buy {name}; of all clients "
        f"{int(now.held[:, service].sum())} of {now.held.shape[0]} do."
    ]
    industry = book.industry[now.clients]
    peers = (industry == industry[client]) & (industry >= 0)
    peers[client] = False
    if peers.any():
        buying = int(now.held[peers, service].sum())
        told.append(f"In its industry {buying} of {int(peers.sum())} others buy it.")
    return told
