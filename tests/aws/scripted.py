"""An account whose services answer from a script (botocore's Stubber): what MiniStack never says."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.stub import ANY, Stubber

from mesh.adapters.aws.deployment.account import Account
from mesh.adapters.aws.deployment.stacks import Stacks

__all__ = ["ANY", "Script", "account"]


@dataclass
class Script:
    """Answers of several services, each in order; `said` is what a person was told."""

    account: Account
    said: list[str] = field(default_factory=list)
    stubs: dict[str, Stubber] = field(default_factory=dict)

    def answers(self, service: str, operation: str, answer: dict[str, Any], asked: Any = None) -> "Script":
        self._stub(service).add_response(operation, answer, asked)
        return self

    def refuses(self, service: str, operation: str, code: str, message: str = "no") -> "Script":
        self._stub(service).add_client_error(operation, code, message)
        return self

    def stacks(self) -> Stacks:
        """Waits for nothing."""
        return Stacks(self.account, self.said.append, sleep=lambda seconds: None)

    def _stub(self, service: str) -> Stubber:
        if service not in self.stubs:
            self.stubs[service] = Stubber(self.account.client(service))
            self.stubs[service].activate()
        return self.stubs[service]


@contextmanager
def account() -> Iterator[Script]:
    """All of the script must have been asked for at the end."""
    session = boto3.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name="eu-central-1")
    script = Script(Account(session, "123456789012", "eu-central-1"))
    yield script
    for stub in script.stubs.values():
        stub.assert_no_pending_responses()
    script.account.close()
