"""What the agent promises."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mesh.agents.client_health import AGENT
from mesh.agents.client_health.answer import answer
from mesh.agents.client_health.chosen import CARD, OwnCard, keep, own_model
from mesh.agents.client_health.churn import COVERAGE
from mesh.agents.client_health.examples import CONTENT, UNHAPPY
from mesh.agents.client_health.features import NAMES
from mesh.agents.client_health.model import Answer, Question
from mesh.agents.client_health.ranking import Ranking, RankingQuery, ranking
from mesh.kit.fakes import NOON, fake_ports
from mesh.kit.ports import Ports
from mesh.kit.problem import Invalid, Malformed, Unavailable
from mesh.kit.records import checked

MODELS = Path(__file__).resolve().parents[4] / "models"


class HereModels:
    """The models of the checkout."""

    def path(self, name: str) -> Path:
        return MODELS / name

    def card(self, name: str) -> Mapping[str, Any]:
        return dict(json.loads((MODELS / name / "card.json").read_text(encoding="utf-8")))


def day(days_ago: float) -> str:
    return (NOON - timedelta(days=days_ago)).isoformat()


def client(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "name": name.title(), "since": day(1200), "renews_at": day(-200), "seats": 20, **more}


def ticket(client_id: str, days_ago: float, hours: float = 6, **more: Any) -> dict[str, Any]:
    opened = {"client_id": client_id, "at": day(days_ago), "priority": "P3", "due_at": day(days_ago - 1)}
    return {**opened, "resolved_at": day(days_ago - hours / 24), "reopened": 0, **more}


def rows_of(name: str, bad: bool, **more: Any) -> dict[str, list[dict[str, Any]]]:
    """Eleven months of a client that was content until 80 days ago."""
    tickets = []
    for number in range(60):
        ago = 330 - 5.5 * number
        worse = bad and ago < 80
        how = {"satisfaction_score": 2, "reopened": 1, "hours": 60} if worse else {"satisfaction_score": 5}
        tickets.append(ticket(name, ago, **how))
    bills = [
        {"at": f"{2025 + (m > 12)}-{(m - 1) % 12 + 1:02d}-01", "client_id": name, "service": service,
         "amount": 1500.0, "seats": 20}
        for m in range(4, 16)
        for service in ("Managed support", "Backup")
    ]  # fmt: skip
    return {"clients": [client(name, **more)], "tickets": tickets, "revenue": bills}


def ports_of(*held: dict[str, list[dict[str, Any]]], now: datetime = NOON) -> Ports:
    rows: dict[str, list[dict[str, Any]]] = {}
    for one in held:
        for kind, some in one.items():
            rows.setdefault(kind, []).extend(checked(kind, row) for row in some)
    return fake_ports(rows=rows, models=HereModels(), now=now)


def asked(ports: Ports | None = None, /, **question: Any) -> Answer:
    reply = answer(Question.model_validate(question), ports or ports_of()).answer
    return Answer.model_validate(reply.model_dump(mode="json"))


def test_a_client_served_badly_is_likelier_to_leave_than_a_content_one() -> None:
    bad, good = asked(**UNHAPPY), asked(**CONTENT)
    assert bad.churn_probability is not None and good.churn_probability is not None
    assert bad.churn_probability > 10 * good.churn_probability
    assert (bad.health_score or 100) < 50 < (good.health_score or 0)
    assert bad.interval and bad.interval.low <= bad.churn_probability <= bad.interval.high
    assert bad.outlook and bad.outlook.coverage == COVERAGE and "leaves" in bad.outlook.resembles
    assert good.outlook and good.outlook.resembles == ["stays"]


def test_what_drives_a_probability_adds_up_to_it() -> None:
    found = asked(**UNHAPPY)
    total = found.base_log_odds + sum(driver.effect for driver in found.drivers)
    assert found.log_odds == pytest.approx(total, abs=1e-5)
    assert {driver.feature for driver in found.drivers} == set(UNHAPPY)
    assert [abs(d.effect) for d in found.drivers] == sorted(
        (abs(d.effect) for d in found.drivers), reverse=True
    )


def test_what_is_missing_is_named_and_has_no_effect() -> None:
    found = asked(satisfaction_score=2.0)
    assert [driver.feature for driver in found.drivers] == ["satisfaction_score"]
    assert set(found.missing) == set(NAMES) - {"satisfaction_score"}
    assert asked(satisfaction_score=2.0, ticket_volume=None) == found


def test_a_client_of_whom_only_neutral_things_are_known_is_not_called_healthy() -> None:
    healths = [asked(urgent_share=share).health_score or 0.0 for share in (0.1, 0.2, 0.3)]
    assert all(40 < health < 60 for health in healths), healths


def test_actions_belong_to_what_speaks_for_leaving_and_say_what_they_would_change() -> None:
    found = asked(**UNHAPPY)
    against = {driver.feature for driver in found.drivers if driver.effect > 0}
    assert found.actions and {action.feature for action in found.actions} <= against
    for action in found.actions:
        assert found.churn_probability is not None
        assert action.probability_if_typical < found.churn_probability
    assert asked(**CONTENT).actions == []


def test_a_stored_client_is_judged_by_its_own_rows() -> None:
    ports = ports_of(rows_of("acme", bad=True), rows_of("bolt", bad=False))
    bad, good = asked(ports, client_id="acme"), asked(ports, client_id="bolt")
    assert (bad.churn_probability or 0) > 3 * (good.churn_probability or 1)
    values = {driver.feature: driver.value for driver in bad.drivers}
    # Two of the sixteen tickets of these 90 days were resolved while all was well.
    assert values["satisfaction_score"] == (14 * 2 + 2 * 5) / 16 and values["reopen_rate"] == 14 / 16
    assert values["services"] == 2 and values["monthly_revenue"] == 3000 and values["price_change"] == 0
    assert values["ticket_volume"] == pytest.approx(5.5, abs=0.6)
    assert bad.name == "Acme" and bad.given == []


def test_what_is_given_counts_before_what_is_stored() -> None:
    ports = ports_of(rows_of("acme", bad=True))
    found = asked(ports, client_id="acme", satisfaction_score=4.9)
    assert found.given == ["satisfaction_score"]
    assert {d.feature: d.value for d in found.drivers}["satisfaction_score"] == 4.9


def test_a_client_nobody_knows_is_refused_unless_its_features_are_given() -> None:
    with pytest.raises(Invalid) as refused:
        asked(client_id="nobody")
    assert refused.value.errors[0].field == "client_id"
    assert "only what is given" in asked(client_id="nobody", satisfaction_score=4).notes[0]


@pytest.mark.parametrize(("days", "said"), [(10, "left on"), (-20, "has given notice")])
def test_a_client_that_left_or_is_leaving_has_no_numbers_and_is_said_to(days: float, said: str) -> None:
    found = asked(ports_of(rows_of("acme", bad=True, left_at=day(days))), client_id="acme")
    assert found.status == "left" and found.churn_probability is None and said in found.message
    assert AGENT.terminal.why_not(found) == found.message


def test_a_client_without_history_is_not_judged_and_the_reason_is_given() -> None:
    found = asked(ports_of({"clients": [client("new")]}), client_id="new")
    assert found.status == "no_history" and found.churn_probability is None and "No tickets" in found.message


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({"ticket_volume": -1}, "ticket_volume"),
        ({"satisfaction_score": 7}, "satisfaction_score"),
        ({"sla_breach_rate": 40}, "sla_breach_rate"),
        ({"resolution_time": float("nan")}, "resolution_time"),
        (
            {"clients": [{"client_id": "a", "seats": 1}, {"client_id": "a", "seats": 2}]},
            "two have the id 'a'",
        ),
        ({"clients": [{"client_id": "a"}], "seats": 4}, "not both"),
        ({"clients": []}, "clients"),
        ({}, "client_id"),
    ],
)
def test_what_cannot_be_is_refused_by_name(question: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError, match=field):
        Question.model_validate(question)


def test_several_clients_come_back_the_likeliest_to_leave_first() -> None:
    several = [{"client_id": "good", **CONTENT}, {"client_id": "bad", **UNHAPPY}, {"client_id": "none"}]
    found = asked(clients=several)
    assert [one.client_id for one in found.clients] == ["bad", "good", "none"]
    assert found.churn_probability is None and found.clients[2].status == "unknown"
    assert found.clients[0].churn_probability == asked(**UNHAPPY).churn_probability


def test_an_answer_says_that_its_model_learnt_from_simulated_msps() -> None:
    done = answer(Question.model_validate(UNHAPPY), ports_of())
    assert done.simulated and done.by.provider == "onnx" and done.by.name == "client-health-network"
    assert done.answer.learnt.simulated and "simulated" in done.answer.notes[0]
    assert done.answer.learnt.sha256 == HereModels().card("client_health")["sha256"]


def test_the_ranking_has_the_worst_first_and_what_changed_since_last_month() -> None:
    held = [rows_of("acme", bad=True), rows_of("bolt", bad=False), rows_of("gone", bad=True, left_at=day(3))]
    found = ranking(RankingQuery(), ports_of(*held, {"clients": [client("new")]}))
    assert [one.client_id for one in found.clients] == ["acme", "bolt"] and found.total == 2
    worst = found.clients[0]
    assert worst.rank == worst.rank_before == 1 and worst.change is not None and worst.change > 0
    assert worst.action and worst.drivers and worst.monthly_revenue == 3000
    assert [one.client_id for one in found.not_ranked] == ["new"] and found.message == ""


def test_the_ranking_comes_in_pages_that_hold_every_client_once() -> None:
    ports = ports_of(*(rows_of(f"c{number}", bad=number % 2 == 0) for number in range(5)))
    pages: list[Ranking] = [ranking(RankingQuery(limit=2), ports)]
    while pages[-1].cursor:
        pages.append(ranking(RankingQuery(limit=2, cursor=pages[-1].cursor), ports))
    assert [one.rank for page in pages for one in page.clients] == [1, 2, 3, 4, 5]
    assert len({one.client_id for page in pages for one in page.clients}) == 5
    with pytest.raises((Invalid, Malformed)):
        ranking(RankingQuery(cursor="WyJ4Il0"), ports)


def test_a_ranking_of_nobody_says_what_to_do() -> None:
    found = ranking(RankingQuery(), ports_of())
    assert found.clients == [] and "/records" in found.message and found.cursor is None


def own_card(sha256: str) -> OwnCard:
    return OwnCard(name="n", version="1", file="f", sha256=sha256, source="s", licence="l", built_with="b")


def test_an_msp_with_a_model_of_its_own_is_answered_by_it() -> None:
    ports = ports_of()
    content = (MODELS / "client_health" / "churn.onnx").read_bytes()
    keep(ports.blobs, b"an older one", own_card("0" * 64))
    keep(ports.blobs, content, own_card(str(HereModels().card("client_health")["sha256"])))
    assert asked(ports, **UNHAPPY).learnt.scope == "own"
    assert len(ports.blobs.names()) == 2


@pytest.mark.parametrize("damage", ["content", "card", "gone"])
def test_an_own_model_that_is_damaged_is_said_to_be_rather_than_replaced(damage: str) -> None:
    ports = ports_of()
    content = (MODELS / "client_health" / "churn.onnx").read_bytes()
    keep(ports.blobs, content, own_card(str(HereModels().card("client_health")["sha256"])))
    name = next(name for name in ports.blobs.names() if name.endswith(".onnx"))
    if damage == "content":
        ports.blobs.put(name, content[:-1])
    elif damage == "gone":
        ports.blobs.remove(name)
    else:
        ports.blobs.put(CARD, b"{")
    with pytest.raises(Unavailable, match="train client-health"):
        asked(ports, **UNHAPPY)
    assert own_model(ports_of().blobs) is None


def test_without_any_model_the_answer_is_that_it_is_missing() -> None:
    with pytest.raises(Unavailable):
        asked(replace(ports_of(), models=fake_ports().models), **UNHAPPY)


def test_the_event_names_no_client() -> None:
    found = asked(client_id="secret-name", **UNHAPPY)
    assert "secret" not in json.dumps(AGENT.digest(found))
    assert datetime.now(UTC) and AGENT.digest(found)["clients"] == 1
