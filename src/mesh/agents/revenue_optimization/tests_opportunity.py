"""What the agent promises of what it proposes to sell."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from mesh.agents.revenue_optimization.affinity import affinity
from mesh.agents.revenue_optimization.history import read
from mesh.agents.revenue_optimization.holdings import Holdings, holdings
from mesh.agents.revenue_optimization.model import Question
from mesh.agents.revenue_optimization.opportunity import expected_amounts, offers, probabilities
from mesh.agents.revenue_optimization.tests import NOW, answered, asked, month, stored
from mesh.kit.fakes import fake_ports
from mesh.kit.ports import Ports
from mesh.kit.records import checked

MONTHS = 24
FIRST = 14  # November 2024... to December 2025 and on to February 2026


def book_of(
    clients: int = 24, left: Mapping[str, str] = MappingProxyType({})
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Law firms buy backup and most clinics buy voice; one law firm in four buys backup late, one never."""
    rows, known = [], []
    for number in range(clients):
        name = f"c{number:02}"
        law = number % 2 == 0
        seats = 10 + number
        known.append(
            {"id": name, "name": name.upper(), "industry": "legal" if law else "health", "seats": seats}
        )
        if name in left:
            known[-1]["left_at"] = left[name]
        second = "backup" if law else "voice"
        starts = 0 if number % 8 else 6 + number % 12
        for n in range(MONTHS):
            date = month(FIRST + n)
            rows.append({"client_id": name, "service": "support", "amount": 50.0 * seats, "date": date})
            if n >= starts and number != 2:
                rows.append({"client_id": name, "service": second, "amount": 5.0 * seats, "date": date})
            if n % 11 == 3 and number % 5 == 0:
                rows.append({"client_id": name, "service": "projects", "amount": 4000.0, "date": date})
    return rows, known


def ports_of(**left: str) -> Ports:
    rows, known = book_of(left=left)
    return stored(rows, clients=[checked("clients", row) for row in known])


def book(**left: str) -> Holdings:
    ports = ports_of(**left)
    return holdings(read(Question(period_days=30), ports), list(ports.records.scan("clients")))


def test_what_its_likes_buy_is_proposed_first_with_the_evidence() -> None:
    found = asked(ports_of())
    first = max(found.opportunities, key=lambda one: one.probability)
    assert (first.client_id, first.service) == ("c02", "backup")
    assert first.buying >= 8 and first.similar == 10 and "industry" in " ".join(first.reasons)
    assert all(int(one.client_id[1:]) % 2 == 0 for one in first.evidence)
    assert first.expected_monthly == pytest.approx(60, rel=0.2)
    assert first.expected_value == pytest.approx(first.probability * first.expected_monthly)


def test_nobody_is_proposed_what_it_has_nor_anything_after_it_left() -> None:
    rows, _ = book_of()
    has = {(row["client_id"], row["service"]) for row in rows}
    found = asked(ports_of(c02="2026-02-20"), limit=200).opportunities
    assert found and not {(one.client_id, one.service) for one in found} & has
    assert "c02" not in {one.client_id for one in found}


def test_what_is_not_invoiced_month_after_month_is_not_proposed() -> None:
    assert {one.service for one in asked(ports_of(), limit=200).opportunities} <= {"backup", "voice"}


def test_opportunities_come_by_worth_and_no_more_than_asked_for() -> None:
    worth = [one.expected_value for one in asked(ports_of(), limit=5).opportunities]
    assert len(worth) == 5 and worth == sorted(worth, reverse=True)
    assert asked(ports_of(), opportunities=False).opportunities == []


def test_a_client_says_nothing_about_itself() -> None:
    """The fit of a service a client holds is judged as if it did not hold it."""
    with_it = book()
    without = book()
    place, service = with_it.clients.index("c04"), with_it.services.index("backup")
    without.held[place, service] = False
    without.amounts[place, service] = 0
    then, now = affinity(with_it, MONTHS - 1), affinity(without, MONTHS - 1)
    likeness = then.likeness[service, place], now.likeness[service, place]
    assert likeness[0] == pytest.approx(likeness[1])


def test_chances_grow_with_how_often_such_services_were_bought_before() -> None:
    seldom, often = book(), book()
    for client in range(0, 24, 4):
        often.held[client, often.services.index("backup"), :20] = False
    chances = [probabilities(one, affinity(one, MONTHS - 1)).mean() for one in (seldom, often)]
    assert chances[1] > chances[0]


def test_amounts_grow_with_the_seats() -> None:
    one = book()
    amounts = expected_amounts(one, affinity(one, MONTHS - 1))[:, one.services.index("support")]
    assert amounts[-1] > amounts[0] and amounts[0] == pytest.approx(500, rel=0.25)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (book_of(clients=5)[0], "too few to compare"),
        ([row for row in book_of()[0] if row["date"] > "2025-07-01"], "months are too few"),
        ([{"service": "a", "client_id": "c", "amount": 5.0, "date": month(n)} for n in (0, 9, 20)], ""),
    ],
)
def test_too_little_to_compare_is_said_and_nothing_proposed(rows: list[dict[str, Any]], reason: str) -> None:
    found = asked(stored(rows))
    assert found.opportunities == [] and reason in found.opportunities_reason
    assert found.opportunities_reason


def test_a_history_given_without_clients_gives_no_opportunity() -> None:
    found = answered(fake_ports(now=NOW), history=[float(n) for n in range(20)]).answer
    assert found.opportunities == [] and "no clients" in found.opportunities_reason


def test_the_order_of_the_rows_makes_no_difference() -> None:
    rows, known = book_of()
    shuffled = [rows[place] for place in np.random.default_rng(0).permutation(len(rows))]
    clients = [checked("clients", row) for row in known]
    one, two = (asked(stored(list(given), clients=clients)) for given in (rows, shuffled))
    assert one.opportunities == two.opportunities


def test_too_many_proposals_are_cut() -> None:
    assert len(offers(book(), 3).found) == 3
