"""Clients that answer from a script (botocore's Stubber), for what MiniStack never does: refuse, throttle,
conflict.
"""

from typing import Any

from botocore.stub import Stubber

from mesh.adapters.aws.backoff import Backoff
from mesh.adapters.aws.clients import Clients
from mesh.adapters.aws.settings import Settings

SETTINGS = Settings(
    data_bucket="data",
    models_bucket="models",
    jobs_queue_url="https://sqs/jobs",
    dead_letters_url="https://sqs/dead",
)


class Scripted:
    """One service that gives the answers of `script` in order; an error is a pair of code and message."""

    def __init__(self, service: str):
        # Never reached: the script answers before anything is sent.
        self.clients = Clients(region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        self._stub = Stubber(getattr(self.clients, service))
        self._stub.activate()

    def answers(
        self, operation: str, answer: dict[str, Any], asked: dict[str, Any] | None = None
    ) -> "Scripted":
        self._stub.add_response(operation, answer, asked)
        return self

    def refuses(self, operation: str, code: str, message: str = "", **more: Any) -> "Scripted":
        self._stub.add_client_error(operation, code, message, 400, modeled_fields=more or None)
        return self

    def is_done(self) -> None:
        """Every answer of the script was asked for."""
        self._stub.assert_no_pending_responses()


class Slept(list[float]):
    """Stands in for sleep, and remembers how long."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def no_wait(slept: Slept | None = None, jitter: float = 0.5, tries: int = 4) -> Backoff:
    return Backoff(sleep=slept if slept is not None else Slept(), jitter=lambda: jitter, tries=tries)
