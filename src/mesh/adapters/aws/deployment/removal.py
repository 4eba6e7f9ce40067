"""Taking a deployment down. Tables and buckets that the templates retain stay, unless told otherwise."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mesh.adapters.aws.deployment.account import Account, plainly
from mesh.adapters.aws.deployment.found import Found
from mesh.adapters.aws.deployment.stacks import Stacks
from mesh.adapters.aws.deployment.uploads import BUCKET as UPLOADS
from mesh.adapters.aws.deployment.uploads import Say
from mesh.kit.problem import Problem

BUCKET, TABLE = "AWS::S3::Bucket", "AWS::DynamoDB::Table"
SECRET, POOL = "AWS::SecretsManager::Secret", "AWS::Cognito::UserPool"
KEPT = ("Retain", "RetainExceptOnCreate", "Snapshot")
AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that outlives its stack."""

    kind: str
    name: str


def remove(found: Found, account: Account, stacks: Stacks, say: Say) -> list[Kept]:
    """Removes the stacks, the newest first; what of them was retained. Can be run again."""
    kept: list[Kept] = []
    left = [stack.name for stack in reversed(found.stacks)]
    while left:
        failed: dict[str, Problem] = {}
        for name in left:
            held = list(_retained(account, name))
            say(f"removing {name}")
            try:
                _empty_doomed(account, name, say)
                stacks.remove(name)
            except Problem as problem:
                # Its exports may be in use by one that is removed after it: then it is tried again.
                failed[name] = problem
                continue
            kept += held
        if len(failed) == len(left):
            raise next(iter(failed.values()))
        left = list(failed)
    return kept


def erase(kept: list[Kept], account: Account, say: Say) -> None:
    """Removes for good what outlived its stacks."""
    for thing in kept:
        doing = ERASE.get(thing.kind)
        if doing is None:
            say(f"  {thing.name} ({thing.kind}) stays: remove it by hand if it is not wanted")
            continue
        say(f"  erasing {thing.name}")
        with plainly(f"erasing {thing.name}"):
            _unless_gone(doing, account, thing.name)


def erase_uploads(account: Account, say: Say) -> None:
    """Removes the bucket of templates and packages, which is no stack's."""
    name = account.filled(UPLOADS)
    with plainly(f"erasing {name}"):
        say(f"  erasing {name}")
        _unless_gone(_erase_bucket, account, name)


def empty(account: Account, bucket: str) -> None:
    """Removes every version of every object."""
    s3 = account.client("s3")
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        keys = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
        for start in range(0, len(keys), AT_ONCE):
            s3.delete_objects(Bucket=bucket, Delete={"Objects": keys[start : start + AT_ONCE], "Quiet": True})


def _retained(account: Account, stack: str) -> Iterator[Kept]:
    for resource, policy in _resources(account, stack):
        if policy in KEPT and resource.get("PhysicalResourceId"):
            yield Kept(resource["ResourceType"], resource["PhysicalResourceId"])


def _empty_doomed(account: Account, stack: str, say: Say) -> None:
    """A bucket that goes with its stack must be empty by then."""
    for resource, policy in _resources(account, stack):
        if resource["ResourceType"] == BUCKET and policy not in KEPT and resource.get("PhysicalResourceId"):
            say(f"  emptying {resource['PhysicalResourceId']}")
            with plainly(f"emptying {resource['PhysicalResourceId']}"):
                _unless_gone(empty, account, resource["PhysicalResourceId"])


def _resources(account: Account, stack: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Each resource that is there, with what its template says of its removal."""
    cloudformation = account.client("cloudformation")
    with plainly(f"reading what {stack} holds"):
        template = cloudformation.get_template(StackName=stack)["TemplateBody"]
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
        held = [resource for page in pages for resource in page["StackResourceSummaries"]]
    written = template.get("Resources", {}) if isinstance(template, Mapping) else {}
    for resource in held:
        if resource["ResourceStatus"] != "DELETE_COMPLETE":
            yield resource, written.get(resource["LogicalResourceId"], {}).get("DeletionPolicy", "Delete")


def _unless_gone(doing: Callable[[Account, str], None], account: Account, name: str) -> None:
    from botocore.exceptions import ClientError

    try:
        doing(account, name)
    except ClientError as error:
        gone = ("NoSuchBucket", "404", "ResourceNotFoundException", "NotFoundException")
        if error.response["Error"]["Code"] not in gone:
            raise


def _erase_bucket(account: Account, name: str) -> None:
    empty(account, name)
    account.client("s3").delete_bucket(Bucket=name)


def _erase_table(account: Account, name: str) -> None:
    dynamodb = account.client("dynamodb")
    dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName=name)


def _erase_logs(account: Account, name: str) -> None:
    account.client("logs").delete_log_group(logGroupName=name)


def _erase_secret(account: Account, name: str) -> None:
    account.client("secretsmanager").delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


def _erase_pool(account: Account, name: str) -> None:
    cognito = account.client("cognito-idp")
    cognito.update_user_pool(UserPoolId=name, DeletionProtection="INACTIVE")
    cognito.delete_user_pool(UserPoolId=name)


def _erase_key(account: Account, name: str) -> None:
    # KMS has no sooner: what was encrypted with it may be wanted back within a week.
    account.client("kms").schedule_key_deletion(KeyId=name, PendingWindowInDays=7)


ERASE: dict[str, Callable[[Account, str], None]] = {
    BUCKET: _erase_bucket,
    TABLE: _erase_table,
    "AWS::Logs::LogGroup": _erase_logs,
    SECRET: _erase_secret,
    POOL: _erase_pool,
    "AWS::KMS::Key": _erase_key,
}
