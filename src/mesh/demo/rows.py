"""Simulated rows of one MSP, the same for the same seed and times.

A client's load follows the working day and week, with noise; one device of each MSP has an incident in
its last two days: a leak that ends in a restart.
"""

import math
import random
from datetime import datetime, timedelta
from typing import Any

from mesh.kit.records import checked

NAMES = (
    ("Lakeside Dental", "Birch Legal", "Quarry Logistics", "Maple Accounting", "Foundry Machining"),
    ("Tidewater Clinic", "Anchor Realty", "Pilot Freight", "Beacon Credit Union", "Gull Hospitality"),
)
STEP = timedelta(minutes=10)
INCIDENT = timedelta(days=2)


def clients(seed: int) -> list[dict[str, Any]]:
    """Five clients."""
    chance = random.Random(seed)  # noqa: S311 - simulation, not secrets
    return [
        checked(
            "clients",
            {"id": f"client-{number}", "name": name, "seats": chance.randint(8, 120), "simulated": True},
        )
        for number, name in enumerate(NAMES[seed], start=1)
    ]


def metrics(seed: int, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """CPU load in per cent and memory in use in per cent of one server per client, every ten minutes."""
    chance = random.Random(1_000 + seed)  # noqa: S311 - simulation, not secrets
    rows = []
    for number in range(1, len(NAMES[seed]) + 1):
        broken = number == 2 + seed
        base = chance.uniform(15, 30)
        at = since
        while at < until:
            load = base + 30 * _working(at) + chance.gauss(0, 2.5)
            memory = 45 + 8 * _working(at) + chance.gauss(0, 1)
            if broken:
                memory += _leak(at, until)
            for kind, value in (("cpu_percent", load), ("memory_percent", memory)):
                rows.append(_metric(at, number, kind, min(100.0, max(0.0, value))))
            at += STEP
    return rows


def security_events(seed: int, until: datetime) -> list[dict[str, Any]]:
    """Three sign-in events as a firewall would log them; addresses are from the documentation ranges."""
    lines = (
        "Failed password for admin from 203.0.113.{n} port 51022 ssh2",
        "Failed password for root from 203.0.113.{n} port 51023 ssh2",
        "Accepted password for backup from 198.51.100.{n} port 40122 ssh2",
    )
    return [
        checked(
            "security-events",
            {
                "at": (until - timedelta(hours=3 - place)).isoformat(),
                "client_id": f"client-{place + 1}",
                "source": "sshd",
                "event": line.format(n=10 + seed),
                "simulated": True,
            },
        )
        for place, line in enumerate(lines)
    ]


def _metric(at: datetime, client: int, kind: str, value: float) -> dict[str, Any]:
    row = {
        "at": at.isoformat(),
        "client_id": f"client-{client}",
        "device": f"srv-{client:02d}",
        "metric_type": kind,
        "value": round(value, 2),
        "simulated": True,
    }
    return checked("metrics", row)


def _working(at: datetime) -> float:
    """0 at night and at weekends, up to 1 in the middle of a working day."""
    if at.weekday() >= 5:
        return 0.0
    return max(0.0, math.sin(math.pi * (at.hour + at.minute / 60 - 7) / 11))


def _leak(at: datetime, until: datetime) -> float:
    """Memory that leaks for twelve hours, 35 points in all, until the restart."""
    hours = (at - (until - INCIDENT)).total_seconds() / 3600
    return 35 * hours / 12 if 0 <= hours < 12 else 0.0
