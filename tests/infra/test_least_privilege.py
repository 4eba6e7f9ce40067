"""Who may do what: no action with a wildcard, no table that the code does not use, one tenant at a time."""

import json
import re
from pathlib import Path

import pytest

from infra import grants
from infra.plan import WrongPlan, planned
from infra.trimming import SERVICES
from mesh import registry
from mesh.adapters.aws import clients
from mesh.adapters.aws.fence import OBJECTS, ROWS
from mesh.adapters.aws.tables import TABLES
from tests.infra.templates import Resource, Templates, listed, statements, text

ALL_OF_AWS = re.compile(r"^\*$")


def granted(templates: Templates, role_of: str) -> list[Resource]:
    """Statements of the policies that go with the function of this name."""
    for policy in templates.all("AWS::IAM::Policy"):
        if f"/aws/lambda/msp-intelligence-{role_of}:*" in json.dumps(policy):
            return list(statements(policy["PolicyDocument"]))
    raise AssertionError(f"{role_of} has no policy")


def test_no_allowed_action_has_a_wildcard(size: Templates) -> None:
    for path in size.files:
        for statement in statements(json.loads(path.read_text(encoding="utf-8"))["Resources"]):
            if statement["Effect"] == "Allow":
                assert not [action for action in listed(statement["Action"]) if "*" in action], statement


def test_everything_is_allowed_only_where_aws_knows_no_resources(size: Templates) -> None:
    """X-Ray, Comprehend, the list of streams, deliveries of logs, and interfaces in a network."""
    without = {
        "xray:PutTraceSegments", "xray:PutTelemetryRecords", "dynamodb:ListStreams",
        "comprehend:BatchDetectSentiment", "xray:GetSamplingRules", "xray:GetSamplingTargets",
        "logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery",
        "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies",
        "logs:DescribeLogGroups",
    }  # fmt: skip
    for policy in size.all("AWS::IAM::Policy"):
        for statement in statements(policy["PolicyDocument"]):
            if "*" in [text(resource) for resource in listed(statement["Resource"])]:
                actions = {a for a in listed(statement["Action"]) if not a.startswith("ec2:")}
                assert actions <= without


def test_the_tenant_role_may_do_what_a_tenants_session_narrows_and_no_more(lean: Templates) -> None:
    (policy,) = [p for p in lean.all("AWS::IAM::Policy") if "EveryTenant" in json.dumps(p["Roles"])]
    actions = {action for s in statements(policy["PolicyDocument"]) for action in listed(s["Action"])}
    assert actions == {*ROWS, *OBJECTS, "s3:ListBucket"}
    shared = {table.name for table in TABLES if not table.tenant_rows}
    reached = json.dumps(policy)
    assert not [name for name in shared if f"table/{name}" in reached]


@pytest.mark.parametrize("name", ["anomaly-detection", "threat-intelligence", "platform"])
def test_rows_of_tenants_are_read_in_a_tenants_session_alone(lean: Templates, name: str) -> None:
    """The platform erases tenants, so it may list their keys; nobody else touches records or answers."""
    reads = ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
    for statement in granted(lean, name):
        where = " ".join(text(resource) for resource in listed(statement["Resource"]))
        if "table/Records" in where or "table/AgentResults" in where:
            assert name == "platform" and not set(listed(statement["Action"])) & set(reads)


def test_the_authorizer_looks_keys_and_tenants_up_and_writes_only_when_a_key_was_used(
    lean: Templates,
) -> None:
    actions = {action for s in granted(lean, "authorizer") for action in listed(s["Action"])}
    assert {a for a in actions if not a.startswith(("logs:", "xray:"))} == {
        "dynamodb:GetItem",
        "dynamodb:UpdateItem",
    }
    (write,) = [s for s in granted(lean, "authorizer") if "dynamodb:UpdateItem" in listed(s["Action"])]
    written = write["Condition"]["ForAllValues:StringEquals"]["dynamodb:Attributes"]
    assert set(written) == {"key_id", "last_used_at"} and "ApiKeys" in text(write["Resource"])


def test_the_platform_alone_makes_and_revokes_keys(lean: Templates) -> None:
    for name in (*(agent.slug for agent in registry.agents()), "relay", "async-processor"):
        for statement in granted(lean, name):
            where = " ".join(text(resource) for resource in listed(statement["Resource"]))
            if "table/ApiKeys" in where:
                assert set(listed(statement["Action"])) <= {"dynamodb:GetItem"}, name


def test_models_and_sentiment_are_for_the_agents_that_ask_them_as_planned(lean: Templates) -> None:
    for agent in registry.agents():
        actions = {action for s in granted(lean, agent.slug) for action in listed(s["Action"])}
        assert {a for a in actions if a.startswith("bedrock:")} == (
            {"bedrock:InvokeModel"} if "bedrock" in agent.services else set()
        )
        # Sentiment is judged by the model that runs in the function itself, unless the plan says otherwise.
        assert not [a for a in actions if a.startswith("comprehend:")]
    (named,) = [agent for agent in registry.agents() if "comprehend" in agent.services]
    asked = planned("lean", sentiment="comprehend").asked_by(named)
    (only,) = grants.ask_services(asked, "")
    assert only.actions == ["comprehend:BatchDetectSentiment"]


def test_a_profile_is_asked_for_one_model_and_the_model_through_the_profile_alone(lean: Templates) -> None:
    asked = [s for s in granted(lean, "nlp-query") if "bedrock:InvokeModel" in listed(s["Action"])]
    profile, model = (text(statement["Resource"]) for statement in asked)
    name = "amazon.nova-2-lite-v1:0"
    assert profile.endswith(f":inference-profile/us.{name}") and "*" not in profile
    assert model.endswith(f":bedrock:*::foundation-model/{name}")
    assert text(asked[1]["Condition"]["StringEquals"]["bedrock:InferenceProfileArn"]) == profile
    (plain,) = grants.ask_model("anthropic.claude-x-1")
    (only,) = plain.resources
    assert only.endswith("::foundation-model/anthropic.claude-x-1") and ":*:" not in only


def test_a_plan_names_providers_that_there_are() -> None:
    for wrong in ({"generator": "gpt"}, {"sentiment": "x"}, {"bedrock_model": "arn:aws:bedrock:x"}):
        with pytest.raises(WrongPlan):
            planned("lean", **wrong)
    assert planned("lean", region="ap-south-1").language_model.startswith("global.")


def test_only_what_answers_for_tenants_reads_the_secret_and_opens_it_through_its_service_alone(
    lean: Templates,
) -> None:
    for agent in (*(agent.slug for agent in registry.agents()), "platform"):
        (read,) = [s for s in granted(lean, agent) if "secretsmanager:" in str(s["Action"])]
        assert read["Action"] == "secretsmanager:GetSecretValue" and "Credentials" in str(read["Resource"])
        (opened,) = [s for s in granted(lean, agent) if s["Action"] == "kms:Decrypt"]
        assert "secretsmanager" in json.dumps(opened["Condition"])
    for other in ("authorizer", "relay", "event-processor", "broadcaster", "async-processor"):
        assert "secretsmanager:" not in str(granted(lean, other))


def test_packages_keep_the_services_that_the_code_has_clients_of() -> None:
    source = Path(clients.__file__).read_text(encoding="utf-8")
    used = set(re.findall(r'_client\("([\w-]+)"', source))
    assert used and used <= set(SERVICES)
