"""Load of the clients' devices, and the incidents in it, which bring tickets.

CPU and memory follow the working day and week of the MSP's town, with noise that remembers; a few devices
have an incident: memory that leaks until a restart, a load that jumps, or a disk that fills.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from mesh.demo.arrivals import Report
from mesh.demo.calendar import HOUR, WEEKDAY, Floats
from mesh.demo.clients import Clients
from mesh.demo.company import CLOSE, Company

DAYS = 14
METRICS = ("cpu_percent", "memory_percent")


@dataclass(frozen=True)
class Incident:
    """`at` and `ends` are hours since the start of the span."""

    device: int
    kind: str
    at: float
    ends: float


def watched(of: Company, clients: Clients, left: Floats) -> list[int]:
    """The clients one device of which is read: the first that are there through to the end."""
    there = np.isinf(left) & (clients.since < of.span.edges[-1] - 24 * 2 * DAYS)
    return [int(client) for client in np.nonzero(there)[0][: 4 if of.number < CLOSE else 2]]


def incidents(of: Company, devices: list[int]) -> list[Incident]:
    """One leak in the last two days, and at times a jump before it."""
    if not devices:
        return []
    chance = of.chance("incidents")
    end = of.span.edges[-1]
    found = [Incident(int(chance.integers(len(devices))), "leak", end - 48, end - 36)]
    if chance.random() < 0.6:
        begins = end - float(chance.uniform(4, 11)) * 24
        found.append(Incident(int(chance.integers(len(devices))), "jump", begins, begins + 6))
    return found


def reports(devices: list[int], found: list[Incident]) -> list[Report]:
    """What monitoring and users report of the incidents."""
    titles = {"leak": "Memory nearly full on {}", "jump": "Processor busy for hours on {}"}
    made = []
    for incident in found:
        device = name(devices[incident.device])
        delay = 0.7 * (incident.ends - incident.at)
        title = titles[incident.kind].format(device)
        made.append(Report(incident.at + delay, devices[incident.device], "server", 1, title, device))
    return made


def name(client: int) -> str:
    return f"srv-{client + 1:02d}"


def rows(of: Company, devices: list[int], found: list[Incident]) -> list[dict[str, Any]]:
    """Rows of kind `metrics`: per cent, one server per watched client."""
    chance = of.chance("metrics")
    # Ten-minute readings of the first MSPs; the others are read each hour.
    step = timedelta(minutes=10) if of.number < CLOSE else timedelta(hours=1)
    step_h = step.total_seconds() / 3600
    end = of.span.edges[-1]
    at = np.arange(end - 24 * DAYS, end, step_h)
    texts = of.span.texts(at)
    local = at + of.town.offset_h
    day = (of.span.start.weekday() + (local // 24).astype(int)) % 7
    busy = WEEKDAY[day] * np.interp(local % 24, np.arange(25), np.append(HOUR, HOUR[0])) / HOUR.max()
    made = []
    for place, client in enumerate(devices):
        base = float(chance.uniform(12, 28))
        cpu = base + 34 * busy + _noise(chance, len(at), 2.4)
        memory = 44 + 7 * busy + _noise(chance, len(at), 0.9)
        for incident in found:
            if incident.device == place:
                _disturb(incident, at, cpu, memory)
        client_id, device = of.id("c", client + 1), name(client)
        for metric, values in zip(METRICS, (cpu, memory), strict=True):
            for when, text, value in zip(
                range(len(at)), texts, np.round(np.clip(values, 0, 100), 2).tolist(), strict=True
            ):
                made.append(
                    {
                        "id": f"{client_id}-{metric}-{when}",
                        "simulated": True,
                        "at": text,
                        "metric_type": metric,
                        "value": value,
                        "client_id": client_id,
                        "device": device,
                    }
                )
    return made


def _noise(chance: np.random.Generator, count: int, scale: float) -> Floats:
    """An AR(1) with factor .5 and standard deviation `scale`."""
    fresh = chance.normal(0, scale * np.sqrt(0.75), count)
    out = np.empty(count)
    last = 0.0
    for place, value in enumerate(fresh.tolist()):
        last = 0.5 * last + value
        out[place] = last
    return out


def _disturb(incident: Incident, at: Floats, cpu: Floats, memory: Floats) -> None:
    inside = (at >= incident.at) & (at < incident.ends)
    if incident.kind == "leak":
        memory[inside] += 42 * (at[inside] - incident.at) / (incident.ends - incident.at)
    else:
        cpu[inside] += 45
