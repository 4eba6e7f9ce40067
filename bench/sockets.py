"""How soon a socket hears of an answer: one socket many times, then a thousand sockets at once."""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from bench.processes import Mesh
from bench.wire import Connection, Times
from mesh.entrypoints.server import allow_many_sockets

EVENTS = 200
SOCKETS = 1_000
TOGETHER = 50
LATE_S = 20.0


@dataclass
class Pushed:
    """Times from the commit of an event, by the server's clock, to its arrival on a socket."""

    one: Times = field(default_factory=Times)
    many: Times = field(default_factory=Times)
    connected: int = 0
    errors: int = 0

    @property
    def figures(self) -> dict[str, Any]:
        return {
            "one_socket": {
                "events": len(self.one.took),
                "p50_ms": self.one.ms(0.5),
                "p95_ms": self.one.ms(0.95),
            },
            "many_sockets": {
                "sockets": self.connected,
                "heard": len(self.many.took),
                "p95_ms": self.many.ms(0.95),
                "last_ms": self.many.ms(1.0),
            },
        }

    @property
    def lines(self) -> list[str]:
        return [
            f"push to one socket, {len(self.one.took)} events: p50 {self.one.ms(0.5):.1f} ms, "
            f"p95 {self.one.ms(0.95):.1f} ms",
            f"one event to {self.connected:,} sockets: {len(self.many.took):,} heard it, "
            f"p95 {self.many.ms(0.95):.0f} ms, the last after {self.many.ms(1.0):.0f} ms",
        ]


async def measure(served: Mesh, message: bytes, say: Callable[[str], None]) -> Pushed:
    """`message` is a question whose answer the first key's tenant hears of."""
    allow_many_sockets()
    found = Pushed()
    http = Connection(served.url)
    say(f"{EVENTS} events to one socket ...")
    async with opened(served) as socket:
        await subscribe(socket)
        for _ in range(EVENTS):
            found.errors += await http.send(message) != 200
            found.one.note(await heard(socket), 200)
    say(f"one event to {SOCKETS:,} sockets ...")
    async with AsyncExitStack() as stack:
        sockets: list[ClientConnection] = []
        for _ in range(SOCKETS // TOGETHER):
            new = await asyncio.gather(*(stack.enter_async_context(opened(served)) for _ in range(TOGETHER)))
            await asyncio.gather(*(subscribe(socket) for socket in new))
            sockets += new
        found.connected = len(sockets)
        waiting = [asyncio.ensure_future(heard(socket)) for socket in sockets]
        found.errors += await http.send(message) != 200
        for outcome in await asyncio.gather(*waiting, return_exceptions=True):
            if isinstance(outcome, BaseException):
                found.errors += 1
            else:
                found.many.note(outcome, 200)
    await http.close()
    return found


def opened(served: Mesh) -> connect:
    address = served.url.replace("http", "ws") + "/ws"
    headers = {"x-api-key": served.keys[0]}
    # Closing a thousand sockets politely would be the longest part of the bench.
    return connect(
        address, additional_headers=headers, compression=None, close_timeout=0.1, open_timeout=LATE_S
    )


async def subscribe(socket: ClientConnection) -> None:
    await socket.send(json.dumps({"action": "subscribe"}))
    await asyncio.wait_for(socket.recv(), LATE_S)


async def heard(socket: ClientConnection) -> float:
    """Seconds between the commit of the next event and its arrival."""
    text = await asyncio.wait_for(socket.recv(), LATE_S)
    arrived = time.time()
    return arrived - datetime.fromisoformat(json.loads(text)["time"]).timestamp()
