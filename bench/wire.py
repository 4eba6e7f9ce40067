"""A client that costs as little as can be, so that the server is what is measured: HTTP/1.1 kept alive."""

import asyncio
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

LATE_S = 30.0


def request(url: str, body: Mapping[str, Any], key: str = "") -> bytes:
    """A POST as it goes over the wire."""
    place = urlsplit(url)
    content = json.dumps(body).encode()
    lines = [
        f"POST {place.path} HTTP/1.1", f"host: {place.netloc}", "content-type: application/json",
        f"content-length: {len(content)}", *([f"x-api-key: {key}"] if key else []), "", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode() + content


@dataclass
class Connection:
    """One kept-alive connection; opens itself, and again after an error."""

    url: str
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None

    async def send(self, message: bytes) -> int:
        """Send, read the whole reply, and give its status; 0 when there was none."""
        # A server may close an idle connection just as the next request is sent (RFC 9112, 9.3.1).
        for may_be_stale in (self.reader is not None, False):
            try:
                return await asyncio.wait_for(self._exchange(message), LATE_S)
            except (OSError, EOFError, TimeoutError, ValueError) as error:
                await self.close()
                if not (may_be_stale and unanswered(error)):
                    return 0
        return 0

    async def _exchange(self, message: bytes) -> int:
        if self.reader is None or self.writer is None:
            place = urlsplit(self.url)
            self.reader, self.writer = await asyncio.open_connection(place.hostname, place.port)
        self.writer.write(message)
        head = await self.reader.readuntil(b"\r\n\r\n")
        fields = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:-2])
        await self.reader.readexactly(int(fields[b"content-length"]))
        return int(head[9:12])

    async def close(self) -> None:
        writer, self.reader, self.writer = self.writer, None, None
        if writer:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


def unanswered(error: Exception) -> bool:
    """Whether the connection ended before the first byte of a reply."""
    return isinstance(error, ConnectionError) or (
        isinstance(error, asyncio.IncompleteReadError) and not error.partial
    )


@dataclass
class Times:
    """Seconds that requests took, and how many went wrong."""

    took: list[float] = field(default_factory=list)
    errors: int = 0
    lasted_s: float = 0.0

    def note(self, took_s: float, status: int) -> None:
        if status == 200:
            self.took.append(took_s)
        else:
            self.errors += 1

    def add(self, other: "Times") -> None:
        self.took += other.took
        self.errors += other.errors
        self.lasted_s += other.lasted_s

    def ms(self, share: float) -> float:
        """The quantile in milliseconds, as the smallest time that is not exceeded by that share."""
        if not self.took:
            return float("inf")
        ordered = sorted(self.took)
        return 1_000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.took) / self.lasted_s if self.lasted_s else 0.0


async def closed_loop(
    url: str, messages: list[bytes], connections: int, *, seconds: float = 60.0, count: int = 10**9
) -> Times:
    """Each connection sends its next request when the last was answered, until time or count is over."""
    times = Times()
    begun = time.perf_counter()
    left = count

    async def client(number: int) -> None:
        nonlocal left
        line = Connection(url)
        turn = number
        while left > 0 and time.perf_counter() - begun < seconds:
            left -= 1
            sent = time.perf_counter()
            status = await line.send(messages[turn % len(messages)])
            times.note(time.perf_counter() - sent, status)
            turn += connections
        await line.close()

    await asyncio.gather(*(client(number) for number in range(connections)))
    times.lasted_s = time.perf_counter() - begun
    return times


async def at_rate(url: str, messages: list[bytes], per_second: float, seconds: float) -> Times:
    """Requests start at even distances whatever came of those before; time counts from when each was due."""
    times = Times()
    free: list[Connection] = []
    begun = time.perf_counter()
    count = max(1, int(per_second * seconds))

    async def one(number: int) -> None:
        due = begun + number / per_second
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        line = free.pop() if free else Connection(url)
        status = await line.send(messages[number % len(messages)])
        times.note(time.perf_counter() - due, status)
        free.append(line)

    await asyncio.gather(*(one(number) for number in range(count)))
    times.lasted_s = time.perf_counter() - begun
    for line in free:
        await line.close()
    return times
