"""A server on loopback that answers as a paid service does on a bad day."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Fault = Literal["well", "slow", "throttled", "failing", "malformed", "no_object", "cut_off", "denied"]


@dataclass
class Service:
    """`faults` are used up one a request; after them the service is well and answers `body`."""

    body: dict[str, Any]
    faults: list[Fault] = field(default_factory=list)
    delay_s: float = 30.0
    asked: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""
    over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serving(service: Service) -> Iterator[Service]:
    """The service at `service.url` for as long as the block lasts; nobody waits for its slow answers then."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            service.asked.append(json.loads(self.rfile.read(length)))
            _answer(self, service, service.faults.pop(0) if service.faults else "well")

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(handler: BaseHTTPRequestHandler, service: Service, fault: Fault) -> None:
    whole = json.dumps(service.body).encode()
    if fault == "slow" and service.over.wait(service.delay_s):
        return
    if fault == "throttled":
        _error(handler, 429, "ThrottlingException")
    elif fault == "failing":
        _error(handler, 500, "InternalServerException")
    elif fault == "denied":
        _error(handler, 403, "AccessDeniedException")
    elif fault == "malformed":
        _reply(handler, b"<html>not what was asked for</html>", 1.0)
    elif fault == "no_object":
        _reply(handler, b"[1, 2, 3]", 1.0)
    else:
        _reply(handler, whole, 0.5 if fault == "cut_off" else 1.0)


def _error(handler: BaseHTTPRequestHandler, status: int, code: str) -> None:
    body = json.dumps({"__type": code, "message": "on a bad day"}).encode()
    handler.send_response(status)
    handler.send_header("x-amzn-ErrorType", code)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def _reply(handler: BaseHTTPRequestHandler, body: bytes, share: float) -> None:
    """Says how long it is and sends a share of it: less than all is a connection that broke."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    try:
        handler.wfile.write(body[: int(len(body) * share)])
    except OSError:
        time.sleep(0)  # the client had gone already: what it does about that is what the test looks at
    if share < 1:
        handler.close_connection = True
