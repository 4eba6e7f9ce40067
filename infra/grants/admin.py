"""What an administrator's routes take: a tenant's keys, what it used of its rate, feeds fetched as jobs."""

from aws_cdk import Aws

from infra.grants.allowing import Statements, allow, items
from infra.grants.jobs import work_off_jobs
from mesh.adapters.aws.tables import API_KEYS, JOBS, TENANTS


def administer() -> Statements:
    """The platform's function alone: it makes and revokes keys, and reads what the usage plan counted. Plans
    and keys of the gateway have ids that are made when they are.
    """
    plans = f"arn:{Aws.PARTITION}:apigateway:{Aws.REGION}::/usageplans"
    return [
        items(API_KEYS, "BatchGetItem", "PutItem", "UpdateItem"),
        items(TENANTS, "ConditionCheckItem"),
        allow(["apigateway:GET"], [plans, f"{plans}/*/keys", f"{plans}/*/usage"]),
    ]


def note_keys() -> Statements:
    """When a key was last used: the authorizer writes this attribute of a key, and can write no other.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
    """
    noted = items(API_KEYS, "UpdateItem")
    noted.add_conditions({
        "ForAllValues:StringEquals": {"dynamodb:Attributes": ["key_id", "last_used_at"]},
        "StringEqualsIfExists": {"dynamodb:ReturnValues": ["NONE", "UPDATED_OLD", "UPDATED_NEW"]},
    })  # fmt: skip
    return [noted]


def fetch_when_asked() -> Statements:
    """A feed that somebody asked for is a job, which the feeds' function takes up and ends."""
    return [items(JOBS, "GetItem"), *work_off_jobs()]
