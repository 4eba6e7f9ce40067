"""A process over a fresh deployment in MiniStack, with sockets that remember what they were told."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mesh.adapters.aws.tables import EVENTS
from mesh.entrypoints.lambdas.process import Process
from mesh.kit.fakes import StoppedClock
from mesh.kit.platform import Tenant
from mesh.kit.problem import Unavailable
from tests.aws import deployed, ministack
from tests.lambdas import events


@dataclass
class Ends:
    """The other ends of the sockets: some have gone, some cannot be written to."""

    said: dict[str, list[str]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    stuck: set[str] = field(default_factory=set)
    ended: list[str] = field(default_factory=list)

    def post(self, connection_id: str, text: str) -> bool:
        if connection_id in self.stuck:
            raise Unavailable("it does not read")
        if connection_id in self.gone:
            return False
        self.said.setdefault(connection_id, []).append(text)
        return True

    def hang_up(self, connection_id: str) -> None:
        self.ended.append(connection_id)


@dataclass(frozen=True)
class TestedProcess(Process):
    __test__ = False
    ends: Ends = field(default_factory=Ends)
    clock: StoppedClock = field(default_factory=StoppedClock)

    @property
    def sockets(self) -> Any:
        return self.ends

    def key(self, msp_id: str) -> str:
        return self.platform.keys.create(msp_id)

    def stream(self) -> dict[str, Any]:
        """All that the events table's stream holds, as one batch for Lambda."""
        table = self.clients.dynamodb.describe_table(TableName=self.settings.table(EVENTS.name))["Table"]
        arn = table["LatestStreamArn"]
        shard = self.clients.streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0][
            "ShardId"
        ]
        place = self.clients.streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        return events.streamed(self.clients.streams.get_records(ShardIterator=place)["Records"])


@pytest.fixture
def at(tmp_path: Path) -> Iterator[TestedProcess]:
    clock, home = StoppedClock(), tmp_path / "home"
    platform = deployed.open_deployed(home, clock)
    for msp_id in ("msp-a", "msp-b"):
        platform.tenants.put(Tenant(msp_id=msp_id, name=msp_id))
    yield TestedProcess(platform, ministack.clients(), deployed.settings_of(home), Ends(), clock)
    platform.close()


def waiting(at: Process) -> list[str]:
    """Bodies of the messages that wait, taken out of the queue."""
    url = at.settings.jobs_queue_url
    got = at.clients.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in got:
        at.clients.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [message["Body"] for message in got]
