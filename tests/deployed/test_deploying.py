"""Deploying, again, half, over what is there, and taking down: with a small assembly, in MiniStack."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mesh.adapters.aws.deployment import assembly, removal
from mesh.adapters.aws.deployment.account import TAG, TAGGED, Account
from mesh.adapters.aws.deployment.found import find
from mesh.adapters.aws.deployment.stacks import Stacks
from mesh.entrypoints.commands.aws.deploy import bring_up
from mesh.kit.problem import Conflict, Unavailable
from tests.aws.test_assembly import BUCKET
from tests.deployed.served import empty_aws

TAGS = {"Tags": [{"Key": TAG, "Value": TAGGED}]}
KEPT = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}


@pytest.fixture(scope="module")
def aws() -> Iterator[Account]:
    with empty_aws() as (_, account):
        yield account


def table(name: str, **more: Any) -> dict[str, Any]:
    properties = {
        "TableName": name, "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    }  # fmt: skip
    return {"Type": "AWS::DynamoDB::Table", "Properties": {**properties, **TAGS}, **more}


def bucket(name: str, **more: Any) -> dict[str, Any]:
    return {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name, **TAGS}, **more}


def laid_out(folder: Path, **stacks: dict[str, Any]) -> list[assembly.Plan]:
    """An assembly of stacks by name with their resources, each needing those before it."""
    artifacts: dict[str, Any] = {}
    before: list[str] = []
    for name, resources in stacks.items():
        file, key = f"{name}.template.json", f"{name}-{len(str(resources))}.json"
        (folder / file).write_text(json.dumps({"Resources": resources}))
        files = {
            "t": {"source": {"path": file}, "destinations": {"d": {"bucketName": BUCKET, "objectKey": key}}}
        }
        (folder / f"{name}.assets.json").write_text(json.dumps({"files": files}))
        artifacts[f"{name}.assets"] = {
            "type": "cdk:asset-manifest",
            "properties": {"file": f"{name}.assets.json"},
        }
        artifacts[name] = {
            "type": "aws:cloudformation:stack", "dependencies": [*before, f"{name}.assets"],
            "properties": {
                "templateFile": file, "stackName": name, "stackTemplateAssetObjectUrl": f"s3://{BUCKET}/{key}",
            },
        }  # fmt: skip
        before.append(name)
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    return assembly.read(folder)


def tables(aws: Account) -> list[str]:
    names: list[str] = aws.client("dynamodb").list_tables()["TableNames"]
    return names


def test_deploying_twice_changes_nothing_the_second_time(
    aws: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plans = laid_out(tmp_path, first={"T": table("One")}, second={"T": table("Two")})
    bring_up(plans, aws)
    assert {"One", "Two"} <= set(tables(aws)) and "CREATE_COMPLETE" in capsys.readouterr().err
    bring_up(plans, aws)
    told = capsys.readouterr().err
    assert "first is up to date" in told and "second is up to date" in told
    assert [stack.name for stack in find(aws).stacks] == ["first", "second"]


def test_a_new_resource_is_added_to_what_is_there(aws: Account, tmp_path: Path) -> None:
    bring_up(laid_out(tmp_path, grows={"T": table("Grows")}), aws)
    bring_up(laid_out(tmp_path, grows={"T": table("Grows"), "U": table("Grown")}), aws)
    assert {"Grows", "Grown"} <= set(tables(aws))


def test_a_deployment_that_failed_is_gone_through_again(aws: Account, tmp_path: Path) -> None:
    bad = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "http://localhost/x/y"}}
    with pytest.raises(Unavailable, match="mesh aws deploy again"):
        bring_up(laid_out(tmp_path, half={"T": table("Half"), "B": bad | {"DependsOn": ["T"]}}), aws)
    assert Stacks(aws, lambda line: None).status("half") == "ROLLBACK_COMPLETE"
    bring_up(laid_out(tmp_path, half={"T": table("Half")}), aws)
    assert "Half" in tables(aws)


def test_a_table_of_another_is_never_taken_over(aws: Account, tmp_path: Path) -> None:
    made = {name: value for name, value in table("Theirs")["Properties"].items() if name != "Tags"}
    aws.client("dynamodb").create_table(**made)
    with pytest.raises(Conflict, match=r"Theirs.*is not this mesh's"):
        bring_up(laid_out(tmp_path, clash={"T": table("Theirs", **KEPT)}), aws)
    assert Stacks(aws, lambda line: None).status("clash") in (None, "DELETE_COMPLETE")
    assert "Theirs" in tables(aws)


def test_what_tenants_stored_outlives_the_stacks_and_is_taken_up_again(
    aws: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stacks = Stacks(aws, lambda line: None, poll_s=0.1)
    plans = laid_out(
        tmp_path, data={"T": table("Rows", **KEPT), "B": bucket("kept", **KEPT)}, code={"B": bucket("gone")}
    )
    bring_up(plans, aws)
    for name in ("kept", "gone"):
        aws.client("s3").put_object(Bucket=name, Key="a", Body=b"x")
        # MiniStack forgets the tags of a bucket that its CloudFormation makes.
        aws.client("s3").put_bucket_tagging(Bucket=name, Tagging={"TagSet": TAGS["Tags"]})
    aws.client("dynamodb").put_item(TableName="Rows", Item={"id": {"S": "1"}})
    kept = removal.remove(find(aws), aws, stacks, lambda line: None)
    assert {"Rows", "kept"} <= {thing.name for thing in kept} and "gone" not in {thing.name for thing in kept}
    # CloudFormation on AWS adopts buckets too; MiniStack's refuses them for their names.
    with pytest.raises(Conflict, match=r"'kept' already exists\."):
        bring_up(plans, aws)
    removal.erase([thing for thing in kept if thing.name == "kept"], aws, lambda line: None)
    assert "Rows" in tables(aws)
    bring_up(plans, aws)
    assert "Rows is left from an earlier deployment: taking it over" in capsys.readouterr().err
    found = aws.client("dynamodb").get_item(TableName="Rows", Key={"id": {"S": "1"}})
    assert found["Item"] == {"id": {"S": "1"}}
    removal.erase(removal.remove(find(aws), aws, stacks, lambda line: None), aws, lambda line: None)
    assert "Rows" not in tables(aws)
    assert "kept" not in [one["Name"] for one in aws.client("s3").list_buckets()["Buckets"]]


def test_where_nothing_is_deployed_it_is_said_what_to_do(aws: Account) -> None:
    stacks = aws.client("cloudformation").describe_stacks()["Stacks"]
    ours = [s for s in stacks if {"Key": TAG, "Value": TAGGED} in s.get("Tags", [])]
    for stack in ours:
        Stacks(aws, lambda line: None, poll_s=0.1).remove(stack["StackName"])
    with pytest.raises(Unavailable, match=r"run \./mesh aws deploy"):
        find(aws)
