"""A new agent folder is on AWS without a line of infra/ being changed."""

import json

from tests.infra.templates import Templates

NAME = "msp-intelligence-echo"


def test_it_has_a_function_with_the_size_it_declares(grown: Templates) -> None:
    function = grown.functions[NAME]
    assert (function["MemorySize"], function["Timeout"]) == (512, 30)


def test_it_has_its_route_and_its_aliases(grown: Templates) -> None:
    parts = {resource["PathPart"] for resource in grown.all("AWS::ApiGateway::Resource")}
    assert {"echo", "ask", "again"} <= parts
    asked = [m for m in grown.all("AWS::ApiGateway::Method") if NAME in json.dumps(m)]
    assert {method["HttpMethod"] for method in asked} == {"POST", "ANY"} and len(asked) == 4


def test_it_has_a_log_an_alarm_and_a_row_of_the_dashboard(grown: Templates) -> None:
    assert f"/aws/lambda/{NAME}" in grown.named("AWS::Logs::LogGroup", "LogGroupName")
    assert f"{NAME}-errors" in grown.named("AWS::CloudWatch::Alarm", "AlarmName")
    assert NAME in json.dumps(grown.one("AWS::CloudWatch::Dashboard"))


def test_api_gateway_and_the_async_processor_may_call_it(grown: Templates) -> None:
    permissions = [json.dumps(found) for found in grown.all("AWS::Lambda::Permission")]
    assert any(NAME in found and "apigateway" in found for found in permissions)
    invoked = [
        json.dumps(p) for p in grown.all("AWS::IAM::Policy") if "lambda:InvokeFunction" in json.dumps(p)
    ]
    # State machines call the agents of their playbooks, and this one is in none.
    assert len([policy for policy in invoked if NAME in policy]) == 1


def test_it_may_read_its_model_and_no_other(grown: Templates) -> None:
    (policy,) = [
        json.dumps(p) for p in grown.all("AWS::IAM::Policy") if f"/aws/lambda/{NAME}:*" in json.dumps(p)
    ]
    assert "/models/echoes/*" in policy and "/models/techniques" not in policy
