"""`bench http`: the bare function, the mesh's route and plain FastAPI's, in turns, under the same noise."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.processes import Measured, home, mesh, peer, say, until_answered
from bench.wire import Times, closed_loop, request
from mesh import registry
from mesh.adapters.embedded.platform import open_platform
from mesh.kit.agent import Agent
from mesh.kit.platform import Tenant

ROUNDS = 3
MANY = 32
ANSWER, ASK = "agent.answer alone", "registry.ask (stores the answer)"
MESH, PEER = "mesh", "plain FastAPI"
# The share of a round's time that each of the six measurements gets.
PARTS = 6


async def measure(agent: Agent, seconds: float) -> Measured:
    """Each way of asking the agent's first example, in requests a second and milliseconds."""
    question = dict(agent.examples[0].question)
    times: dict[str, Times] = {}
    with (
        home() as first,
        home() as second,
        home() as third,
        mesh(first) as served,
        peer(second, agent.name) as other,
    ):
        asked = [request(served.url + agent.route, question, key) for key in served.keys]
        plain = [request(other + agent.route, question)]
        await until_answered(served.url, asked[0])
        await until_answered(other, plain[0])
        with_bare = Bare(agent, question, third)
        each = seconds / ROUNDS / PARTS
        for number in range(ROUNDS):
            say(f"round {number + 1} of {ROUNDS} ...")
            for name, way in with_bare.ways.items():
                times.setdefault(name, Times()).add(repeated(way, each))
            for connections in (1, MANY):
                for name, url, messages in ((MESH, served.url, asked), (PEER, other, plain)):
                    found = await closed_loop(url, messages, connections, seconds=each)
                    times.setdefault(f"{name}, {connections} at a time", Times()).add(found)
        with_bare.platform.close()
    return told(agent, times)


class Bare:
    """The function without a server, over a home of its own."""

    def __init__(self, agent: Agent, question: dict[str, Any], folder: Path):
        self.platform = open_platform(folder)
        self.platform.tenants.put(Tenant(msp_id="bench", name="Bench"))
        ports = self.platform.ports("bench")
        self.ways: dict[str, Callable[[], object]] = {
            ANSWER: lambda: agent.answer(registry.checked(agent, question), ports),
            ASK: lambda: registry.ask(agent, registry.checked(agent, question), self.platform, "bench"),
        }
        for way in self.ways.values():
            way()


def repeated(way: Callable[[], object], seconds: float) -> Times:
    times = Times()
    begun = time.perf_counter()
    while (sent := time.perf_counter()) - begun < seconds:
        way()
        times.note(time.perf_counter() - sent, 200)
    times.lasted_s = time.perf_counter() - begun
    return times


def told(agent: Agent, times: dict[str, Times]) -> Measured:
    rows: dict[str, dict[str, float]] = {}
    for name, found in times.items():
        rows[name] = {
            "p50_ms": round(found.ms(0.5), 3),
            "p95_ms": round(found.ms(0.95), 3),
            "per_second": round(found.rate, 1),
            "requests": len(found.took),
            "errors": found.errors,
        }
    ratios = {
        "mesh p50 / registry.ask p50": ratio(rows, f"{MESH}, 1 at a time", ASK, "p50_ms"),
        "mesh p50 / FastAPI p50": ratio(rows, f"{MESH}, 1 at a time", f"{PEER}, 1 at a time", "p50_ms"),
        "mesh p95 / FastAPI p95": ratio(rows, f"{MESH}, 1 at a time", f"{PEER}, 1 at a time", "p95_ms"),
        f"mesh rate / FastAPI rate, {MANY} at a time": ratio(
            rows, f"{MESH}, {MANY} at a time", f"{PEER}, {MANY} at a time", "per_second"
        ),
    }
    lines = [f"{agent.slug}, {agent.examples[0].title!r}, over loopback", ""]
    lines.append(f"{'':<34}{'p50 ms':>10}{'p95 ms':>10}{'per s':>10}{'requests':>10}{'errors':>8}")
    for name, row in rows.items():
        lines.append(
            f"{name:<34}{row['p50_ms']:>10.2f}{row['p95_ms']:>10.2f}{row['per_second']:>10.1f}"
            f"{row['requests']:>10,}{row['errors']:>8}"
        )
    lines += ["", *(f"{name:<46}{value:>8.2f}" for name, value in ratios.items())]
    figures: dict[str, object] = {"bench": "http", "agent": agent.slug, "rows": rows, "ratios": ratios}
    return Measured(figures, "\n".join(lines), sum(found.errors for found in times.values()))


def ratio(rows: dict[str, dict[str, float]], of: str, to: str, what: str) -> float:
    return round(rows[of][what] / rows[to][what], 3) if rows[to][what] else float("nan")
