"""Bringing a stack up from every state it can be in, and what is said when it cannot be."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mesh.adapters.aws.deployment.assembly import Plan
from mesh.adapters.aws.deployment.uploads import ready_bucket
from mesh.kit.problem import Conflict, Unavailable
from tests.aws.scripted import ANY, Script, account

CF = "cloudformation"
NOW = datetime(2026, 3, 2, tzinfo=UTC)
ID = "arn:aws:cloudformation:eu-central-1:123456789012:stack/mesh/1"


@pytest.fixture
def script() -> Iterator[Script]:
    with account() as made:
        yield made


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    template = tmp_path / "mesh.template.json"
    template.write_text("{}")
    return Plan("mesh", template, "", ())


def stack(status: str) -> dict[str, Any]:
    return {"Stacks": [{"StackName": "mesh", "StackId": ID, "StackStatus": status, "CreationTime": NOW}]}


def event(number: int, status: str, reason: str = "", kind: str = "AWS::DynamoDB::Table") -> dict[str, Any]:
    told = {"ResourceStatusReason": reason} if reason else {}
    return {
        "EventId": f"e{number}", "StackId": ID, "StackName": "mesh", "LogicalResourceId": f"R{number}",
        "PhysicalResourceId": f"thing-{number}", "ResourceType": kind, "ResourceStatus": status,
        "Timestamp": NOW, **told,
    }  # fmt: skip


def absent(script: Script) -> Script:
    return script.refuses(CF, "describe_stacks", "ValidationError", "Stack with id mesh does not exist")


def events(script: Script, *happened: dict[str, Any]) -> Script:
    """CloudFormation tells the newest first."""
    return script.answers(CF, "describe_stack_events", {"StackEvents": list(reversed(happened))})


def planned(script: Script, changes: list[dict[str, Any]], kind: str = "CREATE") -> Script:
    asked = {
        "StackName": "mesh", "ChangeSetName": ANY, "ChangeSetType": kind, "Capabilities": ANY, "Tags": ANY,
        "ImportExistingResources": True, "TemplateBody": "{}",
    }  # fmt: skip
    script.answers(CF, "create_change_set", {}, asked)
    return script.answers(
        CF,
        "describe_change_set",
        {"Status": "CREATE_COMPLETE", "Changes": [{"ResourceChange": c} for c in changes]},
    )


def executed(script: Script, end: str, *happened: dict[str, Any]) -> Script:
    """The change is carried out, and the stack comes to rest as `end`."""
    events(script)
    script.answers(CF, "execute_change_set", {})
    script.answers(CF, "describe_stacks", stack("CREATE_IN_PROGRESS"))
    script.answers(CF, "describe_stacks", stack(end))
    return events(script, *happened)


NEW = [{"Action": "Add", "LogicalResourceId": "R1", "ResourceType": "AWS::DynamoDB::Table"}]


def test_a_new_stack_is_made_and_what_happens_is_said(script: Script, plan: Plan) -> None:
    executed(planned(absent(script), NEW), "CREATE_COMPLETE", event(1, "CREATE_COMPLETE"))
    assert script.stacks().deploy(plan)
    assert any("CREATE_COMPLETE" in line and "R1" in line for line in script.said)


def test_a_stack_that_needs_nothing_is_left_alone(script: Script, plan: Plan) -> None:
    script.answers(CF, "describe_stacks", stack("UPDATE_COMPLETE"))
    script.answers(CF, "create_change_set", {})
    reason = "The submitted information didn't contain changes. Submit different information."
    script.answers(CF, "describe_change_set", {"Status": "FAILED", "StatusReason": reason})
    script.answers(CF, "delete_change_set", {})
    script.answers(CF, "describe_stacks", stack("UPDATE_COMPLETE"))
    assert not script.stacks().deploy(plan)


def test_what_a_failed_creation_left_is_removed_and_made_again(script: Script, plan: Plan) -> None:
    for _ in range(2):
        script.answers(CF, "describe_stacks", stack("ROLLBACK_COMPLETE"))
    events(script, event(1, "CREATE_FAILED", "of the last time"))
    script.answers(CF, "delete_stack", {}, {"StackName": "mesh"})
    script.answers(CF, "describe_stacks", stack("DELETE_COMPLETE"))
    events(script, event(1, "CREATE_FAILED", "of the last time"), event(2, "DELETE_COMPLETE"))
    executed(planned(script, NEW), "CREATE_COMPLETE", event(3, "CREATE_COMPLETE"))
    assert script.stacks().deploy(plan)
    assert any("was left ROLLBACK_COMPLETE" in line for line in script.said)


def test_a_half_finished_roll_back_is_finished_first(script: Script, plan: Plan) -> None:
    script.answers(CF, "describe_stacks", stack("UPDATE_ROLLBACK_FAILED"))
    script.answers(CF, "continue_update_rollback", {}, {"StackName": "mesh"})
    script.answers(CF, "describe_stacks", stack("UPDATE_ROLLBACK_COMPLETE"))
    events(script)
    executed(planned(script, NEW, "UPDATE"), "UPDATE_COMPLETE")
    assert script.stacks().deploy(plan)


def test_another_deployment_under_way_is_waited_for(script: Script, plan: Plan) -> None:
    script.answers(CF, "describe_stacks", stack("UPDATE_IN_PROGRESS"))
    for status in ("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"):
        script.answers(CF, "describe_stacks", stack(status))
        events(script)
    executed(planned(script, NEW, "UPDATE"), "UPDATE_COMPLETE")
    assert script.stacks().deploy(plan)
    assert any("waiting for that to end" in line for line in script.said)


REASONS = {
    "Table AgentState already exists in stack other (Service: DynamoDb, Request ID: 1)": (
        Conflict,
        "thing-2",
    ),
    "msp-data already exists": (Conflict, "exists in this account and is not this mesh's"),
    "The maximum number of shards is reached: LimitExceededException": (Unavailable, "Service Quotas"),
    "User: x is not authorized to perform: dynamodb:CreateTable on resource: y": (
        Unavailable,
        "lack the right dynamodb:CreateTable",
    ),
    "Properties validation failed": (
        Unavailable,
        "Properties validation failed. Run ./mesh aws deploy again",
    ),
}


@pytest.mark.parametrize("reason", REASONS)
def test_the_first_that_failed_by_itself_is_the_reason(script: Script, plan: Plan, reason: str) -> None:
    kind, words = REASONS[reason]
    happened = (
        event(1, "CREATE_FAILED", "Resource creation cancelled"),
        event(2, "CREATE_FAILED", reason),
        event(3, "CREATE_FAILED", "something that came after"),
        event(4, "DELETE_COMPLETE"),
    )
    planned(absent(script), NEW)
    events(script)
    script.answers(CF, "execute_change_set", {})
    script.answers(CF, "describe_stacks", stack("CREATE_IN_PROGRESS"))
    script.answers(CF, "describe_stacks", stack("ROLLBACK_COMPLETE"))
    events(script, *happened)
    events(script, *happened)
    with pytest.raises(kind) as told:
        script.stacks().deploy(plan)
    assert words in told.value.detail and "Request ID" not in told.value.detail


ADOPTED = [
    {
        "Action": "Import", "LogicalResourceId": "T", "ResourceType": "AWS::DynamoDB::Table",
        "PhysicalResourceId": "AgentState",
    }
]  # fmt: skip
TAGGING = "resourcegroupstaggingapi"


def test_a_table_that_an_earlier_deployment_left_is_taken_over(script: Script, plan: Plan) -> None:
    planned(absent(script), ADOPTED)
    arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/AgentState"
    script.answers(TAGGING, "get_resources", {"ResourceTagMappingList": [{"ResourceARN": arn}]})
    executed(script, "CREATE_COMPLETE")
    assert script.stacks().deploy(plan)
    assert any("taking it over" in line for line in script.said)


def test_a_table_of_that_name_that_is_somebody_elses_is_left_alone(script: Script, plan: Plan) -> None:
    planned(absent(script), ADOPTED)
    arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/OtherAgentState"
    script.answers(TAGGING, "get_resources", {"ResourceTagMappingList": [{"ResourceARN": arn}]})
    script.answers(CF, "delete_change_set", {})
    script.answers(CF, "describe_stacks", stack("REVIEW_IN_PROGRESS"))
    script.answers(CF, "delete_stack", {})
    with pytest.raises(Conflict, match=r"AgentState \(AWS::DynamoDB::Table\) exists .* is not this mesh's"):
        script.stacks().deploy(plan)


def test_a_name_that_cloudformation_finds_taken_is_a_conflict(script: Script, plan: Plan) -> None:
    absent(script).answers(CF, "create_change_set", {})
    reason = "Resource of type 'AWS::S3::Bucket' with identifier 'data' already exists."
    script.answers(CF, "describe_change_set", {"Status": "FAILED", "StatusReason": reason})
    script.answers(CF, "delete_change_set", {})
    script.answers(CF, "describe_stacks", stack("REVIEW_IN_PROGRESS"))
    script.answers(CF, "delete_stack", {})
    with pytest.raises(Conflict, match=r"'data' already exists\. Rename or remove it"):
        script.stacks().deploy(plan)


def test_a_stack_that_cannot_be_removed_says_why(script: Script) -> None:
    script.answers(CF, "describe_stacks", stack("UPDATE_COMPLETE"))
    events(script)
    script.answers(CF, "delete_stack", {})
    script.answers(CF, "describe_stacks", stack("DELETE_FAILED"))
    reason = "The bucket you tried to delete is not empty"
    for _ in range(2):
        events(script, event(1, "DELETE_FAILED", reason, "AWS::S3::Bucket"))
    with pytest.raises(Unavailable, match="is not empty"):
        script.stacks().remove("mesh")


def test_a_bucket_of_another_account_is_a_conflict(script: Script) -> None:
    script.refuses("s3", "head_bucket", "403")
    with pytest.raises(Conflict, match="belongs to another account"):
        ready_bucket("mesh-assets", script.account, script.said.append)


def test_a_missing_bootstrap_bucket_names_the_command_that_makes_it(script: Script) -> None:
    script.refuses("s3", "head_bucket", "404")
    with pytest.raises(Unavailable, match="npx aws-cdk bootstrap"):
        ready_bucket("cdk-hnb659fds-assets-1-eu", script.account, script.said.append)


def test_a_bucket_of_our_own_is_made_private_and_refuses_plain_http(script: Script) -> None:
    script.refuses("s3", "head_bucket", "404")
    where = {"LocationConstraint": "eu-central-1"}
    script.answers("s3", "create_bucket", {}, {"Bucket": "mesh", "CreateBucketConfiguration": where})
    shut = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    asked = {"Bucket": "mesh", "PublicAccessBlockConfiguration": shut}
    script.answers("s3", "put_public_access_block", {}, asked)
    script.answers("s3", "put_bucket_policy", {}, {"Bucket": "mesh", "Policy": ANY})
    script.answers("s3", "put_bucket_tagging", {}, {"Bucket": "mesh", "Tagging": ANY})
    ready_bucket("mesh", script.account, script.said.append)
