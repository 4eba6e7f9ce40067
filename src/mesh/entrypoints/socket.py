"""The WebSocket of the embedded server: authenticated at connect, fed by the bus, resumable by event id."""

import asyncio
from collections.abc import Iterable

from starlette.concurrency import run_in_threadpool
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from mesh.entrypoints.conversation import SUBPROTOCOL, Conversation, offered_key
from mesh.kit.event import Event
from mesh.kit.platform import Platform
from mesh.kit.problem import Problem

# A client that falls this far behind is let go (1013, try again later) and resumes by its last event id.
BACKLOG = 1_000
# How often it is asked whether the key that opened the line is still live.
RECHECK_S = 5.0
POLICY_VIOLATION, TRY_AGAIN = 1008, 1013


class FellBehind(Exception):
    """The client reads more slowly than events come."""


class KeyDied(Exception):
    """The key that opened the line was revoked, or its tenant erased."""


class Line:
    """One client's connection."""

    def __init__(self, socket: WebSocket, platform: Platform, msp_id: str, key: str):
        self.socket, self.platform, self.msp_id, self.key = socket, platform, msp_id, key
        self.talk = Conversation()
        self.waiting: asyncio.Queue[Event | None] = asyncio.Queue(BACKLOG)
        # Replies and events share the socket: one at a time.
        self.sending = asyncio.Lock()
        self.sent = 0

    def offer(self, event: Event) -> None:
        """Called in the loop for each event of the bus."""
        if event.mspid != self.msp_id:
            return
        try:
            self.waiting.put_nowait(event)
        except asyncio.QueueFull:
            self.waiting = asyncio.Queue(BACKLOG)
            self.waiting.put_nowait(None)

    async def listen(self) -> None:
        while True:
            message = await self.socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            reply, resume = self.talk.hear(message.get("text") or message.get("bytes") or "")
            async with self.sending:
                await self.socket.send_json(reply)
                if resume is not None:
                    await self._replay(resume)

    async def push(self) -> None:
        while True:
            event = await self.waiting.get()
            if event is None:
                raise FellBehind
            async with self.sending:
                await self._send([event])

    async def recheck(self) -> None:
        while await run_in_threadpool(self.platform.keys.tenant_of, self.key):
            await asyncio.sleep(RECHECK_S)
        raise KeyDied

    async def _replay(self, last_id: str) -> None:
        """What was committed since; live events that are also waiting are recognised by their ids."""
        try:
            missed = await run_in_threadpool(self.platform.outbox.after, self.msp_id, last_id)
            self.sent = int(last_id)
            while missed:
                await self._send(missed)
                missed = await run_in_threadpool(self.platform.outbox.after, self.msp_id, missed[-1].id)
        except Problem as problem:
            await self.socket.send_json({"type": "problem", "problem": problem.document()})

    async def _send(self, events: Iterable[Event]) -> None:
        for event in events:
            if self.talk.wants(event) and int(event.id) > self.sent:
                self.sent = int(event.id)
                await self.socket.send_text(event.model_dump_json())


def route(platform: Platform) -> WebSocketRoute:
    """`/ws` over the platform's bus."""

    async def serve(socket: WebSocket) -> None:
        key = offered_key(dict(socket.headers))
        tenant = await run_in_threadpool(platform.keys.tenant_of, key) if key else None
        if tenant is None:
            await socket.close(POLICY_VIOLATION, "a valid key is needed")
            return
        await socket.accept(SUBPROTOCOL if SUBPROTOCOL in socket.scope.get("subprotocols", ()) else None)
        line = Line(socket, platform, tenant.msp_id, key)
        loop = asyncio.get_running_loop()

        def deliver(event: Event) -> None:
            loop.call_soon_threadsafe(line.offer, event)

        stop = platform.bus.subscribe(deliver)
        try:
            await _until_first(line.listen(), line.push(), line.recheck())
        except FellBehind:
            await socket.close(TRY_AGAIN, "fell behind: resume with last_event_id")
        except KeyDied:
            await socket.close(POLICY_VIOLATION, "the key is no longer valid")
        except WebSocketDisconnect:
            pass
        finally:
            stop()

    return WebSocketRoute("/ws", serve)


async def _until_first(*work: object) -> None:
    """Run until one ends, then end the others; raises what the first raised."""
    tasks = [asyncio.ensure_future(item) for item in work]  # type: ignore[call-overload]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
