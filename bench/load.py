"""`bench load`: 1,000 requests 50 at a time, the rate at which p95 doubles, and how soon sockets hear."""

import time

from bench import sockets
from bench.processes import Measured, Mesh, home, mesh, say, until_answered
from bench.wire import Times, at_rate, closed_loop, request
from mesh.kit.agent import Agent

REQUESTS, AT_A_TIME = 1_000, 50
# Rates that are tried, as shares of what 50 clients got through; the first is the quiet one.
STEPS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3)
LEAST_PER_STEP = 40


async def measure(agent: Agent, seconds: float) -> Measured:
    """All of it on one running mesh."""
    question = dict(agent.examples[0].question)
    with home() as folder, mesh(folder) as served:
        messages = [request(served.url + agent.route, question, key) for key in served.keys]
        await until_answered(served.url, messages[0])
        say(f"{REQUESTS:,} requests, {AT_A_TIME} at a time ...")
        burst = await closed_loop(served.url, messages, AT_A_TIME, count=REQUESTS)
        steps = await find_knee(served, messages, burst.rate, seconds / 2)
        pushed = await sockets.measure(served, messages[0], say)
    return told(agent, burst, steps, pushed)


async def find_knee(
    served: Mesh, messages: list[bytes], full_rate: float, seconds: float
) -> list[tuple[float, Times]]:
    """Rate and times of each step, up to the first whose p95 is twice that of the first step."""
    steps: list[tuple[float, Times]] = []
    deadline = time.monotonic() + seconds
    for share in STEPS:
        rate = max(2.0, share * full_rate)
        lasts_s = max(seconds / len(STEPS) / 1.5, LEAST_PER_STEP / rate)
        say(f"{rate:.0f} requests a second ...")
        steps.append((rate, await at_rate(served.url, messages, rate, lasts_s)))
        if doubled(steps) or time.monotonic() > deadline:
            break
    return steps


def doubled(steps: list[tuple[float, Times]]) -> bool:
    return steps[-1][1].ms(0.95) >= 2 * steps[0][1].ms(0.95)


def told(agent: Agent, burst: Times, steps: list[tuple[float, Times]], pushed: sockets.Pushed) -> Measured:
    knee = round(steps[-1][0], 1) if doubled(steps) else None
    errors = burst.errors + sum(times.errors for _, times in steps) + pushed.errors
    figures: dict[str, object] = {
        "bench": "load",
        "agent": agent.slug,
        "burst": {"requests": REQUESTS, "at_a_time": AT_A_TIME, **summary(burst)},
        "steps": [{"offered_per_second": round(rate, 1), **summary(times)} for rate, times in steps],
        "p95_doubles_at_per_second": knee,
        "push": pushed.figures,
        "errors": errors,
    }
    lines = [
        f"{agent.slug}, {agent.examples[0].title!r}, over loopback",
        "",
        f"{REQUESTS:,} requests, {AT_A_TIME} at a time: p50 {burst.ms(0.5):.1f} ms, "
        f"p95 {burst.ms(0.95):.1f} ms, {burst.rate:.0f} per s, {burst.errors} errors",
        "",
        f"{'offered per s':>14}{'answered per s':>16}{'p50 ms':>10}{'p95 ms':>10}{'errors':>8}",
        *(
            f"{rate:>14.0f}{times.rate:>16.0f}{times.ms(0.5):>10.1f}{times.ms(0.95):>10.1f}{times.errors:>8}"
            for rate, times in steps
        ),
        f"p95 doubles at {knee:.0f} requests a second"
        if knee
        else "p95 did not double at any rate that was tried",
        "",
        *pushed.lines,
    ]
    return Measured(figures, "\n".join(lines), errors)


def summary(times: Times) -> dict[str, float]:
    return {
        "p50_ms": round(times.ms(0.5), 3),
        "p95_ms": round(times.ms(0.95), 3),
        "per_second": round(times.rate, 1),
        "errors": times.errors,
    }
