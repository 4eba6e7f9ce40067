"""What a function opens once and keeps while it is warm."""

import os
from dataclasses import dataclass
from functools import cache

from mesh.adapters.aws.clients import Clients
from mesh.adapters.aws.cognito import Pool, token_ends
from mesh.adapters.aws.connections import Connections, Sockets
from mesh.adapters.aws.dynamo import Dynamo
from mesh.adapters.aws.jobs import DynamoJobs
from mesh.adapters.aws.outbox import DynamoOutbox
from mesh.adapters.aws.platform import open_platform
from mesh.adapters.aws.settings import Settings
from mesh.adapters.aws.telemetry import log_as_json
from mesh.adapters.aws.tenants import DynamoKeys
from mesh.kit.platform import Platform


@dataclass(frozen=True, slots=True)
class Process:
    """The platform, and those of its parts that only functions use, by their own types."""

    platform: Platform
    clients: Clients
    settings: Settings

    @property
    def outbox(self) -> DynamoOutbox:
        assert isinstance(self.platform.outbox, DynamoOutbox)
        return self.platform.outbox

    @property
    def jobs(self) -> DynamoJobs:
        assert isinstance(self.platform.jobs, DynamoJobs)
        return self.platform.jobs

    @property
    def keys(self) -> DynamoKeys:
        assert isinstance(self.platform.keys, DynamoKeys)
        return self.platform.keys

    @property
    def pool(self) -> Pool | None:
        """The user pool whose tokens are taken, where one is configured."""
        return _pool(self.settings.cognito_pool_id, self.settings.cognito_client_id)

    def is_live(self, key_id: str) -> bool:
        """Whether the key that opened a connection still would; a token does until it ends."""
        end = token_ends(key_id)
        return self.keys.is_live(key_id) if end is None else self.platform.clock.now().timestamp() < end

    @property
    def dynamo(self) -> Dynamo:
        return self.outbox.dynamo

    @property
    def connections(self) -> Connections:
        return Connections(self.dynamo, self.platform.clock)

    @property
    def sockets(self) -> Sockets:
        return Sockets(self.clients, self.settings.sockets_url)


@cache
def _pool(pool_id: str, client_id: str) -> Pool | None:
    """One for the whole process: it keeps the pool's keys."""
    return Pool(pool_id, client_id) if pool_id else None


@cache
def process() -> Process:
    """Opened from the function's environment at the first event."""
    log_as_json()
    settings, clients = Settings.from_environment(os.environ), Clients()
    return Process(open_platform(settings, clients=clients), clients, settings)
