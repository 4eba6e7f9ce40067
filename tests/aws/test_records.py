"""What of a table is read for a question about one client."""

from datetime import UTC, datetime, timedelta

from mesh import registry
from mesh.kit.fakes import NOON
from mesh.kit.ports import Ports
from tests.aws.conftest import Deployment

CLIENTS = 12


def of_clients(each: int) -> list[dict[str, object]]:
    """Tickets of several clients, in turn."""
    return [
        {"id": f"t{n:04}", "at": (NOON - timedelta(hours=n)).isoformat(), "client_id": f"c{n % CLIENTS}"}
        for n in range(each * CLIENTS)
    ]


def examined(deployment: Deployment) -> list[int]:
    """How many items each query of the deployment looks at from now on."""
    counts: list[int] = []
    deployment.clients.dynamodb.meta.events.register(
        "after-call.dynamodb.Query", lambda parsed, **_: counts.append(parsed["ScannedCount"])
    )
    return counts


def stored(deployment: Deployment) -> Ports:
    ports = deployment.platform.ports("msp-a")
    tickets = of_clients(20)
    bills = [{**row, "service": "Helpdesk", "amount": 100.0} for row in tickets]
    ports.records.put("clients", [{"id": f"c{n}", "name": f"Client {n}"} for n in range(CLIENTS)])
    ports.records.put("tickets", tickets)
    ports.records.put("revenue", bills)
    return ports


def test_of_one_clients_rows_no_others_are_read(deployment: Deployment) -> None:
    ports = stored(deployment)
    counts = examined(deployment)
    found = list(ports.records.scan("tickets", where={"client_id": "c3"}))
    assert len(found) == sum(counts) == 20
    counts.clear()
    since = datetime(2026, 1, 1, tzinfo=UTC)
    page = ports.records.page("tickets", where={"client_id": "c3"}, since=since, limit=5)
    assert len(page.items) == 5 and sum(counts) <= 6


def test_a_prediction_reads_the_tickets_and_invoices_of_its_client_alone(deployment: Deployment) -> None:
    ports = stored(deployment)
    agent = registry.find("client_health")
    question = registry.checked(agent, {"client_id": "c3"})
    counts = examined(deployment)
    agent.answer(question, ports)
    # Twenty of each, and the first ticket of all, which says from when on tickets are stored.
    assert 40 <= sum(counts) <= 43
