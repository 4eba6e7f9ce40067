"""The tables as plain data: the CDK stack and the tests create exactly these.

Partition keys that hold a tenant's rows start with the tenant's id (`mesh.adapters.aws.items.tenant_key`),
so that a session policy with `dynamodb:LeadingKeys` can fence them, on the indexes as well. AgentResults has
`<tenant>#<result id>` as its result_id for that reason.
"""

from dataclasses import dataclass
from typing import Literal

Type = Literal["S", "N", "B"]
Projection = Literal["ALL", "KEYS_ONLY"]
EXPIRY = "expires_at"


@dataclass(frozen=True, slots=True)
class Key:
    name: str
    type: Type = "S"


@dataclass(frozen=True, slots=True)
class Index:
    """`partition` None: a local index, with the table's partition key, which can be read consistently."""

    name: str
    sort: Key | None = None
    partition: Key | None = None
    projection: Projection = "ALL"


@dataclass(frozen=True, slots=True)
class Table:
    """`tenant_rows`: whether partition keys start with a tenant's id. `expiry` is the TTL attribute,
    seconds.
    """

    name: str
    partition: Key
    sort: Key | None = None
    indexes: tuple[Index, ...] = ()
    expiry: str | None = None
    stream: Literal["NEW_AND_OLD_IMAGES", "NEW_IMAGE", "KEYS_ONLY"] = "NEW_AND_OLD_IMAGES"
    tenant_rows: bool = True


TENANTS = Table("Tenants", Key("msp_id"))
API_KEYS = Table(
    "ApiKeys",
    Key("key_id"),
    indexes=(Index("by_tenant", partition=Key("tenant"), sort=Key("key_id"), projection="KEYS_ONLY"),),
    tenant_rows=False,
    stream="KEYS_ONLY",
)
RECORDS = Table(
    "Records",
    Key("collection"),
    Key("record_id"),
    indexes=(
        Index("by_time", Key("place")),
        # Sparse: rows that name no client are not in it.
        Index("by_client", Key("client_place")),
    ),
)
RESULTS = Table(
    "AgentResults",
    Key("result_id"),
    Key("agent_type"),
    indexes=(
        Index("by_tenant", Key("place"), Key("tenant"), "KEYS_ONLY"),
        Index("by_agent", Key("place"), Key("tenant_agent"), "KEYS_ONLY"),
    ),
)
STATES = Table("AgentState", Key("agent_id"), Key("timestamp"), expiry=EXPIRY, tenant_rows=False)
# Item 0 of each tenant counts its events; the rest are the events, which the stream takes to the sockets.
EVENTS = Table("Events", Key("msp_id"), Key("seq", "N"), expiry=EXPIRY, stream="NEW_IMAGE")
JOBS = Table(
    "AsyncJobs",
    Key("msp_id"),
    Key("job_id"),
    indexes=(
        Index("by_time", Key("place")),
        # Sparse: holds the jobs that wait or run, and no others.
        Index("due", Key("due_at"), Key("line"), "KEYS_ONLY"),
    ),
)
IDEMPOTENCY = Table("Idempotency", Key("msp_id"), Key("idempotency_key"), expiry=EXPIRY, stream="KEYS_ONLY")
NETWORK = Table("NetworkIntelligence", Key("msp_id"), Key("metric_type"))
THREATS = Table(
    "ThreatEvents",
    Key("threat_id"),
    Key("timestamp"),
    indexes=(Index("by_severity", Key("timestamp"), Key("severity")),),
    expiry=EXPIRY,
    tenant_rows=False,
)
CONNECTIONS = Table(
    "WebSocketConnections",
    Key("connectionId"),
    indexes=(
        Index("by_tenant", Key("connectionId"), Key("tenant"), "KEYS_ONLY"),
        Index("by_key", Key("connectionId"), Key("key_id"), "KEYS_ONLY"),
    ),
    expiry=EXPIRY,
    stream="KEYS_ONLY",
    tenant_rows=False,
)
# What the mesh holds between its tenants; each item names its owner, with whom it goes. What an owner has is
# found in a partition of its own (`mesh.adapters.aws.commons`): an index would lag behind.
COMMONS = Table("Commons", Key("shelf"), Key("key"), expiry=EXPIRY, tenant_rows=False)
TABLES = (
    TENANTS, API_KEYS, RECORDS, RESULTS, STATES, EVENTS, JOBS, IDEMPOTENCY, NETWORK, THREATS, CONNECTIONS,
    COMMONS,
)  # fmt: skip
