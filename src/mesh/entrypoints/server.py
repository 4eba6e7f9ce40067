"""The embedded server: HTTP, the socket, and the worker that answers jobs, in one process."""

import logging
import signal
import socket as sockets
import sys
import threading
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from mesh.adapters.embedded.platform import open_platform
from mesh.entrypoints import socket
from mesh.entrypoints import web as dashboard
from mesh.entrypoints.entrance import Entrance, is_loopback
from mesh.entrypoints.housekeeping import keep_house
from mesh.entrypoints.http import application
from mesh.entrypoints.work import LEARNING, work_off
from mesh.kit.platform import Platform
from mesh.workflows import automatic
from mesh.workflows.run import WORKFLOWS

IDLE_S = 0.5
STOPPING_S = 10
# What takes minutes has a worker of its own each.
SLOW = (WORKFLOWS, LEARNING)
OPEN_FILES = 65_536
log = logging.getLogger("mesh.server")


def serve(
    home: Path, host: str, port: int, *, web: bool = False, opened: Callable[[str], object] | None = None
) -> int:
    """Serve until SIGINT or SIGTERM; the exit status. Raises OSError when the address cannot be had.

    With `web` the dashboard is served too, and `opened` is told where it is once the server answers: a
    one-time link where there is one.
    """
    import uvicorn

    allow_many_sockets()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s")
    listening = listen(host, port)
    platform = open_platform(home)
    address = f"http://{host}:{listening.getsockname()[1]}"
    entrance = _entrance(platform, host, address) if web else None
    pages = [*([entrance.route()] if entrance else []), *dashboard.routes()] if web else [dashboard.docs()]

    def begun() -> None:
        if web and opened:
            opened(entrance.link if entrance else address)

    config = uvicorn.Config(
        embedded(platform, pages, begun),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=STOPPING_S,
        ws_max_size=64_000,
        server_header=False,
    )
    server = uvicorn.Server(config)
    _say(f"The mesh listens on {address}")
    if entrance:
        _say(f"The dashboard, as a simulated MSP (this link works once): {entrance.link}")
    # uvicorn raises the signal again once it has stopped cleanly; that is a normal end here.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listening])
    return 0


def allow_many_sockets() -> None:
    """Each socket is an open file, and many systems allow 256 or 1,024 until a process asks for more."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def listen(host: str, port: int) -> sockets.socket:
    """A bound socket, so that a taken port is known before anything else starts."""
    family = sockets.AF_INET6 if ":" in host else sockets.AF_INET
    listening = sockets.socket(family, sockets.SOCK_STREAM)
    listening.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEADDR, 1)
    listening.bind((host, port))
    return listening


def _entrance(platform: Platform, host: str, address: str) -> Entrance | None:
    """Only on the loopback interface, and where there is a simulated MSP to be."""
    entrance = Entrance(platform, address, _say)
    return entrance if is_loopback(host) and entrance.tenant() else None


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def embedded(
    platform: Platform, pages: Sequence[BaseRoute] = (), begun: Callable[[], object] = lambda: None
) -> Starlette:
    """The application with what only a lasting process has: the socket, the job worker, and its `pages`.

    `begun` is called when it starts to answer.
    """

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        stopping = threading.Event()
        workers = [
            _worker(platform, stopping, but=SLOW), *(_worker(platform, stopping, of=one) for one in SLOW),
            keep_house(platform, stopping),
        ]  # fmt: skip
        stop_starting = automatic.follow(platform)
        begun()
        try:
            yield
        finally:
            stopping.set()
            stop_starting()
            for worker in workers:
                worker.join(STOPPING_S)
            platform.close()

    return application(platform, more=[socket.route(platform), *pages], lifespan=lifespan)


def _worker(
    platform: Platform, stopping: threading.Event, of: str | None = None, but: Collection[str] = ()
) -> threading.Thread:
    """Answers jobs in a thread of its own: playbooks and trainings take their time, and no question waits."""
    asked = (platform, stopping, of, but)
    worker = threading.Thread(target=_work, args=asked, name="job-worker", daemon=True)
    worker.start()
    return worker


def _work(platform: Platform, stopping: threading.Event, of: str | None, but: Collection[str]) -> None:
    while not stopping.is_set():
        try:
            busy = work_off(platform, of=of, but=but)
        except Exception:  # a store that is locked or full now may not be so later
            log.exception("the job worker could not go on")
            busy = False
        if not busy:
            stopping.wait(IDLE_S)
