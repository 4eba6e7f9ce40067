"""What answering for tenants takes: who asks, the tenant's own rows behind a fence, what MSPs share."""

from collections.abc import Iterable

from aws_cdk.aws_iam import PolicyStatement

from infra.grants.allowing import Statements, allow, bodies, items
from infra.grants.jobs import queue_jobs
from infra.grants.models import read_models
from infra.names import bucket_arn, table_arn
from mesh.adapters.aws.blobs import FOLDER as BLOBS
from mesh.adapters.aws.bodies import FOLDER as BODIES
from mesh.adapters.aws.directory import LISTINGS
from mesh.adapters.aws.fence import OBJECTS, ROWS
from mesh.adapters.aws.tables import (
    API_KEYS,
    COMMONS,
    EVENTS,
    IDEMPOTENCY,
    JOBS,
    NETWORK,
    RECORDS,
    RESULTS,
    STATES,
    TABLES,
    TENANTS,
)


def every_tenants_rows() -> Statements:
    """The tenant role's: what a session policy then narrows to one tenant (`mesh.adapters.aws.fence`)."""
    tables = [t for t in TABLES if t.tenant_rows]
    indexes = [table_arn(t.name, i.name) for t in tables for i in t.indexes]
    objects = [bucket_arn("data", f"{folder}/*") for folder in (BLOBS, BODIES)]
    listed = allow(["s3:ListBucket"], [bucket_arn("data")])
    listed.add_conditions({"StringLike": {"s3:prefix": [f"{BLOBS}/*"]}})
    return [
        allow(ROWS, [table_arn(t.name) for t in tables]),
        allow(["dynamodb:Query"], indexes),
        allow(OBJECTS, objects),
        listed,
    ]


def look_up_keys() -> Statements:
    return [items(API_KEYS, "GetItem"), items(TENANTS, "GetItem")]


def answer(models: Iterable[str], tenant_role: str) -> Statements:
    """Whatever answers requests: who asks, the first reply, what was noted, and a session for the tenant."""
    return [
        *look_up_keys(),
        items(IDEMPOTENCY, "PutItem", "UpdateItem", "DeleteItem"),
        items(STATES, "BatchWriteItem"),
        bodies("GetObject", "PutObject"),
        allow(["sts:AssumeRole"], [tenant_role]),
        see_partners(),
        *share(),
        *read_models(models),
        *queue_jobs(),
    ]


def see_partners() -> PolicyStatement:
    """What other MSPs chose to show: that partition of the table, and no tenant's."""
    shown = items(NETWORK, "GetItem", "Query")
    shown.add_conditions({"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [LISTINGS]}})
    return shown


def share() -> Statements:
    """Publishing to the mesh and asking it, through `mesh.sharing` alone: rows there belong to no one
    tenant's partition, so that no session policy could part them.
    """
    return [items(COMMONS, "GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem")]


def refresh_benchmarks(tenant_role: str) -> Statements:
    """Each tenant's own figures from its own rows, under a session for that tenant."""
    return [
        items(TENANTS, "Scan"),
        items(COMMONS, "GetItem", "PutItem", "UpdateItem", "DeleteItem"),
        allow(["sts:AssumeRole"], [tenant_role]),
    ]


def meet_partners() -> Statements:
    """An introduction stands with both sides, so it is written into the partition of each."""
    return [items(NETWORK, "Query", "PutItem")]


def serve_platform() -> Statements:
    """Beside what every answering function does: how agents and jobs are doing, showing a profile, and
    erasing a tenant.
    """
    tenants = (RECORDS, RESULTS, EVENTS, JOBS, IDEMPOTENCY, NETWORK)
    return [
        items(STATES, "Query"),
        items(JOBS, "Query", "UpdateItem"),
        items(JOBS, "Query", index="by_time"),
        items(API_KEYS, "Query", index="by_tenant"),
        items(RESULTS, "Query", index="by_tenant"),
        *(items(table, "Query", "BatchWriteItem") for table in tenants),
        items(API_KEYS, "BatchWriteItem"),
        items(TENANTS, "DeleteItem"),
        # A profile's listing as it changes; and what an erased tenant left with those it met.
        items(NETWORK, "PutItem", "DeleteItem"),
        items(COMMONS, "DeleteItem", "BatchWriteItem"),
        allow(["s3:DeleteObject"], [bucket_arn("data", f"{folder}/*") for folder in (BLOBS, BODIES)]),
        allow(["s3:ListBucket"], [bucket_arn("data")]),
    ]
