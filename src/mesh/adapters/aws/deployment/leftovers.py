"""What an earlier deployment left when its stacks were removed: found by the mesh's tag, and buckets by their
names, which hold the account's number and the region.
"""

import re
from collections.abc import Iterator

from mesh.adapters.aws.deployment.account import TAG, TAGGED, Account, plainly
from mesh.adapters.aws.deployment.removal import BUCKET, POOL, SECRET, TABLE, Kept
from mesh.adapters.aws.deployment.uploads import BUCKET as UPLOADS

# What may outlive its stack, by how its ARN goes on after the service's name; the name stands in the group.
KINDS = {
    TABLE: re.compile(r"dynamodb:[^:]*:\d*:table/([^/]+)"),
    SECRET: re.compile(r"secretsmanager:[^:]*:\d*:secret:(.+)-[A-Za-z0-9]{6}"),
    POOL: re.compile(r"cognito-idp:[^:]*:\d*:userpool/(.+)"),
    BUCKET: re.compile(r"s3:::([^/]+)"),
}


def find(account: Account) -> list[Kept]:
    """Tables, buckets, secrets and user pools of the mesh, sorted. They are leftovers only where no stack of
    it is there any more: the caller looks first.
    """
    with plainly("looking for what an earlier deployment left"):
        return sorted({*_tagged(account), *_buckets(account)}, key=lambda kept: (kept.kind, kept.name))


def _tagged(account: Account) -> Iterator[Kept]:
    pages = account.client("resourcegroupstaggingapi").get_paginator("get_resources")
    for page in pages.paginate(TagFilters=[{"Key": TAG, "Values": [TAGGED]}]):
        for resource in page["ResourceTagMappingList"]:
            rest = resource["ResourceARN"].split(":", 2)[2]
            for kind, form in KINDS.items():
                if (found := form.fullmatch(rest)) and not _uploads(found[1], account):
                    yield Kept(kind, found[1])


def _buckets(account: Account) -> Iterator[Kept]:
    ours = re.compile(rf"{re.escape(TAGGED)}-[a-z-]+-{account.account_id}-{re.escape(account.region)}")
    for bucket in account.client("s3").list_buckets()["Buckets"]:
        if ours.fullmatch(bucket["Name"]) and not _uploads(bucket["Name"], account):
            yield Kept(BUCKET, bucket["Name"])


def _uploads(name: str, account: Account) -> bool:
    """The bucket of templates and packages, which holds nothing of a tenant's."""
    return name == account.filled(UPLOADS)
