"""The embedded server: HTTP, the socket, and the worker that answers jobs, in one process."""

import logging
import signal
import socket as sockets
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route

from mesh.adapters.embedded.platform import open_platform
from mesh.entrypoints import socket
from mesh.entrypoints.http import application
from mesh.entrypoints.work import work_off
from mesh.kit.platform import Platform

IDLE_S = 0.5
STOPPING_S = 10
OPEN_FILES = 65_536
log = logging.getLogger("mesh.server")


def serve(home: Path, host: str, port: int) -> int:
    """Serve until SIGINT or SIGTERM; the exit status. Raises OSError when the address cannot be had."""
    import uvicorn

    allow_many_sockets()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s")
    listening = listen(host, port)
    platform = open_platform(home)
    config = uvicorn.Config(
        embedded(platform),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=STOPPING_S,
        ws_max_size=64_000,
        server_header=False,
    )
    server = uvicorn.Server(config)
    sys.stderr.write(f"The mesh listens on http://{host}:{listening.getsockname()[1]}\n")
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


def embedded(platform: Platform) -> Starlette:
    """The application with what only a lasting process has: the socket and the job worker."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        stopping = threading.Event()
        worker = threading.Thread(target=_work, args=(platform, stopping), name="job-worker", daemon=True)
        worker.start()
        try:
            yield
        finally:
            stopping.set()
            worker.join(STOPPING_S)
            platform.close()

    async def start(_: Request) -> RedirectResponse:
        return RedirectResponse("/docs")

    return application(platform, more=[socket.route(platform), Route("/", start)], lifespan=lifespan)


def _work(platform: Platform, stopping: threading.Event) -> None:
    while not stopping.is_set():
        try:
            busy = work_off(platform)
        except Exception:  # a store that is locked or full now may not be so later
            log.exception("the job worker could not go on")
            busy = False
        if not busy:
            stopping.wait(IDLE_S)
