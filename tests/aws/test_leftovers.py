"""What is found of a deployment whose stacks were removed, and that nothing else is."""

from collections.abc import Iterator

import pytest

from mesh.adapters.aws.deployment import leftovers
from mesh.adapters.aws.deployment.removal import BUCKET, POOL, SECRET, TABLE, Kept, erase
from tests.aws.scripted import Script, account

HERE = "eu-central-1:123456789012"


@pytest.fixture
def script() -> Iterator[Script]:
    with account() as made:
        yield made


def tagged(script: Script, *arns: str) -> Script:
    found = [{"ResourceARN": f"arn:aws:{arn}", "Tags": []} for arn in arns]
    return script.answers(
        "resourcegroupstaggingapi",
        "get_resources",
        {"ResourceTagMappingList": found},
        {"TagFilters": [{"Key": "application", "Values": ["msp-intelligence"]}]},
    )


def buckets(script: Script, *names: str) -> Script:
    return script.answers("s3", "list_buckets", {"Buckets": [{"Name": name} for name in names]})


def test_tables_secrets_pools_and_buckets_are_found_and_what_only_looks_alike_is_not(script: Script) -> None:
    tagged(
        script, f"dynamodb:{HERE}:table/Tenants", f"dynamodb:{HERE}:table/Events/stream/2026",
        f"secretsmanager:{HERE}:secret:msp-intelligence-credentials-kept-a1B2c3",
        f"cognito-idp:{HERE}:userpool/eu-central-1_Ab1", f"lambda:{HERE}:function:msp-intelligence-relay",
        "s3:::msp-intelligence-assets-123456789012-eu-central-1",
    )  # fmt: skip
    buckets(
        script, "msp-intelligence-data-123456789012-eu-central-1", "msp-intelligence-data-999-eu-central-1",
        "msp-intelligence-assets-123456789012-eu-central-1", "msp-intelligence-data-123456789012-us-east-1",
    )  # fmt: skip
    assert {(kept.kind, kept.name) for kept in leftovers.find(script.account)} == {
        (TABLE, "Tenants"), (SECRET, "msp-intelligence-credentials-kept"), (POOL, "eu-central-1_Ab1"),
        (BUCKET, "msp-intelligence-data-123456789012-eu-central-1"),
    }  # fmt: skip


def test_a_user_pool_is_unprotected_before_it_goes(script: Script) -> None:
    pool = {"UserPoolId": "eu-central-1_Ab1"}
    script.answers("cognito-idp", "update_user_pool", {}, {**pool, "DeletionProtection": "INACTIVE"})
    script.answers("cognito-idp", "delete_user_pool", {}, pool)
    erase([Kept(POOL, "eu-central-1_Ab1")], script.account, script.said.append)
    assert script.said == ["  erasing eu-central-1_Ab1"]
