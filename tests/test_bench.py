"""The benches measure what they say they measure; how fast it is belongs to the bench, not to a test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bench.wire import Times, at_rate, closed_loop, request

REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@asynccontextmanager
async def served(
    status: bytes = b"200", pause_s: float = 0.0, per_connection: int = 10**9
) -> AsyncIterator[tuple[str, list[int]]]:
    """A server that answers every request alike; its address, and the requests it counted."""
    counted = [0]
    lines: list[asyncio.Task[None] | None] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append(asyncio.current_task())
        for _ in range(per_connection):
            try:
                await reader.readuntil(b"{}")
            except asyncio.IncompleteReadError:
                break
            counted[0] += 1
            await asyncio.sleep(pause_s)
            writer.write(REPLY.replace(b"200", status))
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", counted
    await asyncio.gather(*(line for line in lines if line))


def test_a_closed_loop_sends_as_many_as_it_should_and_counts_answers() -> None:
    async def run() -> tuple[Times, int]:
        async with served() as (url, counted):
            return await closed_loop(url, [request(url + "/", {})], 5, count=103), counted[0]

    times, counted = asyncio.run(run())
    assert (len(times.took), times.errors, counted) == (103, 0, 103)


@pytest.mark.parametrize("status", [b"429", b"500"])
def test_what_is_not_200_is_an_error_and_no_time(status: bytes) -> None:
    async def run() -> Times:
        async with served(status) as (url, _):
            return await closed_loop(url, [request(url + "/", {})], 2, count=10)

    times = asyncio.run(run())
    assert (len(times.took), times.errors) == (0, 10)


def test_a_server_that_is_not_there_is_an_error() -> None:
    times = asyncio.run(closed_loop("http://127.0.0.1:9", [request("http://127.0.0.1:9/", {})], 2, count=4))
    assert (len(times.took), times.errors) == (0, 4)


def test_a_connection_that_was_closed_while_idle_is_opened_again() -> None:
    async def run() -> Times:
        async with served(per_connection=3) as (url, _):
            return await closed_loop(url, [request(url + "/", {})], 2, count=30)

    times = asyncio.run(run())
    assert (len(times.took), times.errors) == (30, 0)


def test_at_a_rate_time_counts_from_when_a_request_was_due() -> None:
    async def run() -> Times:
        async with served(pause_s=0.05) as (url, _):
            return await at_rate(url, [request(url + "/", {})], 100, 0.5)

    times = asyncio.run(run())
    assert len(times.took) == 50 and times.errors == 0
    assert times.ms(0.5) >= 49


def test_quantiles_are_of_the_times_that_were_noted() -> None:
    times = Times(took=[n / 1_000 for n in range(1, 101)], lasted_s=10)
    assert (
        times.ms(0.5) == pytest.approx(51)
        and times.ms(0.95) == pytest.approx(96)
        and times.ms(1.0) == pytest.approx(100)
    )
    assert times.rate == 10
