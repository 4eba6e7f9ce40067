"""A Runtime API, and a function's process that takes its events from it, as on Lambda.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. The process runs AWS's own runtime client
(awslambdaric) over an unpacked package, so what is timed is what Lambda would run, without its sandbox.
"""

import json
import os
import queue
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

VERSION = "/2018-06-01/runtime"
NEXT, INIT_ERROR = f"{VERSION}/invocation/next", f"{VERSION}/init/error"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:bench"
TIMEOUT_S = 120.0
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0"


class FunctionFailed(RuntimeError):
    """The process ended, or answered with an error; the text holds the end of its log."""


@dataclass
class Exchange:
    """What passes between the test bench and the process."""

    events: "queue.Queue[bytes]" = field(default_factory=queue.Queue)
    answers: "queue.Queue[tuple[bool, bytes]]" = field(default_factory=queue.Queue)
    ready: threading.Event = field(default_factory=threading.Event)
    ready_at: float = 0.0
    answered_at: float = 0.0


def _handler(exchange: Exchange) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if not exchange.ready.is_set():
                exchange.ready_at = time.perf_counter()
                exchange.ready.set()
            event = exchange.events.get()
            deadline = int((time.time() + TIMEOUT_S) * 1000)
            headers = {
                "Aws-Request-Id": uuid.uuid4().hex,
                "Deadline-Ms": deadline,
                "Invoked-Function-Arn": ARN,
                "Trace-Id": TRACE,
            }
            self._reply(200, event, {f"Lambda-Runtime-{name}": str(value) for name, value in headers.items()})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            exchange.answered_at = time.perf_counter()
            exchange.answers.put((self.path.endswith("/response"), body))
            if self.path == INIT_ERROR:
                exchange.ready.set()
            self._reply(202, b"{}", {})

        def _reply(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            for name, value in {
                **headers,
                "Content-Type": "application/json",
                "Content-Length": str(len(body)),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Says nothing: the bench reports."""

    return Handler


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The process was ended in the middle of a sentence, as each is."""


@dataclass
class Function:
    """A started function. `init_ms` is from the start of its process to its first question for an event,
    `init_cpu_ms` the processor time it took for that.
    """

    exchange: Exchange
    process: "subprocess.Popen[bytes]"
    log: Path
    init_ms: float = 0.0
    init_cpu_ms: float = 0.0

    def invoke(self, event: Mapping[str, Any]) -> tuple[float, float, Any]:
        """Milliseconds and processor milliseconds from the event to its answer, and the answer."""
        before, sent = processor_ms(self.process.pid), time.perf_counter()
        self.exchange.events.put(json.dumps(event).encode())
        fine, body = self._answer()
        took = (self.exchange.answered_at - sent) * 1000
        if not fine:
            raise FunctionFailed(f"{body.decode(errors='replace')[:1_000]}\n{tail(self.log)}")
        return took, processor_ms(self.process.pid) - before, json.loads(body)

    def _answer(self) -> tuple[bool, bytes]:
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:
            try:
                return self.exchange.answers.get(timeout=0.5)
            except queue.Empty:
                if self.process.poll() is not None:
                    break
        raise FunctionFailed(f"it did not answer\n{tail(self.log)}")


@contextmanager
def started(
    python: Path, handler: str, path: list[Path], environment: Mapping[str, str], log: Path
) -> Iterator[Function]:
    """A function of this handler, found on `path`, once it has asked for its first event. Raises
    FunctionFailed.
    """
    exchange = Exchange()
    server = Server(("127.0.0.1", 0), _handler(exchange))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    around = {
        "PATH": os.environ["PATH"], "HOME": str(log.parent), "LANG": "en_US.UTF-8",
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}", "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024", "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
        "LAMBDA_TASK_ROOT": str(path[0]), "_HANDLER": handler,
        "PYTHONPATH": os.pathsep.join(map(str, path)), "PYTHONDONTWRITEBYTECODE": "1", **environment,
    }  # fmt: skip
    with log.open("wb") as out:
        begun = time.perf_counter()
        process = subprocess.Popen(
            [str(python), "-m", "awslambdaric", handler], env=around, cwd=path[0], stdout=out, stderr=out
        )
        function = Function(exchange, process, log)
        try:
            while not exchange.ready.wait(0.2):
                if process.poll() is not None or time.perf_counter() - begun > TIMEOUT_S:
                    raise FunctionFailed(f"it did not start\n{tail(log)}")
            function.init_cpu_ms = processor_ms(process.pid)
            if not exchange.answers.empty():
                raise FunctionFailed(f"it failed to start\n{exchange.answers.get()[1].decode()[:1_000]}")
            function.init_ms = (exchange.ready_at - begun) * 1000
            yield function
        finally:
            process.kill()
            process.wait()
            server.shutdown()
            server.server_close()


def processor_ms(pid: int) -> float:
    """What all threads of a process have used so far, those that ended included, to 10 ms; 0 where the system
    does not tell.
    """
    try:
        # Fields 14 and 15; the name before them may hold anything but ends with the last bracket.
        told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(told[11]) + int(told[12])) * 1000 / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return 0.0


def tail(log: Path) -> str:
    return log.read_text(errors="replace")[-1_500:]
