"""What holds data: tables as the adapters have them, buckets, and what becomes of both."""

from pathlib import Path

import pytest

from infra.app import new_app
from infra.data import Data
from infra.foundation import Foundation
from infra.plan import planned
from mesh.adapters.aws.tables import TABLES, Table
from tests.infra.templates import Templates, listed

# What a first deployment that failed had made goes again, so that the next one finds no names taken.
KEPT = ("RetainExceptOnCreate", "Retain")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_is_made_as_the_adapters_read_it(lean: Templates, table: Table) -> None:
    made = lean.named("AWS::DynamoDB::Table", "TableName")[table.name]
    keys = [key.name for key in (table.partition, table.sort) if key]
    assert [key["AttributeName"] for key in made["KeySchema"]] == keys
    assert made["BillingMode"] == "PAY_PER_REQUEST"
    assert made["StreamSpecification"] == {"StreamViewType": table.stream}
    assert made["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert made.get("TimeToLiveSpecification", {}).get("AttributeName") == table.expiry
    indexes = [*made.get("GlobalSecondaryIndexes", []), *made.get("LocalSecondaryIndexes", [])]
    described = {
        (i["IndexName"], *(k["AttributeName"] for k in i["KeySchema"]), i["Projection"]["ProjectionType"])
        for i in indexes
    }
    assert described == {
        (i.name, (i.partition or table.partition).name, *([i.sort.name] if i.sort else []), i.projection)
        for i in table.indexes
    }


def test_there_is_no_table_that_the_adapters_do_not_know(lean: Templates) -> None:
    made = lean.named("AWS::DynamoDB::Table", "TableName")
    assert set(made) == {table.name for table in TABLES}


def test_tables_and_buckets_outlive_their_stacks(size: Templates) -> None:
    for kind in ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Kinesis::Stream"):
        for resource in size.whole(kind):
            assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == KEPT


def test_data_goes_with_its_stack_only_when_that_was_asked_for(tmp_path: Path) -> None:
    app, plan = new_app(tmp_path), planned("lean", remove_data=True)
    Data(
        app,
        "msp-intelligence-data",
        plan,
        Foundation(app, "msp-intelligence-foundation", plan),
        job_timeout_s=75,
    )
    app.synth()
    kinds = ("AWS::DynamoDB::Table", "AWS::S3::Bucket")
    assert {r["DeletionPolicy"] for kind in kinds for r in Templates(tmp_path).whole(kind)} == {"Delete"}


def test_buckets_are_private_encrypted_versioned_and_refuse_plain_http(size: Templates) -> None:
    for bucket in size.all("AWS::S3::Bucket"):
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["BucketEncryption"] and bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    denied = [
        statement
        for policy in size.all("AWS::S3::BucketPolicy")
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny" and "aws:SecureTransport" in str(statement["Condition"])
    ]
    assert len(denied) == len(size.all("AWS::S3::Bucket"))


def test_only_what_is_temporary_in_the_data_bucket_ends_after_thirty_days(lean: Templates) -> None:
    (data,) = [b for b in lean.all("AWS::S3::Bucket") if "msp-intelligence-data-" in str(b["BucketName"])]
    ending = [rule for rule in data["LifecycleConfiguration"]["Rules"] if "ExpirationInDays" in rule]
    assert [(rule["Prefix"], rule["ExpirationInDays"]) for rule in ending] == [("temporary/", 30)]


def test_models_move_between_classes_by_how_often_they_are_read(lean: Templates) -> None:
    (models,) = [b for b in lean.all("AWS::S3::Bucket") if "msp-intelligence-models-" in str(b["BucketName"])]
    moved = [t for rule in models["LifecycleConfiguration"]["Rules"] for t in rule.get("Transitions", [])]
    assert moved == [{"StorageClass": "INTELLIGENT_TIERING", "TransitionInDays": 0}]


def test_the_template_holds_no_entry_of_the_secret_which_is_encrypted_with_the_meshs_key(
    lean: Templates,
) -> None:
    secret = lean.one("AWS::SecretsManager::Secret")
    assert (secret["Name"], secret["SecretString"]) == ("msp-intelligence-credentials", "{}")
    assert "KmsKeyId" in secret


def test_queues_are_encrypted_and_the_alerts_too(lean: Templates) -> None:
    for queue in lean.all("AWS::SQS::Queue"):
        assert queue["SqsManagedSseEnabled"] is True
    assert "KmsMasterKeyId" in lean.one("AWS::SNS::Topic")


def test_the_tenant_role_is_for_roles_that_answer_for_tenants_alone(lean: Templates) -> None:
    roles = [
        r for r in lean.all("AWS::IAM::Role") if "aws:PrincipalArn" in str(r["AssumeRolePolicyDocument"])
    ]
    (trusting,) = roles
    (statement,) = listed(trusting["AssumeRolePolicyDocument"]["Statement"])
    assert "role/msp-intelligence/answering/*" in str(statement["Condition"]["ArnLike"])
    answering = [r for r in lean.all("AWS::IAM::Role") if r.get("Path") == "/msp-intelligence/answering/"]
    functions = [f for f in lean.functions.values() if "MESH_TENANT_ROLE" in f["Environment"]["Variables"]]
    tasks = [task for task in lean.all("AWS::ECS::TaskDefinition") if "MESH_TENANT_ROLE" in str(task)]
    assert functions and len(answering) == len(functions) + len(tasks)
