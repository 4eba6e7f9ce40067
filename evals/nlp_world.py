"""The simulated MSP that questions are asked of: its rows, and stored answers of other agents."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from evals.nlp_oracle import NOW
from mesh.demo.world import Msp
from mesh.kit.agent import Envelope, ModelUsed
from mesh.kit.fakes import fake_ports
from mesh.kit.ports import Ports

BY = ModelUsed(name="suite", version="1", provider="rules")


def stocked(world: Msp) -> Ports:
    """The simulated MSP with stored answers of other agents, made from its rows in a plain way."""
    ports = fake_ports(rows=world.rows, now=NOW, msp_id=world.tenant.msp_id)
    for place, (agent, told) in enumerate(_stored(world)):
        at = NOW - timedelta(hours=7 * place)
        msp_id = world.tenant.msp_id
        ports.results.keep(Envelope(result_id=f"r{place:03}", agent=agent, msp_id=msp_id, answered_at=at,
                                    took_ms=1, model=BY, simulated=True, answer=told))  # fmt: skip
    return ports


def _stored(world: Msp) -> list[tuple[str, dict[str, Any]]]:
    clients = world.rows["clients"]
    made: list[tuple[str, dict[str, Any]]] = [
        ("client-health", {"client_id": c["id"], "churn_probability": (37 * n % 100) / 100, "drivers": []})
        for n, c in enumerate(clients)
    ]
    for n, severity in enumerate(["LOW", "MEDIUM", "HIGH", "CRITICAL", "HIGH", "LOW"]):
        made.insert(
            n,
            (
                "threat-intelligence",
                {"severity": severity, "threat_type": "phishing", "client_id": clients[n]["id"]},
            ),
        )
    for n, metric in enumerate(["cpu_percent", "memory_percent", "cpu_percent"]):
        start = (NOW - timedelta(days=2 + 4 * n)).isoformat()
        made.append(
            (
                "anomaly-detection",
                {"metric_type": metric, "anomalies": [{"series": "srv-01", "index": n, "start": start}]},
            )
        )
    return [
        *made,
        *(
            ("security-compliance", {"framework": f, "score": s})
            for f, s in (("SOC2", 71.5), ("HIPAA", 44.0))
        ),
    ]


def known(world: Msp) -> dict[str, Sequence[Mapping[str, Any]]]:
    """The rows, and what the stored answers say in the form in which the oracle reckons."""
    rows: dict[str, Sequence[Mapping[str, Any]]] = dict(world.rows)
    kinds = {
        "client-health": "churn",
        "threat-intelligence": "threats",
        "anomaly-detection": "anomalies",
        "security-compliance": "scores",
    }
    for place, (agent, told) in enumerate(_stored(world)):
        at = (NOW - timedelta(hours=7 * place)).isoformat()
        flat = told["anomalies"][0] | {"metric_type": told["metric_type"]} if "anomalies" in told else told
        rows[kinds[agent]] = [*rows.get(kinds[agent], []), {"at": flat.get("start", at), **flat}]
    return rows


def few(world: Msp) -> Ports:
    """Some weeks of its rows: enough to leak from or to answer wrongly from, and many can be asked."""
    return stocked(Msp(world.tenant, {kind: list(rows)[-300:] for kind, rows in world.rows.items()}))
