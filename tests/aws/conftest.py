"""A fresh deployment in MiniStack for tests of what only the adapters on AWS do."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mesh.adapters.aws.bodies import Bodies
from mesh.adapters.aws.clients import Clients
from mesh.adapters.aws.dynamo import Dynamo
from mesh.adapters.aws.settings import Settings
from mesh.kit.fakes import StoppedClock
from mesh.kit.platform import Platform, Tenant
from tests.aws import deployed, ministack
from tests.aws.stubs import no_wait


@dataclass
class Deployment:
    """The platform, and what lies beneath it."""

    platform: Platform
    clients: Clients
    settings: Settings
    clock: StoppedClock
    home: Path

    @property
    def dynamo(self) -> Dynamo:
        return Dynamo(self.clients, self.settings, no_wait())

    @property
    def bodies(self) -> Bodies:
        return Bodies(self.clients, self.settings)

    def messages(self, url: str) -> list[str]:
        """Bodies of the messages that wait in a queue, taken out of it."""
        found: list[str] = []
        while got := self.clients.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in got:
                found.append(message["Body"])
                self.clients.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    clock = StoppedClock()
    home = tmp_path / "home"
    platform = deployed.open_deployed(home, clock)
    for msp_id in ("msp-a", "msp-b"):
        platform.tenants.put(Tenant(msp_id=msp_id, name=msp_id))
    yield Deployment(platform, ministack.clients(), deployed.settings_of(home), clock, home)
    platform.close()
