"""API Gateway's own keys: one for each tenant, by which its usage plan tells the tenants' rates apart.

Nobody sends these: the authorizer names the tenant's one for each request it lets through. All keys that a
tenant was given share it, and so its rate.
"""

from mesh.adapters.aws.deployment.account import Account, plainly

PREFIX = "mesh-"
THERE = ("ConflictException",)


def ensure(account: Account, plan: str, msp_id: str, value: str) -> None:
    """A key of that value in the usage plan; nothing when it is there already."""
    gateway = account.client("apigateway")
    with plainly(f"giving {msp_id} its rate at the API"):
        key_id = _find(account, msp_id, value)
        if key_id is None:
            key_id = gateway.create_api_key(
                name=PREFIX + msp_id, value=value, enabled=True, description=f"The rate of {msp_id}"
            )["id"]
        _join(account, plan, key_id)


def remove(account: Account, msp_id: str, value: str) -> None:
    """The key of a tenant that is gone."""
    with plainly(f"taking away the rate of {msp_id}"):
        key_id = _find(account, msp_id, value)
        if key_id is not None:
            account.client("apigateway").delete_api_key(apiKey=key_id)


def _find(account: Account, msp_id: str, value: str) -> str | None:
    pages = account.client("apigateway").get_paginator("get_api_keys")
    for page in pages.paginate(nameQuery=PREFIX + msp_id, includeValues=True):
        for key in page["items"]:
            if key.get("value") == value:
                found: str = key["id"]
                return found
    return None


def _join(account: Account, plan: str, key_id: str) -> None:
    from botocore.exceptions import ClientError

    try:
        account.client("apigateway").create_usage_plan_key(usagePlanId=plan, keyId=key_id, keyType="API_KEY")
    except ClientError as error:
        if error.response["Error"]["Code"] not in THERE:
            raise
